/// The file system, as far as credential sources need it.
public protocol FileStore: Sendable {
    /// Reads a file.
    ///
    /// - Parameter path: An absolute path.
    /// - Returns: The file's bytes; nil where there is no such file.
    /// - Throws: ``FileStoreError`` where there is one that cannot be read.
    func contents(of path: String) async throws -> [UInt8]?

    /// Replaces a file as a whole, so that a reader sees the old or the new one; only the owner may read it.
    ///
    /// - Parameters:
    ///   - path: An absolute path in a folder that exists.
    ///   - contents: The new bytes.
    /// - Throws: ``FileStoreError`` where it cannot be written.
    func replace(_ path: String, with contents: [UInt8]) async throws
}

/// Why a file could not be read or written.
public struct FileStoreError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The reason in the operating system's words, such as `Permission denied`.
    public var reason: String

    /// Creates an error.
    ///
    /// - Parameter reason: The reason; never the file's contents.
    public init(reason: String) {
        self.reason = reason
    }

    /// The reason.
    public var description: String { reason }
}
