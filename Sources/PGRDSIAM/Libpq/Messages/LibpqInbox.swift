import CLibpq
import Synchronization

/// What a server sends unasked: notices and notifications, for those who listen.
///
/// libpq keeps a notice receiver's argument not only in the connection but in every result that came from it, and a result may
/// outlive both. The argument is therefore a number, not an address: whoever comes with the number of an inbox that is no more
/// finds nothing.
final class LibpqInbox: Sendable {
    private struct Reference: Sendable {
        weak var inbox: LibpqInbox?
    }

    private static let lastNumber = Atomic<UInt>(0)
    /// The inboxes whose notices somebody has asked for.
    private static let asked = Mutex<[UInt: Reference]>([:])

    private let notices = Broadcast<PGNotice>()
    private let notifications = Broadcast<PGNotification>()
    private let number = LibpqInbox.lastNumber.wrappingAdd(1, ordering: .relaxed).newValue

    deinit {
        _ = Self.asked.withLock { $0.removeValue(forKey: number) }
        finish()
    }

    /// The notices from now on, until ``finish()``.
    func listenToNotices() -> AsyncStream<PGNotice> {
        Self.asked.withLock { $0[number] = Reference(inbox: self) }
        return notices.listen()
    }

    /// The notifications from now on, until ``finish()``.
    func listenToNotifications() -> AsyncStream<PGNotification> { notifications.listen() }

    /// Whether anybody listens.
    var isHeard: Bool { notices.hasListeners || notifications.hasListeners }

    /// Receives what comes over a connection that is logged in.
    func attach(to handle: LibpqHandle) {
        receiveNotices(of: handle)
        notices.open()
        notifications.open()
    }

    /// Takes the notices of a connection (`PQsetNoticeReceiver`), whose default is to print them.
    func receiveNotices(of handle: LibpqHandle) {
        let argument = UnsafeMutableRawPointer(bitPattern: number)
        PQsetNoticeReceiver(
            handle.pointer,
            { argument, result in
                guard let result, let inbox = LibpqInbox.numbered(UInt(bitPattern: argument)) else { return }
                inbox.notices.send(PGNotice(result))
            },
            argument
        )
    }

    /// Hands on the notifications that libpq has read (`PQnotifies`).
    func collect(from handle: LibpqHandle) {
        while let notification = PQnotifies(handle.pointer) {
            defer { PQfreemem(notification) }
            notifications.send(PGNotification(notification.pointee))
        }
    }

    /// Ends what listeners hear.
    func finish() {
        notices.finish()
        notifications.finish()
    }

    private static func numbered(_ number: UInt) -> LibpqInbox? {
        asked.withLock { $0[number]?.inbox }
    }
}
