/// A role that a profile assumes with somebody else's credentials.
struct RoleStep {
    /// Where those credentials come from.
    enum Origin {
        case profile(String)
        case credentialSource(String)
    }

    var role: AssumedRole
    var origin: Origin

    /// Reads a profile; nil where it assumes no role in this way.
    init?(_ name: String, _ profile: SharedConfiguration.Section) throws {
        let sourceProfile = profile.value("source_profile")
        let credentialSource = profile.value("credential_source")
        guard let arn = profile.value("role_arn") else {
            guard sourceProfile == nil, credentialSource == nil else {
                throw ProfilePlanner.invalid("The profile '\(name)' has a source for a role but no role_arn.")
            }
            return nil
        }
        let hasToken = profile.value("web_identity_token_file") != nil
        switch (sourceProfile, credentialSource, hasToken) {
        case (nil, nil, true): return nil
        case (let source?, nil, false): origin = .profile(source)
        case (nil, let source?, false): origin = .credentialSource(source)
        default:
            throw ProfilePlanner.invalid(
                """
                The profile '\(name)' has role_arn and needs exactly one of source_profile, credential_source and \
                web_identity_token_file.
                """
            )
        }
        guard profile.value("mfa_serial") == nil else {
            throw AWSCredentialError(
                .unsupported,
                "The profile '\(name)' asks for MFA (mfa_serial), and nobody is here to type a code: use credential_process or SSO."
            )
        }
        role = try AssumedRole(arn: arn, profile: profile, name: name)
    }
}

extension AssumedRole {
    /// The role of a profile with the settings that go with it.
    init(arn: String, profile: SharedConfiguration.Section, name: String) throws {
        self.init(
            arn: arn,
            sessionName: profile.value("role_session_name"),
            externalID: profile.value("external_id")
        )
        guard let text = profile.value("duration_seconds") else { return }
        guard let seconds = Int(text), 900...43_200 ~= seconds else {
            throw ProfilePlanner.invalid("The profile '\(name)' has a duration_seconds outside 900 to 43200.")
        }
        durationSeconds = seconds
    }
}
