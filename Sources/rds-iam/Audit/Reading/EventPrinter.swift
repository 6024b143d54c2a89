#if Command
import RDSIAMSystem
import TokenAuditLog

/// Prints events: for a person as a table, for a program as lines of fields or of JSON.
struct EventPrinter {
    let isJSON: Bool
    let style: TimeStyle
    private var table: TextTable?
    private var day = ""

    init(isJSON: Bool, style: TimeStyle) {
        self.isJSON = isJSON
        self.style = style
    }

    /// The schema of a line of `--json`.
    static let rowSchema = JSONOutput.schema("row")

    /// Whether a table is printed.
    var isTable: Bool { !isJSON && Terminal.output.isTerminal }

    /// Prints some events.
    ///
    /// The first ones decide how wide the columns are.
    mutating func print(_ entries: [AuditEntry]) {
        if isJSON { return entries.forEach { Swift.print(Self.json($0)) } }
        let events = entries.map(EventText.init)
        guard isTable else { return events.forEach { Swift.print($0.fields) } }
        if table == nil { begin(events) }
        events.forEach { printRow($0) }
        fflush(nil)
    }

    static func json(_ entry: AuditEntry) -> String { JSONOutput.fit(entry.jsonLine(schema: rowSchema)) }

    /// Prints the heading.
    private mutating func begin(_ events: [EventText]) {
        let columns: [TextTable.Column] = [
            .init(title: "ROW", isNumber: true), .init(title: style.zone(), least: 8, most: 8),
            .init(title: "EVENT", least: 8, most: 10), .init(title: "USER@SERVER", least: 20),
            .init(title: "BY", least: 9), .init(title: "AS", least: 9),
        ]
        // Events that come later, while a list is followed, find some room too.
        let room =
            [String(repeating: "0", count: 5), "", "accepted"] + [26, 12, 12].map { String(repeating: "x", count: $0) }
        let table = TextTable(columns, events.map(cells) + [room.map { TextTable.Cell($0) }], on: .output)
        Swift.print(table.heading)
        self.table = table
    }

    private func cells(_ event: EventText) -> [TextTable.Cell] {
        let isOwn = event.record?.target == nil
        return [
            .init(String(event.entry.sequence), .dim),
            .init(event.record.map { style.clock($0.time) } ?? "-"),
            .init(event.event, event.style == .plain ? .green : event.style),
            .init(event.login, isOwn ? event.style : .plain), .init(event.actor), .init(event.principal),
        ]
    }

    private mutating func printRow(_ event: EventText) {
        guard let table else { return }
        let terminal = Terminal.output
        let day = event.record.map { style.day($0.time) } ?? self.day
        if day != self.day { Swift.print(terminal.styled(day, .bold)) }
        self.day = day
        Swift.print(table.line(cells(event)))
        let indent = table.offset(of: 3)
        for note in event.notes {
            let text = note.displayed.cut(to: terminal.columns - indent, ellipsis: terminal.ellipsis)
            Swift.print(String(repeating: " ", count: indent) + terminal.styled(text, event.style))
        }
    }
}
#endif
