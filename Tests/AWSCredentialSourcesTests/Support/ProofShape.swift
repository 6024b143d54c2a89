import Foundation

/// Takes a DPoP proof apart (RFC 9449 §4.2).
///
/// Whether its signature holds is judged elsewhere, by another implementation.
enum ProofShape {
    static func isFine(_ proof: String, for url: String) -> Bool {
        let parts = proof.split(separator: ".").map(String.init)
        guard parts.count == 3, let header = object(parts[0]), let payload = object(parts[1]) else { return false }
        let key = header["jwk"] as? [String: String] ?? [:]
        return header["typ"] as? String == "dpop+jwt" && header["alg"] as? String == "ES256"
            && key["kty"] == "EC" && key["crv"] == "P-256" && key["d"] == nil
            && decode(key["x"] ?? "")?.count == 32 && decode(key["y"] ?? "")?.count == 32
            && payload["htm"] as? String == "POST" && payload["htu"] as? String == url
            && (payload["jti"] as? String)?.count == 32 && payload["iat"] is Int && decode(parts[2])?.count == 64
    }

    private static func object(_ part: String) -> [String: Any]? {
        decode(part).flatMap { try? JSONSerialization.jsonObject(with: $0) as? [String: Any] }
    }

    private static func decode(_ text: String) -> Data? {
        var padded = text.replacingOccurrences(of: "-", with: "+").replacingOccurrences(of: "_", with: "/")
        while padded.count % 4 != 0 { padded.append("=") }
        return Data(base64Encoded: padded)
    }
}
