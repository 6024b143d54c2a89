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

    /// Makes a string of what `write` writes into room for `capacity` bytes.
    @inline(__always)
    static func written(capacity: Int, _ write: (inout ByteWriter) -> Void) -> String {
        String(unsafeUninitializedCapacity: capacity) { buffer in
            var writer = ByteWriter(buffer)
            write(&writer)
            return writer.count
        }
    }

    /// Whether the text holds a control character of Unicode.
    var holdsControlCharacter: Bool { withUTF8Bytes(ASCIIClass.holdsControl) }
}
