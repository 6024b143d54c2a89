import RDSIAMBasics

/// A service that hands out credentials, with the rule by which its endpoints are named.
///
/// The rules are those of the AWS SDKs' endpoint rule sets.
struct AWSService: Sendable, Hashable {
    /// The name in `AWS_ENDPOINT_URL_<NAME>` and, in lower case, in a profile's `services` section.
    var settingName: String
    private var plain: String
    private var fips: String
    /// Whether GovCloud's ordinary endpoint is its FIPS endpoint.
    private var govCloudIsFIPS = true
    private var isSignin = false

    static let sts = AWSService(settingName: "STS", plain: "sts", fips: "sts-fips")
    static let sso = AWSService(settingName: "SSO", plain: "portal.sso", fips: "portal.sso-fips")
    static let ssoOIDC = AWSService(settingName: "SSO_OIDC", plain: "oidc", fips: "oidc-fips")
    static let signin = AWSService(
        settingName: "SIGNIN",
        plain: "signin",
        fips: "signin-fips",
        govCloudIsFIPS: false,
        isSignin: true
    )
    static let redshift = AWSService(settingName: "REDSHIFT", plain: "redshift", fips: "redshift-fips")
    static let redshiftServerless = AWSService(
        settingName: "REDSHIFT_SERVERLESS",
        plain: "redshift-serverless",
        fips: "redshift-serverless-fips",
        govCloudIsFIPS: false
    )
    static let secretsManager = AWSService(
        settingName: "SECRETS_MANAGER",
        plain: "secretsmanager",
        fips: "secretsmanager-fips",
        govCloudIsFIPS: false
    )

    /// The host of a regional endpoint.
    func host(region: String, fips useFIPS: Bool, dualStack: Bool) -> String {
        let partition = Partition(region: region)
        if !useFIPS, !dualStack, let host = exception(region, partition) { return host }
        let isGovCloudFIPS = useFIPS && !dualStack && govCloudIsFIPS && partition.id == "aws-us-gov"
        let name = useFIPS && !isGovCloudFIPS ? fips : plain
        return "\(name).\(region).\(dualStack ? partition.dualStackSuffix : partition.suffix)"
    }

    private func exception(_ region: String, _ partition: Partition) -> String? {
        if settingName == "STS", region == "aws-global" { return "sts.amazonaws.com" }
        guard isSignin else { return nil }
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
