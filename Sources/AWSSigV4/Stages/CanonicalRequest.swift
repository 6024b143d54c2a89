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
        try request.host.withUTF8Bytes(SigningHost.check)
        guard !request.method.isEmpty, request.method.utf8.allSatisfy(Self.isMethodByte) else {
            throw SigV4Error(.invalidRequest, "the method is empty or holds something other than capital letters")
        }
        let path = try CanonicalPath.text(of: request.path, options: options)
        let headers = try CanonicalHeaders(host: request.host, request.headers)
        query = CanonicalQuery.text(of: request.query)
        signedHeaders = headers.names
        let (method, payload) = (request.method, request.payload.text)
        let capacity = [method, path, query, headers.lines, headers.names, payload].reduce(8) { $0 + $1.utf8.count }
        text = .written(capacity: capacity) { [query] writer in
            writer.append(method)
            writer.append("\n")
            writer.append(path)
            writer.append("\n")
            writer.append(query)
            writer.append("\n")
            writer.append(headers.lines)
            writer.append("\n")
            writer.append(headers.names)
            writer.append("\n")
            writer.append(payload)
        }
    }

    /// The SHA-256 of the text in lower-case hexadecimal.
    ///
    /// - Throws: ``SigV4Error/Code/cryptographyUnavailable``.
    public func hash() throws(SigV4Error) -> String {
        try digest().hexadecimal
    }

    func digest() throws(SigV4Error) -> SHA256Digest {
        try text.withUTF8Bytes { text throws(SigV4Error) in try SHA256Digest.hash(UnsafeRawBufferPointer(text)) }
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
