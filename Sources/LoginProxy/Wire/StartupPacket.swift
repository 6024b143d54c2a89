#if Proxy
/// The packet with which a client begins: protocol version and parameters (PostgreSQL, "Message Formats",
/// StartupMessage).
package struct StartupPacket: Sendable, Hashable {
    /// One parameter, without the NULs that end its parts.
    struct Parameter: Sendable, Hashable {
        let name: [UInt8]
        let value: [UInt8]
    }

    /// The packet as it came, with its length.
    package let bytes: [UInt8]
    /// The major version times 65,536 plus the minor version.
    let version: UInt32
    let parameters: [Parameter]

    /// Reads a whole packet of the major version 3.
    ///
    /// - Throws: ``ClientError`` for what a PostgreSQL server would refuse.
    init(_ bytes: [UInt8]) throws(ClientError) {
        self.bytes = bytes
        version = bytes[4..<8].bigEndianValue
        guard version >> 16 == 3 else {
            throw ClientError("0A000", "unsupported frontend protocol \(version >> 16).\(version & 0xFFFF)")
        }
        parameters = try Self.parameters(bytes[8...])
    }

    private static func parameters(_ body: ArraySlice<UInt8>) throws(ClientError) -> [Parameter] {
        var (rest, parameters) = (body, [Parameter]())
        while let name = rest.takeString(), !name.isEmpty {
            guard let value = rest.takeString() else { break }
            parameters.append(Parameter(name: name, value: value))
        }
        // An empty name ends the list, and nothing follows it.
        guard rest.isEmpty, body.last == 0, body.count == 1 || body.dropLast().last == 0 else {
            throw ClientError("08P01", "invalid startup packet layout: expected terminator as last byte")
        }
        return parameters
    }

    /// Returns the value of a parameter; the last one counts, as it does for a server.
    func value(of name: StaticString) -> [UInt8]? {
        parameters.last { $0.isNamed(name) }?.value
    }

    /// Returns the packet to send to a server: the same bytes, unless another user or database takes the place of the
    /// client's.
    package func bytes(user: [UInt8]? = nil, database: [UInt8]? = nil) -> [UInt8] {
        guard user != nil || database != nil else { return bytes }
        var body = version.bigEndianBytes
        for (name, value) in [("user", user), ("database", database)] {
            guard let value else { continue }
            body += name.utf8 + [0] + value + [0]
        }
        for parameter in parameters {
            if user != nil, parameter.isNamed("user") { continue }
            if database != nil, parameter.isNamed("database") { continue }
            body += parameter.name + [0] + parameter.value + [0]
        }
        body.append(0)
        return UInt32(body.count + 4).bigEndianBytes + body
    }
}

extension StartupPacket.Parameter {
    func isNamed(_ text: StaticString) -> Bool {
        name.elementsEqual(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }
}

extension StartupPacket: CustomStringConvertible, CustomReflectable {
    /// The names of the parameters: their values may hold anything.
    package var description: String {
        let names = parameters.map { String(decoding: $0.name, as: UTF8.self) }
        return "StartupPacket(\(version >> 16).\(version & 0xFFFF); \(names.joined(separator: ", ")))"
    }

    /// A mirror without values.
    package var customMirror: Mirror { Mirror(self, children: ["version": version]) }
}

/// A request to cancel the query of another connection (PostgreSQL, "Message Formats", CancelRequest).
package struct CancelRequest: Sendable, Hashable {
    /// The packet as it came, with its length.
    let bytes: [UInt8]
    /// The number of the server process.
    let process: UInt32
    /// What the client must know to cancel; 4 to 256 bytes.
    let secret: [UInt8]

    /// Reads a whole packet, or returns `nil` if its length is none of a cancel request.
    init?(_ bytes: [UInt8]) {
        guard (16...268).contains(bytes.count) else { return nil }
        self.bytes = bytes
        process = bytes[8..<12].bigEndianValue
        secret = Array(bytes[12...])
    }

    init(process: UInt32, secret: [UInt8]) {
        let length = UInt32(12 + secret.count)
        bytes = length.bigEndianBytes + StartupReader.cancelCode.bigEndianBytes + process.bigEndianBytes + secret
        (self.process, self.secret) = (process, secret)
    }
}

extension CancelRequest: CustomStringConvertible, CustomReflectable {
    /// The number of the server process.
    package var description: String { "CancelRequest(\(process))" }

    /// A mirror without the secret.
    package var customMirror: Mirror { Mirror(self, children: ["process": process]) }
}

extension Collection<UInt8> {
    /// The first four bytes as a number, most significant first.
    var bigEndianValue: UInt32 { prefix(4).reduce(0) { $0 << 8 | UInt32($1) } }
}

extension ArraySlice<UInt8> {
    /// Removes and returns the bytes up to the first NUL, which is removed as well, or returns `nil` if there is none.
    fileprivate mutating func takeString() -> [UInt8]? {
        guard let end = firstIndex(of: 0) else { return nil }
        defer { self = self[(end + 1)...] }
        return Array(self[..<end])
    }
}
#endif
