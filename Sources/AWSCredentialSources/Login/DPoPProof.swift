import RDSIAMBasics
import RDSIAMSystem

/// The proof of possession that a renewal carries in its `DPoP` header (RFC 9449 §4.2).
enum DPoPProof {
    /// Makes a proof; nil where the key does not sign.
    ///
    /// - Parameters:
    ///   - key: The sign-in's key.
    ///   - url: Where the proof is sent by `POST`.
    ///   - context: Gives the time and the random identifier.
    static func make(_ key: borrowing DPoPKey, url: String, context: CredentialContext) -> String? {
        guard let (x, y) = key.coordinates else { return nil }
        let header: [String: JSONValue] = [
            "typ": .string("dpop+jwt"), "alg": .string("ES256"),
            "jwk": .object([
                "kty": .string("EC"), "crv": .string("P-256"), "x": .string(encode(x)), "y": .string(encode(y)),
            ]),
        ]
        let payload: [String: JSONValue] = [
            "htm": .string("POST"), "htu": .string(url), "jti": .string(identifier(context)),
            "iat": .integer(context.now().wholeUnixSeconds),
        ]
        guard let header = try? JSONValue.bytes(header), let payload = try? JSONValue.bytes(payload) else { return nil }
        let signed = "\(encode(header)).\(encode(payload))"
        return key.signature(of: signed).map { "\(signed).\(encode($0))" }
    }

    /// Base64 for URLs without padding (RFC 7515 §2).
    private static func encode(_ bytes: [UInt8]) -> String {
        Data(bytes).base64EncodedString()
            .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    /// 128 random bits, so that no proof is like another.
    private static func identifier(_ context: CredentialContext) -> String {
        Hexadecimal.encode((0..<16).map { _ in UInt8(context.draw() * 256) })
    }
}
