import Foundation
import LoginDoctor
import TestSupport
import Testing

@Suite("Several servers in one connection string", .timeLimit(.minutes(3)))
struct SeveralServersTests {
    /// A connection string with the look-alike's name twice, on two ports.
    private func conninfo(_ user: String, _ ports: [Int], _ more: String = "") async throws -> String {
        let facts = try await Stage.server.facts
        return "host=\(Stage.host),\(Stage.host) hostaddr=\(facts.hostaddr),\(facts.hostaddr) "
            + "port=\(ports[0]),\(ports[1]) user=\(user) dbname=postgres sslrootcert=\(facts.ca) "
            + "aws_rds_iam_port=\(facts.port) \(more)"
    }

    private func report(_ conninfo: String) async throws -> ExaminationReport {
        try await Machine(try await Stage.keys()).examination().report(on: conninfo)
    }

    private func marks(_ report: ExaminationReport, of port: Int) -> [Step.Name: Step.Mark] {
        let own = report.steps.filter { $0.server == "\(Stage.host):\(port)" }
        return Dictionary(uniqueKeysWithValues: own.map { ($0.name, $0.mark) })
    }

    @Test("each is looked at, and a login that goes on to the second one works")
    func secondWorks() async throws {
        let closed = try LocalPort(.closed)
        let port = try await Stage.server.facts.port
        let report = try await report(try await conninfo("works", [closed.number, port]))
        #expect(report.outcome == .loginWorks, "\(report.answer)")
        #expect(report.answer.contains(":\(port) "))
        #expect(report.advice == "A login would fail at \(Stage.host):\(closed.number): see the causes below.")
        #expect(report.causes.map(\.code) == ["portClosed"])
        let next = try #require(report.next)
        #expect(next.hasPrefix("rds-iam psql '") && next.contains(" host=\(Stage.host) "), "\(next)")
        #expect(next.contains(" port=\(port)") && !next.contains(",") && !next.contains("\(closed.number)"), "\(next)")
        #expect(report.causes.first?.server == "\(Stage.host):\(closed.number)")
        #expect(marks(report, of: closed.number)[.connection] == .failed)
        #expect(marks(report, of: closed.number)[.login] == .skipped)
        #expect(marks(report, of: port)[.login] == .passed && marks(report, of: port)[.session] == .passed)
        // What is the same for all is looked at once.
        let shared = report.steps.filter { $0.server == nil }.map(\.name)
        #expect(shared == [.settings, .generator, .credentials, .identity, .clock])
        withExtendedLifetime(closed) {}
    }

    @Test("the first that refuses the login is the answer, as libpq asks no other one")
    func firstRefuses() async throws {
        let port = try await Stage.server.facts.port
        let relay = try LocalPort(.relay(to: port))
        let report = try await report(try await conninfo("plain", [relay.number, port]))
        #expect(report.outcome == .causeFound)
        #expect(report.causes.first?.code == "userWithoutRDSIAM")
        #expect(report.causes.first?.server == "\(Stage.host):\(relay.number)")
        #expect(marks(report, of: port)[.login] == .failed)
        withExtendedLifetime(relay) {}
    }

    @Test("of lists of signing endpoints each server gets its own, and a list of another length is a finding")
    func signingEndpoints() async throws {
        let port = try await Stage.server.facts.port
        let hosts = "aws_rds_iam_host=other.abcdefghijkl.eu-west-2.rds.amazonaws.com,\(Stage.host)"
        let report = try await report(try await conninfo("works", [port, port], hosts))
        let tokens = report.steps.filter { $0.name == .token }.map { $0.details.joined() }
        #expect(tokens.count == 2 && tokens[0].contains("other.") && !tokens[1].contains("other."), "\(tokens)")
        let wrong = try await self.report(try await conninfo("works", [port, port], "aws_rds_iam_host=a,b,c"))
        #expect(wrong.outcome == .notTried)
        #expect(wrong.causes.first?.code == "signingEndpoints")
        let socket = try await self.report("host=\(Stage.host),/tmp user=works")
        #expect(socket.outcome == .notTried && socket.causes.first?.code == "noHost")
    }
}
