#if os(Linux)
import Foundation
import PGRDSIAM
import TestSupport
import Testing

@Suite("Under a leak checker", .timeLimit(.minutes(12)))
struct LeakTests {
    /// What valgrind reports about a program that has ended.
    struct Report {
        let definitelyLost: String
        let indirectlyLost: String
        let descriptors: Int
        /// Where what is lost comes from.
        let losses: String

        init(_ text: String) throws {
            let paragraphs = text.split(separator: "\n").split { $0.hasSuffix("== ") }
            losses = paragraphs.filter { $0.first?.contains("definitely lost in") ?? false }
                .map { $0.joined(separator: "\n") }.joined(separator: "\n\n")
            func value(after label: String) throws -> String {
                let line = try #require(text.split(separator: "\n").first { $0.contains(label) }, "\(text)")
                let rest = line[(try #require(line.range(of: label))).upperBound...]
                return String(try #require(rest.split(separator: " ").first))
            }
            definitelyLost = try value(after: "definitely lost: ")
            indirectlyLost = try value(after: "indirectly lost: ")
            // Other tests of this process may have descriptors open that a child process inherits.
            let inherited = text.split(separator: "\n").count { $0.contains("<inherited from parent>") }
            descriptors = try #require(Int(try value(after: "FILE DESCRIPTORS: "))) - inherited
        }
    }

    @Test("logins, refusals, canceled attempts and canceled statements lose no memory and no descriptor")
    func nothingIsLost() async throws {
        let server = try await RDSLookalike.start(["--user", "watched"])
        let folder = try TemporaryFolder()
        let program = try await Self.readable(try Repository.built("connect-cycler"), in: folder)
        let few = try await cycle(program, 1, on: server)
        let more = try await cycle(program, 11, on: server)
        for report in [few, more] {
            #expect(report.definitelyLost == "0", "\(report.losses)")
            #expect(report.indirectlyLost == "0", "\(report.losses)")
        }
        // A second cycle starts the last of the loops, with its pipe, and one or two descriptors may be about to close
        // when the program ends. A leak would add some in each of the ten further cycles.
        #expect(more.descriptors < few.descriptors + 6)
    }

    /// Makes a copy without Swift's debugging information, which valgrind cannot read.
    private static func readable(_ program: String, in folder: TemporaryFolder) async throws -> String {
        let copy = folder.path("program")
        let strip = try await ChildProcess.run("/usr/bin/env", ["strip", "--strip-debug", "-o", copy, program])
        #expect(strip.status == 0, "\(strip.errors)")
        return copy
    }

    private func cycle(_ program: String, _ count: Int, on server: RDSLookalike) async throws -> Report {
        let folder = try TemporaryFolder()
        let log = folder.path("valgrind")
        let watch = ["valgrind", "--leak-check=full", "--track-fds=yes", "--log-file=\(log)"]
        let strings = [server.tokenConninfo(user: "watched"), server.tokenConninfo(user: "stranger")]
        let run = try await ChildProcess.run(
            "/usr/bin/env",
            watch + [program] + strings + ["\(count)"],
            environment: try Account(of: server).environment,
            timeLimit: .seconds(340)
        )
        #expect(run.status == 0, "\(run.errors)")
        return try Report(try String(contentsOfFile: log, encoding: .utf8))
    }
}
#endif
