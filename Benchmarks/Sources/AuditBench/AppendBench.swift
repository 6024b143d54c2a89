import CAuditPeer
import Foundation
import TokenAuditLog

/// Durable appends, one by one and sixteen at once, in turns with the peer, so that all meet the same disk.
struct AppendBench {
    let folder: String
    let rounds = 30
    let appends = 40

    func run() async throws {
        let place = folder + "/audit-bench-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: place) }
        let log = try await AuditLog.open(place + "/log")
        try await log.record(Workload.event(0))
        let journal = FileManager.default.fileExists(atPath: log.path + "-wal") ? "wal" : "truncate"
        let peer = try Peer(path: place + "/peer", model: log.path, journal: journal)
        let samples = try await measure(log, peer)
        await log.close()
        report(samples, journal)
    }

    private struct Sample {
        var single: Double
        var peer: Double
        var shared: Double
    }

    private func measure(_ log: AuditLog, _ peer: Peer) async throws -> [Sample] {
        let reader = try await AuditLogReader.open(log.path)
        var samples: [Sample] = []
        for round in 0..<rounds {
            let before = try await reader.head().sequence
            let single = try await seconds { try await Workload.record(appends, in: 1, to: log, from: round * 10_000) }
            let shared = try await seconds {
                try await Workload.record(appends * 16, in: 16, to: log, from: round * 10_000 + 1000)
            }
            // The peer stores the same payloads, so that both files stay alike.
            let rows = try await Int(reader.head().sequence - before)
            let payloads = try await reader.entries(limit: rows).entries.sorted { $0.sequence < $1.sequence }.map(
                \.payload
            )
            let bare = await seconds { for payload in payloads.prefix(appends) { peer.insert([payload]) } }
            peer.insert(Array(payloads.dropFirst(appends)))
            samples.append(
                Sample(
                    single: single / Double(appends),
                    peer: bare / Double(appends),
                    shared: shared / Double(appends * 16)
                )
            )
        }
        return samples
    }

    private func report(_ samples: [Sample], _ journal: String) {
        func line(_ name: String, _ path: KeyPath<Sample, Double>) {
            let sorted = samples.map { $0[keyPath: path] }.sorted()
            let (best, middle) = (sorted[0], sorted[sorted.count / 2])
            print(
                "\(name): \(fixed(best * 1e6, 1)) us best, \(fixed(middle * 1e6, 1)) us median, \(fixed(1 / middle, 0))/s"
            )
        }
        func middle(_ ratio: (Sample) -> Double) -> String { fixed(samples.map(ratio).sorted()[samples.count / 2]) }
        print("journal \(journal), \(rounds) rounds of \(appends) appends")
        line("single durable append  ", \.single)
        line("bare C insert          ", \.peer)
        line("append, 16 issuers     ", \.shared)
        print("single / bare C, median of rounds: \(middle { $0.single / $0.peer })   (at most 1.25)")
        print("16 issuers / single rate, median of rounds: \(middle { $0.single / $0.shared })   (at least 8)")
    }
}

/// The bare C program.
final class Peer {
    private let handle: UnsafeMutableRawPointer
    private var sequence: Int64 = 0

    init(path: String, model: String, journal: String) throws {
        guard let handle = audit_peer_open(path, model, journal) else { throw CocoaError(.fileWriteUnknown) }
        self.handle = handle
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
}
