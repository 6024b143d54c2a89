import CLibpq
import RDSIAMSystem
import Synchronization

/// What a server sends unasked: notices and notifications, for those who listen.
///
/// libpq stores a notice receiver's argument not only in the connection but in every result that came from it, and a
/// result may outlive both. The argument is therefore a number, not an address: the number of an inbox that is no more
/// leads nowhere.
final class Inbox: Sendable {
    private struct Reference: Sendable {
        weak var inbox: Inbox?
    }

    private static let lastNumber = Atomic<UInt>(0)
    /// The inboxes that have had listeners to notices.
    private static let asked = Mutex<[UInt: Reference]>([:])

    private let notices = Broadcast<PGServerMessage>()
    private let notifications = Broadcast<PGNotification>()
    private let number = Inbox.lastNumber.wrappingAdd(1, ordering: .relaxed).newValue

    deinit {
        _ = Self.asked.withLock { $0.removeValue(forKey: number) }
        finish()
    }

    /// The notices from now on, until ``finish()``.
    func listenToNotices() -> AsyncStream<PGServerMessage> {
        Self.asked.withLock { $0[number] = Reference(inbox: self) }
        return notices.listen()
    }

    /// The notifications from now on, until ``finish()``.
    func listenToNotifications() -> AsyncStream<PGNotification> { notifications.listen() }

    var hasListeners: Bool { notices.hasListeners || notifications.hasListeners }

    /// Receives what comes over a connection that is logged in.
    func attach(to handle: Handle) {
        receiveNotices(of: handle)
        notices.open()
        notifications.open()
    }

    /// Takes the notices of a connection (`PQsetNoticeReceiver`), which libpq prints by default.
    func receiveNotices(of handle: Handle) {
        let argument = UnsafeMutableRawPointer(bitPattern: number)
        PQsetNoticeReceiver(
            handle.pointer,
            { argument, result in
                guard let result, let inbox = Inbox.numbered(UInt(bitPattern: argument)) else { return }
                inbox.notices.send(PGServerMessage(result))
            },
            argument
        )
    }

    /// Passes on the notifications that libpq has read (`PQnotifies`).
    func collect(from handle: Handle) {
        while let notification = PQnotifies(handle.pointer) {
            defer { PQfreemem(notification) }
            notifications.send(PGNotification(notification.pointee))
        }
    }

    /// Ends the sequences of all listeners.
    func finish() {
        notices.finish()
        notifications.finish()
    }

    private static func numbered(_ number: UInt) -> Inbox? {
        asked.withLock { $0[number]?.inbox }
    }
}

/// Sends every element to every listener; what a listener has not fetched yet waits in memory.
final class Broadcast<Element: Sendable>: Sendable {
    private struct State {
        var isOpen = false
        var lastID: UInt64 = 0
        var listeners: [UInt64: AsyncStream<Element>.Continuation] = [:]
    }

    private let state = Mutex(State())

    var hasListeners: Bool { state.withLock { !$0.listeners.isEmpty } }

    /// The elements from now on, until ``finish()``; none at all after that.
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

    /// Ends the sequences of all listeners; those who come before ``open()`` get an empty one.
    func finish() {
        let listeners = state.withLock { state in
            defer { state.listeners = [:] }
            state.isOpen = false
            return Array(state.listeners.values)
        }
        for listener in listeners { listener.finish() }
    }

    private func remove(_ id: UInt64) {
        // The continuation ends outside the lock: its end may end the stream, which comes back here.
        let listener = state.withLock { $0.listeners.removeValue(forKey: id) }
        withExtendedLifetime(listener) {}
    }
}

/// What comes while no task has the turn.
extension Session {
    /// Passes on what the server sends unasked, for as long as no task has the turn and there are listeners.
    func listenWhileIdle() {
        guard inbox.hasListeners else { return }
        state.withLock { state in
            guard !state.isBusy, state.listening == nil, let handle = state.handle else { return }
            state.listening = listen(to: SocketEvent(POLLIN, on: handle.socket))
        }
    }

    /// Waits without a reference to the session, which would hold the connection open while nothing comes.
    private func listen(to news: SocketEvent) -> Task<Void, Never> {
        Task(executorPreference: loop) { [weak self, loop] in
            var goesOn = true
            while goesOn, await loop.wait(for: news) == .ready {
                goesOn = self?.readUnasked() ?? false
            }
        }
    }

    /// Reads what came while no task had the turn.
    ///
    /// - Returns: Whether to wait for more.
    private func readUnasked() -> Bool {
        // A task that has the turn reads, too.
        guard turns.beginIfFree() else { return false }
        defer { turns.end() }
        guard !Task.isCancelled, let handle = state.withLock({ $0.handle }) else { return false }
        do {
            let traffic = Traffic(handle, loop, inbox)
            repeat { try traffic.consume() } while handle.hasBufferedInput
            return true
        } catch {
            drop()
            return false
        }
    }
}
