import RDSIAMBasics

/// A bar for each day, as SVG.
struct DayChart {
    /// One day's numbers.
    private struct Day {
        let name: String
        let counts: AuditStatistics.Counts
    }

    private static let (width, height, left, bottom, top) = (960.0, 240.0, 56.0, 24.0, 12.0)
    /// A chart with more bars would have none that can be seen.
    private static let mostDays = 1100

    private let days: [Day]
    private let most: Int

    init(_ groups: [AuditStatistics.Group]) {
        days = Self.filled(groups)
        most = max(1, days.map { $0.counts.issued + $0.counts.refused }.max() ?? 0)
    }

    /// The days with those between on which nothing happened.
    private static func filled(_ groups: [AuditStatistics.Group]) -> [Day] {
        let days = groups.map { Day(name: $0.name, counts: $0.counts) }
        guard let first = days.first.flatMap({ number(of: $0.name) }),
            let last = days.last.flatMap({ number(of: $0.name) }),
            last >= first, last - first < mostDays
        else { return days.suffix(mostDays) }
        let known = Dictionary(days.map { (ByteText($0.name), $0) }) { $1 }
        return (first...last).map { number in
            let name = String(CivilTime(unixSeconds: Int64(number) * 86_400).rfc3339.prefix(10))
            return known[ByteText(name)] ?? Day(name: name, counts: .init())
        }
    }

    private static func number(of day: String) -> Int? {
        RFC3339Time(day + "T00:00:00Z").map { Int($0.unixSeconds / 86_400) }
    }

    var svg: HTML {
        guard !days.isEmpty else { return "<p>No tokens in this period.</p>" }
        let label = "Tokens issued and refused per day"
        return """
            <svg viewBox="0 0 960 240" role="img" aria-label="\(label)">\(scale)\(bars)\(dates)</svg>
            <p class="legend"><i class="issued"></i> issued <i class="refused"></i> refused</p>
            """
    }

    private func y(_ count: Int) -> Double {
        Self.height - Self.bottom - Double(count) / Double(most) * (Self.height - Self.bottom - Self.top)
    }

    private func x(_ index: Int) -> Double {
        Self.left + Double(index) * (Self.width - Self.left) / Double(days.count)
    }

    /// Lines at the highest number and, if there is a whole one, at its half.
    private var scale: [HTML] {
        (most > 1 ? [0, most / 2, most] : [0, most]).map { count in
            """
            <line x1="56" x2="960" y1="\(px: y(count))" y2="\(px: y(count))"/>\
            <text x="50" y="\(px: y(count) + 4)" text-anchor="end">\(count)</text>
            """
        }
    }

    private var bars: [HTML] {
        days.enumerated().flatMap { index, day in
            let (issued, refused) = (day.counts.issued, day.counts.refused)
            return [
                bar(index, from: 0, to: issued, "issued", "\(day.name): \(issued) issued"),
                bar(index, from: issued, to: issued + refused, "refused", "\(day.name): \(refused) refused"),
            ]
        }
    }

    private func bar(_ index: Int, from low: Int, to high: Int, _ style: String, _ title: String) -> HTML {
        guard high > low else { return "" }
        let room = (Self.width - Self.left) / Double(days.count)
        // One token among many thousands is seen too.
        let height = max(1, y(low) - y(high))
        return """
            <rect class="\(style)" x="\(px: x(index))" width="\(px: min(48, max(0.5, room * 0.85)))" y="\(px: y(low) - height)" \
            height="\(px: height)"><title>\(title)</title></rect>
            """
    }

    /// The first day's date, the last one's and some between.
    private var dates: [HTML] {
        let step = max(1, (days.count + 7) / 8)
        return stride(from: 0, to: days.count, by: step).map { index in
            "<text x=\"\(px: x(index))\" y=\"236\">\(days[index].name)</text>"
        }
    }
}

/// A bar for each name, as SVG, the longest first.
struct NameChart {
    private static let most = 40
    private static let (line, label, end) = (24.0, 420.0, 860.0)

    private let groups: [AuditStatistics.Group]
    private let left: Int

    init(_ groups: [AuditStatistics.Group]) {
        let issued = groups.filter { $0.counts.issued > 0 }.sorted { $0.counts.issued > $1.counts.issued }
        self.groups = Array(issued.prefix(Self.most))
        left = issued.count - self.groups.count
    }

    var svg: HTML {
        guard let first = groups.first else { return "<p>No tokens in this period.</p>" }
        let height = Double(groups.count) * Self.line
        let rows = groups.enumerated().map { row($0.offset, $0.element, of: first.counts.issued) }
        let rest: HTML = left > 0 ? "<p>and \(left) more</p>" : ""
        return """
            <svg viewBox="0 0 960 \(px: height)" role="img" aria-label="Tokens issued per role or account">\(rows)</svg>\(rest)
            """
    }

    private func row(_ index: Int, _ group: AuditStatistics.Group, of most: Int) -> HTML {
        let y = Double(index) * Self.line
        let width = max(1, Double(group.counts.issued) / Double(most) * (Self.end - Self.label))
        return """
            <text x="0" y="\(px: y + 16)"><title>\(group.name)</title>\(Self.short(group.name))</text>\
            <rect class="issued" x="\(px: Self.label)" y="\(px: y + 4)" width="\(px: width)" height="16"/>\
            <text x="\(px: Self.label + width + 6)" y="\(px: y + 16)">\(group.counts.issued)</text>
            """
    }

    /// The end of a long name: an ARN begins with what all have in common.
    private static func short(_ name: String) -> String {
        name.unicodeScalars.count <= 56 ? name : "…" + String(String.UnicodeScalarView(name.unicodeScalars.suffix(55)))
    }
}
