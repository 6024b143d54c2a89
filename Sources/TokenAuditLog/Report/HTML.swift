import RDSIAMBasics

/// HTML text.
///
/// What is put into it by interpolation is escaped, unless it is HTML itself: a name can add no element.
struct HTML: ExpressibleByStringInterpolation, Sendable {
    private(set) var text: String

    init(stringLiteral value: String) { text = value }

    init(stringInterpolation interpolation: Interpolation) { text = interpolation.text }

    struct Interpolation: StringInterpolationProtocol {
        fileprivate var text = ""

        init(literalCapacity: Int, interpolationCount: Int) { text.reserveCapacity(literalCapacity) }

        mutating func appendLiteral(_ literal: String) { text += literal }

        mutating func appendInterpolation(_ html: HTML) { text += html.text }

        mutating func appendInterpolation(_ parts: [HTML]) { parts.forEach { text += $0.text } }

        mutating func appendInterpolation(_ number: Int) { text += HTML.grouped(number) }

        mutating func appendInterpolation(_ name: String) { text += HTML.escaped(name) }

        /// A coordinate, with one digit after the point.
        mutating func appendInterpolation(px number: Double) {
            let tenths = Int((number * 10).rounded())
            text += "\(tenths / 10).\(abs(tenths % 10))"
        }
    }

    static func + (left: HTML, right: HTML) -> HTML { "\(left)\(right)" }

    /// A number with a comma before each three digits.
    static func grouped(_ number: Int) -> String {
        let digits = Array(String(number.magnitude).utf8)
        var text = number < 0 ? "-" : ""
        for (index, digit) in digits.enumerated() {
            if index > 0 && (digits.count - index).isMultiple(of: 3) { text += "," }
            text.unicodeScalars.append(Unicode.Scalar(digit))
        }
        return text
    }

    /// A text in which nothing is markup, and in which nothing turns the direction of writing or is invisible.
    static func escaped(_ name: String) -> String {
        name.unicodeScalars.reduce(into: "") { text, scalar in
            switch scalar {
            case "&": text += "&amp;"
            case "<": text += "&lt;"
            case ">": text += "&gt;"
            case "\"": text += "&quot;"
            case "'": text += "&#39;"
            case _ where scalar.isInvisible: text += scalar.bracedEscape
            default: text.unicodeScalars.append(scalar)
            }
        }
    }
}
