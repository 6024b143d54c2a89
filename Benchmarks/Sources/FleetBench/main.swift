import Foundation

// Many logs shipped into one PostgreSQL, beside psql's COPY of the same rows in the same run.
//
//   fleet-bench [fill [ROWS LOGS ROUNDS]]   first fill, verification included, beside COPY into a table with the same
//                                           columns, with and without its primary key; then all of it sent again;
//                                           then a verification of the whole
//   fleet-bench list [ROWS CHAINS]          fills a table, then looks for the newest 50 of a user, warm
//   fleet-bench beside [ROWS]               how long tokens wait for their records while their log is shipped
//   fleet-bench search                      looks for them again, in the table that `list` has filled
//
// `bin/bench fleet` starts a PostgreSQL for it.

let arguments = Array(CommandLine.arguments.dropFirst())
let numbers = arguments.dropFirst().compactMap { Int($0) }
switch (arguments.first ?? "fill", arguments.count) {
case ("fill", 0...4):
    try await FillBench(
        rows: numbers.first ?? 1_000_000,
        logs: numbers.dropFirst().first ?? 8,
        rounds: numbers.dropFirst(2).first ?? 2
    ).run()
case ("list", 1...3):
    try await ListBench(rows: numbers.first ?? 10_000_000, chains: numbers.dropFirst().first ?? 50).run()
case ("beside", 1...2): try await BesideBench(rows: numbers.first ?? 100_000).run()
case ("search", 1): try await ListBench.search()
default:
    print("usage: fleet-bench [fill [ROWS LOGS ROUNDS]] | list [ROWS CHAINS] | beside [ROWS] | search")
    exit(2)
}
