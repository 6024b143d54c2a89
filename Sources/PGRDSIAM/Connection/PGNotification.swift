import CLibpq

/// What `NOTIFY` sent to a channel that the connection listens on.
public struct PGNotification: Sendable, Hashable {
    /// The channel's name.
    public let channel: String
    /// What was sent with it; empty where nothing was.
    public let payload: String
    /// The process number of the server's session that sent it.
    public let processID: Int32
}

extension PGNotification {
    init(_ notification: PGnotify) {
        channel = notification.relname.map { String(cString: $0) } ?? ""
        payload = notification.extra.map { String(cString: $0) } ?? ""
        processID = notification.be_pid
    }
}
