import AWSGenerators
import RDSIAMBasics

/// The causes in what a token was signed for: region, host and port.
extension Diagnosis {
    func signingCauses(_ message: ServerMessage) -> [LikelyCause] {
        let causes = [
            regionMismatch(message), globalRegion(message), tunnelHost(message), tunnelPort(message),
            otherEndpoint(message), notAnEndpointName(message),
        ]
        return causes.compactMap { $0 }
    }

    /// What the host in the token says, or `nil` if the token names none.
    private var signed: DatabaseEndpoint? { evidence.token?.signingHost.map { DatabaseEndpoint($0) } }

    // MARK: Region

    private func regionMismatch(_ message: ServerMessage) -> LikelyCause? {
        guard let region = evidence.token?.region, let hostRegion = signed?.region,
            !region.isBytewiseEqual(to: hostRegion)
        else { return nil }
        let remedy =
            evidence.setting(AWSKeyword.region) == nil
            ? "Set aws_rds_iam_region=\(hostRegion)." : "Take aws_rds_iam_region out, or set it to \(hostRegion)."
        return LikelyCause(
            .regionMismatch,
            .evident,
            "The token was signed for \(region), but the host is in \(hostRegion).",
            evidence: [message.quotation],
            advice: remedy
        )
    }

    private func globalRegion(_ message: ServerMessage) -> LikelyCause? {
        guard signed?.kind == .global, let region = evidence.token?.region else { return nil }
        let advice =
            "Sign for the region of the writer: set aws_rds_iam_region to it, and aws_rds_iam_host to the endpoint of the "
            + "cluster there. The global endpoint's CNAME names it."
        guard let writer = evidence.canonicalName.flatMap({ DatabaseEndpoint($0).region }) else {
            return LikelyCause(
                .globalRegion,
                .likely,
                "The endpoint is a global database's, whose writer may be in another region than \(region).",
                evidence: [message.quotation],
                advice: advice
            )
        }
        guard !writer.isBytewiseEqual(to: region) else { return nil }
        return LikelyCause(
            .globalRegion,
            .evident,
            "The global database's writer is in \(writer), but the token was signed for \(region).",
            evidence: [message.quotation],
            advice: advice
        )
    }

    // MARK: Host

    private func tunnelHost(_ message: ServerMessage) -> LikelyCause? {
        guard let signed, [.loopback, .address, .socket].contains(signed.kind) else { return nil }
        return LikelyCause(
            .tunnelHost,
            .evident,
            "The token was signed for \(signed.host.shown), which is the near end of a tunnel, not the database.",
            evidence: [message.quotation],
            advice: tunnelAdvice
        )
    }

    /// How to dial one end of a tunnel and sign for the other.
    var tunnelAdvice: String {
        let address = evidence.address ?? evidence.host.flatMap { NetworkAddress($0) == nil ? nil : $0 } ?? "127.0.0.1"
        return "Set host to the database's endpoint, hostaddr=\(address), port to the tunnel's port, and "
            + "aws_rds_iam_port to the database's own, such as 5432."
    }

    private func notAnEndpointName(_ message: ServerMessage) -> LikelyCause? {
        guard let signed, signed.kind == .other, evidence.token?.region != nil else { return nil }
        let alias = evidence.canonicalName.map { DatabaseEndpoint($0) }.flatMap { $0.isAWS ? $0.host : nil }
        return LikelyCause(
            .notAnEndpointName,
            .evident,
            "The token was signed for \(signed.host.shown), which is no endpoint's own name; "
                + "RDS accepts no other.",
            evidence: [message.quotation] + (alias.map { ["The name is an alias of \($0.shown)."] } ?? []),
            advice: "Set aws_rds_iam_host to the endpoint's own name"
                + (alias.map { ": aws_rds_iam_host=\($0)." } ?? ", as the RDS console shows it.")
        )
    }

    // MARK: Port

    /// The other end of a tunnel has a port of its own, which the near one says nothing about.
    ///
    /// A tunnel that listens on RDS's own port most often leads to it.
    private func tunnelPort(_ message: ServerMessage) -> LikelyCause? {
        guard evidence.token?.service == .rds, let port = evidence.port, evidence.token?.signingPort == port,
            evidence.setting(AWSKeyword.port) == nil, let redirection
        else { return nil }
        let example = port == 5432 ? "" : ", such as aws_rds_iam_port=5432"
        // An address beside the name may also be the database's own.
        let isTunnel = redirection.isBytewiseEqual(to: AWSKeyword.host)
        return LikelyCause(
            .tunnelPort,
            port == 5432 ? .possible : isTunnel ? .evident : .likely,
            "The token was signed for port \(port), the one that is dialed, because aws_rds_iam_port is not set while "
                + "\(redirection) is.",
            evidence: [message.quotation],
            advice: "Set aws_rds_iam_port to the database's own port\(example)."
        )
    }

    /// The setting that says that the dialed address is not the endpoint's own, or `nil` if none does.
    private var redirection: String? {
        if let host = evidence.setting(AWSKeyword.host), !(evidence.host ?? "").isBytewiseEqual(to: host) {
            return AWSKeyword.host
        }
        // Without a name beside it, the address is the host itself.
        guard let host = evidence.host, NetworkAddress(host) == nil else { return nil }
        return evidence.setting("hostaddr").map { "hostaddr=\($0)" }
    }

    private func otherEndpoint(_ message: ServerMessage) -> LikelyCause? {
        guard let token = evidence.token, redirection == nil else { return nil }
        let port = token.signingPort.flatMap { $0 == evidence.port || evidence.port == nil ? nil : "port \($0)" }
        var host: String?
        if let signed, signed.isAWS, let dialed = evidence.host.map({ DatabaseEndpoint($0) }), dialed.isAWS,
            !signed.host.isBytewiseEqual(to: dialed.host)
        {
            host = "the host \(signed.host.shown)"
        }
        guard host != nil || (port != nil && evidence.setting(AWSKeyword.port) == nil) else { return nil }
        let parts = [host, port].compactMap { $0 }.joined(separator: " and ")
        return LikelyCause(
            .endpointMismatch,
            .evident,
            "The token was signed for \(parts), but another is dialed.",
            evidence: [message.quotation, "Dialed is \(evidence.dialed)."],
            advice: "Make the token for the endpoint that is dialed."
        )
    }
}

extension LoginEvidence {
    /// The server that was dialed, in words.
    var dialed: String {
        let name = (host ?? address ?? "the server") + (port.map { ":\($0)" } ?? "")
        guard let address, let host, !address.isBytewiseEqual(to: host) else { return name }
        return "\(name) (\(address))"
    }

    /// The endpoint to sign for, if a setting names it.
    var signingHostSetting: String? { setting(AWSKeyword.host) }
}
