import AWSCredentialSources
import RDSIAMBasics
import Synchronization

/// Files in memory.
final class MemoryFileStore: FileStore {
    private let files: Mutex<[ByteText: Scenario.FileText]>
    private let changes = Mutex<[String: [UInt8]]>([:])
    private let count = Mutex(0)

    init(_ files: [String: String] = [:]) {
        self.files = Mutex(Self.byBytes(files.mapValues { .text($0) }))
    }

    init(_ files: [String: Scenario.FileText]) {
        self.files = Mutex(Self.byBytes(files))
    }

    private static func byBytes(_ files: [String: Scenario.FileText]) -> [ByteText: Scenario.FileText] {
        Dictionary(files.map { (ByteText($0.key), $0.value) }) { first, _ in first }
    }

    /// What was written, by path.
    var written: [String: [UInt8]] { changes.withLock { $0 } }

    /// How often a file was asked for.
    var reads: Int { count.withLock { $0 } }

    func put(_ path: String, _ text: String?) {
        files.withLock { $0[ByteText(path)] = text.map { .text($0) } }
    }

    func contents(of path: String) async throws -> [UInt8]? {
        count.withLock { $0 += 1 }
        switch files.withLock({ $0[ByteText(path)] }) {
        case .text(let text): return Array(text.utf8)
        case .unreadable(let reason): throw FileStoreError(.operatingSystem, path: path, reason: reason)
        case nil: return nil
        }
    }

    func replace(_ path: String, with contents: [UInt8]) async throws {
        changes.withLock { $0[path] = contents }
        files.withLock { $0[ByteText(path)] = .text(String(decoding: contents, as: UTF8.self)) }
    }
}
