import RDSIAMBasics

/// Any JSON value, for documents whose keys differ in case between services.
package enum JSONValue: Sendable, Hashable {
    case null
    case bool(Bool)
    case integer(Int64)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])

    /// Returns the members of a document, or `nil` if the bytes are not a JSON object.
    ///
    /// Of two members whose names Unicode calls equal, such as "é" as one code point and as two, Foundation returns
    /// one, with the value of either. No document of AWS has a name that is not ASCII. Any other document comes from
    /// one author, who could have given either member either value.
    package static func object(_ bytes: [UInt8]) -> [String: JSONValue]? {
        try? JSONDecoder().decode([String: JSONValue].self, from: Data(bytes))
    }

    /// Returns the text of an object, with its keys in order.
    package static func bytes(_ object: [String: JSONValue]) throws -> [UInt8] { try encode(object) }

    /// Returns any value as JSON in one line, with the keys of objects in order.
    package static func encode(_ value: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(value))
    }
}

extension JSONValue: Codable {
    package init(from decoder: any Decoder) throws {
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

    package func encode(to encoder: any Encoder) throws {
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

extension JSONValue {
    /// The text of a string, or the digits of a number; `nil` for any other value.
    package var text: String? {
        switch self {
        case .string(let text): text
        case .integer(let number): String(number)
        case .number(let number): Int64(exactly: number).map(String.init) ?? String(number)
        default: nil
        }
    }

    /// Returns the value that a dotted path such as `data.password` leads to, byte for byte, or `nil` if there is none.
    package func value(at path: String) -> JSONValue? {
        path.splitBytes(separator: ".").reduce(self) { value, key in
            guard case .object(let members)? = value else { return nil }
            return members.value(underBytesOf: key)
        }
    }
}

extension [String: JSONValue] {
    /// Returns the text under the first of these keys that has any, whatever the case of the key's ASCII letters.
    package func text(_ keys: String...) -> String? {
        for key in keys {
            guard case .string(let text)? = member(key), !text.isEmpty else { continue }
            return text
        }
        return nil
    }

    /// Returns the whole number under a key, or `nil` if there is none.
    package func integer(_ key: String) -> Int64? {
        switch member(key) {
        case .integer(let value)?: value
        case .number(let value)?: Int64(exactly: value.rounded())
        default: nil
        }
    }

    /// Returns the object under a key, or `nil` if there is none.
    package func object(_ key: String) -> [String: JSONValue]? {
        guard case .object(let object)? = member(key) else { return nil }
        return object
    }

    /// Returns the value under the first of these keys that exists, whatever the case of the key's ASCII letters.
    package func member(_ keys: String...) -> JSONValue? {
        for key in keys {
            let lowercased = key.asciiLowercased()
            if let value = value(underBytesOf: key) { return value }
            let others = filter { $0.key.asciiLowercased().isBytewiseEqual(to: lowercased) }
            // A dictionary has no order: of several spellings, the same one is always taken.
            if let first = others.min(by: { ByteText($0.key) < ByteText($1.key) }) { return first.value }
        }
        return nil
    }

    /// Returns the value under exactly this key.
    ///
    /// Not `self[key]`: to Swift the Kelvin sign U+212A is a "K".
    fileprivate func value(underBytesOf key: String) -> JSONValue? {
        guard let index = index(forKey: key), self[index].key.isBytewiseEqual(to: key) else { return nil }
        return self[index].value
    }
}
