public import AuthTokens
import RDSIAMBasics

/// The host and port that a token is signed for, which need not be those the client dials.
///
/// Behind a tunnel or a CNAME the connection string says with `aws_rds_iam_host` and `aws_rds_iam_port` what the
/// endpoint itself is called: AWS checks the signature against the endpoint's own name (RDS User Guide, "Connecting to
/// your DB instance using IAM authentication").
public struct SigningEndpoint: Sendable {
    /// The endpoint's name in ASCII lowercase, without a final dot.
    public let host: String
    /// The endpoint's port.
    public let port: Int
    /// Whether the connection string overrides the host that is dialed.
    package let isOverridden: Bool

    /// Reads the endpoint from a request.
    ///
    /// Without `aws_rds_iam_port` it is the port that is dialed, even if the host is overridden.
    ///
    /// - Throws: ``AWSGeneratorError`` if the host cannot be the endpoint's own name, or the port is not a port; do not
    ///   retry.
    public init(of request: AuthTokenRequest) throws(AWSGeneratorError) {
        let override = request.setting(AWSKeyword.host)
        let name = HostName(override ?? request.host)
        if override != nil, let (host, port) = name.hostAndPort { throw .hostWithPort(host, port) }
        if let obstacle = name.obstacle {
            throw .unsignableHost(override == nil ? "the host" : AWSKeyword.host, obstacle)
        }
        host = name.text
        port = try request.setting(AWSKeyword.port).map(Self.port) ?? request.port
        isOverridden = override != nil
    }

    private static func port(_ text: String) throws(AWSGeneratorError) -> Int {
        guard text.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }), let port = Int(text),
            1...65_535 ~= port
        else { throw .invalidPort }
        return port
    }
}

extension SigningEndpoint: Hashable {
    /// Compares all parts, the host byte by byte.
    public static func == (left: Self, right: Self) -> Bool {
        left.host.isBytewiseEqual(to: right.host) && left.port == right.port && left.isOverridden == right.isOverridden
    }

    /// Hashes all parts.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(ByteText(host))
        hasher.combine(port)
        hasher.combine(isOverridden)
    }
}
