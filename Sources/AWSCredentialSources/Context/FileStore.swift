/// The file system, as far as credential sources need it.
public protocol FileStore: Sendable {
    /// Reads a file.
    ///
    /// - Parameter path: An absolute path.
    /// - Returns: The file's bytes, or `nil` if there is no such file.
    /// - Throws: ``FileStoreError`` if there is one that cannot be read.
    func contents(of path: String) async throws -> [UInt8]?

    /// Replaces a file as a whole, so that a reader sees the old or the new one; only the owner may read it.
    ///
    /// - Parameters:
    ///   - path: An absolute path in a directory that exists.
    ///   - contents: The new bytes.
    /// - Throws: ``FileStoreError`` if it cannot be written.
    func replace(_ path: String, with contents: [UInt8]) async throws

    /// Returns what tells a file from what it was before, or `nil` if the store does not know.
    ///
    /// It is called at most once a second for each file, and must not wait. Without stamps a change is seen only when
    /// credentials are fetched again.
    ///
    /// - Parameter path: An absolute path.
    func stamp(of path: String) -> FileStamp?
}

extension FileStore {
    /// For stores that know none: `nil`.
    public func stamp(of path: String) -> FileStamp? { nil }
}

/// What tells a file from what it was before: it changes whenever the file does.
public struct FileStamp: Sendable, Hashable {
    private var parts: [Int64]

    /// Creates a stamp.
    ///
    /// - Parameter parts: Numbers of which at least one changes with the file, such as its size, its inode and its
    ///   times.
    public init(_ parts: [Int64]) {
        self.parts = parts
    }

    /// The stamp of a file that does not exist.
    public static let absent = Self([])
}

/// Why a file could not be read or written.
///
/// Trying again may help with the codes ``Code/timedOut`` and ``Code/systemBusy``.
public struct FileStoreError: RetryableError, CustomStringConvertible {
    /// What went wrong with a file; more codes may be added.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The name, such as `tooLarge`.
        public let description: String

        /// The operating system refuses, for example for want of a permission.
        public static let operatingSystem = Self(description: "operatingSystem")
        /// The file system, or the writer of a pipe, did not answer in time.
        public static let timedOut = Self(description: "timedOut")
        /// The operating system is short of threads, memory or descriptors.
        public static let systemBusy = Self(description: "systemBusy")
        /// The file is larger than the store reads.
        package static let tooLarge = Self(description: "tooLarge")
        /// The path holds a NUL, so it can name no file.
        package static let invalidPath = Self(description: "invalidPath")
    }

    /// What went wrong, as a program sees it.
    public let code: Code
    /// The path of the file.
    package let path: String
    /// The reason in few words, such as `Permission denied`.
    package let reason: String

    /// Creates an error with the properties of the same names.
    ///
    /// The reason must not hold anything of what is in the file.
    public init(_ code: Code, path: String, reason: String) {
        self.code = code
        self.path = path
        self.reason = reason
    }

    /// One sentence that names the file and the reason.
    public var message: String { "The file \(path) cannot be used: \(reason)." }

    /// Whether the same call may succeed later although nothing is changed.
    public var isRetryable: Bool { [.timedOut, .systemBusy].contains(code) }

    /// The same as ``message``.
    public var description: String { message }

    /// The reason of any store's error, without the text of another type's error, which may hold a secret.
    static func reason(of error: any Error) -> String { (error as? Self)?.reason ?? "\(type(of: error))" }
}

extension CredentialContext {
    /// Reads a file that a setting names.
    ///
    /// - Parameters:
    ///   - path: The path; `~/` means the home directory.
    ///   - failure: Makes the error of the end of a sentence, such as `does not exist`, and of the store's error.
    func contents(
        of path: String,
        orThrow failure: (_ fault: String, _ error: (any Error)?) -> AWSCredentialError
    ) async throws -> [UInt8] {
        let bytes: [UInt8]?
        do {
            bytes = try await files.contents(of: expandingHome(path) ?? path)
        } catch {
            try CancellationError.rethrow(error)
            throw failure("cannot be read: \(FileStoreError.reason(of: error))", error)
        }
        guard let bytes else { throw failure("does not exist", nil) }
        return bytes
    }

    /// Reads a file that holds one secret, without the line end that editors and kubelets put there.
    ///
    /// Errors name the file, never what is in it.
    ///
    /// - Parameters:
    ///   - path: The path; `~/` means the home directory.
    ///   - what: The file's role, to begin a message with.
    func secret(in path: String, what: String) async throws -> String {
        func failure(_ fault: String, _ error: (any Error)? = nil) -> AWSCredentialError {
            AWSCredentialError(.unreadableFile, "\(what) \(path) \(fault).", underlyingError: error)
        }
        var bytes = try await contents(of: path, orThrow: failure)[...]
        if bytes.last == UInt8(ascii: "\n") {
            bytes.removeLast()
            if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
        }
        guard !bytes.isEmpty else { throw failure("is empty") }
        return bytes.text
    }
}
