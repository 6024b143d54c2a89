@_exported public import RDSIAMBasics
public import Synchronization

/// A table of names, each of which stands for a value that is built once, when it is first asked for.
///
/// A program fills the registry when it starts and looks names up for the rest of its life:
///
/// ```swift
/// let codecs = NamedRegistry<any Codec>()
/// try codecs.add("zip") { ZipCodec() }
/// let codec = try await codecs.value(named: "zip")
/// ```
///
/// The closure runs at the first look-up and never again. If many tasks ask at the same moment, one builds the value
/// and the others wait for it. If the closure throws, every task that waits gets the error, and the next look-up runs
/// the closure again.
///
/// Two names are the same if their UTF-8 bytes are. Every method may be called from any task at any time.
public final class NamedRegistry<Value: Sendable>: Sendable {
    /// Makes the value that a name stands for.
    public typealias Build = @Sendable () async throws -> Value

    private let defaults: [(name: String, build: Build)]
    @usableFromInline let table: Mutex<RegistryTable<Value>>
    @usableFromInline let changes = Atomic<UInt64>(0)

    /// Creates a registry that contains `defaults`, in that order.
    ///
    /// - Parameter defaults: The names the registry starts with and returns to with ``reset()``. If a name occurs
    ///   twice, the later closure counts.
    public init(defaults: [(name: String, build: Build)] = []) {
        self.defaults = defaults
        self.table = Mutex(RegistryTable(defaults))
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
        guard !name.isEmpty else { throw NamedRegistryError(.invalidName, name: name) }
        let added = change { $0.add(name, replacing: replacing, build) }
        if !added { throw NamedRegistryError(.nameTaken, name: name, registered: names) }
    }

    /// Removes a name.
    ///
    /// - Returns: Whether it was registered.
    @discardableResult
    public func remove(_ name: String) -> Bool {
        change { $0.remove(name) }
    }

    /// Returns the registry to the state its initializer left it in, without any built value.
    public func reset() {
        change { $0.reset(to: defaults) }
    }

    /// The registered names, in the order in which they were first added.
    public var names: [String] {
        table.withLock { $0.index.names }
    }

    /// Returns the value that a name stands for, and builds it first if necessary.
    ///
    /// - Throws: ``NamedRegistryError`` with the code `unknownName`, which lists the registered names and the nearest
    ///   one, or `cycle` if the value's own closure asks for it; otherwise what the closure throws, unchanged.
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
        switch table.withLock({ $0.lookUp(name) }) {
        case .built(let value, let ticket): return (value, ticket)
        case .building(let task, let ticket): return (try await join(task, name), ticket)
        case .unbuilt:
            let (task, ticket) = try startBuilding(name)
            return (try await join(task, name), ticket)
        case .absent: throw unknown(name)
        }
    }

    /// A number that grows with every change of a name, so that a caller who caches a look-up knows when to repeat it.
    @inlinable
    package var generation: UInt64 { changes.load(ordering: .acquiring) }

    private func change<Result: Sendable>(_ body: (inout RegistryTable<Value>) -> Result) -> Result {
        table.withLock { table in
            // Under the lock: a caller who sees the change never sees the old number after it.
            defer { changes.add(1, ordering: .releasing) }
            return body(&table)
        }
    }

    private func join(_ task: Task<Value, any Error>, _ name: String) async throws -> Value {
        guard !Construction.isUnderway(name, of: self) else { throw NamedRegistryError(.cycle, name: name) }
        return try await task.value
    }

    /// Returns the task that builds the value: the one that runs already, or a new one.
    private func startBuilding(_ name: String) throws(NamedRegistryError) -> (Task<Value, any Error>, UInt64) {
        let started = table.withLock { table in
            table.build(name) { build, ticket in
                Task { try await self.run(build, name, ticket) }
            }
        }
        guard let started else { throw unknown(name) }
        return started
    }

    private func unknown(_ name: String) -> NamedRegistryError {
        NamedRegistryError(.unknownName, name: name, registered: names)
    }

    private func run(_ build: Build, _ name: String, _ ticket: UInt64) async throws -> Value {
        do {
            let value = try await Construction.of(name, in: self) { try await build() }
            table.withLock { $0.finish(name, ticket, value) }
            return value
        } catch {
            table.withLock { $0.giveUp(name, ticket) }
            throw error
        }
    }
}

/// The values that the current task is building.
///
/// Because of it, a closure that asks for its own value gets an error instead of waiting forever.
private enum Construction {
    private struct Site: Hashable {
        let registry: ObjectIdentifier
        let name: ByteText
    }

    @TaskLocal private static var underway: Set<Site> = []

    static func isUnderway(_ name: String, of registry: AnyObject) -> Bool {
        underway.contains(Site(registry: ObjectIdentifier(registry), name: ByteText(name)))
    }

    static func of<Value: Sendable>(
        _ name: String,
        in registry: AnyObject,
        _ build: () async throws -> Value
    ) async throws -> Value {
        let site = Site(registry: ObjectIdentifier(registry), name: ByteText(name))
        return try await $underway.withValue(underway.union([site]), operation: build)
    }
}
