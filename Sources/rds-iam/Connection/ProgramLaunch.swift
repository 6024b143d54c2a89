#if Command
import PGConninfo
import RDSIAMBasics
import RDSIAMSystem

/// A program that takes the place of this process, with its terminal, its signals and its exit status.
///
/// There is no child process to pass signals on to, and none that could outlive this one.
struct ProgramLaunch {
    private let path: [UInt8]
    private let words: [[UInt8]]
    /// The variables of this process as its parent has set them, without libpq's.
    private let variables: [[UInt8]]
    /// The descriptors that the program inherits beside the standard streams: those of this process's own parent.
    private let inherited: Set<Int32>

    /// Finds the program, before a token is made for it.
    ///
    /// - Parameter words: The program's name or path, and its arguments.
    /// - Throws: ``CommandFailure`` with the status that shells use: 127 if there is no such program, 126 if it may not
    ///   be started.
    init(_ words: [[UInt8]]) throws {
        let name = words.first ?? []
        self.words = words
        path = try Self.path(of: name)
        inherited = Set(Self.openDescriptors())
        variables = Self.otherVariables()
    }

    private static func path(of name: [UInt8]) throws -> [UInt8] {
        guard !name.contains(UInt8(ascii: "/")) else { return name }
        let directories = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
        for directory in directories.splitBytes(separator: ":", omittingEmptySubsequences: false) {
            let path = Array((directory.isEmpty ? "." : directory).utf8) + [UInt8(ascii: "/")] + name
            if isExecutable(path) { return path }
        }
        let text = String(reflecting: String(decoding: name, as: UTF8.self))
        throw CommandFailure(
            status: 127,
            error: LaunchFailure("There is no program \(text) in PATH. Install it, or name its path.")
        )
    }

    private static func isExecutable(_ path: [UInt8]) -> Bool {
        withCString(path) { path in
            var status = stat()
            return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG && access(path, X_OK) == 0
        }
    }

    /// Replaces this process.
    ///
    /// - Parameter own: libpq's variables for the program. Those of this process are left out, all others stay as
    ///   they are, in UTF-8 or not.
    func run(_ own: [String: String]) throws -> Never {
        _ = fflush(nil)
        OriginalSignals.restoreAll()
        for descriptor in Self.openDescriptors() where !inherited.contains(descriptor) {
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        }
        var none = sigset_t()
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, nil)
        let environment = variables + own.map { Array("\($0.key)=\($0.value)".utf8) }
        let failure = Self.withCStrings(words) { words in
            Self.withCStrings(environment) { environment in
                Self.withCString(path) { execve($0, words, environment) == 0 ? 0 : errno }
            }
        }
        throw failed(failure)
    }

    private func failed(_ number: Int32) -> CommandFailure {
        let text = String(reflecting: String(decoding: path, as: UTF8.self))
        let reason = "\(text) cannot be started: \(String(cString: strerror(number)))."
        return CommandFailure(status: number == ENOENT ? 127 : 126, error: LaunchFailure(reason))
    }

    private static func otherVariables() -> [[UInt8]] {
        let names = Set(ProcessInfo.processInfo.environment.keys).subtracting(Conninfo.environmentVariables)
        return names.compactMap { name in
            getenv(name).map { value in
                Array("\(name)=".utf8)
                    + UnsafeBufferPointer(start: value, count: strlen(value)).map(UInt8.init(bitPattern:))
            }
        }
    }

    /// The descriptors after the standard streams that a program would inherit.
    private static func openDescriptors() -> [Int32] {
        let most = min(sysconf(Int32(_SC_OPEN_MAX)), 4096)
        return (3..<Int32(clamping: max(most, 3))).filter { descriptor in
            let flags = fcntl(descriptor, F_GETFD)
            return flags >= 0 && flags & FD_CLOEXEC == 0
        }
    }

    private static func withCString<Value>(_ bytes: [UInt8], _ body: (UnsafePointer<CChar>) -> Value) -> Value {
        (bytes + [0]).withUnsafeBufferPointer { buffer in
            buffer.withMemoryRebound(to: CChar.self) { $0.baseAddress.map(body) }
        } ?? "".withCString(body)
    }

    private static func withCStrings<Value>(
        _ texts: [[UInt8]],
        _ body: ([UnsafeMutablePointer<CChar>?]) -> Value
    ) -> Value {
        let copies = texts.map { withCString($0) { strdup($0) } }
        defer { copies.forEach { free($0) } }
        return body(copies + [nil])
    }
}

extension Conninfo {
    /// The variables that have a say in what libpq connects to, and how.
    static let environmentVariables: [String] =
        Keyword.all.compactMap(\.environmentVariable) + ["PGREQUIRESSL", "PGSYSCONFDIR"]
}

private struct LaunchFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
#endif
