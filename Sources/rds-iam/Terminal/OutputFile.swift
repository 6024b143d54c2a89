#if Command
import RDSIAMSystem

/// Where an export goes.
struct OutputFile {
    private let descriptor: Int32
    private let name: String

    static let standard = OutputFile(descriptor: STDOUT_FILENO, name: "standard output")

    private init(descriptor: Int32, name: String) {
        self.descriptor = descriptor
        self.name = name
    }

    /// Creates a file that only its owner may read, and overwrites none.
    init(creating path: String) throws {
        self.init(descriptor: open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600), name: path)
        guard descriptor >= 0 else {
            throw errno == EEXIST ? failure("It is there already: name a new file.") : failure(reason)
        }
    }

    func write(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { systemWrite(descriptor, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw failure(reason) }
            rest = rest.dropFirst(count)
        }
    }

    /// Makes what was written durable.
    func finish() throws {
        guard descriptor != STDOUT_FILENO else { return }
        guard fsync(descriptor) == 0 else { throw failure(reason) }
        guard close(descriptor) == 0 else { throw failure(reason) }
    }

    private var reason: String { "The system says: \(String(cString: strerror(errno)))." }

    private func failure(_ reason: String) -> WritingFailure { WritingFailure(name: name, reason: reason) }
}

/// A member function of the same name hides the system's.
func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
    write(descriptor, bytes, count)
}

struct WritingFailure: Error, CustomStringConvertible {
    let name: String
    let reason: String

    var description: String { "Cannot write \(name). \(reason)" }
}
#endif
