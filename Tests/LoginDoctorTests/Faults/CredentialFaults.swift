import AWSCredentialSources
import AuthTokens
import Foundation
import LoginDoctor
import RDSIAMSystem

extension Fault {
    /// Faults of the AWS credentials.
    static let ofCredentials: [Fault] = [
        Fault("no credentials", "noCredentials") { try await staged { _ in } },
        Fault("expired credentials", "credentialsExpired") {
            try await staged { machine in
                machine.variables = try await Stage.keys()
                machine.variables["AWS_CREDENTIAL_EXPIRATION"] = (Date() - 60).rfc3339
            }
        },
        Fault("credentials that AWS says have expired", "credentialsExpired") {
            try await staged { machine in
                machine.variables = ["AWS_ACCESS_KEY_ID": "ASIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "old"]
                machine.aws.refusal = "ExpiredToken"
            }
        },
        Fault("keys that were rotated", "credentialsRefused") {
            try await staged { machine in
                machine.variables = ["AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "old"]
                machine.aws.refusal = "InvalidClientTokenId"
            }
        },
        Fault("a secret of another key", "credentialsRefused") {
            try await staged { machine in
                machine.variables = try await Stage.keys()
                machine.variables["AWS_SECRET_ACCESS_KEY"] = "another"
                machine.aws.refusal = "SignatureDoesNotMatch"
            }
        },
        Fault("keys in the environment that hide the profile", "shadowedProfile") {
            try await staged { machine in
                machine.variables = [
                    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "other",
                    "AWS_PROFILE": "blog",
                ]
                try machine.home.write("[profile blog]\nregion = eu-west-2\n", to: ".aws/config")
            }
        },
        Fault("a profile that cannot be read", "unreadableProfile") {
            try await staged { machine in
                machine.variables = ["AWS_PROFILE": "blog"]
                try machine.home.write("[profile blog\nregion = eu-west-2\n", to: ".aws/config")
            }
        },
        Fault("an SSO session that has ended", "ssoExpired") {
            try await staged { machine in
                machine.variables = ["AWS_PROFILE": "blog"]
                let config = """
                    [profile blog]
                    sso_session = acme
                    sso_account_id = 123456789012
                    sso_role_name = app
                    [sso-session acme]
                    sso_start_url = https://acme.awsapps.com/start
                    sso_region = eu-west-2
                    """
                try machine.home.write(config, to: ".aws/config")
            }
        },
        Fault("a helper that hangs", "credentialsHelper") {
            var fault = try await staged { machine in
                machine.variables = ["AWS_PROFILE": "blog", "PATH": "/usr/bin:/bin"]
                try machine.home.write("[profile blog]\ncredential_process = sleep 60\n", to: ".aws/config")
            }
            fault.examination.limits.credentials = .milliseconds(400)
            return fault
        },
        Fault("a helper that fails", "credentialsHelper") {
            try await staged { machine in
                machine.variables = ["AWS_PROFILE": "blog", "PATH": "/usr/bin:/bin"]
                try machine.home.write("[profile blog]\ncredential_process = exit 3\n", to: ".aws/config")
            }
        },
        Fault("a metadata service behind one hop", "imdsHopLimit") {
            try await staged { machine in machine.aws.losesSessionTokens = true }
        },
        Fault("a clock that is 20 minutes slow", "clockSkew") { try await clock(-1200) },
        Fault("a clock that is 20 minutes fast", "clockSkew") { try await clock(1200) },
    ]

    private static func clock(_ error: Double) async throws -> Staged {
        try await staged("clock") { machine in
            machine.variables = try await Stage.keys()
            machine.clockError = error
        }
    }

    private static func staged(
        _ user: String = "andrew",
        _ change: (inout Machine) async throws -> Void
    ) async throws -> Staged {
        var machine = try Machine()
        try await change(&machine)
        return .init(try await Stage.conninfo(user), machine.examination(), props: [machine.home])
    }
}
