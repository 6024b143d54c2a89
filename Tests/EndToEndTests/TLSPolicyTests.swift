import Foundation
import PGConninfo
import PGRDSIAM
import TestSupport
import Testing

@Suite("A token and TLS", .timeLimit(.minutes(5)))
struct TLSPolicyTests {
    @Test(
        "always go together: a connection that could do without TLS is refused before anything is sent",
        arguments: ["disable", "allow", "prefer"],
        ["string", "environment", "service"]
    )
    func weakModes(_ mode: String, _ place: String) async throws {
        let server = try await SharedServer.value
        var environment = ConninfoEnvironment.bare
        var conninfo = server.tokenConninfo(user: "user13")
        switch place {
        case "string": conninfo += " sslmode=\(mode)"
        case "environment": environment.variables["PGSSLMODE"] = Array(mode.utf8)
        default:
            environment.files = .inMemory(["/services": "[weak]\nsslmode=\(mode)\n"])
            environment.variables["PGSERVICEFILE"] = Array("/services".utf8)
            conninfo += " service=weak"
        }
        let error = await #expect(throws: RDSIAMError.self) {
            try await RDSIAM.connect(conninfo, issuer: server.issuer(), environment: environment)
        }
        #expect(error?.code == .invalidRequest)
        let origin = ["environment": ", from PGSSLMODE,", "service": ", from the service file,"][place] ?? ""
        #expect(
            error?.message == "sslmode=\(mode)\(origin) could send the token without TLS. Use require or verify-full."
        )
        #expect(try server.verdicts(on: "user13").isEmpty)
        #expect(try !String(contentsOfFile: server.facts.log, encoding: .utf8).contains("user13"))
    }

    @Test("mean sslmode=require if no root certificate is known")
    func require() async throws {
        let server = try await SharedServer.value
        let conninfo = server.conninfo(user: "user14") + " aws_rds_iam_auth_token_generator=default"
        let connection = try await RDSIAM.connect(conninfo, issuer: server.issuer(), environment: .bare)
        #expect(connection.facts.tlsVersion == "TLSv1.3")
    }

    @Test(
        "mean sslmode=verify-full if a root certificate is known, in the string or in the environment",
        arguments: [true, false]
    )
    func verifyFull(_ inString: Bool) async throws {
        let server = try await SharedServer.value
        let folder = try TemporaryFolder()
        let wrongRoot = try await Self.anotherAuthority(folder)
        var environment = ConninfoEnvironment.bare
        if !inString { environment.variables["PGSSLROOTCERT"] = Array(wrongRoot.utf8) }
        let conninfo =
            server.conninfo(user: "user15") + " aws_rds_iam_auth_token_generator=default"
            + (inString ? " sslrootcert=\(wrongRoot)" : "")
        let error = await #expect(throws: RDSIAMError.self) {
            try await RDSIAM.connect(conninfo, issuer: server.issuer(), environment: environment)
        }
        #expect(error?.code == .connectionFailed)
        #expect(error?.message.contains("certificate verify failed") == true)
        #expect(try server.verdicts(on: "user15").isEmpty)
    }

    @Test("mean that the server's name is checked as well as its certificate")
    func otherName() async throws {
        let server = try await SharedServer.value
        let conninfo = server.tokenConninfo(user: "user16")
            .replacing("demo.abcdefghijkl", with: "other.abcdefghijkl")
        let error = await #expect(throws: RDSIAMError.self) {
            try await RDSIAM.connect(conninfo, issuer: server.issuer(), environment: .bare)
        }
        #expect(error?.message.contains("does not match host name") == true)
        #expect(try server.verdicts(on: "user16").isEmpty)
    }

    @Test("rule out a Unix-domain socket, and encryption by GSSAPI")
    func noTLSPossible() async throws {
        let server = try await SharedServer.value
        for change in ["host=/tmp hostaddr=''", "gssencmode=require"] {
            let error = await #expect(throws: RDSIAMError.self) {
                try await RDSIAM.connect(
                    server.tokenConninfo(user: "user17", change),
                    issuer: server.issuer(),
                    environment: .bare
                )
            }
            #expect(error?.code == .invalidRequest)
        }
        #expect(try server.verdicts(on: "user17").isEmpty)
    }

    private static func anotherAuthority(_ folder: TemporaryFolder) async throws -> String {
        let made = try await ChildProcess.run(
            "/usr/bin/env",
            [
                "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                "-subj", "/CN=another authority", "-days", "1", "-keyout", folder.path("key"), "-out",
                folder.path("root.crt"),
            ]
        )
        #expect(made.status == 0)
        return folder.path("root.crt")
    }
}
