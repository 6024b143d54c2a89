import RDSIAMBasics
package import RDSIAMSystem

/// A page about a period of a log, for people who have no access to the log itself.
///
/// The page is one file of HTML that loads nothing: no script, no font, no image. Charts are SVG within it.
package struct AuditReport: Sendable {
    private let logs: [ReportedLog]
    private let isFleet: Bool
    private let since: Date?
    private let until: Date?
    private let time: Date
    private let statistics: AuditStatistics

    /// Creates a report.
    ///
    /// - Parameters:
    ///   - statistics: What happened in the period.
    ///   - verification: What a verification of the whole log has found.
    ///   - path: The log's file.
    ///   - since: The beginning of the period; `nil` for the log's.
    ///   - until: The end of the period; `nil` for the log's.
    ///   - time: When the report is made.
    package init(
        _ statistics: AuditStatistics,
        verification: AuditVerification,
        path: String,
        since: Date?,
        until: Date?,
        at time: Date
    ) {
        logs = [ReportedLog(name: path, verification: verification)]
        isFleet = false
        (self.statistics, self.since, self.until, self.time) = (statistics, since, until, time)
    }

    /// Creates a report on several logs.
    ///
    /// - Parameters:
    ///   - statistics: What happened in the period, in all of them.
    ///   - logs: What a verification of each has found.
    ///   - since: The beginning of the period; `nil` for the logs'.
    ///   - until: The end of the period; `nil` for the logs'.
    ///   - time: When the report is made.
    package init(_ statistics: AuditStatistics, logs: [ReportedLog], since: Date?, until: Date?, at time: Date) {
        (self.logs, isFleet) = (logs, true)
        (self.statistics, self.since, self.until, self.time) = (statistics, since, until, time)
    }

    /// The page.
    package var html: String { page.text }

    private var page: HTML {
        """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width,initial-scale=1">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
        <title>Tokens for databases: \(period)</title>
        <style>\(Self.style)</style>
        </head>
        <body>
        <h1>Tokens for databases</h1>
        <p class="about">\(period) · \(subject) · made at \(time.rfc3339)</p>
        \(logs.map(verdict))
        \(tiles)
        <h2>Tokens per day</h2>
        \(DayChart(statistics.perDay).svg)
        <h2>Tokens per user and server</h2>
        <p>A server is the one that the token is good for, whichever name was dialed.</p>
        \(LoginTable(statistics.perLogin).html)
        <h2>Tokens per role or account</h2>
        \(NameChart(statistics.perRole).svg)
        <h2>Refusals</h2>
        \(ErrorTable(groups: statistics.perErrorCode).html)
        <h2>Gaps, prunings and acknowledgments</h2>
        \(IncidentTable(entries: statistics.incidents, notes: logs.flatMap(\.incidents)).html)
        \(logs.map(findings))
        <h2>How to check this page</h2>
        <p>The counts come from \(Int(statistics.rows)) rows. \(checking)
        <p>A token that was issued is recorded before it can be used. The log does not know of tokens made by other
        programs.</p>
        </body>
        </html>

        """
    }

    private var subject: HTML {
        isFleet ? "\(logs.count) logs" : "log <code>\(logs.first?.name ?? "")</code>"
    }

    private var checking: HTML {
        guard !isFleet else {
            return "With the heads above in a file:</p><pre>rds-iam audit fleet verify CONNINFO --heads FILE</pre>"
        }
        let head = logs.first?.verification.head.description ?? ""
        return "With the log, or a backup of it:</p><pre>rds-iam audit verify --head \"\(head)\"</pre>"
    }

    private var period: String {
        switch (since, until) {
        case (let since?, let until?): "\(since.rfc3339) to \(until.rfc3339)"
        case (let since?, nil): "since \(since.rfc3339)"
        case (nil, let until?): "until \(until.rfc3339)"
        case (nil, nil): "the whole log"
        }
    }

    // MARK: Parts

    private func verdict(on log: ReportedLog) -> HTML {
        let verification = log.verification
        let isIntact = verification.isIntact && log.problems.isEmpty
        let rows = Int(verification.rows)
        let acknowledged = verification.acknowledgedCount
        let but = acknowledged > 0 ? " but for what was acknowledged (\(acknowledged))" : ""
        let text: HTML =
            isIntact
            ? "<b>Intact\(but).</b> \(rows) rows were verified."
            : "<b>Not as it was written:</b> \(log.openCount) findings, listed below."
        let name: HTML = isFleet ? "<p>\(log.name)</p>" : ""
        return """
            <div class="verdict \(isIntact ? "good" : "bad")">\(name)<p>\(text)</p>\(beginning(of: verification))\
            <p>Chain head: <code>\(verification.head.description)</code></p></div>
            """
    }

    /// Where the log begins, if not at its first row.
    private func beginning(of verification: AuditVerification) -> HTML {
        guard let pruning = verification.pruning else { return "" }
        let actor = pruning.actor.map { " by \($0.user) (\($0.program) on \($0.host))" } ?? ""
        let time = pruning.time.map { " at \($0.rfc3339)" } ?? ""
        let row = Int(pruning.throughSequence)
        return "<p>The log begins after row \(row): older rows were deleted\(actor)\(time).</p>"
    }

    private var tiles: HTML {
        let total = statistics.total
        let gaps = statistics.incidents.count { $0.record?.activity == .gap }
        let tiles: [HTML] = [
            tile(total.issued, "tokens issued"), tile(total.reused, "tokens reused"),
            tile(total.refused, "tokens refused"), tile(total.accepted, "connections accepted"),
            tile(total.rejected, "connections rejected"), tile(total.failed, "logins failed"), tile(gaps, "gaps"),
        ]
        let unreadable: HTML =
            statistics.unreadableRows > 0
            ? "<p class=\"bad\">\(Int(statistics.unreadableRows)) rows cannot be read and are not counted.</p>" : ""
        return "<div class=\"tiles\">\(tiles)</div>\(unreadable)"
    }

    private func tile(_ number: Int, _ what: String) -> HTML { "<div><b>\(number)</b> \(what)</div>" }

    private func findings(in log: ReportedLog) -> HTML {
        let verification = log.verification
        guard !verification.findings.isEmpty || !log.problems.isEmpty else { return "" }
        let problems: [HTML] = log.problems.map { problem in
            "<tr><td></td><td class=\"text\"></td><td class=\"text\">\(problem)</td><td class=\"text\"></td></tr>"
        }
        let rows: [HTML] = verification.findings.map { finding in
            let note = finding.acknowledgedBy.map { "acknowledged by row \($0)" } ?? ""
            return """
                <tr><td>\(Int(finding.sequence))</td><td class="text">\(finding.kind.rawValue)</td>\
                <td class="text">\(finding.message)</td><td class="text">\(note)</td></tr>

                """
        }
        let left = verification.findingCount - verification.findings.count
        let rest: HTML = left > 0 ? "<p>and \(left) more</p>" : ""
        return """
            <h2>Findings of the verification\(isFleet ? ": \(log.name)" : "")</h2>
            <table><thead><tr><th>Row</th><th>Kind</th><th>What</th><th></th></tr></thead>\
            <tbody>\(problems)\(rows)</tbody></table>\(rest)
            """
    }

    private static let style: HTML = """

        :root{color-scheme:light dark;--text:#1c2733;--soft:#5b6773;--line:#d5dbe1;--issued:#2463a8;--refused:#c0392b;
        --good:#1d7f4a;--paper:#fff}
        @media(prefers-color-scheme:dark){:root{--text:#e4e8ec;--soft:#9aa5b0;--line:#3a444e;--issued:#6ea8e6;
        --refused:#e8776b;--good:#5cc48a;--paper:#14191e}}
        body{font:15px/1.5 system-ui,sans-serif;color:var(--text);background:var(--paper);max-width:980px;
        margin:2rem auto;padding:0 1rem}
        h1{font-size:1.7rem;margin:0}h2{font-size:1.15rem;margin:2.2rem 0 .5rem}
        .about,.legend{color:var(--soft)}code,pre{font:13px/1.5 ui-monospace,monospace;overflow-wrap:anywhere}
        pre{white-space:pre-wrap}
        .verdict{border-left:5px solid var(--good);padding:.2rem 1rem;margin:1.2rem 0}
        .verdict.bad{border-color:var(--refused)}.bad b{color:var(--refused)}.good b{color:var(--good)}
        .verdict p{margin:.3rem 0}
        .tiles{display:flex;flex-wrap:wrap;gap:.5rem 2rem}.tiles b{font-size:1.5rem}
        svg{width:100%;height:auto;font:12px system-ui,sans-serif}svg text{fill:var(--text)}
        svg line{stroke:var(--line)}rect.issued,i.issued{fill:var(--issued);background:var(--issued)}
        rect.refused,i.refused{fill:var(--refused);background:var(--refused)}
        .legend i{display:inline-block;width:.8em;height:.8em;margin-left:1em}
        .wide{overflow-x:auto}table{border-collapse:collapse}
        th,td{padding:.25rem .7rem;border-bottom:1px solid var(--line);text-align:right;vertical-align:top}
        th:first-child,td.text,thead th:nth-child(n+2){text-align:left}thead th{color:var(--soft);font-weight:600;
        overflow-wrap:anywhere;min-width:4.5em}
        tbody th{font-weight:500;overflow-wrap:anywhere;min-width:11em}td{font-variant-numeric:tabular-nums}
        .none{color:var(--soft)}
        @media print{body{max-width:none;margin:0}h2{break-after:avoid}tr,svg{break-inside:avoid}}

        """
}

/// A log of which a report tells, and what a verification has found.
package struct ReportedLog: Sendable {
    let name: String
    let verification: AuditVerification
    /// What is wrong beside the chain itself, in words.
    let problems: [String]
    /// What was taken out of it or accepted and no event of its own says, in words.
    let notes: [String]

    package init(name: String, verification: AuditVerification, problems: [String] = [], notes: [String] = []) {
        (self.name, self.verification, self.problems, self.notes) = (name, verification, problems, notes)
    }

    var incidents: [String] { notes.map { "\(name): \($0)" } }

    var openCount: Int { verification.findingCount - verification.acknowledgedCount + problems.count }
}
