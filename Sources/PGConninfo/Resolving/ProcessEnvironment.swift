#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

extension ConninfoEnvironment {
    /// The environment of this process now: its variables that libpq reads, its user, its home folder, its files.
    public static var process: ConninfoEnvironment {
        var variables: [String: [UInt8]] = [:]
        for name in variableNames {
            if let value = variable(name) { variables[name.description] = value }
        }
        let home = variable("HOME").flatMap { $0.isEmpty ? nil : $0 } ?? Account.current?.homeDirectory
        let user = User.lookedUp { Account.current?.name }
        return ConninfoEnvironment(variables: variables, homeDirectory: home, user: user, files: .fileSystem)
    }

    /// `PGSERVICEFILE` sets a keyword in libpq 19 only, and is read by all of them.
    private static let variableNames = KeywordDefaults.variables + ["PGREQUIRESSL", "PGSYSCONFDIR"]

    private static func variable(_ name: StaticString) -> [UInt8]? {
        // A static string ends with a NUL; making one of String's would cost more than the look-up.
        getenv(UnsafeRawPointer(name.utf8Start).assumingMemoryBound(to: CChar.self)).map { bytes($0) }
    }

    fileprivate static func bytes(_ text: UnsafePointer<CChar>) -> [UInt8] {
        UnsafeBufferPointer(start: text, count: strlen(text)).map(UInt8.init(bitPattern:))
    }
}

/// The password-database entry of the effective user.
private struct Account {
    let name: [UInt8]
    let homeDirectory: [UInt8]

    static var current: Account? {
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: 16 * 1024)
        return buffer.withUnsafeMutableBufferPointer { buffer in
            guard let start = buffer.baseAddress,
                getpwuid_r(geteuid(), &entry, start, buffer.count, &found) == 0, found != nil,
                let name = entry.pw_name, let home = entry.pw_dir
            else { return nil }
            return Account(name: ConninfoEnvironment.bytes(name), homeDirectory: ConninfoEnvironment.bytes(home))
        }
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

    /// Only a plain file is read: reading from a pipe could wait for ever.
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
