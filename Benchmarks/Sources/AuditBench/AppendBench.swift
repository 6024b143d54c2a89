import Foundation
import TokenAuditLog

/// Durable appends, one by one and sixteen at once, in turns with the peer, so that all meet the same disk.
struct AppendBench {
    let folder: String
    let rounds = 40
    /// One by one; sixteen times as many are appended by sixteen issuers, which is enough for some to be indexed.
    let appends = 64

    func run() async throws {
        let place = folder + "/audit-bench-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: place) }
        let log = try await AuditLog.open(place + "/log")
        try await log.record(Workload.event(0))
        let journal = Peer.journal(of: log.path)
        let peer = try Peer(path: place + "/peer", model: log.path, journal: journal)
        let samples = try await measure(log, peer)
        await log.close()
        report(samples, journal)
    }

    /// One append, in one round.
    private struct Sample {
        var single = Cost()
        var peer = Cost()
        var shared = Cost()
        /// The peer, sixteen rows in one commit: what could at best be had by sharing commits.
        var sixteen = Cost()
    }

    private func measure(_ log: AuditLog, _ peer: Peer) async throws -> [Sample] {
        let reader = try await AuditLogReader.open(log.path)
        var (samples, payloads) = ([Sample](), [String]())
        for round in 0...rounds {
            var sample = Sample()
            let rows = try await reader.head().sequence
            let events = Workload.events(1 + appends * 17, from: round * 1000)
            // After sixteen at once, the first one alone waits for the others a moment.
            try await log.record(events[0])
            // The first to write still finds the other's writes in the disk's queue.
            if round.isMultiple(of: 2) { sample.peer = insert(payloads, into: peer) }
            sample.single = try await Cost.each(of: appends) {
                try await Workload.record(Array(events[1...appends]), in: 1, to: log)
            }
            if !round.isMultiple(of: 2) { sample.peer = insert(payloads, into: peer) }
            sample.shared = try await Cost.each(of: appends * 16) {
                try await Workload.record(Array(events[(appends + 1)...]), in: 16, to: log)
            }
            sample.sixteen = insertSixteens(payloads, into: peer)
            // The peer stores the same payloads, a round later, so that both files stay alike.
            let added = try await Int(reader.head().sequence - rows)
            payloads = try await reader.page(limit: added).entries.reversed().map(\.payload)
            if round > 0 { samples.append(sample) }
        }
        return samples
    }

    private func insert(_ payloads: [String], into peer: Peer) -> Cost {
        Cost.each(of: appends) { peer.insert(Array(payloads.prefix(appends)), by: 1) }
    }

    private func insertSixteens(_ payloads: [String], into peer: Peer) -> Cost {
        let rest = Array(payloads.dropFirst(appends))
        return Cost.each(of: max(1, rest.count)) { peer.insert(rest, by: 16) }
    }

    private func report(_ samples: [Sample], _ journal: String) {
        func line(_ name: String, _ path: KeyPath<Sample, Cost>) {
            let times = samples.map { $0[keyPath: path].seconds }.sorted()
            let cpu = samples.map { $0[keyPath: path].cpu }.sorted()[samples.count / 2]
            let (best, middle) = (times[0], times[times.count / 2])
            print(
                "\(name): \(fixed(best * 1e6, 1)) us best, \(fixed(middle * 1e6, 1)) us median, \(fixed(1 / middle, 0))/s,"
                    + " \(fixed(cpu * 1e6, 1)) us CPU"
            )
        }
        /// The median of the rounds' ratios, and the ratio of all rounds' times, in which no indexing is left out.
        func ratio(_ one: KeyPath<Sample, Cost>, _ other: KeyPath<Sample, Cost>) -> String {
            let ratios = samples.map { $0[keyPath: one].seconds / $0[keyPath: other].seconds }.sorted()
            func sum(_ path: KeyPath<Sample, Cost>) -> Double { samples.reduce(0) { $0 + $1[keyPath: path].seconds } }
            return
                "median of rounds \(fixed(ratios[ratios.count / 2])), of all together \(fixed(sum(one) / sum(other)))"
        }
        print("journal \(journal), \(rounds) rounds of \(appends) appends")
        line("single durable append  ", \.single)
        line("bare C insert          ", \.peer)
        line("append, 16 issuers     ", \.shared)
        line("bare C, 16 in a commit ", \.sixteen)
        print("single / bare C: \(ratio(\.single, \.peer))   (at most 1.6)")
        print("16 issuers / single rate: \(ratio(\.single, \.shared))")
        print("16 issuers / bare C in sixteens: \(ratio(\.shared, \.sixteen))   (at most 6)")
        print("bare C in sixteens / one by one: \(ratio(\.peer, \.sixteen))   (what sharing a commit can give here)")
    }
}
