import CLibpqPeer
import Foundation
import LibpqClient
import PGRDSIAM

/// Reads a million rows one by one in two ways, in turn: with bare libpq in single-row mode, and with `withRows`.
struct RowsBench {
    private static let sql = "select n, 'row number ' || n as label from generate_series(1, 1000000) n"
    private static let sum = 500_000_500_000

    let conninfo: String
    let connection: PGConnection

    func run(rounds: Int = 5) async throws {
        let bare = try Bare(conninfo)
        defer { bare.finish() }
        var (peer, own) = (Samples(), Samples())
        for _ in 0..<rounds {
            var start = Moment()
            guard bare.sum(of: Self.sql) == Self.sum else { throw Failure("libpq read other rows") }
            peer.add(start, Moment())
            start = Moment()
            guard try await ownSum() == Self.sum else { throw Failure("LibpqClient read other rows") }
            own.add(start, Moment())
        }
        print("\n1,000,000 rows of two columns, one by one, \(rounds) rounds in turn")
        for (name, samples) in [("libpq", peer), ("LibpqClient", own)] {
            print(
                "\(name)\twall \(milliseconds(samples.median)) ms (median)\tCPU \(milliseconds(samples.processor)) ms"
            )
        }
        print("LibpqClient beside libpq: \(String(format: "%.2f", peer.median / own.median)) of its speed")
    }

    /// Reads both columns as Swift values.
    private func ownSum() async throws -> Int {
        try await connection.withRows(Self.sql) { rows in
            var (sum, bytes) = (0, 0)
            for try await row in rows {
                sum += try row.decode(Int.self, at: 0)
                bytes += try row.decode(String.self, at: 1).utf8.count
            }
            return bytes > 0 ? sum : 0
        }
    }

    private func milliseconds(_ seconds: Double) -> Int { Int((seconds * 1000).rounded()) }
}

extension Bare {
    /// The sum of the first column, read in single-row mode; the second column is read, too.
    func sum(of sql: String) -> Int {
        PQsendQuery(connection, sql)
        PQsetSingleRowMode(connection)
        var (sum, bytes) = (0, 0)
        while let result = PQgetResult(connection) {
            defer { PQclear(result) }
            guard PQresultStatus(result) == PGRES_SINGLE_TUPLE else { continue }
            sum += atol(PQgetvalue(result, 0, 0))
            bytes += strlen(PQgetvalue(result, 0, 1))
        }
        return bytes > 0 ? sum : 0
    }
}
