#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// The form that an STS call posts (the AWS query protocol).
struct STSForm {
    static let contentType = "application/x-www-form-urlencoded; charset=utf-8"

    var action: String
    var fields: [(name: String, value: String)] = []

    init(action: String) {
        self.action = action
    }

    /// The fields that both ways of assuming a role share.
    init(action: String, role: AssumedRole, context: CredentialContext) {
        self.action = action
        let milliseconds = Int64(context.now().timeIntervalSince1970 * 1000)
        fields.append(("RoleArn", role.arn))
        fields.append(("RoleSessionName", role.sessionName ?? "\(role.defaultSessionPrefix)-\(milliseconds)"))
        if let duration = role.durationSeconds { fields.append(("DurationSeconds", String(duration))) }
    }

    /// The call's name in messages.
    var operation: String { "STS \(action)" }

    var body: [UInt8] {
        let all = [("Action", action), ("Version", "2011-06-15")] + fields
        return Array(all.map { "\($0.0)=\(Self.encode($0.1))" }.joined(separator: "&").utf8)
    }

    func path(at endpoint: HTTPURL) -> String {
        let path = endpoint.target.prefix { $0 != "?" }
        return path.isEmpty ? "/" : String(path)
    }

    func request(to endpoint: HTTPURL) -> CredentialHTTPRequest {
        CredentialHTTPRequest(
            method: "POST",
            url: endpoint.target.isEmpty ? endpoint.text + "/" : endpoint.text,
            headers: [("content-type", Self.contentType), ("accept", "application/xml")],
            body: body,
            mayUseProxy: endpoint.mayUseProxy
        )
    }

    private static func encode(_ text: String) -> String { PercentEncoded.text(text) }
}

/// Percent-encoding with the unreserved characters of RFC 3986 left as they are.
enum PercentEncoded {
    static func text(_ text: String) -> String {
        var encoded = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                encoded.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                encoded.append(digits.count == 1 ? "%0" + digits : "%" + digits)
            }
        }
        return encoded
    }
}
