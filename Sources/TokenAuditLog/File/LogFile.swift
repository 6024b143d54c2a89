import RDSIAMSystem

/// The log's place in the file system.
struct LogFile {
    let path: String

    /// What the log's journals are called.
    static let journals = ["-journal", "-wal", "-shm"]

    /// - Throws: ``AuditLogError`` `invalidArgument` if the operating system would take the path for another one: it
    ///   ends at a NUL there.
    static func check(_ path: String) throws {
        guard path.isEmpty || path.utf8.contains(0) else { return }
        let message = "The path of an audit log is empty or holds a NUL. Pass the path of a file."
        throw AuditLogError(.invalidArgument, message, path: nil)
    }

    /// What lies at the path, links followed; `nil` if there is nothing.
    ///
    /// Nothing is opened: a pipe would wait for its other end, and closing a database by hand would drop the locks that
    /// this process holds on it.
    ///
    /// - Throws: ``AuditLogError`` `notPermitted` if this user may not even look.
    private func status() throws -> stat? {
        var status = stat()
        if stat(path, &status) == 0 { return status }
        guard errno != ENOENT && errno != ENOTDIR else { return nil }
        throw failure(errno)
    }

    /// Makes sure that the path leads to a regular file, and to one that this user may read, before it is touched.
    ///
    /// - Returns: Whether there is a file.
    /// - Throws: ``AuditLogError`` `notAnAuditLog` or `notPermitted`.
    @discardableResult
    func inspect() throws -> Bool {
        guard let status = try status() else { return false }
        guard status.st_mode & S_IFMT == S_IFREG else {
            let kind = status.st_mode & S_IFMT == S_IFDIR ? "is a directory" : "is not a file"
            let message = "The path of the audit log \(kind). Name a file, or use --audit off for no log."
            throw AuditLogError(.notAnAuditLog, message, path: path)
        }
        guard access(path, R_OK) == 0 else { throw failure(errno) }
        let target = target.path
        try Self.journals.forEach { try checkIsOwn(target + $0) }
        return true
    }

    /// Makes sure that no link lies where a journal belongs.
    ///
    /// Run by root, SQLite gives what it finds there to the log's owner.
    private func checkIsOwn(_ journal: String) throws {
        var status = stat()
        guard lstat(journal, &status) == 0, status.st_mode & S_IFMT != S_IFREG || status.st_nlink > 1 else { return }
        let message = "There is a link, or no file, where a journal of the audit log belongs: \(journal). Remove it."
        throw AuditLogError(.notPermitted, message, path: path)
    }

    /// How many bytes the file has; 0 if there is none.
    var size: Int64 { (try? status()).flatMap { $0 }.map { Int64($0.st_size) } ?? 0 }

    /// Whether there is a file.
    var exists: Bool { access(path, F_OK) == 0 }

    /// The file that the path leads to if a symbolic link lies there; else the path itself.
    ///
    /// SQLite puts its journals beside the file, not beside the link.
    var target: LogFile {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFLNK, let target = realpath(path, nil) else {
            return self
        }
        defer { free(target) }
        return LogFile(path: String(cString: target))
    }

    // MARK: Making it

    /// Creates what is missing of the directory, with mode 0700, and the file, with mode 0600.
    ///
    /// A directory that is there is left as it is, also if others may look into it.
    ///
    /// SQLite gives its journals the mode of the file.
    func createIfMissing() throws {
        guard try !inspect() else { return }
        try createDirectory(directory)
        let file = open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0o600)
        if file < 0 && errno == EEXIST { return }
        guard file >= 0 else { throw failure(errno) }
        close(file)
    }

    private func createDirectory(_ directory: String) throws {
        if access(directory, F_OK) == 0 { return }
        try createDirectory(parent(of: directory))
        guard mkdir(directory, 0o700) == 0 || errno == EEXIST else { throw failure(errno, making: directory) }
        try synchronize(directory: parent(of: directory))
    }

    /// Makes a directory's list of names durable: a file whose name is lost is lost.
    func synchronize(directory: String) throws {
        let descriptor = open(directory, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        // Some file systems cannot synchronize a directory and need not: EINVAL.
        guard fsync(descriptor) == 0 || errno == EINVAL else { throw failure(errno) }
    }

    var directory: String { parent(of: path) }

    private func parent(of path: String) -> String {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    // MARK: Who may use it

    /// Takes back what others than the owner and its group may do with a log of this user, and with its journals.
    ///
    /// A log that its owner shares with a group stays shared, and its journals with it: SQLite gives them the mode of
    /// the log, but not again when that changes. Another owner's file stays as its owner has made it, and so does what
    /// a link beside the log leads to.
    func closeToOthers() {
        guard let status = try? status(), status.st_uid == geteuid() else { return }
        for name in ([""] + Self.journals).map({ path + $0 }) { Self.set(status.st_mode & 0o770, name, status.st_uid) }
    }

    private static func set(_ mode: mode_t, _ name: String, _ owner: uid_t) {
        #if os(Linux)
        // A descriptor that only names the file: closing it drops no locks, and no link can take its place.
        let descriptor = open(name, 0o10000000 /* O_PATH */ | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, differs(status, mode, owner) else { return }
        chmod("/proc/self/fd/\(descriptor)", mode)
        #else
        var status = stat()
        guard lstat(name, &status) == 0, differs(status, mode, owner) else { return }
        fchmodat(AT_FDCWD, name, mode, AT_SYMLINK_NOFOLLOW)
        #endif
    }

    /// Whether a file is the log's own and has another mode.
    private static func differs(_ status: stat, _ mode: mode_t, _ owner: uid_t) -> Bool {
        status.st_mode & S_IFMT == S_IFREG && status.st_uid == owner && status.st_nlink == 1
            && status.st_mode & 0o777 != mode
    }

    // MARK: Failures

    private func failure(_ number: Int32, making directory: String) -> AuditLogError {
        guard [EACCES, EPERM, EROFS].contains(number) else { return failure(number) }
        return AuditLogError(
            .notPermitted,
            "The directory \(directory) for the audit log cannot be made: \(String(cString: strerror(number))). Make it for"
                + " this user, or let the user write to \(parent(of: directory)).",
            path: path
        )
    }

    func failure(_ number: Int32) -> AuditLogError {
        switch number {
        case ENOSPC, EDQUOT, EFBIG:
            AuditLogError(.diskFull, "The disk for the audit log is full. Free some space.", path: path)
        case ENOENT, ENOTDIR:
            AuditLogError(.notFound, "There is no such directory for the audit log. Create it.", path: path)
        case EIO:
            AuditLogError(.inputOutput, "The disk for the audit log reports an error. Check the disk.", path: path)
        case EACCES where access(directory, X_OK) != 0 && errno == EACCES:
            AuditLogError(
                .notPermitted,
                "This user may not enter the directory of the audit log. Give it execute permission for this user.",
                path: path
            )
        default:
            AuditLogError(
                .notPermitted,
                "The audit log may not be used by this user: \(String(cString: strerror(number))). Check owner and"
                    + " permissions of the file and its directory.",
                path: path
            )
        }
    }
}
