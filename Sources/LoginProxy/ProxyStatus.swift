#if Proxy
import Synchronization

/// What a proxy is doing, for health checks: reading it never waits.
package final class ProxyStatus: Sendable {
    /// A phase in the life of a proxy.
    package struct Phase: Sendable, Hashable, CustomStringConvertible {
        fileprivate let number: UInt8
        /// The phase's name.
        package var description: String { ["starting", "serving", "draining", "stopped"][Int(number)] }

        /// No address is listened on yet.
        package static let starting = Phase(number: 0)
        /// Clients are let in.
        package static let serving = Phase(number: 1)
        /// Sessions go on; new clients are refused once the minimum delay is over.
        package static let draining = Phase(number: 2)
        /// Nothing is open any more.
        package static let stopped = Phase(number: 3)
    }

    /// How many connections may be open, or `nil` if there is no limit.
    package let maximumConnections: Int?
    private let current = Atomic<UInt8>(Phase.starting.number)
    private let open = Atomic<Int>(0)

    init(maximumConnections: Int?) {
        self.maximumConnections = maximumConnections
    }

    /// What the proxy is doing at this moment.
    package var phase: Phase { Phase(number: current.load(ordering: .acquiring)) }

    /// How many client connections are open: sessions, and those that still log in.
    package var openConnections: Int { open.load(ordering: .relaxed) }

    func enter(_ phase: Phase) { current.store(phase.number, ordering: .releasing) }

    /// Counts a connection, unless the limit is reached.
    func admit() -> Bool {
        let count = open.add(1, ordering: .relaxed).newValue
        guard let maximumConnections, count > maximumConnections else { return true }
        open.subtract(1, ordering: .relaxed)
        return false
    }

    func leave() { open.subtract(1, ordering: .relaxed) }
}
#endif
