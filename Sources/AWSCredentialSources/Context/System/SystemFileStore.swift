#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// The real file system.
///
/// Work runs on a thread where waiting is allowed; no file larger than 8 MB is read. A pipe that stays silent for 2 seconds is given up, and
/// so is a file system that has not answered within 10.
public struct SystemFileStore: FileStore {
    /// Creates the store.
    public init() {}

    /// Reads a file.
    public func contents(of path: String) async throws -> [UInt8]? {
        try await Self.limited { try Self.read(path) }
    }

    /// Replaces a file by writing a neighbour and renaming it.
    public func replace(_ path: String, with contents: [UInt8]) async throws {
        try await Self.limited { try Self.write(contents, to: path) }
    }

    private static func limited<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await BlockingWork.run(
            within: .seconds(10),
            otherwise: FileStoreError(reason: "no answer in 10 seconds"),
            work
        )
    }

    private static let largest = 8 << 20
    private static let silence: Int32 = 2_000

    private static func read(_ path: String) throws -> [UInt8]? {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw lastError()
        }
        defer { close(file) }
        var bytes: [UInt8] = []
        while case let chunk = try nextChunk(file), !chunk.isEmpty {
            bytes.append(contentsOf: chunk)
            guard bytes.count <= largest else { throw FileStoreError(reason: "larger than 8 MB") }
        }
        return bytes
    }

    private static func nextChunk(_ file: Int32) throws -> [UInt8] {
        var ready = pollfd(fd: file, events: Int16(POLLIN), revents: 0)
        guard poll(&ready, 1, silence) > 0 else { throw FileStoreError(reason: "silent for 2 seconds") }
        guard let chunk = readChunk(of: file) else { throw lastError() }
        return chunk
    }

    private static func write(_ contents: [UInt8], to path: String) throws {
        var template = Array((path + ".XXXXXX").utf8CString)
        let file = mkstemp(&template)
        guard file >= 0 else { throw lastError() }
        defer { close(file) }
        _ = fcntl(file, F_SETFD, FD_CLOEXEC)
        do {
            try writeAll(contents, to: file)
            guard rename(template, path) == 0 else { throw lastError() }
        } catch {
            unlink(template)
            throw error
        }
    }

    private static func writeAll(_ contents: [UInt8], to file: Int32) throws {
        guard let stream = fdopen(dup(file), "w") else { throw lastError() }
        let written = fwrite(contents, 1, contents.count, stream)
        guard fclose(stream) == 0, written == contents.count, fsync(file) == 0 else { throw lastError() }
    }

    private static func lastError() -> FileStoreError {
        FileStoreError(reason: String(cString: strerror(errno)))
    }
}
