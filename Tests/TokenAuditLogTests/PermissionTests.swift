import Foundation
import TestSupport
import Testing

@testable import TokenAuditLog

@Suite("Who may read a log", .timeLimit(.minutes(2)))
struct PermissionTests {
    let folder: TemporaryFolder
    var path: String { folder.path("there/tokens.auditlog") }

    init() throws {
        folder = try TemporaryFolder()
        try FileManager.default.createDirectory(atPath: folder.path("there"), withIntermediateDirectories: false)
        try set(0o755, folder.path("there"))
    }

    private func set(_ mode: Int, _ path: String) throws {
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    }

    private func mode(_ path: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    }

    @Test("opening a log for writing takes away what all may do; what its group may do, and its directory, stay")
    func existing() async throws {
        for journal in [JournalMode.truncate, .wal] {
            let log = path + journal.rawValue
            var configuration = Logs.bare
            configuration.journalMode = journal
            try await Logs.write(1, to: log, configuration: configuration)
            if journal == .truncate { #expect(try mode(log + "-journal") == 0o600) }
            try set(0o664, log)
            _ = try await AuditLogReader.open(log)
            #expect(try mode(log) == 0o664)
            let writer = try await AuditLog.open(log, configuration: configuration)
            try await Logs.write(1, to: writer)
            let names = try FileManager.default.contentsOfDirectory(atPath: folder.path("there"))
                .filter { $0.hasPrefix("tokens.auditlog" + journal.rawValue) }
            #expect(names.count > 1)
            for name in names { #expect(try mode(folder.path("there/" + name)) == 0o660, "\(name)") }
            await writer.close()
        }
        #expect(try mode(folder.path("there")) == 0o755)
    }

    @Test("a link planted beside a log changes no other file", arguments: LogFile.journals)
    func plantedLink(suffix: String) async throws {
        try await Logs.write(1, to: path)
        let victim = try folder.write("not a log's", to: "victim")
        try set(0o644, victim)
        try? FileManager.default.removeItem(atPath: path + suffix)
        try FileManager.default.createSymbolicLink(atPath: path + suffix, withDestinationPath: victim)
        #expect(await Logs.code { try await Logs.write(1, to: path, from: 2) } == .notPermitted)
        #expect(try mode(victim) == 0o644)
        #expect(try String(contentsOfFile: victim, encoding: .utf8) == "not a log's")
        try FileManager.default.removeItem(atPath: path + suffix)
        try FileManager.default.linkItem(atPath: victim, toPath: path + suffix)
        #expect(await Logs.code { try await Logs.write(1, to: path, from: 3) } == .notPermitted)
        let error = await #expect(throws: AuditLogError.self) { _ = try await AuditLogReader.open(path) }
        #expect(error?.code == .notPermitted && error?.message.contains("There is a link") == true)
        #expect(try mode(victim) == 0o644)
    }

    struct NoFile: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let code: AuditLogError.Code
        /// What the reader's message says.
        let words: String
        let make: @Sendable (String) throws -> Void

        static let all = [
            NoFile(testDescription: "a directory", code: .notAnAuditLog, words: "is a directory. Name a file") {
                try FileManager.default.createDirectory(atPath: $0, withIntermediateDirectories: false)
            },
            NoFile(testDescription: "a pipe", code: .notAnAuditLog, words: "is not a file. Name a file") {
                guard mkfifo($0, 0o600) == 0 else { throw CocoaError(.fileWriteUnknown) }
            },
            NoFile(testDescription: "a device", code: .notAnAuditLog, words: "use --audit off for no log") {
                try FileManager.default.createSymbolicLink(atPath: $0, withDestinationPath: "/dev/zero")
            },
            NoFile(testDescription: "an empty file", code: .notAnAuditLog, words: "The file is empty") {
                _ = FileManager.default.createFile(atPath: $0, contents: nil)
            },
            NoFile(testDescription: "a short text", code: .notAnAuditLog, words: "is not an audit log") {
                _ = FileManager.default.createFile(atPath: $0, contents: Data("hello\n".utf8))
            },
        ]
    }

    @Test("what is no log is refused at once, left as it is, and said to be what it is", arguments: NoFile.all)
    func noFile(file: NoFile) async throws {
        try file.make(path)
        var before = stat()
        #expect(stat(path, &before) == 0)
        let error = await #expect(throws: AuditLogError.self) { _ = try await AuditLogReader.open(path) }
        #expect(error?.code == file.code && error?.message.contains(file.words) == true, "\(error?.message ?? "")")
        var configuration = Logs.bare
        configuration.createsFile = false
        let fixed = configuration
        #expect(await Logs.code { _ = try await AuditLog.open(path, configuration: fixed) } == file.code)
        var after = stat()
        #expect(stat(path, &after) == 0 && after.st_mode == before.st_mode && after.st_size == before.st_size)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path("there")) == ["tokens.auditlog"])
    }

    @Test("a log that this user may not read is not said to be missing")
    func unreadable() async throws {
        try await Logs.write(1, to: path)
        let script = """
            import os, subprocess, sys
            path, mode, program = sys.argv[1], sys.argv[2], sys.argv[3]
            os.chmod(path if mode == "file" else os.path.dirname(path), 0 if mode == "file" else 0o600)
            sys.exit(subprocess.run([program, path, "app", "0", "1"]).returncode)
            """
        for mode in ["file", "directory"] {
            let program = try Repository.built("audit-writer")
            let result = try await ChildProcess.run("/usr/bin/env", ["python3", "-c", script, path, mode, program])
            // Permissions do not bind root.
            #expect(result.lines == ["notPermitted"] || geteuid() == 0, "\(result.output)\(result.errors)")
            try set(0o755, folder.path("there"))
            try set(0o600, path)
        }
    }

    @Test("another program's database is refused before its mode is changed")
    func foreign() async throws {
        _ = FileManager.default.createFile(atPath: path, contents: Data(repeating: 0x41, count: 5000))
        try set(0o644, path)
        #expect(await Logs.code { _ = try await AuditLog.open(path) } == .notAnAuditLog)
        #expect(try mode(path) == 0o644)
    }
}
