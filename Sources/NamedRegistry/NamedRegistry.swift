public import Synchronization

/// A table of names, each standing for a value that is built when it is first asked for, once.
///
/// A program fills the registry at start-up and looks names up for the rest of its life:
///
/// ```swift
/// let codecs = NamedRegistry<any Codec>()
/// try codecs.add("zip") { ZipCodec() }
/// let codec = try await codecs.value(named: "zip")
/// ```
///
/// The closure runs at the first look-up and never again, also when many tasks ask at the same moment: the others wait
/// for the one that is building. A closure that throws is not remembered: its error reaches every waiter of that
/// attempt, and the next look-up tries anew.
///
/// Every method may be called from any task at any time.
public final class NamedRegistry<Value: Sendable>: Sendable {
    /// Makes the value that a name stands for.
    public typealias Build = @Sendable () async throws -> Value

    private let defaults: [(name: String, build: Build)]
    @usableFromInline let table: Mutex<RegistryTable<Value>>
    @usableFromInline let changes = Atomic<UInt64>(0)

    /// Creates a registry that holds `defaults`, in that order.
    ///
    /// - Parameter defaults: The entries the registry starts with and returns to with ``reset()``. Where a name is
    ///   given twice, the later one counts.
    public init(defaults: [(name: String, build: Build)] = []) {
        self.defaults = defaults
        self.table = Mutex(RegistryTable(defaults))
    }

    /// Gives `name` a meaning.
    ///
    /// - Parameters:
    ///   - name: The name to look up later. Upper and lower case differ; it may not be empty.
    ///   - replacing: Whether an entry of that name may be replaced. Tasks that hold the old value, or wait for it,
    ///     keep it; the next look-up builds the new one.
    ///   - build: Makes the value, at the first look-up.
    /// - Throws: ``NamedRegistryError`` with the code `nameTaken` where the name is registered and `replacing` is
    ///   false, `invalidName` where it is empty. Trying again does not help.
    public func add(_ name: String, replacing: Bool = false, _ build: @escaping Build) throws(NamedRegistryError) {
        guard !name.isEmpty else { throw NamedRegistryError(.invalidName, name: name) }
        let added = change { $0.add(name, replacing: replacing, build) }
        if !added { throw NamedRegistryError(.nameTaken, name: name, registered: names) }
    }

    /// Takes `name` out.
    ///
    /// - Returns: Whether there was such an entry.
    @discardableResult
    public func remove(_ name: String) -> Bool {
        change { $0.remove(name) }
    }

    /// Forgets every change and every built value: the registry is as its initialiser left it.
    public func reset() {
        change { $0.reset(to: defaults) }
    }

    /// The registered names, in the order in which they were first added.
    public var names: [String] {
        table.withLock { $0.names }
    }

    /// The value that `name` stands for, built now if it has not been yet.
    ///
    /// - Throws: ``NamedRegistryError`` with the code `unknownName`, which lists the registered names and the nearest
    ///   one, or `cycle` where the value's own closure asks for it; else whatever the closure throws, which may be
    ///   tried again.
    @inlinable
    public func value(named name: String) async throws -> Value {
        if let value = builtValue(named: name) { return value }
        return try await entry(named: name).value
    }

    /// The value that `name` stands for, where it has been built already; nil where it has not, or nobody has that name.
    ///
    /// It never waits, for those on a hot path who can fall back on ``value(named:)``.
    @inlinable
    public func builtValue(named name: String) -> Value? {
        // Inlinable, like all it calls, so that a caller's own kind of value is known to the optimiser.
        table.withLock { $0.builtValue(name) }
    }

    /// A value with the number of the entry it was built for, which no other entry ever has.
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

    /// A number that grows each time a name gets another meaning, so that who keeps a look-up knows when to repeat it.
    @inlinable
    package var generation: UInt64 { changes.load(ordering: .acquiring) }

    /// The number grows before the lock is let go: who sees the new entries never sees the old number after them.
    private func change<Result: Sendable>(_ body: (inout RegistryTable<Value>) -> Result) -> Result {
        table.withLock { table in
            defer { changes.add(1, ordering: .releasing) }
            return body(&table)
        }
    }

    private func join(_ task: Task<Value, any Error>, _ name: String) async throws -> Value {
        guard !Construction.isUnderway(name, of: self) else { throw NamedRegistryError(.cycle, name: name) }
        return try await task.value
    }

    /// The task that builds `name`: the one already at it, or a new one.
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
