// Writes audit events from a process of its own, so that tests can kill it, limit it and run many of it.
//
//   audit-writer LOG USER COUNT TASKS [FILE-SIZE-LIMIT]
//
// It prints the name of each event once it is recorded. If one cannot be recorded, it prints the error's code and exits
// with 1. Started by root, it becomes user 65534 if LOG's directory is not writable: permissions do not bind root.

import AuthTokens
import Foundation
import TokenAuditLog

func say(_ text: String) {
    // Unbuffered and in one piece, so that a kill takes nothing back.
    FileHandle.standardOutput.write(Data((text + "\n").utf8))
}

func event(_ number: Int, user: String) -> TokenEvent {
    let now = Date()
    let request = AuthTokenRequest(host: "db.example.com", user: user)
    let token = AuthToken(value: "token \(user) \(number)", kind: .signed, signedAt: now, expiresAt: now + 900)
    return TokenEvent(.issue, of: request, generator: "default", token: token, time: now)
}

func write(_ count: Int, in tasks: Int, to path: String, as user: String) async throws {
    let log = try await AuditLog.open(path)
    let parent = getppid()
    try await withThrowingTaskGroup(of: Void.self) { group in
        for task in 0..<tasks {
            group.addTask {
                // It ends by itself if its test has crashed.
                for number in stride(from: task, to: count, by: tasks) where getppid() == parent {
                    let event = event(number, user: user)
                    try await log.record(event)
                    say(event.id)
                }
            }
        }
        try await group.waitForAll()
    }
    await log.close()
}

let arguments = CommandLine.arguments
guard arguments.count >= 5, let count = Int(arguments[3]), let tasks = Int(arguments[4]) else { exit(2) }
if arguments.count > 5, let bytes = UInt(arguments[5]) {
    signal(SIGXFSZ, SIG_IGN)
    var limit = rlimit(rlim_cur: bytes, rlim_max: bytes)
    guard setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0 else { exit(2) }
}
var directory = stat()
let parent = URL(filePath: arguments[1]).deletingLastPathComponent().path
if geteuid() == 0, stat(parent, &directory) == 0, directory.st_mode & 0o222 == 0 {
    guard setuid(65534) == 0 else { exit(2) }
}

do {
    try await write(count, in: tasks, to: arguments[1], as: arguments[2])
} catch let error as AuditLogError {
    say("\(error.code)")
    exit(1)
}
