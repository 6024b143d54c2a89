extension String {
    /// Calls `body` with the UTF-8 text in one piece.
    @inline(__always)
    func withUTF8Bytes<Value, Failure>(
        _ body: (UnsafeBufferPointer<UInt8>) throws(Failure) -> Value
    ) throws(Failure) -> Value {
        // The standard library's function forgets the type of the error; a Result carries it through.
        let result = utf8.withContiguousStorageIfAvailable { bytes in Result { () throws(Failure) in try body(bytes) } }
        if let result { return try result.get() }
        // A string that another language made may not be contiguous.
        return try Array(utf8).withUnsafeBufferPointer { bytes throws(Failure) in try body(bytes) }
    }

    /// Whether the text holds a control character of Unicode (category Cc): C0, DEL or C1.
    var holdsControlCharacter: Bool {
        withUTF8Bytes { bytes in
            var previous: UInt8 = 0
            for byte in bytes {
                // In UTF-8 the C1 controls, U+0080 to U+009F, are C2 80 to C2 9F.
                if byte < 0x20 || byte == 0x7F || (previous == 0xC2 && byte < 0xA0) { return true }
                previous = byte
            }
            return false
        }
    }
}
