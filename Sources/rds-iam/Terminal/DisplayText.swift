#if Command
import RDSIAMBasics

extension String {
    /// The text fit for one line of a terminal: what would end the line, move the cursor or turn the direction of
    /// writing is shown as an escape, and a backslash is doubled.
    var displayed: String { replacingBytes("\\", with: "\\\\").escapingInvisible() }

    /// How many columns of a terminal the text takes.
    var columns: Int { unicodeScalars.reduce(0) { $0 + $1.columns } }

    /// The text, cut to a number of columns.
    func cut(to width: Int, ellipsis: String) -> String {
        guard columns > width else { return self }
        var left = width - ellipsis.columns
        var scalars = UnicodeScalarView()
        for scalar in unicodeScalars {
            left -= scalar.columns
            if left < 0 { break }
            scalars.append(scalar)
        }
        return String(scalars) + ellipsis
    }

    /// The text with spaces up to a number of columns.
    func padded(to width: Int, onTheLeft: Bool = false) -> String {
        let space = String(repeating: " ", count: max(0, width - columns))
        return onTheLeft ? space + self : self + space
    }
}

extension Unicode.Scalar {
    /// The columns a character takes: none for a combining mark, two for the wide characters of East Asia and emoji.
    var columns: Int {
        switch properties.generalCategory {
        case .nonspacingMark, .enclosingMark: return 0
        default: break
        }
        switch value {
        case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60,
            0xFFE0...0xFFE6, 0x1F300...0x1FAFF, 0x20000...0x3FFFD:
            return 2
        default: return 1
        }
    }
}
#endif
