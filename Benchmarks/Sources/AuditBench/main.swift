import Foundation
import TokenAuditLog

// The audit log beside a bare C program that does the same inserts on the same disk in the same run.
//
//   audit-bench [append [FOLDER]]      single and concurrent durable appends, turn by turn with the peer
//   audit-bench new LOG                makes a log with one issue, for Fixtures/audit/grow.py to fill
//   audit-bench flat LOG [COPY]        the same with a large log and an empty one, turn by turn; and the peer with a
//                                      copy of the large log, which it spoils
//   audit-bench query LOG              the newest fifty, by user, host, fingerprint and time
//   audit-bench verify LOG             rows per second and peak memory
//   audit-bench beside LOG             how long tokens wait for their records while the log is verified
//   audit-bench export LOG             rows per second and peak memory, for each form

let arguments = Array(CommandLine.arguments.dropFirst())
switch (arguments.first ?? "append", arguments.count) {
case ("append", 0...2):
    try await AppendBench(folder: arguments.count > 1 ? arguments[1] : NSTemporaryDirectory()).run()
case ("new", 2):
    let log = try await AuditLog.open(arguments[1])
    try await log.record(Workload.event(0))
    await log.close()
case ("flat", 2...3):
    try await FlatBench(path: arguments[1], copy: arguments.count > 2 ? arguments[2] : nil).run()
case ("query", 2): try await ReadBench(path: arguments[1]).query()
case ("beside", 2): try await BesideBench(path: arguments[1]).run()
case ("verify", 2): try await ReadBench(path: arguments[1]).verify()
case ("export", 2): try await ReadBench(path: arguments[1]).export()
default:
    print(
        "usage: audit-bench append [FOLDER] | new LOG | flat LOG [COPY] | query LOG | verify LOG | beside LOG | export LOG"
    )
    exit(2)
}
