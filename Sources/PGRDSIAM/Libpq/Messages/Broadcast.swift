import Synchronization

/// Hands every element to every listener; each has all the room it needs to fall behind.
final class Broadcast<Element: Sendable>: Sendable {
    private struct State {
        var isOpen = false
        var lastID: UInt64 = 0
        var listeners: [UInt64: AsyncStream<Element>.Continuation] = [:]
    }

    private let state = Mutex(State())

    var hasListeners: Bool { state.withLock { !$0.listeners.isEmpty } }

    /// The elements from now on, until ``finish()``; none at all where that has come.
    func listen() -> AsyncStream<Element> {
        let (stream, continuation) = AsyncStream.makeStream(of: Element.self)
        let id: UInt64? = state.withLock { state in
            guard state.isOpen else { return nil }
            state.lastID += 1
            state.listeners[state.lastID] = continuation
            return state.lastID
        }
        guard let id else {
            continuation.finish()
            return stream
        }
        continuation.onTermination = { [weak self] _ in self?.remove(id) }
        return stream
    }

    func send(_ element: Element) {
        for listener in state.withLock({ Array($0.listeners.values) }) { listener.yield(element) }
    }

    /// Lets listeners in, those of an earlier connection included.
    func open() {
        state.withLock { $0.isOpen = true }
    }

    /// Ends what listeners hear; those who come before ``open()`` hear nothing.
    func finish() {
        let listeners = state.withLock { state in
            defer { state.listeners = [:] }
            state.isOpen = false
            return Array(state.listeners.values)
        }
        for listener in listeners { listener.finish() }
    }

    private func remove(_ id: UInt64) {
        // The continuation is let go of outside the lock: letting go may end the stream, which comes back here.
        let listener = state.withLock { $0.listeners.removeValue(forKey: id) }
        withExtendedLifetime(listener) {}
    }
}
