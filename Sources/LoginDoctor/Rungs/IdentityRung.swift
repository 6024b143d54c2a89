import AWSCredentialSources
import AWSGenerators
import RDSIAMBasics
import RDSIAMSystem

/// Asks AWS whose credentials they are, which every identity may.
struct IdentityRung: Rung {
    let name = Step.Name.identity

    func obstacle(_ findings: Findings) -> String? {
        guard findings.credentials != nil else {
            let step = findings.steps.first { $0.name == .credentials && $0.mark == .skipped }
            return step?.summary ?? "there are no AWS credentials"
        }
        return findings.examination.isOffline ? "--offline" : nil
    }

    func limit(_ limits: Examination.Limits) -> Duration { limits.identity }

    func look(_ findings: inout Findings) async throws -> Step {
        guard let credentials = findings.credentials, let context = findings.context else {
            return Step(name, .skipped, "there are no AWS credentials")
        }
        let client = STSClient(
            region: findings.region?.name,
            profile: findings.parameter(AWSKeyword.profile),
            context: context
        )
        do {
            let identity = try await client.callerIdentity(of: credentials)
            findings.identity = identity
            return Step(name, .passed, findings.masking.shortened(in: identity.arn))
        } catch let error as AWSCredentialError {
            return failure(error, credentials, &findings)
        }
    }

    private func failure(
        _ error: AWSCredentialError,
        _ credentials: AWSCredentials,
        _ findings: inout Findings
    ) -> Step {
        let message = findings.masking.shortened(in: error.message)
        guard error.code == .refused || error.code == .expired, let code = error.serviceCode else {
            return Step(name, .warning, "AWS could not be asked", [message])
        }
        if code.hasBytePrefix("ExpiredToken") {
            findings.add(.expiredCredentials(findings, evidence: ["STS GetCallerIdentity answered \(code)."]))
        } else if abs(findings.recorder.lead ?? 0) < ClockRung.tolerance {
            // With a wrong clock AWS refuses every signature, which says nothing about the key.
            findings.add(.refusedKey(findings.masking.accessKey(credentials.accessKeyID), code, findings))
        }
        return Step(name, .failed, "AWS refuses the credentials (\(code))", [message])
    }
}

/// Compares this machine's clock with the time that AWS's replies carry.
struct ClockRung: Rung {
    let name = Step.Name.clock
    /// What a signature may be off: AWS refuses more than five minutes.
    static let tolerance = 300.0

    func obstacle(_ findings: Findings) -> String? {
        if findings.examination.isOffline { return "--offline" }
        return findings.recorder.lead == nil ? "no reply of AWS to compare it with" : nil
    }

    func look(_ findings: inout Findings) async throws -> Step {
        guard let lead = findings.recorder.lead else { return Step(name, .skipped, "") }
        let seconds = Int(abs(lead).rounded())
        let text = seconds < 2 ? "agrees with AWS's" : "\(seconds) s \(lead > 0 ? "behind" : "ahead of") AWS's"
        guard abs(lead) >= Self.tolerance else { return Step(name, abs(lead) < 60 ? .passed : .warning, text) }
        findings.add(.clockSkew(lead))
        return Step(name, .failed, text)
    }
}
