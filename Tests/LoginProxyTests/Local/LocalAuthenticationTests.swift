#if Proxy
import Foundation
import Testing

@testable import LoginProxy

@Suite("The local password on the wire", .timeLimit(.minutes(1)))
struct LocalAuthenticationTests {
    private func begun(user: String = "andrew") throws -> LocalAuthenticationExchange {
        var exchange = LocalAuthenticationExchange(exchange: try RFC7677.exchange(), user: Array(user.utf8))
        guard case .send(let request) = exchange.begin() else {
            Issue.record("no request")
            return exchange
        }
        #expect(request == [0x52, 0, 0, 0, 23, 0, 0, 0, 10] + Array("SCRAM-SHA-256".utf8) + [0, 0])
        return exchange
    }

    private func initial(_ text: String, mechanism: String = "SCRAM-SHA-256", length: Int32? = nil) -> [UInt8] {
        let message = Array(text.utf8)
        return Array(mechanism.utf8) + [0] + (length ?? Int32(message.count)).bigEndianBytes + message
    }

    private func refusal(_ step: LocalAuthenticationExchange.Step) -> ClientError? {
        guard case .refused(let error) = step else { return nil }
        return error
    }

    @Test("The example of RFC 7677 travels in PostgreSQL's messages")
    func example() throws {
        var exchange = try begun()
        guard case .send(let challenge) = exchange.receive(initial(RFC7677.first)) else {
            Issue.record("no challenge")
            return
        }
        let text = Array(RFC7677.challenge.utf8)
        #expect(challenge == [0x52] + Int32(8 + text.count).bigEndianBytes + [0, 0, 0, 11] + text)
        guard case .accepted(let end) = exchange.receive(Array(RFC7677.final.utf8)) else {
            Issue.record("not accepted")
            return
        }
        let answer = Array(RFC7677.answer.utf8)
        #expect(end == [0x52] + Int32(8 + answer.count).bigEndianBytes + [0, 0, 0, 12] + answer)
        #expect(refusal(exchange.receive(Array(RFC7677.final.utf8)))?.sqlState == "08P01")
    }

    @Test("Trust accepts at once and takes no message")
    func trust() {
        var exchange = LocalAuthenticationExchange(.trust, user: Array("andrew".utf8))
        guard case .accepted([]) = exchange.begin() else {
            Issue.record("not accepted")
            return
        }
        #expect(refusal(exchange.receive([1]))?.sqlState == "08P01")
    }

    @Test("A wrong password is refused as PostgreSQL does, and the refusal says whose password it is")
    func wrongPassword() throws {
        var exchange = try begun(user: "an\u{E9}")
        _ = exchange.receive(initial(RFC7677.first))
        let wrong = RFC7677.final.replacing("p=dHzb", with: "p=AHzb")
        let error = try #require(refusal(exchange.receive(Array(wrong.utf8))))
        #expect(error.sqlState == "28P01")
        #expect(error.message == "password authentication failed for user \"an\u{E9}\"")
        #expect(error.hint?.contains("local password") == true)
        #expect(!"\(error)".contains("AHzb"))
    }

    @Test("All users get the same challenge but for the nonce, and the same refusal but for the name")
    func users() throws {
        let authentication = LocalAuthentication.password(try SCRAMVerifier(password: "pencil"))
        var challenges: [String] = []
        var refusals: [ClientError] = []
        for user in ["andrew", "nobody there"] {
            var exchange = LocalAuthenticationExchange(authentication, user: Array(user.utf8))
            _ = exchange.begin()
            guard case .send(let bytes) = exchange.receive(initial("n,,n=\(user),r=abc")) else { continue }
            let text = String(decoding: bytes.dropFirst(9), as: UTF8.self)
            let parts = text.split(separator: ",")
            challenges.append(parts.dropFirst().joined(separator: ","))
            let proof = Data(repeating: 7, count: 32).base64EncodedString()
            var error = try #require(refusal(exchange.receive(Array("c=biws,\(parts[0]),p=\(proof)".utf8))))
            error.message = error.message.replacing(user, with: "USER")
            refusals.append(error)
        }
        #expect(challenges.count == 2 && challenges[0] == challenges[1])
        #expect(refusals.count == 2 && refusals[0] == refusals[1])
    }

    @Test(
        "Messages that are no SASL are refused",
        arguments: [
            [], [0], Array("SCRAM-SHA-256".utf8), Array("SCRAM-SHA-256".utf8) + [0, 0, 0],
            Array("SCRAM-SHA-256".utf8) + [0, 0, 0, 0, 9, 0x6E],
            Array("SCRAM-SHA-256".utf8) + [0, 0xFF, 0xFF, 0xFF, 0xFF],
            Array("SCRAM-SHA-256".utf8) + [0, 0x7F, 0xFF, 0xFF, 0xFF, 0x6E],
            Array("SCRAM-SHA-256-PLUS".utf8) + [0, 0, 0, 0, 1, 0x6E], Array("pencil".utf8) + [0],
        ] as [[UInt8]]
    )
    func malformed(_ payload: [UInt8]) throws {
        var exchange = try begun()
        let error = try #require(refusal(exchange.receive(payload)))
        #expect(error.sqlState == "08P01")
        #expect(!"\(error)".contains("pencil"))
    }

    @Test("A message over 1,024 bytes is refused, one of 1,024 is read")
    func bounds() throws {
        var exchange = try begun()
        let padding = 1024 - initial("n,,n=,r=").count
        var copy = exchange
        guard case .send = copy.receive(initial("n,,n=,r=" + String(repeating: "x", count: padding))) else {
            Issue.record("not read")
            return
        }
        let long = initial("n,,n=,r=" + String(repeating: "x", count: padding + 1))
        #expect(refusal(exchange.receive(long))?.sqlState == "08P01")
    }

    @Test("A client that insists on channel binding is told so")
    func channelBinding() throws {
        var exchange = try begun()
        let error = try #require(refusal(exchange.receive(initial("p=tls-server-end-point,,n=,r=abc"))))
        #expect(error.hint?.contains("channel_binding") == true)
    }
}
#endif
