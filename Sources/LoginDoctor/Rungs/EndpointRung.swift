import AWSGenerators
import AuthTokens
import LoginDiagnosis
import RDSIAMBasics
import RDSIAMSystem

/// Reads what the host name says, and follows it if it is an alias.
struct EndpointRung: Rung {
    let name = Step.Name.endpoint

    func obstacle(_ findings: Findings) -> String? { findings.request == nil ? Findings.unusable : nil }

    func limit(_ limits: Examination.Limits) -> Duration { limits.lookup }

    func look(_ findings: inout Findings) async throws -> Step {
        guard let request = findings.request else { return Step(name, .skipped, Findings.unusable) }
        if let fault = findings.addPastedHost() { return Step(name, .failed, fault) }
        let signingHost = findings.parameter(AWSKeyword.host)
        let named = DatabaseEndpoint(signingHost ?? request.host)
        findings.endpoint = named
        let isSettled = named.isAWS && named.kind != .global
        if isSettled || findings.caller == nil { return step(named, signingHost, &findings) }
        guard named.kind == .other || named.kind == .global else { return local(named, request, &findings) }
        guard !findings.examination.isOffline, signingHost == nil else { return step(named, signingHost, &findings) }
        let network = findings.examination.network
        let late = DoctorNetwork.Failure("no answer", isTimeout: true)
        let aliases = try await BlockingWork.run(within: findings.examination.limits.lookup, otherwise: late) {
            network.aliases(of: request.host)
        }
        if named.kind == .global { return followWriter(aliases, from: named, &findings) }
        return follow(aliases, from: named, &findings)
    }

    /// The writer of a global database is in the region of the cluster that its name leads to.
    private func followWriter(
        _ aliases: [String],
        from endpoint: DatabaseEndpoint,
        _ findings: inout Findings
    ) -> Step {
        guard let target = aliases.lazy.map({ DatabaseEndpoint($0) }).first(where: { $0.region != nil }) else {
            return step(endpoint, nil, &findings)
        }
        findings.canonicalName = target.host
        findings.endpoint = target
        return Step(name, .passed, "\(endpoint)", ["its writer is \(target.host): \(target)"])
    }

    private func step(_ endpoint: DatabaseEndpoint, _ signingHost: String?, _ findings: inout Findings) -> Step {
        guard endpoint.isAWS else {
            return strange(endpoint, signingHost == nil ? "host" : AWSKeyword.host, [], &findings)
        }
        var lines = signingHost == nil ? [] : ["aws_rds_iam_host=\(endpoint.host)"]
        if let prefix = endpoint.resourceIDPrefix { lines.append("policies name it by a resource id: \(prefix)…") }
        if let roots = endpoint.roots { lines.append("its certificate chains to \(roots)") }
        return Step(name, .passed, endpoint.description, lines)
    }

    /// A name that AWS did not give: one of the owner's, or a misspelled one.
    private func strange(
        _ endpoint: DatabaseEndpoint,
        _ keyword: String,
        _ lines: [String],
        _ findings: inout Findings
    ) -> Step {
        if let misspelled = MisspelledEndpoint(endpoint.host) {
            findings.add(.misspelled(misspelled, keyword, findings))
        }
        return Step(name, .warning, "\(endpoint.host) is no name that AWS gives to a database", lines)
    }

    /// A loopback name or an address: most probably the near end of a tunnel.
    private func local(
        _ endpoint: DatabaseEndpoint,
        _ request: AuthTokenRequest,
        _ findings: inout Findings
    ) -> Step {
        if let address = findings.server?.address, address.isBytewiseEqual(to: request.host) {
            findings.add(.noName(besides: address, findings))
            return Step(name, .failed, "no host is named, only the address \(address)")
        }
        let isTunnel = endpoint.kind == .loopback
        let article = isTunnel ? "a" : "an"
        findings.add(
            Cause(
                isTunnel ? "tunnelHost" : "notAnEndpointName",
                "The host \(request.host) is \(article) \(endpoint.kind), but a token is signed for the endpoint's own name.",
                advice: "Set host to the name AWS gave the endpoint, hostaddr to the address to dial, and "
                    + "aws_rds_iam_port to the endpoint's port: 5432 if it was not changed.",
                command: findings.command(
                    "doctor",
                    [
                        "host": "ENDPOINT", "hostaddr": isTunnel ? "127.0.0.1" : request.host,
                        "aws_rds_iam_port": "5432",
                    ]
                )
            )
        )
        return Step(name, .failed, "\(request.host) is \(article) \(endpoint.kind)")
    }

    private func follow(
        _ aliases: [String],
        from endpoint: DatabaseEndpoint,
        _ findings: inout Findings
    ) -> Step {
        guard let target = aliases.lazy.map({ DatabaseEndpoint($0) }).first(where: \.isAWS) else {
            let chain = aliases.isEmpty ? [] : ["it is an alias of \(aliases.joined(separator: ", then "))"]
            return strange(endpoint, "host", chain, &findings)
        }
        findings.canonicalName = target.host
        findings.endpoint = target
        findings.add(
            Cause(
                "notAnEndpointName",
                certainty: .likely,
                "The host \(endpoint.host) is an alias, and a token is good for the endpoint's own name alone.",
                advice: "Set host=\(target.host), or keep the alias and set aws_rds_iam_host=\(target.host).",
                command: findings.command("doctor", ["host": target.host]),
                evidence: ["\(endpoint.host) is an alias of \(target.host)."]
            )
        )
        return Step(name, .warning, "an alias of \(target.host)", ["\(target.host): \(target)"])
    }
}

extension Cause {
    /// An address to dial stands alone.
    fileprivate static func noName(besides address: String, _ findings: Findings) -> Cause {
        let origin = findings.settings?["hostaddr"].map { ", from \($0.origin)" } ?? ""
        return Cause(
            "noHost",
            "No host is named, only the address \(address)\(origin), but a token is signed for the endpoint's own name.",
            advice: "Name the database's endpoint with host, or set PGHOST; the address may stay.",
            command: findings.command("doctor", ["host": "ENDPOINT"])
        )
    }

    /// A name is almost one of AWS's.
    fileprivate static func misspelled(
        _ endpoint: MisspelledEndpoint,
        _ keyword: String,
        _ findings: Findings
    ) -> Cause {
        let host = findings.parameter(AWSKeyword.host) ?? findings.request?.host ?? ""
        guard !endpoint.lacksIdentifier else {
            return Cause(
                "misspelledEndpoint",
                "The host \(host) lacks a part that each endpoint's name has: \(endpoint.meant).",
                advice: "Copy the endpoint's name from the RDS console; the part in the place of ID is the account's."
            )
        }
        return Cause(
            "misspelledEndpoint",
            "The host \(host) is almost the name of an endpoint: did you mean \(endpoint.meant)?",
            advice: "Set \(keyword)=\(endpoint.meant).",
            command: findings.servers.count > 1 ? nil : findings.command("doctor", [keyword: endpoint.meant])
        )
    }
}
