import Foundation
import LoginDiagnosis

/// The faults that only AWS's services and poolers have, in their words.
extension StagedFault {
    private static let proxyName = "p.proxy-abcdefghijkl.eu-west-2.rds.amazonaws.com"
    private static let dsqlName = "abcdefghijklmnopqrstuvwxyz.dsql.eu-west-2.on.aws"
    private static let globalName = "db.global-abcdefghijkl.global.rds.amazonaws.com"
    private static let pam = "PAM authentication failed for user \"andrew\""
    private static let denied = "unable to accept connection, access denied"

    static let proxy = [
        StagedFault(
            "RDS Proxy: no credentials for the role",
            .proxyCredentials,
            host: proxyName,
            saying: .init(
                C: "28P01",
                M: "This RDS proxy has no credentials for the role andrew. Check them and try again.",
                ask: false
            )
        ),
        StagedFault(
            "RDS Proxy: IAM authentication failed",
            .proxyCredentials,
            .likely,
            host: proxyName,
            saying: .init(
                C: "28P01",
                M: "IAM authentication failed for the role andrew. Check the IAM token for this role."
            )
        ),
        StagedFault(
            "RDS Proxy: only with TLS",
            .noTLS,
            host: proxyName,
            saying: .init(M: "This RDS Proxy requires TLS connections.", ask: false)
        ),
        StagedFault(
            "RDS Proxy: other authentication",
            .proxyAuthentication,
            host: proxyName,
            saying: .init(M: "RDS supports only IAM, MD5, or SCRAM authentication.")
        ),
        StagedFault("RDS Proxy: refused by the database", .proxyRole, .likely, host: proxyName, saying: .init(M: pam)),
        StagedFault(
            "RDS Proxy: too many logins",
            .throttled,
            host: proxyName,
            saying: .init(M: "The IAM authentication failed because of too many competing requests.")
        ),
    ]

    static let dsql = [
        StagedFault(
            "Aurora DSQL: wrong action",
            .dsqlAction,
            host: dsqlName,
            user: "admin",
            saying: .init(M: denied, H: "Wrong user to action mapping. user: admin, action: DbConnect")
        ),
        StagedFault(
            "Aurora DSQL: clock behind",
            .clockSkew,
            host: dsqlName,
            saying: .init(M: denied, H: "Signature expired: 20260101T000000Z is now earlier than 20260101T010000Z")
        ),
        StagedFault(
            "Aurora DSQL: clock ahead",
            .clockSkew,
            host: dsqlName,
            saying: .init(
                M: denied,
                H: "Signature not yet current: 20260101T010000Z is still later than 20260101T000000Z"
            )
        ),
        StagedFault(
            "Aurora DSQL: no permission",
            .missingPermission,
            host: dsqlName,
            saying: .init(M: denied, H: "User: arn:aws:iam::1:role/r is not authorized to perform: dsql:DbConnect")
        ),
        StagedFault(
            "Aurora DSQL: waking up",
            .serverStarting,
            host: dsqlName,
            saying: .init(C: "57P03", M: "waking up cluster, please retry later", ask: false)
        ),
        StagedFault(
            "Aurora DSQL: too many logins",
            .throttled,
            host: dsqlName,
            saying: .init(C: "53400", M: "unable to accept connection, rate exceeded", ask: false)
        ),
    ]

    static let others = [
        StagedFault(
            "A server that waits for AWS too long",
            .serverSideTimeout,
            .likely,
            saying: .init(C: "57014", M: "canceling authentication due to timeout")
        ),
        StagedFault(
            "A server that starts",
            .serverStarting,
            saying: .init(C: "57P03", M: "the database system is starting up", ask: false)
        ),
        StagedFault(
            "Kerberos",
            .kerberos,
            .likely,
            saying: .init(M: "GSSAPI authentication failed for user \"andrew\"")
        ),
        StagedFault(
            "A server that wants a certificate",
            .clientCertificate,
            saying: .init(M: "connection requires a valid client certificate", ask: false)
        ),
        StagedFault("A role that is not there", .unknownRole, saying: .init(M: "role \"andrew\" does not exist")),
        StagedFault("A pooler", .pooler, saying: .init(C: "08P01", M: "server login failed: FATAL \(pam)", ask: false)),
        StagedFault(
            "Words that nothing knows, before the token",
            .refusedBeforeToken,
            saying: .init(M: "not today", ask: false)
        ),
        StagedFault(
            "A global database, writer unknown",
            .globalRegion,
            .likely,
            host: globalName,
            saying: .init(M: pam)
        ),
        StagedFault("A global database that failed over", .globalRegion, host: globalName, saying: .init(M: pam)) {
            $0.canonicalName = "db.cluster-mnopqrstuvwx.us-west-2.rds.amazonaws.com"
        },
        StagedFault("A stale copy of the credentials file", .staleCredentials, .likely, saying: .init(M: pam)) {
            $0.credentialsChangedAt = $0.now + 1
        },
        StagedFault("Keys in the environment instead of the profile", .shadowedProfile, .likely, saying: .init(M: pam))
        {
            $0.hiddenProfile = "dev"
        },
        StagedFault("More logins than AWS judges", .throttled, .likely, saying: .init(M: pam)) {
            $0.loginsPerSecond = 300
        },
    ]
}
