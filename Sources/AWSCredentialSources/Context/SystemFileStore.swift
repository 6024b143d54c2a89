#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// The real file system.
///
/// Work runs on a thread where waiting is allowed; no file larger than 8 MB is read, and a pipe that stays silent for 2 seconds is given up.
public struct SystemFileStore: FileStore {
    /// Creates the store.
    public init() {}

    /// Reads a file.
    public func contents(of path: String) async throws -> [UInt8]? {
        try await BlockingWork.run { try Self.read(path) }
    }

    /// Replaces a file by writing a neighbour and renaming it.
    public func replace(_ path: String, with contents: [UInt8]) async throws {
        try await BlockingWork.run { try Self.write(contents, to: path) }
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
        while case let chunk = try readChunk(file), !chunk.isEmpty {
            bytes.append(contentsOf: chunk)
            guard bytes.count <= largest else { throw FileStoreError(reason: "larger than 8 MB") }
        }
        return bytes
    }

    private static func readChunk(_ file: Int32) throws -> [UInt8] {
        var ready = pollfd(fd: file, events: Int16(POLLIN), revents: 0)
        guard poll(&ready, 1, silence) > 0 else { throw FileStoreError(reason: "silent for 2 seconds") }
        var failure: FileStoreError?
        let chunk = [UInt8](unsafeUninitializedCapacity: 65_536) { buffer, count in
            let got = systemRead(file, buffer)
            count = max(got, 0)
            if got < 0 { failure = lastError() }
        }
        if let failure { throw failure }
        return chunk
    }

    private static func systemRead(_ file: Int32, _ buffer: UnsafeMutableBufferPointer<UInt8>) -> Int {
        while true {
            #if canImport(Glibc)
            let got = Glibc.read(file, buffer.baseAddress, buffer.count)
            #elseif canImport(Musl)
            let got = Musl.read(file, buffer.baseAddress, buffer.count)
            #else
            let got = Darwin.read(file, buffer.baseAddress, buffer.count)
            #endif
            if got >= 0 || errno != EINTR { return got }
        }
    }

    private static func write(_ contents: [UInt8], to path: String) throws {
        var template = Array((path + ".XXXXXX").utf8CString)
        let file = mkstemp(&template)
        guard file >= 0 else { throw lastError() }
        do {
            try writeAll(contents, to: file)
            close(file)
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
