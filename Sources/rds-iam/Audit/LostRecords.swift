#if Command
import AuthTokens
import RDSIAMSystem
import TokenAuditLog

/// The events that were lost because the log could not be opened or written: a line each in a file beside it.
///
/// The next command that opens the log records the gap and deletes the file. After a crash in between, the gap is
/// recorded twice, never lost.
struct LostRecords: TokenAuditRecorder {
    /// The file, or `nil` if the log has no place that it could be beside.
    private let path: String?

    init(of log: String?) { path = log.map { $0 + ".lost" } }

    /// Counts an event.
    func record(_ event: TokenEvent) async throws {
        append([.issue, .reuse].contains(event.activity) ? "1\n" : "0\n")
    }

    /// Counts the events that a log could not be told of.
    func record(_ lost: LostEvents) {
        guard !lost.isEmpty else { return }
        append(
            String(repeating: "1\n", count: lost.issued) + String(repeating: "0\n", count: lost.events - lost.issued)
        )
    }

    private func append(_ lines: String) {
        guard let file = open(O_WRONLY | O_APPEND | O_CREAT) else { return Self.warning }
        defer { close(file) }
        let count = lines.utf8.count
        guard systemWrite(file, lines, count) == count, fsync(file) == 0 else { return Self.warning }
    }

    /// Made once, however many records are lost.
    private static let warning: Void = Main.printError(
        "rds-iam: warning: the audit log will not say that this record is missing."
    )

    /// Has the log record the gap, if there is one.
    func settle(in log: AuditLog) async throws {
        guard let file = open(O_RDONLY) else { return }
        defer { close(file) }
        // Another command may have settled it while this one waited for the lock.
        var status = stat()
        guard fstat(file, &status) == 0, status.st_nlink > 0 else { return }
        var bytes = [UInt8](repeating: 0, count: min(Int(status.st_size), 1 << 20))
        let count = read(file, &bytes, bytes.count)
        let events = bytes.prefix(max(0, count)).filter { $0 == UInt8(ascii: "0") || $0 == UInt8(ascii: "1") }
        if !events.isEmpty {
            try await log.recordLoss(events: events.count, issued: events.count { $0 == UInt8(ascii: "1") })
        }
        if let path { unlink(path) }
    }

    /// Opens the file and locks it against other commands.
    private func open(_ flags: Int32) -> Int32? {
        guard let path else { return nil }
        let file = systemOpen(path, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard file >= 0 else { return nil }
        var status = stat()
        let isOwn = fstat(file, &status) == 0 && status.st_mode & S_IFMT == S_IFREG && status.st_uid == geteuid()
        guard isOwn, flock(file, LOCK_EX) == 0 else {
            close(file)
            return nil
        }
        return file
    }
}

/// A member function of the same name hides the system's.
private func systemOpen(_ path: String, _ flags: Int32) -> Int32 { open(path, flags, 0o600) }
#endif
