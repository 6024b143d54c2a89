import RDSIAMBasics

/// The failures that a client library reports in words of its own: the network, TLS, and what answers there.
extension Diagnosis {
    func libraryCauses(_ message: ServerMessage) -> [LikelyCause] {
        if let cause = tlsFailure(message) ?? networkFailure(message) ?? foreignServer(message) { return [cause] }
        return []
    }

    private func tlsFailure(_ message: ServerMessage) -> LikelyCause? {
        if message.says("does not support SSL", "SSL is not enabled on the server", "server refused TLS") {
            return noTLSOffered(message)
        }
        if message.says("does not match host name", "hostname mismatch", "certificate is valid for") {
            return nameCause(message)
        }
        let isAboutChain = message.says(
            "certificate verify failed",
            "self-signed certificate",
            "self signed certificate",
            "unknown authority",
            "unable to get local issuer",
            "unknown ca"
        )
        if isAboutChain { return chainCause(message) }
        let isAboutVersion = message.says(
            "unsupported protocol",
            "no protocols available",
            "alert protocol version",
            "handshake failure",
            "wrong ssl version"
        )
        return isAboutVersion ? noCommonVersion(message) : nil
    }

    private func noCommonVersion(_ message: ServerMessage) -> LikelyCause {
        LikelyCause(
            .tlsVersion,
            .evident,
            "The client and the server share no version of TLS, or no cipher.",
            evidence: [message.quotation],
            advice: "Leave ssl_min_protocol_version and ssl_max_protocol_version unset. RDS speaks TLS 1.2 and 1.3."
        )
    }

    // MARK: Network

    private func networkFailure(_ message: ServerMessage) -> LikelyCause? {
        if message.says("could not parse network address", "is not a numeric address") { return noAddress(message) }
        if message.says(
            "could not translate host name",
            "could not look up the host name",
            "name or service not known",
            "nodename nor servname",
            "no such host",
            "temporary failure in name resolution"
        ) {
            return nameNotResolved(message)
        }
        if message.says("connection refused") { return portClosed(message) }
        if message.says("network is unreachable", "no route to host", "address not available") {
            return noRoute(message)
        }
        let isTimeout = message.says(
            "timeout expired",
            "timed out",
            "did not answer within",
            "did not answer in time",
            "i/o timeout"
        )
        return isTimeout ? timeout(message) : nil
    }

    private func nameNotResolved(_ message: ServerMessage) -> LikelyCause {
        LikelyCause(
            .nameNotResolved,
            .evident,
            "The name \(evidence.host?.shown ?? "of the host") has no address here.",
            evidence: [message.quotation],
            advice:
                "Check its spelling\(lookup("hosts", ", and look it up with")). Names of private networks are known "
                + "inside of them only."
        )
    }

    private func portClosed(_ message: ServerMessage) -> LikelyCause {
        LikelyCause(
            .portClosed,
            .evident,
            "Nothing listens at \(evidence.dialed).",
            evidence: [message.quotation],
            advice: "Check the port, and that the instance, or the tunnel, runs."
        )
    }

    private func noRoute(_ message: ServerMessage) -> LikelyCause {
        LikelyCause(
            .noRoute,
            .evident,
            "There is no route to \(evidence.dialed).",
            evidence: [message.quotation],
            advice: "Check the VPN. Some endpoints have IPv6 addresses only, others IPv4 addresses "
                + "only\(lookup("ahosts", "; look with"))."
        )
    }

    /// The command that looks the host up, behind words that lead to it; empty if a shell would not take the name.
    private func lookup(_ database: String, _ words: String) -> String {
        evidence.host?.plainWord.map { "\(words) `getent \(database) \($0)`" } ?? ""
    }

    private func noAddress(_ message: ServerMessage) -> LikelyCause {
        LikelyCause(
            .invalidAddress,
            .evident,
            "The address \((evidence.address ?? evidence.setting("hostaddr"))?.shown ?? "in hostaddr") is no whole IP address.",
            evidence: [message.quotation] + origin(of: "hostaddr"),
            advice: "Set hostaddr to one such as 10.0.0.5, or leave it out: then the host's name is looked up."
        )
    }

    private func timeout(_ message: ServerMessage) -> LikelyCause {
        if evidence.passwordWasUsed == true {
            return LikelyCause(
                .serverSideTimeout,
                .likely,
                "The server had the token and did not answer in time.",
                evidence: [message.quotation],
                advice: "Connect again, with a growing and random pause in between."
            )
        }
        let address = evidence.address.flatMap { NetworkAddress($0) }
        let isPrivate = address.map { $0.isPrivate } ?? false
        return LikelyCause(
            isPrivate ? .privateAddress : .networkTimeout,
            .likely,
            isPrivate
                ? "The address \(evidence.address ?? "") is a private one, and nothing answered from there."
                : "Nothing answered at \(evidence.dialed).",
            evidence: [message.quotation],
            advice: isPrivate
                ? "Connect to the VPN, dial through a tunnel, or run this inside of the VPC."
                : "Check the security group's inbound rules for this client and port, the route, and that the instance is "
                    + "publicly accessible if the client is outside of the VPC."
        )
    }

    // MARK: What answered

    private func foreignServer(_ message: ServerMessage) -> LikelyCause? {
        if message.says(
            "invalid response to SSL negotiation",
            "expected authentication request",
            "wrong version number",
            "packet length too long"
        ) {
            return LikelyCause(
                .notPostgreSQL,
                .evident,
                "What answers at \(evidence.dialed) is no PostgreSQL server.",
                evidence: [message.quotation],
                advice: "Check the port."
            )
        }
        guard
            message.says(
                "closed the connection unexpectedly",
                "EOF detected",
                "connection reset by peer",
                "broken pipe"
            )
        else { return nil }
        return LikelyCause(
            .connectionClosed,
            .likely,
            "What answers at \(evidence.dialed) closed the connection without a word.",
            evidence: [message.quotation],
            advice:
                "Check that the port is the database's, and what is on the way: a tunnel whose far end does not reach "
                + "the database does this."
        )
    }
}
