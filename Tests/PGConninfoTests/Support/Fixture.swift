import Foundation

/// The files in `Fixtures/conninfo/`.
enum Fixture {
    static func decode<Value: Decodable>(_ type: Value.Type, from name: String) throws -> Value {
        let url = URL(filePath: #filePath)
            .deletingLastPathComponent()
            .appending(path: "../../../Fixtures/conninfo/\(name)")
        return try JSONDecoder().decode(type, from: Data(contentsOf: url))
    }
}

/// The bytes of a text, for values and messages.
func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

/// The bytes that pairs of hexadecimal digits stand for.
func bytes(hex digits: some StringProtocol) -> [UInt8] {
    let digits = Array(digits.utf8)
    return stride(from: 0, to: digits.count, by: 2).map { position in
        UInt8(String(decoding: digits[position..<position + 2], as: UTF8.self), radix: 16) ?? 0
    }
}
