import AWSCredentialSources
import RDSIAMBasics
import Synchronization

/// Files in memory.
final class MemoryFileStore: FileStore {
    private let files: Mutex<[ByteText: Scenario.FileText]>
    private let changes = Mutex<[String: [UInt8]]>([:])
    private let count = Mutex(0)
    private let looks = Mutex(0)
    private let versions = Mutex<[ByteText: Int64]>([:])
    /// Whether it has stamps, as not every store has.
    private let hasStamps: Bool

    init(_ files: [String: String] = [:], hasStamps: Bool = true) {
        self.hasStamps = hasStamps
        self.files = Mutex(Self.byBytes(files.mapValues { .text($0) }))
    }

    init(_ files: [String: Scenario.FileText]) {
        hasStamps = true
        self.files = Mutex(Self.byBytes(files))
    }

    private static func byBytes(_ files: [String: Scenario.FileText]) -> [ByteText: Scenario.FileText] {
        Dictionary(files.map { (ByteText($0.key), $0.value) }) { first, _ in first }
    }

    /// What was written, by path.
    var written: [String: [UInt8]] { changes.withLock { $0 } }

    /// How often a file was asked for.
    var reads: Int { count.withLock { $0 } }

    /// How often a stamp was asked for.
    var stampReads: Int { looks.withLock { $0 } }

    func put(_ path: String, _ text: String?) {
        versions.withLock { $0[ByteText(path), default: 0] += 1 }
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

    func stamp(of path: String) -> FileStamp? {
        looks.withLock { $0 += 1 }
        guard hasStamps else { return nil }
        guard files.withLock({ $0[ByteText(path)] != nil }) else { return .absent }
        return FileStamp([versions.withLock { $0[ByteText(path)] ?? 0 }])
    }

    func replace(_ path: String, with contents: [UInt8]) async throws {
        changes.withLock { $0[path] = contents }
        versions.withLock { $0[ByteText(path), default: 0] += 1 }
        files.withLock { $0[ByteText(path)] = .text(String(decoding: contents, as: UTF8.self)) }
    }
}
