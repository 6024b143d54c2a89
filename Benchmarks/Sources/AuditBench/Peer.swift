import CAuditPeer
import Foundation

/// The bare C program.
final class Peer {
    private let handle: UnsafeMutableRawPointer
    private var sequence: Int64

    /// - Parameter model: A log whose tables it makes, or `nil` if the file already has them.
    init(path: String, model: String?, journal: String) throws {
        guard let handle = audit_peer_open(path, model, journal) else { throw CocoaError(.fileWriteUnknown) }
        self.handle = handle
        self.sequence = audit_peer_last(handle)
    }

    /// The journal in which a log is kept.
    static func journal(of log: String) -> String {
        FileManager.default.fileExists(atPath: log + "-wal") ? "wal" : "truncate"
    }

    deinit { audit_peer_close(handle) }

    /// Stores rows in one transaction.
    func insert(_ payloads: [String]) {
        let texts = payloads.map { strdup($0) }
        defer { for text in texts { free(text) } }
        let code = texts.map { UnsafePointer($0) }.withUnsafeBufferPointer {
            audit_peer_insert(handle, sequence + 1, $0.baseAddress, Int32(payloads.count))
        }
        precondition(code == 0, "the peer's insert failed with \(code)")
        sequence += Int64(payloads.count)
    }

    /// Stores rows, `count` in each transaction.
    func insert(_ payloads: [String], by count: Int) {
        for start in stride(from: 0, to: payloads.count, by: count) { insert(Array(payloads[start...].prefix(count))) }
    }
}
