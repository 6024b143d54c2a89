#if Proxy
import AuthTokens
import Foundation
import NIOCore
import TestSupport
import Testing

@testable import LoginProxy

@Suite("Servers that must not get a token", .timeLimit(.minutes(2)))
struct HostileServerTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let sqlState: String
        let message: String
        let script: ScriptedServer.Script
        var testDescription: String { name }
    }

    /// Asks for something else than the password, and waits for the end.
    private static func asking(_ message: [UInt8]) -> ScriptedServer.Script {
        { end in
            _ = try await Login.begin(end)
            try await end.send(message)
            _ = try await end.readToEnd()
        }
    }

    static let cases = [
        Case(
            name: "MD5",
            sqlState: "28000",
            message: "the server asks for an MD5 hash, not for a token",
            script: asking(Message.authentication(5, [1, 2, 3, 4]))
        ),
        Case(
            name: "SCRAM",
            sqlState: "28000",
            message: "the server asks for SASL (SCRAM), not for a token",
            script: asking(Message.authentication(10, Array("SCRAM-SHA-256\0\0".utf8)))
        ),
        Case(
            name: "GSSAPI",
            sqlState: "28000",
            message: "the server asks for GSSAPI, not for a token",
            script: asking(Message.authentication(7))
        ),
        Case(
            name: "SSPI",
            sqlState: "28000",
            message: "the server asks for SSPI, not for a token",
            script: asking(Message.authentication(9))
        ),
        Case(
            name: "no question at all",
            sqlState: "28000",
            message: "the server did not ask for a token",
            script: asking(Message.accepted + Message.ready)
        ),
        Case(
            name: "a refusal before the question",
            sqlState: "28000",
            message: "no",
            script: asking(Message.refusal("28000"))
        ),
        Case(
            name: "no TLS",
            sqlState: "08001",
            message: "the server does not support SSL",
            script: { end in
                _ = try await end.read(8)
                try await end.send([UInt8(ascii: "N")] + Message.passwordRequest)
                _ = try await end.readToEnd()
            }
        ),
        Case(
            name: "bytes after the consent to TLS",
            sqlState: "08P01",
            message: "the server sent unencrypted data after it had agreed to TLS",
            script: { end in
                _ = try await end.read(8)
                try await end.send([UInt8(ascii: "S")] + Message.passwordRequest)
                _ = try await end.readToEnd()
            }
        ),
        Case(
            name: "a question in the place of TLS",
            sqlState: "08001",
            message: "there is no TLS connection to the server",
            script: { end in
                _ = try await end.read(8)
                try await end.send([UInt8(ascii: "S")])
                _ = try await end.read(1)
                try await end.send(Message.passwordRequest)
                _ = try await end.readToEnd()
            }
        ),
        Case(
            name: "a certificate of an unknown authority",
            sqlState: "08001",
            message: "certificate verify failed",
            script: { end in
                _ = try await end.read(8)
                try await end.acceptTLS(TestCertificate.other.context)
                _ = try await end.readToEnd()
            }
        ),
        Case(
            name: "an end in the middle of the TLS handshake",
            sqlState: "08001",
            message: "there is no TLS connection to the server",
            script: { end in
                _ = try await end.read(8)
                try await end.send([UInt8(ascii: "S")])
                _ = try await end.read(1)
                try await end.endOutput()
                _ = try await end.readToEnd()
            }
        ),
        Case(
            name: "an end instead of TLS",
            sqlState: "08006",
            message: "the server closed the connection unexpectedly, before the login",
            script: { end in
                _ = try await end.read(8)
                end.close()
            }
        ),
    ]

    @Test("Nothing derived from the token is sent, and the client learns why", arguments: cases)
    func refused(_ test: Case) async throws {
        let mint = TokenMint()
        let server = try await ScriptedServer.start(test.script)
        let proxy = try await RunningProxy.start([try await server.upstream()], issuer: mint.issuer())
        let client = try await WireEnd.connect(to: proxy)
        let startup = Packet.startup(user: "app")
        try await client.send(startup)
        let answer = try await client.readToEnd()
        #expect(answer.errorFields["C"] == test.sqlState, "\(proxy.log.all)")
        #expect(answer.errorFields["M"] == test.message)
        #expect(answer.errorFields["D"]?.contains("/") != true, "\(answer.errorFields)")
        #expect(server.connections.count == 1)
        // The server got a request for TLS, perhaps a handshake, perhaps the startup packet, and nothing that follows.
        let received = try #require(server.connections.first).received
        #expect(received.starts(with: Packet.tlsRequest))
        #expect(!String(decoding: received, as: UTF8.self).contains("token"))
        if received.count > 8, received[8] == 0 { #expect(Array(received[8...]) == startup) }
        try await proxy.stop()
        try await server.stop()
    }

    @Test("A certificate of a trusted authority for another name is refused")
    func otherName() async throws {
        let server = try await ScriptedServer.start { end in
            _ = try await end.read(8)
            try await end.acceptTLS(TestCertificate.other.context)
            _ = try await end.readToEnd()
        }
        let roots = try await TestCertificate.other.chainFile
        let place = "host=localhost hostaddr=127.0.0.1 port=\(server.port)"
        let upstream = try Upstream.parse("\(place) user=app sslrootcert=\(roots)")
        let proxy = try await RunningProxy.start([upstream], issuer: TokenMint().issuer())
        let client = try await WireEnd.connect(to: proxy)
        try await client.send(Packet.startup(user: "app"))
        let fields = try await client.readToEnd().errorFields
        #expect(fields["C"] == "08001")
        #expect(fields["M"] == "the server's certificate does not match host name", "\(fields)")
        try await proxy.stop()
        try await server.stop()
    }

    @Test("A server that closes in mid-handshake leaves no connection behind")
    func noLeak() async throws {
        let server = try await ScriptedServer.start { end in
            _ = try await end.read(8)
            try await end.send([UInt8(ascii: "S")])
            _ = try await end.read(1)
            end.close()
        }
        let proxy = try await RunningProxy.start([try await server.upstream()], issuer: TokenMint().issuer())
        for _ in 0..<20 {
            let client = try await WireEnd.connect(to: proxy)
            try await client.send(Packet.startup(user: "app"))
            _ = try await client.readToEnd()
            client.close()
        }
        #expect(try await comesTrue { proxy.status.openConnections == 0 })
        try await proxy.stop()
        try await server.stop()
    }

    @Test(
        "Connection strings that ask for less than TLS, or for what the proxy does not do, are refused",
        arguments: [
            "sslmode=disable", "sslmode=allow", "sslmode=prefer", "gssencmode=require", "channel_binding=require",
            "target_session_attrs=read-write", "sslcert=/dev/null", "host=/tmp", "host=127.0.0.1 hostaddr=127.0.0.2",
            "sslrootcert=/does/not/exist", "host=a.b.eu-west-2.rds.amazonaws.com sslrootcert=system",
            "host=localhost:5432", "host='a b'", "host=a_b", "host=localhost,localhost:5432", "host=[::1]",
        ]
    )
    func connectionStrings(_ more: String) async throws {
        let roots = try await TestCertificate.shared.chainFile
        #expect(throws: ProxyError.self) { try Upstream.parse("host=localhost user=app sslrootcert=\(roots) \(more)") }
    }

    @Test("What is said of certificates is what a client of libpq is told")
    func certificateAdvice() async throws {
        let host = "a.abcdefghijkl.us-gov-west-1.rds.amazonaws.com"
        let url = "https://truststore.pki.us-gov-west-1.rds.amazonaws.com/global/global-bundle.pem"
        for more in ["host=\(host) sslrootcert=system", "host=\(host) sslrootcert=/does/not/exist"] {
            let error = try #require(throws: ProxyError.self) { try Upstream.parse("user=app \(more)") }
            #expect(error.message.contains(url), "\(error.message)")
        }
    }

    @Test("Of a list of signing endpoints each server has its own; a list of another length is refused")
    func signingEndpoints() async throws {
        let roots = try await TestCertificate.shared.chainFile
        let place = "host=a,b user=app sslrootcert=\(roots) aws_rds_iam_port=6543"
        let upstream = try Upstream.parse("\(place) aws_rds_iam_host=x.example.com,y.example.com")
        #expect(upstream.hosts.map { $0.request.parameters["aws_rds_iam_host"] } == ["x.example.com", "y.example.com"])
        #expect(upstream.hosts.allSatisfy { $0.request.parameters["aws_rds_iam_port"] == "6543" })
        for list in ["x.example.com", "x,y,z"] {
            let error = try #require(throws: ProxyError.self) {
                try Upstream.parse("\(place) aws_rds_iam_host=\(list)")
            }
            #expect(error.message.contains("aws_rds_iam_host names"), "\(error.message)")
        }
    }

    @Test("Less than verify-full becomes verify-full", arguments: ["require", "verify-ca", "verify-full"])
    func modes(_ mode: String) async throws {
        let roots = try await TestCertificate.shared.chainFile
        let upstream = try Upstream.parse("host=localhost user=app sslrootcert=\(roots) sslmode=\(mode)")
        #expect(upstream.hosts.map(\.name) == ["localhost"])
    }
}
#endif
