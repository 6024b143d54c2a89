import CLibcrypto
import RDSIAMBasics
import RDSIAMSystem

/// The proof of possession that a renewal carries in its `DPoP` header (RFC 9449 §4.2).
enum DPoPProof {
    /// Makes a proof; `nil` if the key does not sign.
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

/// The private key of a sign-in, which proves possession at each renewal (RFC 9449, ES256).
///
/// The key is read for one proof and freed with the value.
struct DPoPKey: ~Copyable {
    private let key: OpaquePointer

    /// Reads a P-256 key in PEM, or returns `nil` if the text is anything else.
    init?(pem: String) {
        let lines = pem.splitBytes(separator: "\n").map(\.trimmed).filter { !$0.hasBytePrefix("-----") }
        guard let der = Data(base64Encoded: lines.joined()) else { return nil }
        let bytes = Array(der)
        let key = bytes.withUnsafeBufferPointer { buffer in
            var start = buffer.baseAddress
            return d2i_AutoPrivateKey(nil, &start, buffer.count)
        }
        guard let key else { return nil }
        guard EVP_PKEY_get_bits(key) == 256, EVP_PKEY_get_base_id(key) == EVP_PKEY_EC else {
            EVP_PKEY_free(key)
            return nil
        }
        self.key = key
    }

    deinit { EVP_PKEY_free(key) }

    /// The public point's coordinates, 32 bytes each.
    var coordinates: (x: [UInt8], y: [UInt8])? {
        var point: UnsafeMutablePointer<UInt8>?
        let count = EVP_PKEY_get1_encoded_public_key(key, &point)
        defer { CRYPTO_free(point, #file, #line) }
        // 0x04 marks the uncompressed form.
        guard count == 65, let point, point[0] == 4 else { return nil }
        let bytes = UnsafeBufferPointer(start: point, count: count)
        return (Array(bytes[1..<33]), Array(bytes[33..<65]))
    }

    /// The signature of a text, as the two numbers r and s in 32 bytes each (RFC 7518 §3.4).
    func signature(of text: String) -> [UInt8]? {
        guard let context = EVP_MD_CTX_new() else { return nil }
        defer { EVP_MD_CTX_free(context) }
        let bytes = Array(text.utf8)
        var signature = [UInt8](repeating: 0, count: 80)
        var count = signature.count
        guard
            EVP_DigestSignInit(context, nil, EVP_sha256(), nil, key) == 1,
            EVP_DigestSign(context, &signature, &count, bytes, bytes.count) == 1
        else { return nil }
        return Self.fixedWidth(signature[..<count])
    }

    /// DER: a sequence of two integers, each with its length before it and a zero byte if its first bit is set.
    private static func fixedWidth(_ der: ArraySlice<UInt8>) -> [UInt8]? {
        var rest = der.dropFirst(2)
        var numbers: [UInt8] = []
        for _ in 0..<2 {
            guard rest.first == 2, let length = rest.dropFirst().first, rest.count >= Int(length) + 2 else {
                return nil
            }
            let number = rest.dropFirst(2).prefix(Int(length)).drop { $0 == 0 }
            guard number.count <= 32 else { return nil }
            numbers += [UInt8](repeating: 0, count: 32 - number.count) + number
            rest = rest.dropFirst(Int(length) + 2)
        }
        return numbers
    }
}
