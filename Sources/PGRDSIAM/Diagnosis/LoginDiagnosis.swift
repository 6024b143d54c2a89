import AWSGenerators
import AuthTokens
import RDSIAMBasics
import RDSIAMSystem

/// Looks for the reason of a refused login in what is known on this side.
///
/// RDS says no more than "PAM authentication failed", whatever is wrong with a token.
struct LoginDiagnosis {
    let error: RDSIAMError
    let issued: IssuedToken
    let now: Date

    /// The reasons that facts point to, then those that cannot be ruled out.
    var causes: [LikelyCause] {
        guard error.code == .loginRefused else { return [noTLS].compactMap { $0 } }
        // The server refused the login before it asked for the token.
        guard error.passwordWasUsed else { return [] }
        guard isForRDS else { return [tokenExpired, credentialsNearExpiry].compactMap { $0 } + [clockSkew] }
        let evident = [userWithoutRDSIAM, tokenExpired, regionMismatch, notAnEndpointName, credentialsNearExpiry]
        return evident.compactMap { $0 } + (error.sqlState == Self.invalidPassword ? [] : possible)
    }

    private static let invalidPassword = "28P01"

    /// Whether the token is one of RDS's; those of Aurora DSQL, Redshift and others go by other names and rights.
    private var isForRDS: Bool { issued.token.value.contains("?Action=connect&") }

    private var noTLS: LikelyCause? {
        guard error.message.contains("server does not support SSL") else { return nil }
        return LikelyCause(.noTLS, "The server, or a proxy on the way to it, offers no TLS; no token was sent.")
    }

    private var userWithoutRDSIAM: LikelyCause? {
        guard error.sqlState == Self.invalidPassword else { return nil }
        return LikelyCause(
            .userWithoutRDSIAM,
            "The server took the token for a password: GRANT rds_iam TO the user, and enable IAM database authentication."
        )
    }

    private var tokenExpired: LikelyCause? {
        guard let end = issued.token.expiresAt, end <= now else { return nil }
        return LikelyCause(.tokenExpired, "The token expired at \(end.rfc3339).")
    }

    private var regionMismatch: LikelyCause? {
        guard let region = issued.token.region, let hostRegion = RDSHostName(signingHost)?.region,
            !region.isBytewiseEqual(to: hostRegion)
        else { return nil }
        return LikelyCause(
            .regionMismatch,
            "The token was signed for \(region), but the host is in \(hostRegion). Set aws_rds_iam_region, or nothing."
        )
    }

    private var notAnEndpointName: LikelyCause? {
        guard issued.token.region != nil, RDSHostName(signingHost) == nil else { return nil }
        return LikelyCause(
            .notAnEndpointName,
            "The token was signed for a name that is no RDS endpoint. Set aws_rds_iam_host to the endpoint's own name."
        )
    }

    private var credentialsNearExpiry: LikelyCause? {
        guard let end = issued.token.credential?.expiresAt, end < issued.token.signedAt + 900 else { return nil }
        return LikelyCause(
            .credentialsNearExpiry,
            "The AWS credentials that signed the token end at \(end.rfc3339), and the token with them."
        )
    }

    private var clockSkew: LikelyCause {
        LikelyCause(
            .clockSkew,
            isEvident: false,
            "This machine's clock (\(now.rfc3339)) differs from the server's by minutes."
        )
    }

    private var possible: [LikelyCause] {
        [
            clockSkew,
            LikelyCause(
                .missingPermission,
                isEvident: false,
                "The IAM identity may not rds-db:connect as this user on this database."
            ),
            LikelyCause(
                .userWithoutRDSIAM,
                isEvident: false,
                "The user does not exist or is no member of rds_iam."
            ),
        ]
    }

    private var signingHost: String {
        issued.token.signingHost ?? issued.request.parameters["aws_rds_iam_host"] ?? issued.request.host
    }
}
