#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Reads the files that a connection may depend on.
public struct ConninfoFileReader: Sendable {
    /// A file as it was found.
    package struct File: Sendable {
        /// The contents, or `nil` if the file exists but cannot be opened.
        package var contents: [UInt8]?
        /// Whether it is a plain file: no directory, pipe or device.
        package var isPlainFile: Bool
        /// The permission bits, such as `0o600`.
        package var permissions: UInt32

        /// Creates a file as a reader reports it.
        package init(contents: [UInt8]?, isPlainFile: Bool = true, permissions: UInt32 = 0o600) {
            self.contents = contents
            self.isPlainFile = isPlainFile
            self.permissions = permissions
        }
    }

    private let file: @Sendable (_ path: [UInt8]) -> File?

    /// Creates a reader from a function that returns the file at a path, or `nil` if there is none.
    package init(_ read: @escaping @Sendable (_ path: [UInt8]) -> File?) {
        self.file = read
    }

    /// Returns the file at a path, or `nil` if there is none.
    package func callAsFunction(_ path: [UInt8]) -> File? {
        file(path)
    }

    /// Finds no files.
    public static let none = ConninfoFileReader { _ in nil }

    /// Finds the files of a dictionary from path to contents, each with the permissions `0600`.
    public static func inMemory(_ files: [String: String]) -> ConninfoFileReader {
        let files = [[UInt8]: [UInt8]](uniqueKeysWithValues: files.map { (Array($0.key.utf8), Array($0.value.utf8)) })
        return ConninfoFileReader { path in files[path].map { File(contents: $0) } }
    }
}

extension ConninfoFileReader {
    /// Reads from the file system.
    public static let fileSystem = ConninfoFileReader { path in
        let path = path.map { CChar(bitPattern: $0) } + [0]
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        let isPlainFile = status.st_mode & S_IFMT == S_IFREG
        let permissions = UInt32(status.st_mode & 0o7777)
        return File(contents: contents(of: path, isPlainFile), isPlainFile: isPlainFile, permissions: permissions)
    }

    /// Reads only a plain file: to read from a pipe could wait forever.
    private static func contents(of path: [CChar], _ isPlainFile: Bool) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var contents: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16 * 1024)
        while isPlainFile {
            let count = read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            contents.append(contentsOf: chunk[..<count])
        }
        return contents
    }
}

extension ConninfoFileReader.File: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The size and the permissions, without the contents, which may be passwords.
    package var description: String {
        "File(\(contents.map { "\($0.count) bytes" } ?? "unreadable"), permissions 0\(String(permissions, radix: 8)))"
    }

    /// The same as ``description``.
    package var debugDescription: String { description }

    /// Shows what ``description`` shows.
    package var customMirror: Mirror { Mirror(self, children: ["redacted": description]) }
}
