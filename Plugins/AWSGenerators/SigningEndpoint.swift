public import AuthTokens
import RDSIAMBasics

/// The host and port that a token is signed for, which need not be those the client dials.
///
/// Behind a tunnel or a CNAME the connection string says with `aws_rds_iam_host` and `aws_rds_iam_port` what the
/// endpoint itself is called: AWS checks the signature against the endpoint's own name (RDS User Guide, "Connecting to
/// your DB instance using IAM authentication").
public struct SigningEndpoint: Sendable {
    /// The keyword of the connection string that overrides the host.
    public static let hostKeyword = "aws_rds_iam_host"
    /// The keyword of the connection string that overrides the port.
    public static let portKeyword = "aws_rds_iam_port"

    /// The endpoint's name in ASCII lowercase, without a final dot.
    public let host: String
    /// The endpoint's port.
    public let port: Int
    /// Whether the connection string overrides the host that is dialed.
    public let isOverridden: Bool

    /// Reads the endpoint from a request.
    ///
    /// Without `aws_rds_iam_port` it is the port that is dialed, even if the host is overridden.
    ///
    /// - Throws: ``AWSGeneratorError`` if the host cannot be the endpoint's own name, or the port is not a port; do not
    ///   retry.
    public init(of request: AuthTokenRequest) throws(AWSGeneratorError) {
        let override = request.setting(Self.hostKeyword)
        let name = HostName(override ?? request.host)
        if let obstacle = name.obstacle {
            throw AWSGeneratorError(
                .unsignableHost,
                "A token is signed for the name AWS gave the endpoint, and \(override == nil ? "the host" : Self.hostKeyword) "
                    + "is \(obstacle). Set \(Self.hostKeyword) in the connection string to that name."
            )
        }
        host = name.text
        port = try request.setting(Self.portKeyword).map(Self.port) ?? request.port
        isOverridden = override != nil
    }

    private static func port(_ text: String) throws(AWSGeneratorError) -> Int {
        guard text.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }), let port = Int(text),
            1...65_535 ~= port
        else {
            throw AWSGeneratorError(
                .invalidPort,
                "The connection string's \(portKeyword) is invalid. Set it to a number from 1 to 65535."
            )
        }
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

extension AuthTokenRequest {
    /// The value of a keyword; an empty one counts as none, as it does in libpq.
    package func setting(_ keyword: String) -> String? {
        parameters[keyword].flatMap { $0.isEmpty ? nil : $0 }
    }
}
