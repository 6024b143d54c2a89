#if Proxy
/// A message of a server: a type and a body (PostgreSQL, "Message Formats").
struct WireMessage: Sendable, Hashable {
    let type: UInt8
    /// The whole message, with type and length.
    let bytes: [UInt8]

    var body: ArraySlice<UInt8> { bytes[5...] }
}

/// Cuts a stream of bytes into messages of a bounded length.
struct MessageReader: Sendable {
    /// A message with a length that is none, or that is beyond the bound.
    struct InvalidLength: Error {}

    private var buffer: [UInt8] = []
    private var start = 0

    mutating func append(_ bytes: some Collection<UInt8>) {
        buffer.removeFirst(start)
        start = 0
        buffer += bytes
    }

    /// Whether part of a message has come.
    var isMidMessage: Bool { start < buffer.count }

    /// Removes and returns the first message, or returns `nil` if it has not come as a whole.
    ///
    /// - Parameter longest: The bound for the length of a message of a type, in bytes.
    mutating func next(longest: (UInt8) -> Int) throws(InvalidLength) -> WireMessage? {
        let rest = buffer[start...]
        guard rest.count >= 5, let type = rest.first else { return nil }
        let length = Int64(rest.dropFirst().bigEndianValue)
        guard length >= 4, length <= Int64(longest(type)) else { throw InvalidLength() }
        guard rest.count >= Int(length) + 1 else { return nil }
        start += Int(length) + 1
        return WireMessage(type: type, bytes: Array(rest.prefix(Int(length) + 1)))
    }

    /// Removes and returns everything that no message was made of.
    mutating func takeRest() -> [UInt8] {
        defer { (buffer, start) = ([], 0) }
        return Array(buffer[start...])
    }
}

/// Where a stream of messages stands: between two of them, or in the middle of one.
///
/// It stores no bytes.
package struct MessageBoundary: Sendable {
    /// How many bytes of the body are yet to come.
    private var missing = 0
    /// How many bytes of the type and the length have come, if the body has not begun.
    private var headCount = 0
    /// The type of the latest message that has begun.
    private(set) var lastType: UInt8 = 0
    private var length: UInt32 = 0
    /// Whether a length was none, so that nothing after it can be told.
    private var isLost = false

    package init() {}

    /// Whether another message may follow now.
    package var isBetweenMessages: Bool { missing == 0 && headCount == 0 && !isLost }

    /// Takes the next bytes of the stream.
    package mutating func advance(over bytes: some RandomAccessCollection<UInt8>) {
        var rest = bytes[...]
        while !isLost, !rest.isEmpty {
            let skipped = min(missing, rest.count)
            missing -= skipped
            rest = rest.dropFirst(skipped)
            if missing == 0, let byte = rest.popFirst() { advanceHead(byte) }
        }
    }

    private mutating func advanceHead(_ byte: UInt8) {
        if headCount > 0 { length = length << 8 | UInt32(byte) } else { lastType = byte }
        headCount += 1
        guard headCount == 5 else { return }
        missing = Int(length) - 4
        isLost = missing < 0
        (headCount, length) = (0, 0)
    }
}

/// The fields of a server's ErrorResponse, any of which may be absent.
package struct ServerError: Error, Sendable, Hashable {
    /// The message as it came.
    package let bytes: [UInt8]
    private let fields: [UInt8: String]

    /// Reads a message; a field without an end is left out.
    init(_ message: WireMessage) {
        bytes = message.bytes
        var (fields, rest) = ([UInt8: String](), message.body)
        while let code = rest.first, code != 0, let end = rest.dropFirst().firstIndex(of: 0) {
            fields[code] = fields[code] ?? String(decoding: rest[(rest.startIndex + 1)..<end], as: UTF8.self)
            rest = rest[(end + 1)...]
        }
        self.fields = fields
    }

    package var severity: String? { fields[UInt8(ascii: "V")] ?? fields[UInt8(ascii: "S")] }
    /// The SQLSTATE.
    package var sqlState: String? { fields[UInt8(ascii: "C")] }
    package var message: String? { fields[UInt8(ascii: "M")] }
    package var detail: String? { fields[UInt8(ascii: "D")] }
    package var hint: String? { fields[UInt8(ascii: "H")] }

    /// Whether the server refused the login, so that a new token might help (class 28).
    package var isRefusalOfLogin: Bool { sqlState == "28000" || sqlState == "28P01" }

    /// The message for the client: unchanged, but for a hint if the server has none.
    package func bytes(withHint hint: String?) -> [UInt8] {
        guard let hint, self.hint == nil, bytes.last == 0, bytes.count > 5 else { return bytes }
        let fields = bytes[5...].dropLast() + [UInt8(ascii: "H")] + hint.utf8.filter { $0 != 0 } + [0, 0]
        return [bytes[0]] + UInt32(fields.count + 4).bigEndianBytes + fields
    }
}
#endif
