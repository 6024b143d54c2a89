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

    private static let all = Mutex<(lastNumber: UInt, references: [UInt: Reference])>((0, [:]))

    let notices = Broadcast<PGNotice>()
    let notifications = Broadcast<PGNotification>()
    private let number: UInt

    init() {
        number = Self.all.withLock { all in
            all.lastNumber += 1
            return all.lastNumber
        }
        Self.all.withLock { $0.references[number] = Reference(inbox: self) }
    }

    deinit {
        _ = Self.all.withLock { $0.references.removeValue(forKey: number) }
        finish()
    }

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
        all.withLock { $0.references[number]?.inbox }
    }
}
