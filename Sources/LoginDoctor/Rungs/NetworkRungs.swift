import AuthTokens
import LoginDiagnosis
import RDSIAMBasics
import RDSIAMSystem

/// Looks the host name up.
struct LookupRung: Rung {
    let name = Step.Name.lookup

    func obstacle(_ findings: Findings) -> String? { findings.obstacleOnNetwork }

    func limit(_ limits: Examination.Limits) -> Duration { limits.lookup + .seconds(1) }

    func look(_ findings: inout Findings) async throws -> Step {
        guard let host = findings.request?.host else { return Step(name, .skipped, Findings.unusable) }
        if let address = findings.server?.address {
            findings.addresses = [address]
            return Step(name, .passed, "not asked: hostaddr=\(address)", Self.kinds([address]))
        }
        let lookUp = findings.examination.network.addresses
        let limit = findings.examination.limits.lookup
        let late = DoctorNetwork.Failure("no answer within \(limit.inSeconds)", isTimeout: true)
        do {
            let addresses = try await BlockingWork.run(within: limit, otherwise: late) { try lookUp(host) }
            findings.addresses = addresses
            return Step(name, .passed, addresses.prefix(4).joined(separator: ", "), Self.kinds(addresses))
        } catch let failure as DoctorNetwork.Failure {
            return step(host, failure, &findings)
        }
    }

    func late(_ findings: inout Findings, after limit: Duration) async -> Step {
        let failure = DoctorNetwork.Failure("no answer within \(limit.inSeconds)", isTimeout: true)
        return step(findings.request?.host ?? "", failure, &findings)
    }

    private func step(_ host: String, _ failure: DoctorNetwork.Failure, _ findings: inout Findings) -> Step {
        let words = "could not translate host name \"\(host)\" to address: \(failure)"
        findings.words.append(words)
        findings.diagnose(words)
        return Step(name, .failed, "\(host): \(failure)")
    }

    private static func kinds(_ addresses: [String]) -> [String] {
        if addresses.allSatisfy(SocketProbe.isLoopback) { return ["this machine: the near end of a tunnel or a proxy"] }
        guard addresses.allSatisfy(SocketProbe.isPrivate) else { return [] }
        return ["private: it can be reached only from within its network, or through a VPN or a tunnel"]
    }
}

/// Connects to the port.
struct ConnectionRung: Rung {
    let name = Step.Name.connection

    func obstacle(_ findings: Findings) -> String? {
        findings.obstacleOnNetwork ?? (findings.addresses.isEmpty ? "there is no address" : nil)
    }

    func look(_ findings: inout Findings) async throws -> Step {
        guard let request = findings.request else { return Step(name, .skipped, Findings.unusable) }
        var lines: [String] = []
        for address in findings.addresses.prefix(4) {
            do {
                close(try await findings.connect(to: address, within: findings.examination.limits.connection))
                findings.reachedAddress = address
                return Step(name, .passed, "\(address) port \(request.port)", lines)
            } catch let failure as DoctorNetwork.Failure {
                lines.append("\(address): \(failure)")
                let words = failure.isTimeout ? "timeout expired" : "\(failure)"
                findings.words.append(
                    "connection to server at \"\(request.host)\" (\(address)), port \(request.port) failed: \(words)"
                )
            }
        }
        findings.diagnose(findings.words.last ?? "")
        return Step(name, .failed, lines.first ?? "no address took a connection", Array(lines.dropFirst()))
    }
}

extension Findings {
    static let unusable = "the settings cannot be used"
    static let noEndpoint = "there is no endpoint to sign for"

    /// Why the network is not asked.
    var obstacleOnNetwork: String? {
        if request == nil || hasFailed(.settings) { return Self.unusable }
        if hasFailed(.generator) { return "there is no generator" }
        if examination.isOffline { return "--offline" }
        return hasFailed(.endpoint) ? Self.noEndpoint : nil
    }

    /// Connects a socket, which the caller closes.
    func connect(to address: String, within limit: Duration) async throws -> Int32 {
        let port = request?.port ?? 0
        let connect = examination.network.connect
        let late = DoctorNetwork.Failure("no answer within \(limit.inSeconds)", isTimeout: true)
        return try await BlockingWork.run(within: limit + .seconds(1), otherwise: late) {
            try connect(address, port, limit)
        }
    }
}
