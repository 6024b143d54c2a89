public import AuthTokens
import RDSIAMBasics
package import RDSIAMSystem

/// What is known of a token that was sent, without its text.
public struct TokenFacts: Sendable {
    /// What a token is for, open for more later.
    package struct Service: Sendable, Hashable, CustomStringConvertible {
        /// The service's name in credential scopes.
        package let description: String

        /// RDS, Aurora and RDS Proxy.
        package static let rds = Self(description: "rds-db")
        /// Aurora DSQL.
        package static let dsql = Self(description: "dsql")
        /// Another service, or a signed text of another form.
        package static let other = Self(description: "other")
    }

    /// The service it is signed for, or `nil` if it is a password of another kind.
    package var service: Service?
    /// The host in its text, or else the one its generator names.
    package var signingHost: String?
    /// The port in its text, or else the one its generator names; Aurora DSQL's tokens have none.
    package var signingPort: Int?
    /// The region in its credential scope, or else the one its generator names.
    package var region: String?
    /// The user in its text (`DBUser`); Aurora DSQL's tokens have none.
    package var user: String?
    /// The action in its text, such as `connect` or `DbConnectAdmin`.
    package var action: String?
    /// When it was signed.
    package var signedAt: Date?
    /// When it expires.
    package var expiresAt: Date?
    /// How many seconds it is signed for (`X-Amz-Expires`).
    package var lifetime: Int?
    /// Whose credentials signed it.
    package var credential: CredentialIdentity?
    /// What is wrong with the form of its text, or `nil` if nothing is.
    package var damage: String?

    /// Creates facts of a token that was issued, from what is known of it and from its text.
    public init(_ token: AuthToken) {
        self.init(reading: token.value)
        // A generator that hands a token on does not know when it was signed; the text does.
        signedAt = signedAt ?? token.signedAt
        expiresAt = expiresAt ?? token.expiresAt
        region = region ?? token.region
        signingHost = signingHost ?? token.signingHost
        signingPort = signingPort ?? token.signingPort
        credential = token.credential
        if service == nil, token.kind == .signed { service = .other }
    }

    /// Reads what the text of a token says; a text that is no token has no facts.
    ///
    /// - Parameter text: The password that was sent. Secret; it is not stored.
    public init(reading text: String) {
        guard Self.looksLikeToken(text) else { return }
        let parts = TokenText(text)
        service = parts.service
        (signingHost, signingPort) = (parts.host, parts.port)
        user = parts.value("DBUser")
        action = parts.value("Action")
        region = parts.scope.map { $0[2] }
        signedAt = parts.signedAt
        lifetime = parts.value("X-Amz-Expires").flatMap { Int($0) }
        if let signedAt, let lifetime { expiresAt = signedAt + Double(lifetime) }
        damage = parts.damage
    }

    /// Whether a text was a presigned URL once, even if it is none any more.
    private static func looksLikeToken(_ text: String) -> Bool {
        ["X-Amz-", "Action=connect", "Action=DbConnect", "Action%3D", "X%2DAmz"].contains { text.containsBytes($0) }
    }
}

/// The text of a token in parts, which lives only while its facts are read.
private struct TokenText {
    private let text: String
    private let front: String
    private let fields: [(name: String, value: String)]

    init(_ text: String) {
        self.text = text
        let halves = text.splitBytes(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        front = halves[0]
        fields = (halves.count > 1 ? halves[1] : "").splitBytes(separator: "&").map { field in
            let pair = field.splitBytes(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (pair[0], pair.count > 1 ? pair[1] : "")
        }
    }

    /// The value of a query field, decoded.
    func value(_ name: String) -> String? {
        guard let raw = raw(name), let bytes = PercentEncoding.decode(raw) else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }

    private func raw(_ name: String) -> String? {
        fields.first { $0.name.isBytewiseEqual(to: name) }?.value
    }

    private var authority: [String] {
        let end = front.hasByteSuffix("/") ? String(decoding: front.utf8.dropLast(), as: UTF8.self) : front
        return end.splitBytes(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    }

    /// The host, if it can be one: a damaged text may begin with anything.
    var host: String? {
        let host = authority[0]
        let isName = host.utf8.allSatisfy { byte in
            (0x61...0x7A).contains(byte | 0x20) || (0x30...0x39).contains(byte) || byte == 0x2D || byte == 0x2E
        }
        return host.isEmpty || hasScheme || !isName ? nil : host
    }

    var port: Int? { authority.count > 1 ? Int(authority[1]) : nil }

    private var hasScheme: Bool { front.containsBytes("://") }

    /// Access key, day, region, service and `aws4_request`.
    var scope: [String]? {
        let parts = value("X-Amz-Credential")?.splitBytes(separator: "/", omittingEmptySubsequences: false)
        return parts.flatMap { $0.count == 5 ? $0 : nil }
    }

    var service: TokenFacts.Service {
        let action = value("Action") ?? ""
        if action.hasBytePrefix("DbConnect") || scope?[3].isBytewiseEqual(to: "dsql") == true { return .dsql }
        let isRDS = action.isBytewiseEqual(to: "connect") || scope?[3].isBytewiseEqual(to: "rds-db") == true
        return isRDS || scope == nil ? .rds : .other
    }

    /// The time of `X-Amz-Date`, such as `20260131T235959Z`.
    var signedAt: Date? {
        guard let text = value("X-Amz-Date"), text.utf8.count == 16 else { return nil }
        let bytes = Array(text.utf8).map { String(decoding: [$0], as: UTF8.self) }
        func part(_ range: Range<Int>) -> String { bytes[range].joined() }
        return Date(
            rfc3339: "\(part(0..<4))-\(part(4..<6))-\(part(6..<8))T\(part(9..<11)):\(part(11..<13)):\(part(13..<15))Z"
        )
    }

    /// The first thing about the form that no signer would write.
    var damage: String? {
        if text.utf8.contains(where: { $0 <= 0x20 || $0 >= 0x7F }) {
            return "it contains a space, a line end or another character that tokens do not have"
        }
        if hasScheme { return "it begins with a scheme such as https://" }
        if text.containsBytes("\"") || text.containsBytes("'") { return "it contains a quotation mark" }
        guard text.containsBytes("?") else { return "it has no question mark" }
        guard front.hasByteSuffix("/") else { return "the / before its question mark is missing" }
        return fieldDamage
    }

    private var fieldDamage: String? {
        let names = [
            "Action", "X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders",
            "X-Amz-Signature",
        ]
        let needed = service == .rds ? names + ["DBUser"] : names
        if let missing = needed.first(where: { raw($0) == nil }) {
            return "its parameter \(missing) is missing, as in a text that was cut or not quoted"
        }
        // A session token, or a user, may hold a percent sign.
        if raw("X-Amz-Credential")?.containsBytes("%25") == true {
            return "it is percent-encoded twice"
        }
        guard scope != nil else { return "its credential scope does not have five parts" }
        let signature = raw("X-Amz-Signature") ?? ""
        let isWhole = signature.utf8.count == 64 && signature.utf8.allSatisfy { Hexadecimal.value(of: $0) != nil }
        return isWhole ? nil : "its signature is not 64 hexadecimal digits, as in a text that was cut"
    }
}
