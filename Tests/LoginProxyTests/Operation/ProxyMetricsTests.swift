#if Proxy
import Testing

@testable import LoginProxy

@Suite("Metrics", .timeLimit(.minutes(1)))
struct ProxyMetricsTests {
    /// The values of a text in Prometheus's format, by name and labels.
    private func values(_ text: String) throws -> [String: Double] {
        var values: [String: Double] = [:]
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            let space = try #require(line.lastIndex(of: " "))
            let name = String(line[..<space])
            #expect(values[name] == nil, "\(name) appears twice")
            let value: Double = try #require(Double(line[space...].dropFirst()))
            values[name] = value
        }
        return values
    }

    @Test("Every metric has its help and its type before its values, and nothing is counted at first")
    func empty() throws {
        let text = ProxyMetrics().text(maximumConnections: 10)
        #expect(text.hasSuffix("\n"))
        let values = try values(text)
        #expect(values["rds_iam_proxy_connections_limit"] == 10)
        #expect(values.filter { $0.key != "rds_iam_proxy_connections_limit" }.values.allSatisfy { $0 == 0 })
        var declared: Set<Substring> = []
        var lines = text.split(separator: "\n")[...]
        while let line = lines.popFirst() {
            let words = line.split(separator: " ")
            if line.hasPrefix("# HELP ") {
                let next = lines.popFirst()
                let type = try #require(next).split(separator: " ")
                #expect(type.count == 4 && type[1] == "TYPE" && type[2] == words[2])
                #expect(["counter", "gauge", "histogram"].contains(type[3]))
                #expect(declared.insert(words[2]).inserted)
                #expect((type[3] == "counter") == words[2].hasSuffix("_total"))
            } else {
                let name = words[0].prefix { $0 != "{" }
                let names = ["", "_bucket", "_sum", "_count"].compactMap { suffix in
                    name.hasSuffix(suffix) ? name.dropLast(suffix.count) : nil
                }
                #expect(names.contains(where: declared.contains))
            }
        }
    }

    @Test("What happens is counted")
    func counts() throws {
        let metrics = ProxyMetrics()
        for _ in 0..<3 { metrics.connectionOpened() }
        metrics.connectionClosed()
        for _ in 0..<2 { metrics.sessionOpened() }
        metrics.sessionClosed()
        metrics.refused(.draining)
        metrics.refused(.draining)
        metrics.refused(.peer)
        metrics.loginFailed(sqlState: "28P01")
        metrics.transferred(fromClient: 5, fromServer: 0)
        metrics.transferred(fromClient: 0, fromServer: 7)
        metrics.cancelForwarded()
        metrics.cancelIgnored()
        metrics.cancelIgnored()
        for _ in 0..<3 { metrics.cancelFailed() }
        metrics.tokenUsed(age: 100)
        let values = try values(metrics.text())
        #expect(values["rds_iam_proxy_connections_open"] == 2)
        #expect(values["rds_iam_proxy_connections_opened_total"] == 3)
        #expect(values["rds_iam_proxy_sessions_open"] == 1)
        #expect(values[#"rds_iam_proxy_connections_refused_total{reason="draining"}"#] == 2)
        #expect(values[#"rds_iam_proxy_connections_refused_total{reason="peer"}"#] == 1)
        #expect(values[#"rds_iam_proxy_logins_failed_total{sqlstate="28P01"}"#] == 1)
        #expect(values[#"rds_iam_proxy_bytes_total{from="client"}"#] == 5)
        #expect(values[#"rds_iam_proxy_bytes_total{from="server"}"#] == 7)
        #expect(values[#"rds_iam_proxy_cancels_total{outcome="forwarded"}"#] == 1)
        #expect(values[#"rds_iam_proxy_cancels_total{outcome="ignored"}"#] == 2)
        #expect(values[#"rds_iam_proxy_cancels_total{outcome="failed"}"#] == 3)
        let age = try #require(values["rds_iam_proxy_token_age_seconds"])
        #expect((100..<160).contains(age))
        #expect(values["rds_iam_proxy_connections_limit"] == nil)
    }

    @Test("A bucket holds what lies at or below its bound")
    func histogram() throws {
        let metrics = ProxyMetrics()
        for seconds in [0, 0.005, 0.0051, 1, 31, .nan, -1, .infinity] { metrics.loginSucceeded(seconds: seconds) }
        let values = try values(metrics.text())
        func bucket(_ bound: String) -> Double? { values["rds_iam_proxy_login_seconds_bucket{le=\"\(bound)\"}"] }
        #expect(bucket("0.005") == 2)
        #expect(bucket("0.01") == 3)
        #expect(bucket("0.5") == 3)
        #expect(bucket("1") == 4)
        #expect(bucket("30") == 4)
        #expect(bucket("+Inf") == 5)
        #expect(values["rds_iam_proxy_login_seconds_count"] == 5)
        #expect(values["rds_iam_proxy_login_seconds_sum"].map { abs($0 - 32.0101) < 0.0001 } == true)
    }

    @Test("The values of labels and the help are escaped")
    func escapes() {
        var text = PrometheusText()
        let label = PrometheusText.Label(name: "l", value: "a\"b\\c\nd\u{E9}")
        text.add("m", .gauge, help: "h\\\n\"q\"", [PrometheusText.Sample(labels: [label, label], value: 1.5)])
        #expect(
            text.text == """
                # HELP m h\\\\\\n"q"
                # TYPE m gauge
                m{l="a\\"b\\\\c\\nd\u{E9}",l="a\\"b\\\\c\\nd\u{E9}"} 1.5

                """
        )
    }

    @Test("A server that invents SQLSTATEs does not fill the memory")
    func cardinality() throws {
        let metrics = ProxyMetrics()
        for number in 0..<10000 { metrics.loginFailed(sqlState: "X\(number)") }
        let failures = try values(metrics.text()).filter { $0.key.hasPrefix("rds_iam_proxy_logins_failed_total") }
        #expect(failures.count == 51)
        #expect(failures[#"rds_iam_proxy_logins_failed_total{sqlstate="other"}"#] == 9950)
    }

    @Test("Nothing is lost when many threads count")
    func threads() async throws {
        let metrics = ProxyMetrics()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<10000 { metrics.transferred(fromClient: 3, fromServer: 2) }
                    for _ in 0..<100 { metrics.refused(.policy) }
                }
            }
        }
        let values = try values(metrics.text())
        #expect(values[#"rds_iam_proxy_bytes_total{from="client"}"#] == 240_000)
        #expect(values[#"rds_iam_proxy_bytes_total{from="server"}"#] == 160_000)
        #expect(values[#"rds_iam_proxy_connections_refused_total{reason="policy"}"#] == 800)
    }
}
#endif
