import AWSCredentialSources
import AWSGenerators
import AuthTokens
import LoginDiagnosis
import RDSIAMBasics

/// Looks the generator up by its name.
struct GeneratorRung: Rung {
    let name = Step.Name.generator

    func obstacle(_ findings: Findings) -> String? { findings.request == nil ? Findings.unusable : nil }

    func look(_ findings: inout Findings) async throws -> Step {
        let generator = findings.generatorName
        do {
            findings.generator = try await findings.examination.issuer.generators.value(named: generator)
            let uses = findings.caller == nil ? ["it uses no AWS credentials that could be examined"] : []
            return Step(name, .passed, generator, uses)
        } catch let error as NamedRegistryError {
            let sentences = error.message.sentences
            findings.add(
                Cause(
                    "unknownGenerator",
                    sentences.first ?? error.message,
                    advice: sentences.count > 1
                        ? sentences.dropFirst().joined(separator: " ") : "Correct aws_rds_iam_auth_token_generator.",
                    command: findings.command("generators", repeating: ["--config"])
                )
            )
            return Step(name, .failed, sentences.first ?? error.message)
        }
    }
}

/// Finds the region that the token is signed for.
struct RegionRung: Rung {
    let name = Step.Name.region

    func obstacle(_ findings: Findings) -> String? {
        if findings.request == nil || findings.generator == nil { return Findings.unusable }
        if findings.caller == nil { return "the generator \(findings.generatorName) names none" }
        return findings.hasFailed(.endpoint) ? Findings.noEndpoint : nil
    }

    func look(_ findings: inout Findings) async throws -> Step {
        guard let request = findings.request, let generator = findings.generator as? any AWSTokenGenerator else {
            return Step(name, .skipped, Findings.unusable)
        }
        do {
            return step(try await generator.signingRegion(for: request), &findings)
        } catch let error as AWSGeneratorError {
            guard error.code == .noRegion else { return Step(name, .skipped, Findings.noEndpoint) }
            findings.add(.noRegion(findings))
            return Step(name, .failed, "not known")
        } catch let error as AWSCredentialError {
            findings.add(.ofCredentials(error, findings))
            return Step(name, .failed, findings.masking.shortened(in: error.message))
        }
    }

    private func step(_ region: SigningRegion, _ findings: inout Findings) -> Step {
        findings.region = region
        let text = "\(region.name), from \(findings.origin(of: region))"
        guard let place = findings.endpoint?.region, !place.isBytewiseEqual(to: region.name) else {
            return Step(name, .passed, text)
        }
        findings.add(.otherRegion(region, place, findings))
        return Step(name, .failed, "\(text), but the host is in \(place)")
    }
}

extension Cause {
    /// The host name tells no region, and no setting does.
    ///
    /// An alias, a misspelled name, or one without an address explains it better: the right name tells the region.
    fileprivate static func noRegion(_ findings: Findings) -> Cause {
        let isExplained = findings.causes.contains { ["notAnEndpointName", "misspelledEndpoint"].contains($0.code) }
        if findings.lacksSecret { return noSecret }
        let isRedshift = findings.generator is RedshiftGenerator
        let name = findings.generatorName
        let reason =
            if isRedshift { "the generator \(name) takes it from the name of a Redshift endpoint alone" } else {
                findings.endpoint?.region == nil
                    ? "the host name does not tell it" : "the generator \(name) does not take it from the host name"
            }
        return Cause(
            "noRegion",
            certainty: isExplained ? .possible : .likely,
            "The AWS region is not known, as \(reason).",
            advice: isRedshift
                ? "Name a Redshift endpoint as the host, or leave the generator out."
                : "Set aws_rds_iam_region in the connection string, or AWS_REGION."
        )
    }

    private static let noSecret = Cause(
        "noToken",
        "The connection string names no secret.",
        advice: "Set aws_rds_iam_secret_id to the secret's name or ARN."
    )

    fileprivate static func otherRegion(_ region: SigningRegion, _ place: String, _ findings: Findings) -> Cause {
        let isSet = region.origin == .connectionString
        let name = findings.settings?[AWSKeyword.region]?.origin == "option" ? "--region" : AWSKeyword.region
        return Cause(
            "regionMismatch",
            "The token is signed for \(region.name), but the host is in \(place).",
            advice: isSet
                ? "Remove \(name): the host name tells the region."
                : "Set aws_rds_iam_region=\(place) in the connection string.",
            command: findings.command("doctor", [AWSKeyword.region: isSet ? nil : place]),
            evidence: [
                "The region \(region.name) comes from \(findings.origin(of: region)).", "The host name says \(place).",
            ]
        )
    }
}

extension Findings {
    /// Whether the generator takes a secret out of Secrets Manager, and the connection string does not say which.
    fileprivate var lacksSecret: Bool {
        generator is SecretsManagerGenerator && parameter(AWSKeyword.secretID) == nil
            && generatorName.isBytewiseEqual(to: SecretsManagerGenerator.name)
    }
}
