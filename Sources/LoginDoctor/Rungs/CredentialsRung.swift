import AWSCredentialSources
import AWSGenerators
import AuthTokens
import RDSIAMBasics
import RDSIAMSystem

/// Asks for the AWS credentials that sign the token, and says which source had them and when they end.
struct CredentialsRung: Rung {
    let name = Step.Name.credentials

    func obstacle(_ findings: Findings) -> String? {
        if findings.request == nil { return Findings.unusable }
        guard findings.generator != nil else { return "there is no generator" }
        return findings.caller == nil ? "the generator \(findings.generatorName) uses none" : nil
    }

    func limit(_ limits: Examination.Limits) -> Duration { limits.credentials }

    func look(_ findings: inout Findings) async throws -> Step {
        guard let caller = findings.caller, let request = findings.request, let context = findings.context else {
            return Step(name, .skipped, Findings.unusable)
        }
        do {
            let credentials: AWSCredentials
            if findings.examination.isOffline {
                // What would ask the network, or start a program, says so and is left out.
                let offline = AWSCaller(sources: AWSCredentialSourceRegistry(context: context), context: context)
                credentials = try await offline.credentials(for: request)
            } else {
                credentials = try await caller.credentials(for: request, validFor: .seconds(900))
            }
            findings.credentials = credentials
            return await step(credentials, context, &findings)
        } catch let error as AWSCredentialError {
            return await failure(error, context, &findings)
        } catch let error as NamedRegistryError {
            findings.add(Cause("unknownCredentials", error.message, advice: "Correct aws_rds_iam_credentials."))
            return Step(name, .failed, error.message)
        } catch let error as AWSGeneratorError {
            findings.add(Cause("\(error.code)", error.message.sentences[0], advice: error.message))
            return Step(name, .failed, error.message)
        }
    }

    func late(_ findings: inout Findings, after limit: Duration) async -> Step {
        let isHelper = await asksHelper(findings)
        findings.add(.credentialsHang(within: limit, isHelper: isHelper, findings))
        let what = isHelper ? "the credential_process does not end" : "no answer"
        return Step(name, .failed, "\(what) within \(limit.inSeconds)")
    }

    /// Whether the credentials come from a program: the sources are asked once more, and nothing is started.
    private func asksHelper(_ findings: Findings) async -> Bool {
        guard let request = findings.request, var context = findings.caller?.context else { return false }
        let recorder = DateRecorder()
        context.processes = OfflineProcesses(recorder: recorder)
        context.http = nil
        let caller = AWSCaller(sources: AWSCredentialSourceRegistry(context: context), context: context)
        _ = try? await caller.credentials(for: request)
        return recorder.hasRefused
    }

    // MARK: Credentials came

    private func step(
        _ credentials: AWSCredentials,
        _ context: CredentialContext,
        _ findings: inout Findings
    ) async -> Step {
        let masking = findings.masking
        let provenance = credentials.provenance
        var lines = await CredentialTrail(provenance, findings, context).lines
        lines.append("access key \(masking.accessKey(credentials.accessKeyID))")
        if let role = provenance.roleARN { lines.append("role \(masking.shortened(in: role))") }
        let isKeys = provenance.source == .profile
        let source = provenance.profile.map { "profile \($0)" + (isKeys ? "" : " (\(provenance.source))") }
        let text = "\(source ?? "\(provenance.source)"), \(Self.end(of: credentials, at: findings.now))"
        findings.hiddenProfile = Self.hiddenProfile(provenance, context)
        guard let hidden = findings.hiddenProfile else {
            return Step(name, Self.mark(credentials, findings.now), text, lines)
        }
        let origin = findings.origin(ofVariables: Self.profileVariables) ?? "AWS_PROFILE"
        findings.add(.shadowedProfile(hidden, namedBy: origin))
        lines.append("\(origin) names the profile \(hidden), which has no effect beside AWS_ACCESS_KEY_ID")
        return Step(name, .warning, text, lines)
    }

    private static func end(of credentials: AWSCredentials, at now: Date) -> String {
        guard let end = credentials.expiration else { return "no expiry" }
        let minutes = Int((end.timeIntervalSince(now) / 60).rounded(.down))
        return "good until \(end.rfc3339)" + (minutes < 60 ? " (\(max(0, minutes)) min)" : "")
    }

    /// A token lives for 15 minutes, unless its credentials end before it.
    private static func mark(_ credentials: AWSCredentials, _ now: Date) -> Step.Mark {
        guard let end = credentials.expiration else { return .passed }
        return end.timeIntervalSince(now) < 900 ? .warning : .passed
    }

    private static func hiddenProfile(
        _ provenance: AWSCredentials.Provenance,
        _ context: CredentialContext
    ) -> String? {
        guard provenance.source == .environment else { return nil }
        return profileVariables.compactMap { context.environment[$0] }.first { !$0.isEmpty }
    }

    private static let profileVariables = ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"]

    // MARK: None came

    private func failure(
        _ error: AWSCredentialError,
        _ context: CredentialContext,
        _ findings: inout Findings
    ) async -> Step {
        let lines = error.trail.map { findings.masking.shortened(in: "\($0.source): \($0.shownReason)") }
        if findings.recorder.hasRefused { return Step(name, .skipped, "they need the network, or a program", lines) }
        if let probe = MetadataProbe(error, context), await probe.isBehindHopLimit() {
            findings.add(.hopLimit)
        } else {
            findings.add(.ofCredentials(error, findings))
        }
        let summary = findings.masking.shortened(in: error.message.sentences.first ?? error.message)
        return Step(name, .failed, summary, lines)
    }
}

extension CredentialAttempt {
    /// The reason in one line.
    fileprivate var shownReason: String { code == nil ? "has credentials" : reason.firstLine }
}

/// Says what the sources lack that are asked before the one that has credentials.
private struct CredentialTrail {
    let lines: [String]

    init(_ provenance: AWSCredentials.Provenance, _ findings: Findings, _ context: CredentialContext) async {
        let choosesSource = [AWSKeyword.credentials, AWSKeyword.profile].contains { findings.parameter($0) != nil }
        guard !choosesSource, provenance.source != .environment else {
            lines = []
            return
        }
        var earlier: [any AWSCredentialSource] = [EnvironmentCredentialSource(context: context)]
        if provenance.profile == nil { earlier.append(ProfileCredentialSource(context: context)) }
        if [.container, .instanceMetadata].contains(provenance.source) {
            earlier.append(WebIdentityCredentialSource(context: context))
        }
        if provenance.source == .instanceMetadata { earlier.append(ContainerCredentialSource(context: context)) }
        var lines: [String] = []
        for source in earlier {
            do {
                _ = try await source.credentials()
            } catch {
                let reason = (error as? AWSCredentialError)?.message ?? "\(type(of: error))"
                lines.append(findings.masking.shortened(in: "\(source.kind): \(reason.firstLine)"))
            }
        }
        self.lines = lines
    }
}

/// Tells a metadata service that is out of reach by one hop from one that is not there.
private struct MetadataProbe {
    private let context: CredentialContext

    init?(_ error: AWSCredentialError, _ context: CredentialContext) {
        guard let last = error.trail.last, last.source == .instanceMetadata, last.code != nil,
            context.environment["AWS_EC2_METADATA_DISABLED"]?.asciiLowercased() != "true"
        else { return nil }
        self.context = context
    }

    /// Whether the service answers a plain request: the answer to the request for a session token then does not come
    /// because its hop limit is 1 (EC2 User Guide, "Instance metadata options").
    func isBehindHopLimit() async -> Bool {
        let base = context.environment["AWS_EC2_METADATA_SERVICE_ENDPOINT"] ?? "http://169.254.169.254"
        let request = CredentialHTTPRequest(
            url: base + "/latest/meta-data/",
            connectTimeout: .seconds(1),
            timeout: .seconds(1)
        )
        guard let response = try? await context.http?.send(request) else { return false }
        // 200 if version 1 is allowed, else 401. With any other status something else answers, such as a proxy.
        return [200, 401].contains(response.status)
    }
}
