import Dispatch
import RDSIAMBasics
import RDSIAMSystem
import Synchronization

/// The real file system.
///
/// Work runs on a thread where waiting is allowed; no file larger than 8 MB is read. A pipe that stays silent for 2
/// seconds is given up, and so is a file system that has not answered within 10.
struct SystemFileStore: FileStore {
    /// Creates the store.
    init() {}

    /// Reads a file.
    func contents(of path: String) async throws -> [UInt8]? {
        try await Self.limited(path) { try Self.read(path) }
    }

    /// Replaces a file by writing a neighbor and renaming it.
    func replace(_ path: String, with contents: [UInt8]) async throws {
        try await Self.limited(path) { try Self.write(contents, to: path) }
    }

    /// Returns the file's device, inode, size and times of change, or `nil` if the file system does not answer within a
    /// tenth of a second.
    func stamp(of path: String) -> FileStamp? {
        guard !path.utf8.contains(0) else { return nil }
        let key = ByteText(path)
        // A look that has not come back holds its thread, so there is one for each path at most.
        let (look, isNew) = Self.looks.withLock { looks in
            if let look = looks[key] { return (look, false) }
            let look = Look()
            look.end.enter()
            looks[key] = look
            return (look, true)
        }
        let finish = { @Sendable (stamp: FileStamp?) in
            look.stamp.withLock { $0 = stamp }
            Self.looks.withLock { $0[key] = nil }
            look.end.leave()
        }
        if isNew, (try? BlockingWork.start { finish(Self.look(at: path)) }) == nil { finish(nil) }
        return look.end.wait(timeout: look.deadline) == .success ? look.stamp.withLock(\.self) : nil
    }

    private static let looks = Mutex<[ByteText: Look]>([:])

    /// A look at a file, which all wait for who ask at the same time.
    private final class Look: Sendable {
        let stamp = Mutex<FileStamp?>(nil)
        let end = DispatchGroup()
        let deadline = DispatchTime.now() + .milliseconds(100)
    }

    private static func look(at path: String) -> FileStamp? {
        var status = stat()
        guard stat(path, &status) == 0 else { return errno == ENOENT || errno == ENOTDIR ? .absent : nil }
        #if canImport(Darwin)
        let times = [status.st_mtimespec, status.st_ctimespec]
        #else
        let times = [status.st_mtim, status.st_ctim]
        #endif
        let identity = [Int64(truncatingIfNeeded: status.st_dev), Int64(truncatingIfNeeded: status.st_ino)]
        // As bytes, because the members of `timespec` belong to a module that has no name of its own on Linux.
        let bytes = times.flatMap { time in withUnsafeBytes(of: time) { $0.map(Int64.init) } }
        return FileStamp(identity + [Int64(status.st_size)] + bytes)
    }

    private static func limited<Value: Sendable>(
        _ path: String,
        _ work: @escaping @Sendable () throws -> Value
    ) async throws -> Value {
        // The C functions would stop at the NUL and use another file.
        guard !path.utf8.contains(0) else {
            throw FileStoreError(.invalidPath, path: path, reason: "the path holds a NUL")
        }
        do {
            return try await BlockingWork.run(
                within: .seconds(10),
                otherwise: FileStoreError(.timedOut, path: path, reason: "no answer in 10 seconds"),
                work
            )
        } catch let error as BlockingWork.NoThread {
            throw failure(path, error.number)
        }
    }

    private static let largest = 8 << 20
    private static let silence: Int32 = 2_000

    private static func read(_ path: String) throws -> [UInt8]? {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw failure(path)
        }
        defer { close(file) }
        var bytes: [UInt8] = []
        while case let chunk = try nextChunk(file, path), !chunk.isEmpty {
            bytes.append(contentsOf: chunk)
            guard bytes.count <= largest else {
                throw FileStoreError(.tooLarge, path: path, reason: "larger than 8 MB")
            }
        }
        return bytes
    }

    private static func nextChunk(_ file: Int32, _ path: String) throws -> [UInt8] {
        var ready = pollfd(fd: file, events: Int16(POLLIN), revents: 0)
        guard poll(&ready, 1, silence) > 0 else {
            throw FileStoreError(.timedOut, path: path, reason: "silent for 2 seconds")
        }
        guard let chunk = readChunk(of: file) else { throw failure(path) }
        return chunk
    }

    private static func write(_ contents: [UInt8], to path: String) throws {
        var template = Array((path + ".XXXXXX").utf8CString)
        let file = mkstemp(&template)
        guard file >= 0 else { throw failure(path) }
        defer { close(file) }
        _ = fcntl(file, F_SETFD, FD_CLOEXEC)
        do {
            try writeAll(contents, to: file, path)
            guard rename(template, path) == 0 else { throw failure(path) }
        } catch {
            unlink(template)
            throw error
        }
    }

    private static func writeAll(_ contents: [UInt8], to file: Int32, _ path: String) throws {
        guard let stream = fdopen(dup(file), "w") else { throw failure(path) }
        let written = fwrite(contents, 1, contents.count, stream)
        guard fclose(stream) == 0, written == contents.count, fsync(file) == 0 else { throw failure(path) }
    }

    private static func failure(_ path: String, _ number: Int32 = errno) -> FileStoreError {
        FileStoreError(
            isShortage(number) ? .systemBusy : .operatingSystem,
            path: path,
            reason: String(cString: strerror(number))
        )
    }
}
