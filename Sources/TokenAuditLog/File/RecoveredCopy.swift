import RDSIAMSystem

/// A private copy of a log that a writer has left half-way, with the journal applied.
enum RecoveredCopy {
    /// How often to begin again if a writer comes in between.
    private static let attempts = 5

    /// Copies file and journal to a new temporary directory, which is gone by the time this returns: only the
    /// connection leads to the copy.
    static func make(of path: String) throws -> Connection {
        for _ in 0..<attempts {
            let before = FileState(of: path)
            let copy = Result { try copied(from: path, in: before) }
            // Copying can also fail because a writer changes the files.
            if FileState(of: path) == before { return try copy.get() }
        }
        throw AuditLogError(.busy, "Another process repairs the audit log after a crash. Try again.", path: path)
    }

    private static func copied(from path: String, in state: FileState) throws -> Connection {
        let directory = FileManager.default.temporaryDirectory.path + "/rds-iam-audit-" + UUID().uuidString
        guard mkdir(directory, 0o700) == 0 else { throw LogFile(path: directory + "/log").failure(errno) }
        defer {
            for suffix in [""] + LogFile.journals { unlink(directory + "/log" + suffix) }
            rmdir(directory)
        }
        // Through SQLite's own descriptor: closing another one would drop this process's locks on the log.
        try Connection(path: path, mode: .unlocked).copyFile(to: directory + "/log")
        for suffix in ["-journal", "-wal"] where LogFile(path: path + suffix).exists {
            try copyJournal(path + suffix, to: directory + "/log" + suffix)
        }
        let copy = try Connection(path: directory + "/log", mode: .writing, copyOf: (path, state))
        // The first read applies the journal.
        _ = try copy.integer(Queries.highestRow)
        return copy
    }

    private static func copyJournal(_ path: String, to copy: String) throws {
        do {
            try FileManager.default.copyItem(atPath: path, toPath: copy)
        } catch {
            throw LogFile(path: path).failure(errno)
        }
    }
}

/// What changes when a process writes to a log, or repairs it.
struct FileState: Equatable {
    private let parts: [Int64]

    init(of path: String) {
        parts = ["", "-journal", "-wal"].flatMap { suffix -> [Int64] in
            var status = stat()
            guard stat(path + suffix, &status) == 0 else { return [-1] }
            #if os(Linux)
            let time = status.st_mtim
            #else
            let time = status.st_mtimespec
            #endif
            return [Int64(status.st_ino), Int64(status.st_size), Int64(time.tv_sec), Int64(time.tv_nsec)]
        }
    }
}
