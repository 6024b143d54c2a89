/// The first stage: method, path, query, headers and payload hash in their one canonical form.
///
/// Where a session token is signed it is part of the text, so the text does not print.
public struct CanonicalRequest: Sendable, Hashable {
    /// The whole text.
    public let text: String
    /// The names of the signed headers, parted by `;`.
    public let signedHeaders: String
    /// The canonical query.
    let query: String

    /// Makes the canonical form of a request as it is: nothing is added but `Host`.
    ///
    /// - Throws: ``SigV4Error/Code/invalidHost`` or ``SigV4Error/Code/invalidRequest``; do not retry.
    public init(_ request: SigV4Request, options: SigV4Options = .standard) throws(SigV4Error) {
        try SigningHost.check(request.host)
        guard !request.method.isEmpty, request.method.utf8.allSatisfy(Self.isMethodByte) else {
            throw SigV4Error(.invalidRequest, "the method is empty or holds something other than capital letters")
        }
        let path = try CanonicalPath.text(of: request.path, options: options)
        let headers = try CanonicalHeaders([SigV4Field("host", request.host.lowercased())] + request.headers)
        query = CanonicalQuery.text(of: request.query)
        signedHeaders = headers.names
        text = "\(request.method)\n\(path)\n\(query)\n\(headers.lines)\n\(headers.names)\n\(request.payload.text)"
    }

    /// The SHA-256 of the text in lower-case hexadecimal.
    ///
    /// - Throws: ``SigV4Error/Code/cryptographyUnavailable``.
    public func hash() throws(SigV4Error) -> String {
        let context = try SHA256Context()
        return try text.withUTF8Bytes { text throws(SigV4Error) in
            try context.hash(UnsafeRawBufferPointer(text))
        }.hexadecimal
    }

    private static func isMethodByte(_ byte: UInt8) -> Bool {
        UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte
    }
}

extension CanonicalRequest: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The names of the signed headers; the text is redacted.
    public var description: String { "CanonicalRequest(signedHeaders: \(signedHeaders), text: <redacted>)" }

    /// The same as `description`.
    public var debugDescription: String { description }

    /// A mirror with the names of the signed headers alone.
    public var customMirror: Mirror { Mirror(self, children: ["signedHeaders": signedHeaders]) }
}
