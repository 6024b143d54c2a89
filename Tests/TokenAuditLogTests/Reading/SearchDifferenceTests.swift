import AuthTokens
import Foundation
import Testing

@testable import TokenAuditLog

@Suite("A search by index", .timeLimit(.minutes(5)))
struct SearchDifferenceTests {
    /// Payloads that this module never writes.
    static let broken = [
        "broken", "", "{}", "[]", "5", "null", #"{"target":5,"time_us":"noon"}"#,
        #"{"time_us":1.5,"target":{"user":7}}"#, #"{"target":{"user":"user1","host":null},"time_us":null}"#,
        #"{"target":{"user":"us\u0065r2"}, "time_us": 7000000}"#, #"{"target":{"user":"user1"}"#,
        #"{"target":{"user":true,"host":["h"]},"token":{"sha256":{"a":1}},"time_us":-5}"#,
    ]

    @Test(
        "a search by index finds what reading all rows finds, in any order of adding and pruning",
        arguments: 0..<16
    )
    func difference(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let room = try SearchRoom()
        var sequence: Int64 = 0
        for _ in 0..<12 {
            try room.connection.writing { try addRows(to: room, after: &sequence, &random) }
            if Int.random(in: 0..<8, using: &random) == 0 { try prune(room, &sequence, &random) }
            for _ in 0..<6 { try compare(room, Self.filter(&random), &random) }
        }
    }

    private func compare(_ room: SearchRoom, _ filter: AuditFilter, _ random: inout SeededGenerator) throws {
        let found = try room.search(
            filter,
            limit: Int.random(in: 1...30, using: &random),
            stride: Int64.random(in: 1...50, using: &random),
            few: Bool.random(using: &random) ? 100_000 : Int64.random(in: 20...200, using: &random)
        )
        #expect(try found == room.scan(filter), "\(filter)")
        #expect(try room.search(filter) == found)
    }

    private func addRows(to room: SearchRoom, after last: inout Int64, _ random: inout SeededGenerator) throws {
        for _ in 0..<Int.random(in: 0...60, using: &random) {
            last += Int64.random(in: 1...(Bool.random(using: &random) ? 1 : 5000), using: &random)
            if Int.random(in: 0..<8, using: &random) == 0 {
                try room.add(last, Self.broken.randomElement(using: &random) ?? "")
            } else {
                // Clocks may be set forward and back.
                let seconds = last / 1000 + Int64.random(in: -20...20, using: &random)
                try room.add(
                    last,
                    user: "user\(Int.random(in: 0..<5, using: &random))",
                    host: "host\(Int.random(in: 0..<3, using: &random))",
                    print: "print\(Int.random(in: 0..<50, using: &random))",
                    seconds: seconds
                )
            }
        }
    }

    /// Prunes, which adds an event.
    private func prune(_ room: SearchRoom, _ last: inout Int64, _ random: inout SeededGenerator) throws {
        let committer = try Committer(path: room.path, configuration: Logs.bare)
        let seconds = Double.random(in: 0...Double(last / 1000 + 1), using: &random)
        try committer.prune(before: Date(timeIntervalSince1970: seconds), stride: 17)
        last = max(last, try room.connection.head().sequence)
    }

    private static func filter(_ random: inout SeededGenerator) -> AuditFilter {
        var filter = AuditFilter()
        func sometimes<Value>(_ value: Value) -> Value? { Int.random(in: 0..<3, using: &random) == 0 ? value : nil }
        filter.user = sometimes(["user1", "user2", "user4", "7", "1", "nobody"].randomElement(using: &random) ?? "")
        filter.host = sometimes(["host0", "host2", "h", "[\"h\"]"].randomElement(using: &random) ?? "")
        filter.fingerprint = sometimes("print\(Int.random(in: 0..<60, using: &random))")
        filter.since = sometimes(Date(timeIntervalSince1970: Double.random(in: -30...1000, using: &random)))
        filter.until = sometimes(Date(timeIntervalSince1970: Double.random(in: -30...1000, using: &random)))
        filter.activity = sometimes(.init(rawValue: "a"))
        return filter
    }
}

/// Random numbers that are the same in each run.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1 }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
