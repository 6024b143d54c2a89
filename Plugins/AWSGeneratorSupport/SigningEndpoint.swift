public import AuthTokens

/// The host and port that a token is signed for, which need not be those the client dials.
///
/// Behind a tunnel or a CNAME the connection string says with `aws_rds_iam_host` and `aws_rds_iam_port` what the endpoint itself
/// is called: AWS checks the signature against the endpoint's own name (RDS User Guide, "Connecting to your DB instance using IAM
/// authentication").
public struct SigningEndpoint: Sendable, Hashable {
    /// The keyword of the connection string that overrides the host.
    public static let hostKeyword = "aws_rds_iam_host"
    /// The keyword of the connection string that overrides the port.
    public static let portKeyword = "aws_rds_iam_port"

    /// The endpoint's name in small letters, without a final dot.
    public let host: String
    /// The endpoint's port.
    public let port: Int
    /// Whether the connection string overrides the host that is dialled.
    public let isOverridden: Bool

    /// Reads the endpoint from a request.
    ///
    /// Without `aws_rds_iam_port` it is the port that is dialled, even where the host is overridden.
    ///
    /// - Throws: ``AWSGeneratorError`` where the host cannot be the endpoint's own name, or the port is none.
    public init(of request: AuthTokenRequest) throws(AWSGeneratorError) {
        let override = request.setting(Self.hostKeyword)
        let name = HostName(override ?? request.host)
        if let obstacle = name.obstacle {
            throw AWSGeneratorError(
                .unsignableHost,
                "a token is signed for the name AWS gave the endpoint, and \(override == nil ? "the host" : Self.hostKeyword) "
                    + "is \(obstacle); set \(Self.hostKeyword) in the connection string to that name"
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
            throw AWSGeneratorError(.invalidPort, "\(portKeyword) must be a number from 1 to 65535")
        }
        return port
    }
}

extension AuthTokenRequest {
    /// The value of a keyword; an empty one counts as none, as it does in libpq.
    package func setting(_ keyword: String) -> String? {
        parameters[keyword].flatMap { $0.isEmpty ? nil : $0 }
    }
}
