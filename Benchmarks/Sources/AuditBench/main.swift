import Foundation

// The audit log beside a bare C program that does the same inserts on the same disk in the same run.
//
//   audit-bench [append [FOLDER]]      single and concurrent durable appends, turn by turn with the peer
//   audit-bench fill LOG ROWS          appends up to ROWS rows, and says how fast along the way
//   audit-bench query LOG              the newest fifty, by user, host, fingerprint and time
//   audit-bench verify LOG             rows per second and peak memory
//   audit-bench export LOG             rows per second and peak memory, for each form

let arguments = Array(CommandLine.arguments.dropFirst())
switch (arguments.first ?? "append", arguments.count) {
case ("append", 0...2):
    try await AppendBench(folder: arguments.count > 1 ? arguments[1] : NSTemporaryDirectory()).run()
case ("fill", 3): try await FillBench(path: arguments[1], rows: Int64(arguments[2]) ?? 0).run()
case ("query", 2): try await ReadBench(path: arguments[1]).query()
case ("verify", 2): try await ReadBench(path: arguments[1]).verify()
case ("export", 2): try await ReadBench(path: arguments[1]).export()
default:
    print("usage: audit-bench append [FOLDER] | fill LOG ROWS | query LOG | verify LOG | export LOG")
    exit(2)
}
