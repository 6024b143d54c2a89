extension String {
    private static let mark = Array("x-amz-".utf8)

    /// Whether it holds `x-amz-`, as all parts of a signed request do, in whatever case.
    ///
    /// Bytes are compared: a search by characters takes longer than all else that makes a payload.
    var looksSigned: Bool {
        var text = self
        return text.withUTF8 { bytes in
            bytes.count >= Self.mark.count
                && (0...bytes.count - Self.mark.count).contains { start in
                    Self.mark.indices.allSatisfy { Self.lowercased(bytes[start + $0]) == Self.mark[$0] }
                }
        }
    }

    private static func lowercased(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }
}
