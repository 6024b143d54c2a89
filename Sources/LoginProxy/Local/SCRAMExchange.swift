#if Proxy
import CLibcrypto
import RDSIAMBasics
import RDSIAMHashing
import RDSIAMSystem

/// The server's side of one SCRAM-SHA-256 exchange (RFC 5802, RFC 7677): texts in, texts out.
///
/// It has no channel binding. As PostgreSQL does, it ignores the user name in the exchange: the one in the startup
/// packet counts.
struct SCRAMExchange: Sendable {
    /// The mechanism's name.
    static let mechanism = "SCRAM-SHA-256"

    /// Why an exchange ends without success.
    enum Failure: Error, Hashable {
        case malformed(String)
        case otherMechanism
        case channelBinding
        case authorizationIdentity
        case wrongPassword
    }

    private let verifier: SCRAMVerifier
    private let serverNonce: [UInt8]
    /// What the client's first message said, once it has come.
    private var first: First?

    private struct First: Sendable {
        /// The header that says whether the client binds to the channel, which the final message repeats.
        let header: [UInt8]
        /// The message without the header.
        let bare: [UInt8]
        let nonce: [UInt8]
        let serverMessage: [UInt8]
    }

    /// - Parameters:
    ///   - verifier: What is known of the password.
    ///   - serverNonce: The server's part of the nonce; fixed in tests alone.
    init(verifier: SCRAMVerifier, serverNonce: [UInt8]? = nil) {
        self.verifier = verifier
        self.serverNonce = serverNonce ?? Array(Data(SystemRandom.bytes(18)).base64EncodedString().utf8)
    }

    /// Takes client-first-message and returns server-first-message.
    mutating func receiveFirst(_ message: [UInt8]) throws(Failure) -> [UInt8] {
        guard first == nil else { throw .malformed("a message was not asked for") }
        let (header, bare) = try Self.split(message)
        var attributes = SCRAMAttributes(bare)
        guard attributes.next()?.name == UInt8(ascii: "n") else { throw .malformed("the user name is missing") }
        // Extensions may follow the nonce. This side knows none and passes over them, as RFC 5802 asks for.
        guard let nonce = attributes.next(), nonce.name == UInt8(ascii: "r"), Self.isNonce(nonce.value) else {
            throw .malformed("the nonce is missing")
        }
        let whole = nonce.value + serverNonce
        let answer = Array("r=".utf8) + whole + Array(",s=\(verifier.saltText),i=\(verifier.iterations)".utf8)
        first = First(header: header, bare: bare, nonce: whole, serverMessage: answer)
        return answer
    }

    /// Divides client-first-message into its header and the rest.
    private static func split(_ message: [UInt8]) throws(Failure) -> (header: [UInt8], bare: [UInt8]) {
        guard message.count > 2 else { throw .malformed("the first message is empty") }
        switch message[0] {
        // "y": the client could bind and believes that the server cannot, which is true.
        case UInt8(ascii: "n"), UInt8(ascii: "y"): break
        case UInt8(ascii: "p"): throw .channelBinding
        default: throw .malformed("the channel binding flag is unknown")
        }
        guard message[1] == UInt8(ascii: ",") else { throw .malformed("a comma is missing") }
        guard message[2] == UInt8(ascii: ",") else { throw .authorizationIdentity }
        return (Array(message[..<3]), Array(message[3...]))
    }

    /// Printable ASCII but the comma (RFC 5802 §7).
    private static func isNonce(_ value: [UInt8]) -> Bool {
        !value.isEmpty && value.allSatisfy { (0x21...0x7E).contains($0) && $0 != UInt8(ascii: ",") }
    }

    /// Takes client-final-message and returns server-final-message, with which the server proves that it knows the
    /// password's verifier.
    mutating func receiveFinal(_ message: [UInt8]) throws(Failure) -> [UInt8] {
        guard let first else { throw .malformed("a message was not asked for") }
        // The proof stands last and covers all before it.
        guard let comma = message.lastIndex(of: UInt8(ascii: ",")) else { throw .malformed("the proof is missing") }
        let unproved = Array(message[..<comma])
        var attributes = SCRAMAttributes(unproved)
        let header = Array("c=".utf8) + Data(first.header).base64EncodedString().utf8
        guard let binding = attributes.next(), binding.text == header else {
            throw .malformed("the channel binding is not that of the first message")
        }
        guard attributes.next()?.text == Array("r=".utf8) + first.nonce else {
            throw .malformed("the nonce is not the one that was agreed on")
        }
        var last = SCRAMAttributes(Array(message[(comma + 1)...]))
        guard let proof = last.next(), proof.name == UInt8(ascii: "p"),
            let bytes = Data(base64Encoded: Data(proof.value)), bytes.count == 32
        else { throw .malformed("the proof is missing") }
        let text = first.bare + [UInt8(ascii: ",")] + first.serverMessage + [UInt8(ascii: ",")] + unproved
        guard let signature = verifier.signature(of: text, provedBy: Array(bytes)) else { throw .wrongPassword }
        return Array("v=".utf8) + Data(signature).base64EncodedString().utf8
    }
}

/// The attributes of a message of SCRAM, `n=…,r=…`, one after the other.
private struct SCRAMAttributes {
    struct Attribute {
        let text: [UInt8]
        var name: UInt8 { text[0] }
        var value: [UInt8] { Array(text[2...]) }
    }

    private var rest: ArraySlice<UInt8>?

    init(_ message: [UInt8]) { rest = message[...] }

    /// The next one, or `nil` at the end and for what is no attribute.
    mutating func next() -> Attribute? {
        guard let text = rest else { return nil }
        let part = text.prefix { $0 != UInt8(ascii: ",") }
        rest = part.endIndex < text.endIndex ? text[(part.endIndex + 1)...] : nil
        guard part.count >= 2, part[part.startIndex + 1] == UInt8(ascii: "=") else { return nil }
        return Attribute(text: Array(part))
    }
}
#endif
