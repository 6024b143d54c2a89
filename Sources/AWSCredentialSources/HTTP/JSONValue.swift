#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Any JSON value, for documents whose keys differ in case between services.
enum JSONValue: Sendable, Hashable {
    case null
    case bool(Bool)
    case integer(Int64)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])

    /// Parses a document; nil where the bytes are no JSON object.
    static func object(_ bytes: [UInt8]) -> [String: JSONValue]? {
        try? JSONDecoder().decode([String: JSONValue].self, from: Data(bytes))
    }

    /// Writes an object with sorted keys.
    static func bytes(_ object: [String: JSONValue]) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(object))
    }
}

extension JSONValue: Codable {
    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Int64.self) {
            self = .integer(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode([JSONValue].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: JSONValue].self))
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .bool(let value): try container.encode(value)
        case .integer(let value): try container.encode(value)
        case .number(let value): try container.encode(value)
        case .string(let value): try container.encode(value)
        case .array(let value): try container.encode(value)
        case .object(let value): try container.encode(value)
        }
    }
}

extension [String: JSONValue] {
    /// The text under the first of these keys that has any, whatever the case of the key.
    func text(_ keys: String...) -> String? {
        for key in keys {
            guard case .string(let text)? = member(key), !text.isEmpty else { continue }
            return text
        }
        return nil
    }

    /// The whole number under a key.
    func integer(_ key: String) -> Int64? {
        switch member(key) {
        case .integer(let value)?: value
        case .number(let value)?: Int64(exactly: value.rounded())
        default: nil
        }
    }

    /// The object under a key.
    func object(_ key: String) -> [String: JSONValue]? {
        guard case .object(let object)? = member(key) else { return nil }
        return object
    }

    /// The value under the first of these keys that is there, whatever the case of the key.
    func member(_ keys: String...) -> JSONValue? {
        for key in keys {
            let value = self[key] ?? first { $0.key.lowercased() == key.lowercased() }?.value
            if let value { return value }
        }
        return nil
    }
}
