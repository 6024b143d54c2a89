import RDSIAMBasics
import Synchronization

/// The generators that a program knows, by the name that a connection string's `aws_rds_iam_auth_token_generator` says,
/// each with the keywords that it understands.
///
/// A program fills it when it starts:
///
/// ```swift
/// try generators.add("vault", keywords: ["vault_role"]) { VaultGenerator() }
/// try generators.add("sidecar", lifetime: .seconds(300)) { request in try await readSidecar(request.host) }
/// ```
///
/// A connection string may then say `aws_rds_iam_auth_token_generator=vault vault_role=reader`, and the generator finds
/// `vault_role` among the request's parameters. A keyword whose value must not be printed is declared among the
/// `secretKeywords`. For building, see `Registry` of NamedRegistry.
public final class AuthTokenGeneratorRegistry: Sendable {
    /// Makes the generator that a name stands for.
    public typealias Build = Registry<any AuthTokenGenerator>.Build

    /// A name with what it stands for.
    public struct Registration: Sendable {
        /// The name.
        package let name: String
        /// The connection-string keywords that the generator understands.
        package let keywords: [String]
        /// Further keywords, whose values are masked when a connection string is printed.
        package let secretKeywords: [String]
        /// Makes the generator, at the first look-up.
        package let build: Build

        /// Describes a registration.
        ///
        /// - Parameters:
        ///   - name: The name to look up later.
        ///   - keywords: The connection-string keywords that the generator understands.
        ///   - secretKeywords: Further keywords, whose values are masked when a connection string is printed.
        ///   - build: Makes the generator, at the first look-up.
        public init(
            _ name: String,
            keywords: [String] = [],
            secretKeywords: [String] = [],
            build: @escaping Build
        ) {
            self.name = name
            self.keywords = keywords
            self.secretKeywords = secretKeywords
            self.build = build
        }
    }

    /// The keywords that one generator declares.
    private struct Keywords {
        let all: [String]
        let secret: [String]

        init(_ open: [String], _ secret: [String]) {
            (all, self.secret) = (open + secret, secret)
        }
    }

    private let registry: Registry<any AuthTokenGenerator>
    private let defaults: [ByteText: Keywords]
    /// Changed together with the registry, under this lock.
    private let declared: Mutex<[ByteText: Keywords]>

    /// Creates a registry that contains `registrations`, in that order.
    ///
    /// - Parameter registrations: What the registry starts with. If a name occurs
    ///   twice, the later registration counts.
    public init(_ registrations: [Registration] = []) {
        registry = Registry(of: "generator", defaults: registrations.map { ($0.name, $0.build) })
        defaults = Dictionary(
            registrations.map { (ByteText($0.name), Keywords($0.keywords, $0.secretKeywords)) },
            uniquingKeysWith: { $1 }
        )
        declared = Mutex(defaults)
    }

    /// Creates a registry of generators without keywords.
    ///
    /// - Parameter defaults: The names the registry starts with and returns to with ``reset()``.
    package convenience init(defaults: [(name: String, build: Build)]) {
        self.init(defaults.map { Registration($0.name, build: $0.build) })
    }

    /// Registers a name.
    ///
    /// - Parameters:
    ///   - name: The name to look up later. Uppercase and lowercase differ. It must not be empty.
    ///   - keywords: The connection-string keywords that the generator understands. Several generators may share one.
    ///   - secretKeywords: Further keywords, whose values are masked when a connection string is printed. One that
    ///     another generator shares is masked for both.
    ///   - replacing: Whether the name may be registered already. The issuer then returns no token of the old generator
    ///     any more.
    ///   - build: Makes the generator, at the first look-up.
    /// - Throws: `NamedRegistryError` with the code `nameTaken` if the name is registered and `replacing` is `false`,
    ///   or `invalidName` if it is empty. Neither may be retried.
    public func add(
        _ name: String,
        keywords: [String] = [],
        secretKeywords: [String] = [],
        replacing: Bool = false,
        _ build: @escaping Build
    ) throws(NamedRegistryError) {
        try declared.withLock { declared throws(NamedRegistryError) in
            try registry.add(name, replacing: replacing, build)
            declared[ByteText(name)] = Keywords(keywords, secretKeywords)
        }
    }

    /// Registers a closure that returns passwords.
    ///
    /// - Parameters:
    ///   - name: The name to look up later. Uppercase and lowercase differ. It must not be empty.
    ///   - keywords: The connection-string keywords that the closure understands.
    ///   - secretKeywords: Further keywords, whose values are masked when a connection string is printed.
    ///   - replacing: Whether the name may be registered already.
    ///   - lifetime: How long a server accepts a password from the moment in which the closure is called.
    ///   - password: Makes a password that is valid now. It may run in many tasks at once.
    /// - Throws: `NamedRegistryError`, as ``add(_:keywords:secretKeywords:replacing:_:)``.
    public func add(
        _ name: String,
        keywords: [String] = [],
        secretKeywords: [String] = [],
        replacing: Bool = false,
        lifetime: Duration,
        _ password: @escaping @Sendable (AuthTokenRequest) async throws -> String
    ) throws(NamedRegistryError) {
        try add(name, keywords: keywords, secretKeywords: secretKeywords, replacing: replacing) {
            ClosureTokenGenerator(lifetime: lifetime, password: password)
        }
    }

    /// Registers what `registration` describes.
    ///
    /// - Throws: `NamedRegistryError`, as ``add(_:keywords:secretKeywords:replacing:_:)``.
    public func add(_ registration: Registration, replacing: Bool = false) throws(NamedRegistryError) {
        try add(
            registration.name,
            keywords: registration.keywords,
            secretKeywords: registration.secretKeywords,
            replacing: replacing,
            registration.build
        )
    }

    /// Removes a name with its keywords.
    ///
    /// - Returns: Whether it was registered.
    @discardableResult
    public func remove(_ name: String) -> Bool {
        declared.withLock { declared in
            declared[ByteText(name)] = nil
            return registry.remove(name)
        }
    }

    /// Returns the registry to the state its initializer left it in, without any built generator.
    package func reset() {
        declared.withLock { declared in
            declared = defaults
            registry.reset()
        }
    }

    /// The registered names, in the order in which they were first added.
    public var names: [String] { registry.names }

    /// The keywords of all registered generators, in the order of the names, each once.
    public var keywords: [String] { keywords(\.all) }

    /// Those of ``keywords`` that some generator declares as secret.
    package var secretKeywords: [String] { keywords(\.secret) }

    private func keywords(_ part: KeyPath<Keywords, [String]>) -> [String] {
        var seen: Set<ByteText> = []
        return declared.withLock { declared in
            registry.names.flatMap { declared[ByteText($0)]?[keyPath: part] ?? [] }
                .filter { seen.insert(ByteText($0)).inserted }
        }
    }

    /// Returns the keywords of one generator, or none if the name is not registered.
    package func keywords(of name: String) -> [String] {
        declared.withLock { $0[ByteText(name)]?.all ?? [] }
    }

    /// Returns the generator that a name stands for, and builds it first if necessary.
    ///
    /// - Throws: `NamedRegistryError` if the name is unknown or the generator is needed to build itself;
    ///   `CancellationError` if the task is canceled while it would have to wait; otherwise what the closure throws.
    public func value(named name: String) async throws -> any AuthTokenGenerator {
        try await registry.value(named: name)
    }

    /// Returns the generator that a name stands for, or `nil` if it has not been built yet or the name is not
    /// registered.
    ///
    /// It never waits.
    public func builtValue(named name: String) -> (any AuthTokenGenerator)? {
        registry.builtValue(named: name)
    }

    /// Returns the generator with the number of its registration, and builds it first if necessary.
    func source(named name: String) async throws -> TokenSource {
        let (generator, ticket) = try await registry.entry(named: name)
        return TokenSource(generator: generator, ticket: ticket)
    }

    /// Returns the same, or `nil` if it has not been built yet or the name is not registered.
    func builtSource(named name: String) -> TokenSource? {
        registry.builtEntry(named: name).map { TokenSource(generator: $0.value, ticket: $0.ticket) }
    }
}

/// A generator and the number of the registration it was found under, which no other registration ever gets.
struct TokenSource: Sendable {
    let generator: any AuthTokenGenerator
    let ticket: UInt64
}
