#if Proxy
import Foundation
import Testing

@testable import LoginProxy

/// The example of RFC 7677 §3.
enum RFC7677 {
    static let salt = Array(Data(base64Encoded: "W22ZaJ0SNY7soEsUEjb6gQ==") ?? Data())
    static let clientNonce = "rOprNGfwEbeRWgbNEkqO"
    static let serverNonce = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
    static let first = "n,,n=user,r=\(clientNonce)"
    static let challenge = "r=\(clientNonce)\(serverNonce),s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
    static let proof = "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
    static let final = "c=biws,r=\(clientNonce)\(serverNonce),p=\(proof)"
    static let answer = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="

    static func exchange(password: String = "pencil") throws -> SCRAMExchange {
        let verifier = try SCRAMVerifier(password: password, salt: salt, iterations: 4096)
        return SCRAMExchange(verifier: verifier, serverNonce: Array(serverNonce.utf8))
    }
}

@Suite("The server's side of SCRAM-SHA-256", .timeLimit(.minutes(1)))
struct SCRAMExchangeTests {
    @Test("The example of RFC 7677 passes byte for byte")
    func example() throws {
        var exchange = try RFC7677.exchange()
        #expect(try exchange.receiveFirst(Array(RFC7677.first.utf8)) == Array(RFC7677.challenge.utf8))
        #expect(try exchange.receiveFinal(Array(RFC7677.final.utf8)) == Array(RFC7677.answer.utf8))
    }

    @Test("A verifier in PostgreSQL's text form takes the example's proof")
    func text() throws {
        let text =
            "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:"
            + "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="
        let verifier = try #require(SCRAMVerifier(text: text))
        var exchange = SCRAMExchange(verifier: verifier, serverNonce: Array(RFC7677.serverNonce.utf8))
        _ = try exchange.receiveFirst(Array(RFC7677.first.utf8))
        #expect(try exchange.receiveFinal(Array(RFC7677.final.utf8)) == Array(RFC7677.answer.utf8))
    }

    @Test("Another password is refused")
    func wrongPassword() throws {
        var exchange = try RFC7677.exchange(password: "pencils")
        _ = try exchange.receiveFirst(Array(RFC7677.first.utf8))
        #expect(throws: SCRAMExchange.Failure.wrongPassword) {
            try exchange.receiveFinal(Array(RFC7677.final.utf8))
        }
    }

    @Test("Every single bit of the proof counts")
    func bits() throws {
        let proof = try #require(Data(base64Encoded: RFC7677.proof))
        // To make a verifier takes long, and other tests wait for the thread.
        let untouched = try RFC7677.exchange()
        for bit in 0..<256 {
            var changed = proof
            changed[bit / 8] ^= 1 << (bit % 8)
            let message = "c=biws,r=\(RFC7677.clientNonce)\(RFC7677.serverNonce),p=\(changed.base64EncodedString())"
            var exchange = untouched
            _ = try exchange.receiveFirst(Array(RFC7677.first.utf8))
            #expect(throws: SCRAMExchange.Failure.wrongPassword, "bit \(bit)") {
                try exchange.receiveFinal(Array(message.utf8))
            }
        }
    }

    @Test("Extensions after the nonce are passed over, as is the user's name")
    func extensions() throws {
        for text in ["n,,n=,r=abc", "n,,n=other,r=abc,x=1,y=2", "y,,n=*,r=abc"] {
            var exchange = try RFC7677.exchange()
            let answer = try exchange.receiveFirst(Array(text.utf8))
            #expect(answer.starts(with: "r=abc%hvY".utf8), "\(text)")
        }
    }

    struct Broken: Sendable, CustomTestStringConvertible {
        let message: String
        var failure: SCRAMExchange.Failure?
        var testDescription: String { message }
    }

    static let brokenFirstMessages = [
        Broken(message: "p=tls-server-end-point,,n=user,r=abc", failure: .channelBinding),
        Broken(message: "n,a=admin,n=user,r=abc", failure: .authorizationIdentity),
        Broken(message: ""), Broken(message: "n"), Broken(message: "n,,"), Broken(message: "x,,n=user,r=abc"),
        Broken(message: "n,,m=must,n=user,r=abc"), Broken(message: "n,,r=abc"), Broken(message: "n,,n=user"),
        Broken(message: "n,,n=user,r="), Broken(message: "n,,n=user,r=a\u{7F}c"), Broken(message: "n,,n=user,r=a c"),
        Broken(message: "n,,n=user,r=\u{E9}"), Broken(message: "n,,,r=abc"), Broken(message: "nn,n=user,r=abc"),
    ]

    @Test("A broken first message ends the exchange", arguments: brokenFirstMessages)
    func brokenFirst(_ broken: Broken) throws {
        var exchange = try RFC7677.exchange()
        let failure = #expect(throws: SCRAMExchange.Failure.self) {
            try exchange.receiveFirst(Array(broken.message.utf8))
        }
        guard let expected = broken.failure else {
            guard case .malformed? = failure else {
                Issue.record("\(String(describing: failure))")
                return
            }
            return
        }
        #expect(failure == expected)
    }

    private static let nonce = RFC7677.clientNonce + RFC7677.serverNonce
    static let brokenFinalMessages = [
        "", "p=\(RFC7677.proof)", "c=biws,p=\(RFC7677.proof)", "r=\(nonce),p=\(RFC7677.proof)", "c=biws,r=\(nonce)",
        // "y" and another header than that of the first message.
        "c=eSws,r=\(nonce),p=\(RFC7677.proof)", "c=,r=\(nonce),p=\(RFC7677.proof)",
        // The client's nonce alone, the server's alone, one byte more.
        "c=biws,r=\(RFC7677.clientNonce),p=\(RFC7677.proof)", "c=biws,r=\(RFC7677.serverNonce),p=\(RFC7677.proof)",
        "c=biws,r=\(nonce)0,p=\(RFC7677.proof)",
        // Proofs that are too short, too long, or no Base64.
        "c=biws,r=\(nonce),p=", "c=biws,r=\(nonce),p=AAAA", "c=biws,r=\(nonce),p=\(RFC7677.proof)AAAA",
        "c=biws,r=\(nonce),p=!", "c=biws,r=\(nonce),p=\(RFC7677.proof),x=1",
    ]

    @Test("A broken final message ends the exchange", arguments: brokenFinalMessages)
    func brokenFinal(_ message: String) throws {
        var exchange = try RFC7677.exchange()
        _ = try exchange.receiveFirst(Array(RFC7677.first.utf8))
        let failure = #expect(throws: SCRAMExchange.Failure.self) { try exchange.receiveFinal(Array(message.utf8)) }
        guard case .malformed? = failure else {
            Issue.record("\(String(describing: failure))")
            return
        }
    }

    @Test("Each exchange has a nonce of its own, and a message comes once")
    func nonces() throws {
        let verifier = try SCRAMVerifier(password: "pencil")
        let answers = try (0..<100).map { _ in
            var exchange = SCRAMExchange(verifier: verifier)
            let answer = try exchange.receiveFirst(Array("n,,n=,r=abc".utf8))
            #expect(throws: SCRAMExchange.Failure.self) { try exchange.receiveFirst(Array("n,,n=,r=abc".utf8)) }
            return answer
        }
        #expect(Set(answers).count == 100)
        var untouched = SCRAMExchange(verifier: verifier)
        #expect(throws: SCRAMExchange.Failure.self) { try untouched.receiveFinal(Array(RFC7677.final.utf8)) }
    }

    @Test("A thousand mutations of the messages never pass and never trap")
    func mutations() throws {
        var generator = SystemRandomNumberGenerator()
        let untouched = try RFC7677.exchange(password: "other")
        for round in 0..<1000 {
            var exchange = untouched
            var (first, final) = (Array(RFC7677.first.utf8), Array(RFC7677.final.utf8))
            for _ in 0...(round % 4) {
                let position = Int.random(in: first.indices, using: &generator)
                if round % 2 == 0 { first[position] = UInt8.random(in: 0...255, using: &generator) }
                final[Int.random(in: final.indices, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            _ = try? exchange.receiveFirst(first)
            #expect(throws: SCRAMExchange.Failure.self) { try exchange.receiveFinal(final) }
        }
    }
}
#endif
