import CSQLite
import RDSIAMSystem

extension AuditLogError {
    /// What SQLite reports, in the log's terms.
    ///
    /// SQLite's own message may quote a statement's values, so it is left out.
    init(sqlite handle: OpaquePointer?, code: Int32, path: String) {
        let kind = Self.kind(of: code, errno: handle.map { rdsiam_errno($0) } ?? 0)
        self.init(kind, Self.advice(for: kind), path: path, sqliteCode: code)
    }

    private static func kind(of code: Int32, errno: Int32) -> Code {
        switch code {
        case SQLITE_READONLY | (4 << 8): return .moved
        case SQLITE_READONLY | (3 << 8), SQLITE_READONLY | (1 << 8), SQLITE_READONLY | (5 << 8):
            return .needsRecovery
        default: break
        }
        switch code & 0xFF {
        case SQLITE_BUSY, SQLITE_LOCKED: return .busy
        case SQLITE_FULL: return .diskFull
        case SQLITE_IOERR: return [ENOSPC, EDQUOT, EFBIG].contains(errno) ? .diskFull : .inputOutput
        case SQLITE_READONLY, SQLITE_PERM, SQLITE_AUTH: return .notPermitted
        case SQLITE_CANTOPEN: return errno == ENOENT ? .notFound : .notPermitted
        case SQLITE_CORRUPT: return .damaged
        case SQLITE_NOTADB: return .notAnAuditLog
        case SQLITE_TOOBIG: return .tooLarge
        default: return .sqlite
        }
    }

    private static func advice(for kind: Code) -> String {
        switch kind {
        case .busy: "Another process held the audit log for longer than the time limit. Try again."
        case .diskFull:
            "The disk with the audit log is full. Free some space: pruning needs room too, and the file keeps its size."
        case .moved:
            "The audit log was moved, deleted or replaced while open. Put it back, or open it anew."
        case .needsRecovery:
            "A writer of the audit log has crashed. The next writer repairs it."
        case .inputOutput: "The disk with the audit log reports an error. Check the disk."
        case .notPermitted:
            "The audit log or its directory may not be used by this user. Check owner and permissions."
        case .notFound: "There is no audit log at this path."
        case .damaged: "The audit log's file is damaged. Verify it, and restore it from a backup."
        case .notAnAuditLog: "The file is not an audit log. Choose another path."
        case .tooLarge: "The event is larger than the audit log takes."
        default: "SQLite refused to serve the audit log."
        }
    }
}
