import RDSIAMBasics
import Synchronization

/// A build that has begun, and its result once it ends.
struct OngoingBuild<Value: Sendable>: Sendable {
    private let site: BuildSite
    private let promise = Promise<Value>()

    init(of kind: String, named name: String) {
        site = BuildSite(kind: kind, name: name)
    }

    /// Runs the closure, which counts for this build with every task that it starts.
    func result(of build: Registry<Value>.Build) async -> Result<Value, any Error> {
        await BuildSite.$current.withValue(site) {
            do { return .success(try await build()) } catch { return .failure(error) }
        }
    }

    /// Ends the build for all tasks that wait for it.
    func end(with result: Result<Value, any Error>) {
        site.end()
        promise.settle(result)
    }

    /// Waits for the result.
    ///
    /// - Throws: The closure's error; `CancellationError` if the waiting task is canceled; ``NamedRegistryError`` with
    ///   the code `cycle` if this build waits for the one that the waiting task belongs to.
    func value() async throws -> Value {
        guard let waiting = BuildSite.current else { return try await promise.value() }
        try waiting.beginWaiting(for: site)
        defer { waiting.endWaiting(for: site) }
        return try await promise.value()
    }
}

/// A build as a node of the graph of all builds in the process that wait for others, whatever registry they belong to.
///
/// A wait that would close a cycle in this graph would last forever, so it fails instead. The check and the wait's
/// entry into the graph are one step under one lock: of several tasks that close a cycle together, the last one fails.
private final class BuildSite: Sendable {
    /// The build that the current task belongs to.
    @TaskLocal static var current: BuildSite?

    private struct Graph {
        /// The builds that a build waits for, one for each of its tasks that waits.
        var waits: [ObjectIdentifier: [BuildSite]] = [:]

        /// Returns the builds on the way from one to another, each of which waits for the next, with both ends.
        func path(from start: BuildSite, to end: BuildSite) -> [BuildSite]? {
            var origins: [ObjectIdentifier: BuildSite] = [:]
            var candidates = [start]
            while let site = candidates.popLast() {
                if site === end { return Array(sequence(first: site) { origins[ObjectIdentifier($0)] }.reversed()) }
                for next in waits[ObjectIdentifier(site)] ?? []
                where next !== start && origins[ObjectIdentifier(next)] == nil {
                    origins[ObjectIdentifier(next)] = site
                    candidates.append(next)
                }
            }
            return nil
        }
    }

    private static let graph = Mutex(Graph())

    let kind: String
    let name: String
    /// Changes under the graph's lock.
    private let hasEnded = Atomic(false)

    init(kind: String, name: String) {
        (self.kind, self.name) = (kind, name)
    }

    func beginWaiting(for other: BuildSite) throws(NamedRegistryError) {
        let cycle: [BuildSite]? = Self.graph.withLock { graph in
            // A task that outlives its build no longer delays it.
            guard !hasEnded.load(ordering: .relaxed) else { return nil }
            if let path = graph.path(from: other, to: self) { return path + [other] }
            graph.waits[ObjectIdentifier(self), default: []].append(other)
            return nil
        }
        if let cycle { throw NamedRegistryError(cycle: cycle.map { (kind: $0.kind, name: $0.name) }) }
    }

    func endWaiting(for other: BuildSite) {
        Self.graph.withLock { graph in
            // In place: a build may have thousands of tasks that wait.
            let waiting = ObjectIdentifier(self)
            guard let index = graph.waits[waiting]?.lastIndex(where: { $0 === other }) else { return }
            graph.waits[waiting]?.remove(at: index)
            if graph.waits[waiting]?.isEmpty == true { graph.waits[waiting] = nil }
        }
    }

    func end() {
        Self.graph.withLock { graph in
            hasEnded.store(true, ordering: .relaxed)
            graph.waits[ObjectIdentifier(self)] = nil
        }
    }
}
