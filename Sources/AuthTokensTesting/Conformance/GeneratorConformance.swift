public import AuthTokens

/// Checks that a generator keeps the promises that ``AuthTokens/TokenIssuer`` relies on.
///
/// It works in any test framework: it throws a list of what is wrong.
///
/// ```swift
/// @Test func conforms() async throws {
///     try await GeneratorConformance { clock in VaultGenerator(now: { clock.now }) }
///         .check(AuthTokenRequest(host: "db.example.com", user: "app"))
/// }
/// ```
///
/// The promises: a token is good when it comes, and a new one is good after it has expired; it does not claim to outlive its credentials;
/// the generator may be asked from many tasks at once; it ends soon when the asking task is cancelled; and no secret stands in a
/// description, a dump or an error.
public struct GeneratorConformance: Sendable {
    /// Makes the generator under test.
    public typealias Make = @Sendable (ManualClock) async throws -> any AuthTokenGenerator

    let make: Make
    let secrets: [String]
    let longestLife: Duration
    let patience: Duration
    let failing: Make?

    /// Describes what to check.
    ///
    /// - Parameters:
    ///   - secrets: Texts that must not be printed, such as the secret key the generator is made with; tokens are always among them.
    ///   - longestLife: How long a token may claim to live.
    ///   - patience: How long a call may take in real time, and a cancelled one at most.
    ///   - failing: Makes a generator that fails, so that its error is looked at; nil where there is no way to make it fail.
    ///   - make: Makes the generator under test with the clock it is to go by.
    public init(
        secrets: [String] = [],
        longestLife: Duration = .seconds(7 * 24 * 3600),
        patience: Duration = .seconds(10),
        failing: Make? = nil,
        make: @escaping Make
    ) {
        self.make = make
        self.secrets = secrets
        self.longestLife = longestLife
        self.patience = patience
        self.failing = failing
    }

    /// Runs every check.
    ///
    /// - Parameter request: A request that the generator can answer.
    /// - Throws: ``ConformanceFailure`` with everything that is wrong; what the generator throws where it makes no token at all.
    public func check(_ request: AuthTokenRequest) async throws {
        let clock = ManualClock()
        let generator = try await make(clock)
        let first = try await bounded { try await generator.token(for: request) }
        var faults = expiryFaults(of: first, at: clock.now)
        faults += try await freshnessFaults(generator, request, after: first, clock)
        faults += await concurrencyFaults(generator, request, clock)
        faults += await cancellationFaults(generator, request)
        faults += await secrecyFaults(generator, request, first)
        if !faults.isEmpty { throw ConformanceFailure(faults: faults) }
    }

    /// - Throws: ``ConformanceFailure`` where the work takes too long.
    func bounded<Value: Sendable>(_ work: @escaping @Sendable () async throws -> Value) async throws -> Value {
        try await Race(limit: patience).run(work)
    }
}

/// What a generator does that it must not.
public struct ConformanceFailure: Error, Hashable, CustomStringConvertible {
    /// One sentence for each broken promise, without secrets.
    public let faults: [String]

    /// The sentences in lines.
    public var description: String { "The generator breaks its promises:\n- " + faults.joined(separator: "\n- ") }
}
