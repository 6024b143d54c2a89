import AuthTokens
import LoginDiagnosis
import RDSIAMBasics
import RDSIAMSystem

/// Asks for TLS and looks at the server's certificate.
struct TLSRung: Rung {
    let name = Step.Name.tls

    func obstacle(_ findings: Findings) -> String? {
        guard findings.reachedAddress != nil else { return findings.obstacleOnNetwork ?? "there is no connection" }
        return findings.sslMode == "disable" ? "the tunnel speaks it" : nil
    }

    func look(_ findings: inout Findings) async throws -> Step {
        guard let address = findings.reachedAddress, let host = findings.request?.host else {
            return Step(name, .skipped, "there is no connection")
        }
        let limit = findings.examination.limits.tls
        let roots = findings.roots
        let descriptor = try await findings.connect(to: address, within: limit)
        let late = DoctorNetwork.Failure("no answer within \(limit.inSeconds)", isTimeout: true)
        // The thread may outlive the wait, so it closes the socket.
        let result: CertificateProbe.Result
        do {
            result = try await BlockingWork.run(within: limit * 2, otherwise: late) {
                defer { close(descriptor) }
                return CertificateProbe.ask(descriptor, name: host, roots: roots)
            }
        } catch is DoctorNetwork.Failure {
            return silent(&findings)
        }
        switch result {
        case .certificate(let certificate):
            findings.certificate = certificate
            return step(certificate, findings)
        case .refused: return failure("server does not support SSL, but SSL was required", "TLS is refused", &findings)
        case .foreign:
            let words = "received invalid response to SSL negotiation"
            return failure(words, "what answers is no PostgreSQL server", &findings)
        case .closed: return failure("server closed the connection unexpectedly", "it hung up", &findings)
        case .silent: return silent(&findings)
        case .failed(let reason): return Step(name, .failed, "TLS failed: \(reason)")
        }
    }

    /// - Parameter words: What libpq would say of it.
    private func failure(_ words: String, _ summary: String, _ findings: inout Findings) -> Step {
        findings.offersNoTLS = true
        findings.words.append(words)
        findings.diagnose(words)
        return Step(name, .failed, summary)
    }

    private func silent(_ findings: inout Findings) -> Step {
        findings.offersNoTLS = true
        findings.add(
            Cause(
                "silentPort",
                "The port \(findings.request?.port ?? 0) takes connections, and nothing answers there.",
                advice:
                    "Check that the port is the database's, and what is on the way: a tunnel whose far end does not "
                    + "reach the database does this."
            )
        )
        return Step(name, .failed, "it took a connection, and nothing answered")
    }

    private func step(_ certificate: PeerCertificate, _ findings: Findings) -> Step {
        let mode = findings.sslMode
        var faults: [String] = []
        if let end = certificate.validUntil, end < Date() { faults.append("it expired at \(end.rfc3339)") }
        if let start = certificate.validFrom, start > Date() { faults.append("it begins at \(start.rfc3339)") }
        if findings.roots != .none, certificate.chainFault != 0, faults.isEmpty {
            faults.append("its chain is not trusted: \(certificate.chainFaultText)")
        }
        if !certificate.isForName { faults.append("it is not for the name \(findings.request?.host ?? "")") }
        let isFatal = mode == "verify-full" || (mode == "verify-ca" && certificate.isForName)
        let mark: Step.Mark = faults.isEmpty ? (mode == "require" ? .warning : .passed) : isFatal ? .failed : .warning
        let summary = "\(certificate.tlsVersion), " + (faults.first ?? "certificate of \(certificate.subject)")
        return Step(name, mark, summary, lines(certificate, findings, mode) + faults.dropFirst())
    }

    private func lines(_ certificate: PeerCertificate, _ findings: Findings, _ mode: String) -> [String] {
        let issuers = certificate.issuers.joined(separator: ", by ")
        var lines = ["certificate of \(certificate.subject), issued by \(issuers)"]
        if let end = certificate.validUntil { lines.append("valid until \(end.rfc3339)") }
        if let roots = TrustRoots.issued(by: certificate.root) { lines.append("it chains to \(roots)") }
        switch findings.roots {
        case .none: lines.append("no roots are given, so the certificate is not checked (sslmode=\(mode))")
        case .system: lines.append("checked against the system's roots (sslmode=\(mode))")
        case .file(let path): lines.append("checked against \(path) (sslmode=\(mode))")
        }
        return lines
    }
}

extension Findings {
    /// What libpq checks the certificate against.
    var roots: TrustedRoots {
        if settings?["sslrootcert"]?.value == "system" { return .system }
        return trustedRootFile.map { .file($0) } ?? .none
    }

    /// How strictly the certificate is checked: as the settings say, or as strictly as the roots allow.
    var sslMode: String {
        if let mode = settings?["sslmode"], mode.isChosen { return mode.value }
        return roots == .none ? "require" : "verify-full"
    }
}
