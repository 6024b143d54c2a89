#if Proxy
import RDSIAMBasics
import Synchronization

/// Text in Prometheus's exposition format, version 0.0.4 (Prometheus, "Exposition formats").
struct PrometheusText: Sendable {
    static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    private(set) var text = ""

    /// A kind of metric.
    enum Kind: String { case counter, gauge, histogram }

    /// A value with its labels.
    struct Sample {
        var labels: [Label] = []
        let value: Double
    }

    struct Label {
        let name: String
        let value: String
    }

    /// Adds a metric, unless it has no samples.
    mutating func add(_ name: String, _ kind: Kind, help: String, _ samples: [Sample]) {
        guard !samples.isEmpty else { return }
        begin(name, kind, help)
        for sample in samples { line(name, sample.labels, Self.number(sample.value)) }
    }

    /// Adds a metric with one value.
    mutating func add(_ name: String, _ kind: Kind, help: String, _ value: Int) {
        add(name, kind, help: help, [Sample(value: Double(value))])
    }

    mutating func add(_ name: String, help: String, _ histogram: Histogram) {
        begin(name, .histogram, help)
        for (bound, count) in zip(histogram.bounds, histogram.cumulative) {
            line(name + "_bucket", [Label(name: "le", value: Self.number(bound))], String(count))
        }
        line(name + "_bucket", [Label(name: "le", value: "+Inf")], String(histogram.count))
        line(name + "_sum", [], Self.number(histogram.sum))
        line(name + "_count", [], String(histogram.count))
    }

    private mutating func begin(_ name: String, _ kind: Kind, _ help: String) {
        text += "# HELP \(name) \(Self.escaped(help, quote: false))\n# TYPE \(name) \(kind.rawValue)\n"
    }

    private mutating func line(_ name: String, _ labels: [Label], _ value: String) {
        let list = labels.map { "\($0.name)=\"\(Self.escaped($0.value, quote: true))\"" }.joined(separator: ",")
        text += "\(name)\(list.isEmpty ? "" : "{\(list)}") \(value)\n"
    }

    /// A number without a needless fraction.
    private static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        return Int64(exactly: value).map { String($0) } ?? String(value)
    }

    /// Backslashes and line feeds are escaped, and in the value of a label quotation marks too.
    private static func escaped(_ text: String, quote: Bool) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result.append(contentsOf: "\\\\".unicodeScalars)
            case "\n": result.append(contentsOf: "\\n".unicodeScalars)
            case "\"" where quote: result.append(contentsOf: "\\\"".unicodeScalars)
            default: result.append(scalar)
            }
        }
        return String(result)
    }
}

extension ProxyMetrics {
    /// All metrics as Prometheus reads them.
    ///
    /// - Parameter maximumConnections: The limit of connections, or `nil` if there is none.
    package func text(maximumConnections: Int? = nil) -> String {
        var text = PrometheusText()
        addConnections(to: &text, maximumConnections)
        addLogins(to: &text)
        addTraffic(to: &text)
        return text.text
    }

    private func addConnections(to text: inout PrometheusText, _ maximum: Int?) {
        // The later event is read first, so that no difference is ever below zero.
        let closed = closed.load(ordering: .acquiring)
        let opened = opened.load(ordering: .acquiring)
        let sessionsClosed = sessionsClosed.load(ordering: .acquiring)
        let sessionsOpened = sessionsOpened.load(ordering: .acquiring)
        text.add(
            "rds_iam_proxy_connections_open",
            .gauge,
            help: "Client connections that are open now, sessions and logins.",
            max(0, opened - closed)
        )
        text.add(
            "rds_iam_proxy_connections_opened_total",
            .counter,
            help: "Client connections that were accepted.",
            opened
        )
        if let maximum {
            text.add("rds_iam_proxy_connections_limit", .gauge, help: "How many may be open at the same time.", maximum)
        }
        text.add(
            "rds_iam_proxy_sessions_open",
            .gauge,
            help: "Sessions whose login has succeeded and that are open now.",
            max(0, sessionsOpened - sessionsClosed)
        )
    }

    private func addLogins(to text: inout PrometheusText) {
        let details = details.withLock { $0 }
        text.add(
            "rds_iam_proxy_login_seconds",
            help: "How long successful logins took, from the proxy's first step to the session.",
            details.logins
        )
        let refusals = details.refusals.sorted { ByteText($0.key.name) < ByteText($1.key.name) }
        text.add(
            "rds_iam_proxy_connections_refused_total",
            .counter,
            help: "Clients that the proxy itself turned away, by reason.",
            refusals.map { Self.sample("reason", $0.key.name, $0.value) }
        )
        let failures = details.failures.sorted { $0.key < $1.key }
        text.add(
            "rds_iam_proxy_logins_failed_total",
            .counter,
            help: "Logins that failed at the server or on the way to it, by SQLSTATE.",
            failures.map { Self.sample("sqlstate", $0.key.string, $0.value) }
        )
        guard let signed = details.tokenSigned else { return }
        text.add(
            "rds_iam_proxy_token_age_seconds",
            .gauge,
            help: "Age of the token of the latest login.",
            [PrometheusText.Sample(value: (ContinuousClock.now - signed) / .seconds(1))]
        )
    }

    private func addTraffic(to text: inout PrometheusText) {
        text.add(
            "rds_iam_proxy_bytes_total",
            .counter,
            help: "Bytes forwarded in sessions, by where they came from.",
            [
                Self.sample("from", "client", bytesFromClients.load(ordering: .relaxed)),
                Self.sample("from", "server", bytesFromServers.load(ordering: .relaxed)),
            ]
        )
        text.add(
            "rds_iam_proxy_cancels_total",
            .counter,
            help: "Requests to cancel a query, by what came of them.",
            [
                Self.sample("outcome", "forwarded", cancelsForwarded.load(ordering: .relaxed)),
                Self.sample("outcome", "ignored", cancelsIgnored.load(ordering: .relaxed)),
                Self.sample("outcome", "failed", cancelsFailed.load(ordering: .relaxed)),
            ]
        )
    }

    private static func sample(_ label: String, _ value: String, _ count: Int) -> PrometheusText.Sample {
        PrometheusText.Sample(labels: [PrometheusText.Label(name: label, value: value)], value: Double(count))
    }
}
#endif
