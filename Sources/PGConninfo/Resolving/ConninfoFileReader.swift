/// Reads the files that a connection may depend on.
public struct ConninfoFileReader: Sendable {
    /// A file as it was found.
    public struct File: Sendable {
        /// What the file holds; nil if it exists but cannot be opened.
        public var contents: [UInt8]?
        /// Whether it is a plain file, not a folder, pipe or device.
        public var isPlainFile: Bool
        /// The permission bits, such as `0o600`.
        public var permissions: UInt32

        /// Creates a file as a reader reports it.
        public init(contents: [UInt8]?, isPlainFile: Bool = true, permissions: UInt32 = 0o600) {
            self.contents = contents
            self.isPlainFile = isPlainFile
            self.permissions = permissions
        }
    }

    private let read: @Sendable (_ path: [UInt8]) -> File?

    /// Creates a reader from a function that gives the file at a path, or nil if there is none.
    public init(_ read: @escaping @Sendable (_ path: [UInt8]) -> File?) {
        self.read = read
    }

    /// The file at a path; nil if there is none.
    public func callAsFunction(_ path: [UInt8]) -> File? {
        read(path)
    }

    /// Finds no files.
    public static let none = ConninfoFileReader { _ in nil }

    /// Finds the files of a dictionary from path to contents, each with the permissions `0600`.
    public static func inMemory(_ files: [String: String]) -> ConninfoFileReader {
        ConninfoFileReader { path in
            files[String(decoding: path, as: UTF8.self)].map { File(contents: Array($0.utf8)) }
        }
    }
}

extension ConninfoFileReader.File: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// What kind of file it is, without its contents, which may be passwords.
    public var description: String {
        "File(\(contents.map { "\($0.count) bytes" } ?? "unreadable"), permissions 0\(String(permissions, radix: 8)))"
    }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// Shows what ``description`` shows.
    public var customMirror: Mirror { Mirror(self, children: ["redacted": description]) }
}
