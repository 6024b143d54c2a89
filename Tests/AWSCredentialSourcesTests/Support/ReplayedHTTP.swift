import AWSCredentialSources
import Synchronization

/// Answers recorded exchanges in order and notes every request that differs from its record.
final class ReplayedHTTP: CredentialHTTPClient {
    private let rest: Mutex<[Scenario.Exchange]>
    private let found = Mutex<[String]>([])

    init(_ exchanges: [Scenario.Exchange]) {
        rest = Mutex(exchanges)
    }

    /// What was not as recorded.
    var complaints: [String] {
        let left = rest.withLock { $0.map { "not made: \($0.request.method) \($0.request.url)" } }
        return found.withLock { $0 } + left
    }

    func send(_ request: CredentialHTTPRequest) async throws -> CredentialHTTPResponse {
        let next = rest.withLock { $0.isEmpty ? nil : $0.removeFirst() }
        guard let next else {
            complain("not recorded: \(request.method) \(request.url)")
            throw CredentialHTTPError(.cannotConnect)
        }
        compare(request, with: next.request)
        if let fault = next.fault { throw try Self.error(fault) }
        let response = next.response
        return CredentialHTTPResponse(
            status: response?.status ?? 0,
            headers: response?.headers.map { (name: $0.key, value: $0.value) } ?? [],
            body: Array((response?.body ?? "").utf8)
        )
    }

    private func compare(_ request: CredentialHTTPRequest, with record: Scenario.Exchange.Request) {
        let line = "\(request.method) \(request.url)"
        if line != "\(record.method) \(record.url)" { complain("\(line) instead of \(record.method) \(record.url)") }
        let body = String(decoding: request.body, as: UTF8.self)
        if body != record.body { complain("\(line): body \(body) instead of \(record.body)") }
        var headers = Dictionary(request.headers.map { ($0.name, $0.value) }) { "\($0), \($1)" }
        // Records name the user agent only if it is what they are about.
        let agent = headers["user-agent"]
        if record.headers["user-agent"] == nil, agent == "pg-aws-rds-iam lang/swift" { headers["user-agent"] = nil }
        if record.headers["dpop"] == "<dpop>", let proof = headers["dpop"], ProofShape.isFine(proof, for: request.url) {
            headers["dpop"] = "<dpop>"
        }
        if headers != record.headers { complain("\(line): headers \(headers) instead of \(record.headers)") }
        let isLocal =
            request.url.contains("://169.254.") || request.url.contains("://127.") || request.url.contains("://[")
        if request.mayUseProxy, isLocal { complain("\(line): would go through a proxy") }
        if request.bodyLimit > 1 << 20 || request.timeout > .seconds(10) { complain("\(line): no proper limits") }
    }

    private func complain(_ text: String) { found.withLock { $0.append(text) } }

    private static func error(_ fault: String) throws -> any Error {
        let codes: [String: CredentialHTTPError.Code] = [
            "connect timeout": .connectTimeout, "timeout": .timeout, "cannot connect": .cannotConnect,
            "connection lost": .connectionLost, "body too large": .bodyTooLarge,
        ]
        struct UnknownFault: Error {}
        guard let code = codes[fault] else { throw UnknownFault() }
        return CredentialHTTPError(code)
    }
}
