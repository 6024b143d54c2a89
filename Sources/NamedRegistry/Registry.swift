@_exported public import RDSIAMBasics
public import Synchronization

/// A table of names, each of which stands for a value that is built once, when it is first asked for.
///
/// A program fills the registry when it starts and looks names up for the rest of its life:
///
/// ```swift
/// let codecs = Registry<any Codec>(of: "codec")
/// try codecs.add("zip") { ZipCodec() }
/// let codec = try await codecs.value(named: "zip")
/// ```
///
/// The closure runs at the first look-up and never again. If many tasks ask at the same moment, the value is built once
/// and all of them wait for it. If the closure throws, every task that waits gets the error, and the next look-up runs
/// the closure again.
///
/// A build runs in a task of its own, which is never canceled. A task that is canceled stops waiting at once; the build
/// goes on for the others. If no task waits for it any more, it still runs to its end, and the next look-up finds the
/// value. The registry sets no time limit; while a closure hangs, only `add` with `replacing: true` starts another.
///
/// A closure may look up other names, in any registry. A look-up that would wait for itself that way throws an error,
/// however many builds and tasks are involved. Until the build ends, the tasks that the closure starts count as part of
/// it, but detached tasks do not.
///
/// Two names are the same if their UTF-8 bytes are. Every method may be called from any task at any time.
public final class Registry<Value: Sendable>: Sendable {
    /// Makes the value that a name stands for.
    public typealias Build = @Sendable () async throws -> Value

    private let kind: String
    private let defaults: [(name: String, build: Build)]
    @usableFromInline let table: Mutex<RegistryTable<Value>>

    /// Creates a registry that contains `defaults`, in that order.
    ///
    /// - Parameters:
    ///   - kind: What the values are, as a singular noun that error messages use, such as `codec`.
    ///   - defaults: The names the registry starts with and returns to with ``reset()``. If a name occurs twice, the
    ///     later closure counts.
    public init(of kind: String, defaults: [(name: String, build: Build)] = []) {
        self.kind = kind
        self.defaults = defaults
        self.table = Mutex(RegistryTable(defaults))
    }

    /// Creates an empty registry whose error messages call a value an entry.
    public convenience init() {
        self.init(of: "entry")
    }

    /// Registers a name.
    ///
    /// - Parameters:
    ///   - name: The name to look up later. Uppercase and lowercase differ. It must not be empty.
    ///   - replacing: Whether the name may be registered already. Tasks that have the old value, or wait for it, keep
    ///     it; the next look-up builds the new one.
    ///   - build: Makes the value, at the first look-up.
    /// - Throws: ``NamedRegistryError`` with the code `nameTaken` if the name is registered and `replacing` is `false`,
    ///   or `invalidName` if it is empty. Neither may be retried.
    public func add(_ name: String, replacing: Bool = false, _ build: @escaping Build) throws(NamedRegistryError) {
        guard !name.isEmpty else { throw NamedRegistryError(.invalidName, kind, name: name) }
        let added = table.withLock { $0.add(name, replacing: replacing, build) }
        if !added { throw NamedRegistryError(.nameTaken, kind, name: name, registered: names) }
    }

    /// Removes a name.
    ///
    /// - Returns: Whether it was registered.
    @discardableResult
    public func remove(_ name: String) -> Bool {
        table.withLock { $0.remove(name) }
    }

    /// Returns the registry to the state its initializer left it in, without any built value.
    public func reset() {
        table.withLock { $0.reset(to: defaults) }
    }

    /// The registered names, in the order in which they were first added.
    public var names: [String] {
        table.withLock { $0.index.names }
    }

    /// Returns the value that a name stands for, and builds it first if necessary.
    ///
    /// - Throws: ``NamedRegistryError`` with the code `unknownName`, which lists the registered names and the nearest
    ///   one, or `cycle` if the value is needed to build itself; `CancellationError` if the task is canceled while it
    ///   would have to wait; otherwise what the closure throws, unchanged.
    @inlinable
    public func value(named name: String) async throws -> Value {
        if let value = builtValue(named: name) { return value }
        return try await entry(named: name).value
    }

    /// Returns the value that a name stands for, or `nil` if it has not been built yet or the name is not registered.
    ///
    /// It never waits.
    @inlinable
    public func builtValue(named name: String) -> Value? {
        // Inlinable, so that the optimizer knows the caller's type of value.
        table.withLock { $0.builtValue(name) }
    }

    /// Returns the value together with the number of its registration, which no other registration ever gets.
    @usableFromInline
    package func entry(named name: String) async throws -> (value: Value, ticket: UInt64) {
        // A canceled task starts no build.
        let kind = Task.isCancelled ? nil : kind
        switch table.withLock({ $0.lookUp(name, buildingAs: kind) }) {
        case .absent: throw NamedRegistryError(.unknownName, self.kind, name: name, registered: names)
        case .unbuilt: throw CancellationError()
        case .built(let value, let ticket): return (value, ticket)
        case .ongoing(let ongoing, let ticket, let build):
            if let build { Task { await run(build, ongoing, name, ticket) } }
            return (try await ongoing.value(), ticket)
        }
    }

    /// Returns the same, or `nil` if the value has not been built yet or the name is not registered.
    ///
    /// It never waits.
    @inlinable
    package func builtEntry(named name: String) -> (value: Value, ticket: UInt64)? {
        table.withLock { $0.builtEntry(name) }
    }

    private func run(_ build: Build, _ ongoing: OngoingBuild<Value>, _ name: String, _ ticket: UInt64) async {
        let result = await ongoing.result(of: build)
        // First, so that the tasks that wait find the table as it is after the build.
        table.withLock { $0.finish(name, ticket, try? result.get()) }
        ongoing.end(with: result)
    }
}
