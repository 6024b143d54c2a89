public import AuthTokens
import CSQLite
@_exported public import RDSIAMBasics

/// A failure of the audit log.
///
/// The message says what to do and never quotes what was logged. Calls that fail with ``Code/busy`` or
/// ``Code/timedOut`` may be tried again as they are; all others need a correction first.
public struct AuditLogError: RetryableError, CustomStringConvertible {
    /// The kind of failure.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The kind's name, as the audit log itself records it.
        public let description: String

        init(_ description: String) { self.description = description }

        /// Another process held the log longer than the time limit.
        ///
        /// Retryable.
        public static let busy = Code("busy")
        /// The disk did not answer within the time limit; the event may still be stored later.
        ///
        /// Retryable.
        public static let timedOut = Code("timedOut")
        /// The disk is full, or a size limit is reached.
        public static let diskFull = Code("diskFull")
        /// The file was moved, deleted or replaced while the log was open.
        public static let moved = Code("moved")
        /// Events this log has written are no longer in the file.
        public static let rewound = Code("rewound")
        /// The file or its directory may not be opened or written.
        public static let notPermitted = Code("notPermitted")
        /// There is no file at the path.
        public static let notFound = Code("notFound")
        /// A new file was asked for, and there is one already.
        package static let alreadyExists = Code("alreadyExists")
        /// The file is something other than an audit log.
        public static let notAnAuditLog = Code("notAnAuditLog")
        /// A newer version of this package has written the file.
        public static let newerSchema = Code("newerSchema")
        /// A writer has crashed, and only a writer can clean up after it.
        static let needsRecovery = Code("needsRecovery")
        /// The file's pages are damaged, or something in the file keeps rows from being stored.
        public static let damaged = Code("damaged")
        /// The disk reported an error.
        package static let inputOutput = Code("inputOutput")
        /// The event is larger than the log takes.
        package static let tooLarge = Code("tooLarge")
        /// Rows that were asked for have been pruned.
        package static let pruned = Code("pruned")
        /// The log has been closed.
        public static let closed = Code("closed")
        /// A key or a signed note is malformed, or its signature is wrong.
        static let badNote = Code("badNote")
        /// The caller passed a value that has no meaning, such as a date that is not a number.
        package static let invalidArgument = Code("invalidArgument")
        /// SQLite refused for another reason.
        package static let sqlite = Code("sqlite")
    }

    /// The kind of failure.
    public let code: Code
    /// What happened, to which file, and what to do.
    public let message: String
    /// The log's file, if it is known.
    public let path: String?
    /// SQLite's extended result code, if SQLite reported the failure.
    let sqliteCode: Int32?

    init(_ code: Code, _ sentence: String, path: String?, sqliteCode: Int32? = nil) {
        self.code = code
        self.path = path
        self.sqliteCode = sqliteCode
        message =
            sentence + (path.map { " Log: \($0)." } ?? "") + (sqliteCode.map { " SQLite's result code: \($0)." } ?? "")
    }

    /// Whether the same call may succeed later: after ``Code/busy`` and ``Code/timedOut``.
    public var isRetryable: Bool { [.busy, .timedOut].contains(code) }

    /// The message.
    public var description: String { message }
}

extension AuditLogError {
    /// OpenSSL refuses to hash.
    static var noSHA256: AuditLogError {
        AuditLogError(.inputOutput, "OpenSSL offers no SHA-256. Check its installation and openssl.cnf.", path: nil)
    }
}

extension AuditLogError: AuditableError {
    /// The code after the error's name.
    public var auditCode: String { "AuditLogError.\(code)" }
}
