public import AuthTokens
import CSQLite

/// Why the audit log could not do what it was asked.
///
/// Its text says what to do, and never quotes what was logged.
public struct AuditLogError: Error, Sendable {
    /// The kind of failure.
    public struct Code: RawRepresentable, Sendable, Hashable {
        /// The kind's name, as the audit log itself files it.
        public let rawValue: String

        /// Creates a kind of that name.
        public init(rawValue: String) { self.rawValue = rawValue }

        /// Another process held the log longer than the time limit.
        ///
        /// May be tried again.
        public static let busy = Code(rawValue: "busy")
        /// The disk did not answer within the time limit; the event may yet be stored.
        ///
        /// May be tried again.
        public static let timedOut = Code(rawValue: "timedOut")
        /// The disk is full, or a size limit is reached.
        public static let diskFull = Code(rawValue: "diskFull")
        /// The file was moved, deleted or replaced under the open log.
        public static let moved = Code(rawValue: "moved")
        /// Events this log has written are no longer in the file.
        public static let rewound = Code(rawValue: "rewound")
        /// The file or its folder may not be opened or written.
        public static let notPermitted = Code(rawValue: "notPermitted")
        /// There is no file at the path.
        public static let notFound = Code(rawValue: "notFound")
        /// There is a file already where a new one was to be made.
        public static let alreadyExists = Code(rawValue: "alreadyExists")
        /// The file is something else than an audit log.
        public static let notAnAuditLog = Code(rawValue: "notAnAuditLog")
        /// A newer version of this package has written the file.
        public static let newerSchema = Code(rawValue: "newerSchema")
        /// A writer has crashed, and only a writer can clean up after it.
        public static let needsRecovery = Code(rawValue: "needsRecovery")
        /// The file's pages are damaged, or something in the file keeps rows from being stored.
        public static let damaged = Code(rawValue: "damaged")
        /// The disk reported an error.
        public static let inputOutput = Code(rawValue: "inputOutput")
        /// The event is larger than the log takes.
        public static let tooLarge = Code(rawValue: "tooLarge")
        /// Rows asked for have been pruned.
        public static let pruned = Code(rawValue: "pruned")
        /// The log has been closed.
        public static let closed = Code(rawValue: "closed")
        /// A key or a signed note is malformed, or its signature is wrong.
        public static let badNote = Code(rawValue: "badNote")
        /// SQLite refused for another reason.
        public static let sqlite = Code(rawValue: "sqlite")
    }

    /// The kind of failure.
    public let code: Code
    /// What happened and what to do.
    public let message: String
    /// The log's file, where it is known.
    public let path: String?
    /// SQLite's extended result code, where SQLite reported the failure.
    public let sqliteCode: Int32?

    init(_ code: Code, _ message: String, path: String?, sqliteCode: Int32? = nil) {
        self.code = code
        self.message = message
        self.path = path
        self.sqliteCode = sqliteCode
    }
}

extension AuditLogError: CustomStringConvertible {
    /// The message, the file and SQLite's code.
    public var description: String {
        let place = path.map { " Log: \($0)." } ?? ""
        let number = sqliteCode.map { " (SQLite code \($0))" } ?? ""
        return message + place + number
    }
}

extension AuditLogError: AuditableError {
    /// The code under the error's name.
    public var auditCode: String { "AuditLogError.\(code.rawValue)" }
}
