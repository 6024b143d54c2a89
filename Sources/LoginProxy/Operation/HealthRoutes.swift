#if Proxy
import RDSIAMBasics

/// What a proxy answers about its health: a request in, an answer out.
///
/// No answer depends on the database: if one database that many processes share fails, none of them is taken out of
/// service for it.
struct HealthRoutes: Sendable {
    let status: ProxyStatus
    let metrics: ProxyMetrics

    struct Request: Sendable {
        var method: String
        var target: String
        /// All values of the header `Host`.
        var hosts: [String]
    }

    struct Answer: Sendable {
        var status: Int
        var contentType = "text/plain; charset=utf-8"
        var body: String

        init(_ status: Int, _ body: String) {
            self.status = status
            self.body = body + "\n"
        }
    }

    func answer(to request: Request) -> Answer {
        // A web page can lead a browser here under a name of its own; only the page's name then betrays it.
        guard request.hosts.count == 1, let host = request.hosts.first, Self.isLocal(host) else {
            return Answer(421, "The host must be localhost or an address of the loopback interface.")
        }
        guard request.method.isBytewiseEqual(to: "GET") else { return Answer(405, "Only GET is allowed.") }
        switch ByteText(request.target.splitBytes(separator: "?", omittingEmptySubsequences: false).first ?? "") {
        case "/startup": return startup
        case "/liveness": return Answer(200, "The proxy runs.")
        case "/readiness": return readiness
        case "/metrics":
            var answer = Answer(200, "")
            answer.body = metrics.text(maximumConnections: status.maximumConnections)
            answer.contentType = PrometheusText.contentType
            return answer
        default: return Answer(404, "There is /startup, /liveness, /readiness and /metrics.")
        }
    }

    /// How the sentences begin with which `/startup`, `/liveness` and `/readiness` answer.
    static let wordsOfHealth = ["The proxy ", "All of "]

    private var startup: Answer {
        status.phase == .starting ? Answer(503, "The proxy starts.") : Answer(200, "The proxy has started.")
    }

    private var readiness: Answer {
        guard status.phase == .serving else { return Answer(503, "The proxy is \(status.phase).") }
        // Not "==": what is counted may be above the limit for a moment.
        if let maximum = status.maximumConnections, status.openConnections >= maximum {
            return Answer(503, "All of \(maximum) connections are open.")
        }
        return Answer(200, "The proxy serves.")
    }

    /// Returns whether a value of the header `Host` names this machine itself, with any port.
    private static func isLocal(_ host: String) -> Bool {
        let name = host.asciiLowercased()
        if name.hasBytePrefix("[") { return name.hasBytePrefix("[::1]") && isPort(name.utf8.dropFirst(5)) }
        let parts = name.splitBytes(separator: ":", omittingEmptySubsequences: false)
        guard let first = parts.first, parts.count <= 2, isPort(name.utf8.dropFirst(first.utf8.count)) else {
            return false
        }
        if first.isBytewiseEqual(to: "localhost") { return true }
        let numbers = first.splitBytes(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
        return numbers.count == 4 && numbers[0] == 127 && numbers.allSatisfy { $0 != nil }
    }

    /// Nothing, or a colon and digits.
    private static func isPort(_ text: Substring.UTF8View) -> Bool {
        guard let colon = text.first else { return true }
        return colon == UInt8(ascii: ":") && text.count <= 6
            && text.dropFirst().allSatisfy { (0x30...0x39).contains($0) }
    }
}
#endif
