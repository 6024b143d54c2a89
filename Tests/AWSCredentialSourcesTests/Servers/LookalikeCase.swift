#if AsyncHTTPClient

import AWSCredentialSources
import Testing

/// A source asked over real sockets, against one behavior of the look-alike.
struct LookalikeCase: Sendable, CustomTestStringConvertible {
    enum Asked: String, CaseIterable, Sendable {
        case imds, container, webIdentity, assumeRole, sso
    }

    var asked: Asked
    var behavior: String
    /// The error that is expected; `nil` for credentials.
    var error: AWSCredentialError.Code?
    /// How many requests the server must see.
    var requests: Int?

    var testDescription: String { "\(asked.rawValue), \(behavior)" }

    func source(_ context: CredentialContext) -> any AWSCredentialSource {
        switch asked {
        case .imds: InstanceMetadataCredentialSource(context: context)
        case .container: ContainerCredentialSource(context: context)
        case .webIdentity: WebIdentityCredentialSource(context: context)
        case .assumeRole: ProfileCredentialSource("role", context: context)
        case .sso: ProfileCredentialSource("sso", context: context)
        }
    }

    var accessKeyID: String {
        switch asked {
        case .imds: "ASIAEC2"
        case .container: "ASIABOX"
        case .webIdentity, .assumeRole: "ASIAROLE"
        case .sso: "ASIASSO"
        }
    }

    static let files = [
        "/home/me/.aws/config": """
        [profile role]
        role_arn = arn:aws:iam::111122223333:role/reader
        source_profile = base
        [profile base]
        aws_access_key_id = AKIDBASE
        aws_secret_access_key = SECRET-of-AKIDBASE
        [profile sso]
        sso_session = corp
        sso_account_id = 111122223333
        sso_role_name = Read Only
        [sso-session corp]
        sso_start_url = https://d-1.awsapps.com/start
        sso_region = eu-west-1
        """,
        // sha1("corp"); the token has ended and is renewed first.
        "/home/me/.aws/sso/cache/\(corpDigest).json": """
        {"accessToken": "SECRET-old", "expiresAt": "2026-01-01T00:00:00Z", "clientId": "c", "clientSecret": "SECRET",
         "refreshToken": "SECRET", "registrationExpiresAt": "2100-01-01T00:00:00Z"}
        """,
    ]

    private static let corpDigest = "ee0bfd2552fbd840c02cc48b6e823320543c450f"
}

#endif
