import Foundation

/// As much of JSON as is needed to follow names to texts and numbers.
enum JSONNode: Decodable {
    case object([String: JSONNode])
    case text(String)
    case other

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let text = try? container.decode(String.self) {
            self = .text(text)
        } else if let number = try? container.decode(Decimal.self) {
            self = .text("\(number)")
        } else if let members = try? container.decode([String: JSONNode].self) {
            self = .object(members)
        } else {
            self = .other
        }
    }

    /// The first of some dotted names that leads to a text or number.
    func text(at names: [String]) -> String? {
        names.lazy.compactMap { name in text(at: name.split(separator: ".")) }.first { !$0.isEmpty }
    }

    private func text(at path: [Substring]) -> String? {
        switch self {
        case .text(let text): return path.isEmpty ? text : nil
        case .object(let members): return path.first.flatMap { members[String($0)]?.text(at: Array(path.dropFirst())) }
        case .other: return nil
        }
    }
}
