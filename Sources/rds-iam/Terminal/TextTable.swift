#if Command
/// A table: columns that are as wide as their longest cell, or narrower if the line of a terminal is too short.
///
/// What goes into a pipe or a file is not cut.
struct TextTable {
    /// A column.
    struct Column {
        let title: String
        /// Whether its cells are numbers, which end at the right.
        var isNumber = false
        /// The width to which it may be narrowed.
        var least = 6
        /// The width that it does not exceed, however much room there is.
        var most = Int.max
    }

    /// A cell's text, made fit for the terminal, and its style.
    struct Cell {
        let text: String
        let style: TextStyle

        init(_ text: String, _ style: TextStyle = .plain) {
            self.init(shown: text.displayed, style)
        }

        fileprivate init(shown text: String, _ style: TextStyle) {
            self.text = text
            self.style = style
        }
    }

    let columns: [Column]
    let terminal: Terminal
    /// The columns' widths.
    private(set) var widths: [Int]

    private static let gap = 2

    /// Creates a table whose columns suit some of its rows.
    init(_ columns: [Column], _ rows: [[Cell]], on terminal: Terminal, leaving reserved: Int = 0) {
        self.columns = columns
        self.terminal = terminal
        widths = columns.indices.map { index in
            let cells = rows.map { $0[index].text.columns }
            let most = terminal.isTerminal ? columns[index].most : .max
            return min(most, max(columns[index].title.columns, cells.max() ?? 0))
        }
        if terminal.isTerminal { narrow(to: terminal.columns - reserved) }
    }

    /// Takes from the widest column until the line fits.
    private mutating func narrow(to width: Int) {
        var excess = widths.reduce(0, +) + Self.gap * (widths.count - 1) - width
        while excess > 0 {
            let candidates = widths.indices.filter { widths[$0] > columns[$0].least && !columns[$0].isNumber }
            guard let widest = candidates.max(by: { widths[$0] < widths[$1] }) else { return }
            widths[widest] -= 1
            excess -= 1
        }
    }

    /// The titles.
    var heading: String { line(columns.map { Cell($0.title, .bold) }) }

    /// A row.
    func line(_ cells: [Cell]) -> String {
        var line = ""
        for index in columns.indices {
            let text = cells[index].text.cut(to: widths[index], ellipsis: terminal.ellipsis)
            let isLast = index == columns.count - 1
            let padded =
                columns[index].isNumber || !isLast
                ? text.padded(to: widths[index], onTheLeft: columns[index].isNumber) : text
            line += terminal.styled(padded, cells[index].style)
            if !isLast { line += String(repeating: " ", count: Self.gap) }
        }
        return line
    }

    /// A row whose cells go on in further lines instead of being cut.
    func lines(_ cells: [Cell]) -> [String] {
        let parts = cells.indices.map { cells[$0].text.filled(to: widths[$0]) }
        return (0..<(parts.map(\.count).max() ?? 0)).map { index in
            line(cells.indices.map { Cell(shown: index < parts[$0].count ? parts[$0][index] : "", cells[$0].style) })
        }
    }

    /// Where a column begins.
    func offset(of column: Int) -> Int { widths.prefix(column).reduce(0) { $0 + $1 + Self.gap } }
}
#endif
