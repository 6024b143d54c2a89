import RDSIAMBasics

/// An AWS service, with the rule by which its endpoints are named.
///
/// The rules are those of the AWS SDKs' endpoint rule sets.
public struct AWSService: Sendable, Hashable {
    /// The name in `AWS_ENDPOINT_URL_<NAME>` and, in lowercase, in a profile's `services` section.
    let settingName: String
    let signingName: String
    private let prefix: String
    private let govCloudIsFIPS: Bool
    private let plainIsDualStack: Bool

    /// Describes a service.
    ///
    /// - Parameters:
    ///   - prefix: What a regional host begins with, such as `redshift`; a FIPS host begins with it and `-fips`.
    ///   - settingName: The name in `AWS_ENDPOINT_URL_<NAME>`, such as `SECRETS_MANAGER`.
    ///   - signingName: The name in a credential scope; `nil` for the prefix.
    ///   - govCloudIsFIPS: Whether GovCloud's ordinary endpoint is its FIPS endpoint too.
    ///   - plainIsDualStack: Whether the ordinary endpoints of the public regions, of GovCloud and of China are
    ///     dual-stack too, as those of Secrets Manager are.
    public init(
        _ prefix: String,
        settingName: String,
        signingName: String? = nil,
        govCloudIsFIPS: Bool = false,
        plainIsDualStack: Bool = false
    ) {
        self.prefix = prefix
        self.settingName = settingName
        self.signingName = signingName ?? prefix
        self.govCloudIsFIPS = govCloudIsFIPS
        self.plainIsDualStack = plainIsDualStack
    }

    static let sts = AWSService("sts", settingName: "STS", govCloudIsFIPS: true)
    static let sso = AWSService("portal.sso", settingName: "SSO", govCloudIsFIPS: true)
    static let ssoOIDC = AWSService("oidc", settingName: "SSO_OIDC", govCloudIsFIPS: true)
    static let signin = AWSService("signin", settingName: "SIGNIN")

    /// The name in messages.
    var displayName: String { self == .sts ? "STS" : signingName }

    /// The host of a regional endpoint.
    func host(region: String, fips useFIPS: Bool, dualStack: Bool) -> String {
        let partition = Partition(region: region)
        if !useFIPS, !dualStack, let host = exception(region, partition) { return host }
        let isGovCloudFIPS = useFIPS && !dualStack && govCloudIsFIPS && partition.id == "aws-us-gov"
        let name = useFIPS && !isGovCloudFIPS ? prefix + "-fips" : prefix
        let hasOneName = ["aws", "aws-us-gov"].contains(partition.id) || partition.id == "aws-cn" && !useFIPS
        let isApart = dualStack && !(plainIsDualStack && hasOneName)
        return "\(name).\(region).\(isApart ? partition.dualStackSuffix : partition.suffix)"
    }

    private func exception(_ region: String, _ partition: Partition) -> String? {
        if self == .sts, region == "aws-global" { return "sts.amazonaws.com" }
        guard self == .signin else { return nil }
        return switch partition.id {
        case "aws": "\(region).signin.aws.amazon.com"
        case "aws-cn": "\(region).signin.amazonaws.cn"
        case "aws-us-gov": "\(region).signin.amazonaws-us-gov.com"
        default: nil
        }
    }
}

/// A part of AWS with its own domains and identities.
///
/// The table is that of the AWS SDKs' `partitions.json`.
struct Partition: Sendable, Hashable {
    var id: String
    var suffix: String
    var dualStackSuffix: String
    /// The region to use if a role's ARN names the partition and no setting names a region.
    var standInRegion: String

    static let aws = Partition("aws", "amazonaws.com", "api.aws", "aws-global")

    private static let byPrefix: [(prefix: String, partition: Partition)] = [
        ("cn-", Partition("aws-cn", "amazonaws.com.cn", "api.amazonwebservices.com.cn", "cn-northwest-1")),
        ("us-gov-", Partition("aws-us-gov", "amazonaws.com", "api.aws", "us-gov-west-1")),
        ("us-iso-", Partition("aws-iso", "c2s.ic.gov", "api.aws.ic.gov", "us-iso-east-1")),
        ("us-isob-", Partition("aws-iso-b", "sc2s.sgov.gov", "api.aws.scloud", "us-isob-east-1")),
        ("eu-isoe-", Partition("aws-iso-e", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk", "eu-isoe-west-1")),
        ("us-isof-", Partition("aws-iso-f", "csp.hci.ic.gov", "api.aws.hci.ic.gov", "us-isof-south-1")),
        ("eusc-", Partition("aws-eusc", "amazonaws.eu", "api.amazonwebservices.eu", "eusc-de-east-1")),
    ]

    private init(_ id: String, _ suffix: String, _ dualStackSuffix: String, _ standInRegion: String) {
        self.id = id
        self.suffix = suffix
        self.dualStackSuffix = dualStackSuffix
        self.standInRegion = standInRegion
    }

    /// The partition of a region; a region newer than this table belongs to `aws`.
    init(region: String) {
        self = Self.byPrefix.first { region.hasBytePrefix($0.prefix) }?.partition ?? .aws
    }

    /// The partition an ARN names, such as `aws-cn` in `arn:aws-cn:iam::123456789012:role/reader`.
    init(arn: String) {
        let id = arn.splitBytes(separator: ":", omittingEmptySubsequences: false).dropFirst().first
        self = Self.byPrefix.first { $0.partition.id == id }?.partition ?? .aws
    }
}
