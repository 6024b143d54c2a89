import RDSIAMSystem

/// The log's place in the file system: a file for its owner alone, in a folder for its owner alone.
struct LogFile {
    let path: String

    /// - Throws: ``AuditLogError`` `invalidArgument` if the operating system would take the path for another one: it ends
    ///   at a NUL there.
    static func check(_ path: String) throws {
        guard path.isEmpty || path.utf8.contains(0) else { return }
        let message = "The path of an audit log is empty or holds a NUL. Pass the path of a file."
        throw AuditLogError(.invalidArgument, message, path: nil)
    }

    /// Creates what is missing of the folder, with mode 0700, and the file, with mode 0600.
    ///
    /// A folder that is there is somebody's own and is left as it is, however many may look into it.
    ///
    /// SQLite gives its journals the mode of the file. An existing file is not opened here: closing it would drop the
    /// locks other connections in this process hold on it.
    func createIfMissing() throws {
        guard access(path, F_OK) != 0 else { return }
        try createFolder(parent(of: path))
        let file = open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0o600)
        if file < 0 && errno == EEXIST { return }
        guard file >= 0 else { throw failure(errno) }
        close(file)
    }

    /// Takes back what others may do with a file of one's own, and with its journals.
    ///
    /// Another owner's file stays as its owner has made it. Where a file system keeps no modes, there are none to mend.
    func closeToOthers() {
        for name in ["", "-journal", "-wal", "-shm"].map({ path + $0 }) {
            var status = stat()
            guard stat(name, &status) == 0, status.st_uid == geteuid(), status.st_mode & 0o077 != 0 else { continue }
            chmod(name, status.st_mode & 0o700)
        }
    }

    /// Whether there is a file.
    var exists: Bool { access(path, F_OK) == 0 }

    private func createFolder(_ folder: String) throws {
        if access(folder, F_OK) == 0 { return }
        try createFolder(parent(of: folder))
        guard mkdir(folder, 0o700) == 0 || errno == EEXIST else { throw failure(errno) }
        try synchronise(folder: parent(of: folder))
    }

    /// Makes a folder's list of names durable: a file whose name is lost is lost.
    func synchronise(folder: String) throws {
        let descriptor = open(folder, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        // Some file systems cannot synchronise a folder and need not: EINVAL.
        guard fsync(descriptor) == 0 || errno == EINVAL else { throw failure(errno) }
    }

    var folder: String { parent(of: path) }

    private func parent(of path: String) -> String {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    func failure(_ number: Int32) -> AuditLogError {
        switch number {
        case ENOSPC, EDQUOT, EFBIG:
            AuditLogError(.diskFull, "The disk for the audit log is full. Free some space.", path: path)
        case ENOENT, ENOTDIR:
            AuditLogError(.notFound, "There is no such folder for the audit log.", path: path)
        case EIO:
            AuditLogError(.inputOutput, "The disk for the audit log reports an error. Check the disk.", path: path)
        default:
            AuditLogError(
                .notPermitted,
                "The audit log could not be created: \(String(cString: strerror(number))). Check the folder's owner"
                    + " and permissions.",
                path: path
            )
        }
    }
}
