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
