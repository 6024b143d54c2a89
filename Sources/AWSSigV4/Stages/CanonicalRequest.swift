import RDSIAMBasics
import RDSIAMHashing

/// The first stage: method, path, query, headers and payload hash in their canonical form.
///
/// If a session token is signed it is part of the text, so the text does not print.
public struct CanonicalRequest: Sendable {
    /// The whole text.
    public let text: String
    /// The names of the signed headers, separated by `;`.
    public let signedHeaders: String
    /// The canonical query.
    let query: String

    /// Creates the canonical form of a request as it is: only `Host` is added.
    ///
    /// - Throws: ``SigV4Error/Code/invalidHost`` or ``SigV4Error/Code/invalidRequest``; do not retry.
    public init(_ request: SigV4Request, options: SigV4Options = .standard) throws(SigV4Error) {
        guard !request.method.isEmpty, request.method.utf8.allSatisfy(Self.isMethodByte) else {
            throw SigV4Error(.invalidRequest, "The method is invalid. It must consist of capital letters.")
        }
        let path = try Self.path(request.path, options: options)
        let query = Self.query(request.query)
        let headers = try CanonicalHeaders(host: request.host, request.headers)
        let parts = [request.method, path, query, headers.lines, headers.names, request.payload.text]
        self.init(text: parts.joined(separator: "\n"), query: query, signedHeaders: headers.names)
    }

    /// Wraps a text that is canonical by construction.
    init(text: String, query: String, signedHeaders: String) {
        self.text = text
        self.query = query
        self.signedHeaders = signedHeaders
    }

    /// The SHA-256 of the text in lowercase hexadecimal.
    ///
    /// - Throws: ``SigV4Error/Code/cryptographyUnavailable``.
    public func hash() throws(SigV4Error) -> String {
        do { return try SHA256Digest.hash(text).hexadecimal } catch { throw .cryptographyUnavailable }
    }

    private static func isMethodByte(_ byte: UInt8) -> Bool {
        UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte
    }

    /// The query as it is signed: names and values encoded, then sorted by name and by value.
    static func query(_ fields: [SigV4Field]) -> String {
        let encoded = fields.map { (name: PercentEncoding.encode($0.name), value: PercentEncoding.encode($0.value)) }
        // Encoded text is ASCII, where the order of strings is the order of bytes.
        let sorted = encoded.sorted { $0.name == $1.name ? $0.value < $1.value : $0.name < $1.name }
        return sorted.map { "\($0.name)=\($0.value)" }.joined(separator: "&")
    }

    private static let slash = UInt8(ascii: "/")

    /// The path as it is signed.
    private static func path(_ path: String, options: SigV4Options) throws(SigV4Error) -> String {
        guard path.utf8.first == slash || path.isEmpty else {
            throw SigV4Error(.invalidRequest, "The path is invalid. It must begin with '/'.")
        }
        guard !path.holdsControlCharacter else {
            throw SigV4Error(.invalidRequest, "The path holds a control character. Percent-encode it.")
        }
        let bytes = path.isEmpty ? [slash] : Array(path.utf8)
        let sent = options.normalizesPath ? normalized(bytes) : bytes
        // A path that is encoded once keeps its escapes: '%' stays.
        let literal = options.encodesPathTwice ? [slash] : [slash, UInt8(ascii: "%")]
        return PercentEncoding.encode(String(decoding: sent, as: UTF8.self), keeping: literal)
    }

    /// Removes dot segments (RFC 3986 §5.2.4) and empty segments; a final slash stays.
    private static func normalized(_ path: [UInt8]) -> [UInt8] {
        var segments: [ArraySlice<UInt8>] = []
        for segment in path.split(separator: slash) where !segment.elementsEqual(".".utf8) {
            if segment.elementsEqual("..".utf8) {
                _ = segments.popLast()
            } else {
                segments.append(segment)
            }
        }
        let endsInSlash = path.last == slash && !segments.isEmpty
        return [slash] + segments.joined(separator: [slash]) + (endsInSlash ? [slash] : [])
    }
}

extension CanonicalRequest: Hashable {
    /// Compares the texts byte by byte.
    public static func == (left: Self, right: Self) -> Bool { left.text.isBytewiseEqual(to: right.text) }

    /// Hashes the text.
    public func hash(into hasher: inout Hasher) { hasher.combine(ByteText(text)) }
}

extension CanonicalRequest: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The names of the signed headers; the text is redacted.
    public var description: String { "CanonicalRequest(signedHeaders: \(signedHeaders), text: <redacted>)" }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// A mirror with only the names of the signed headers.
    public var customMirror: Mirror { Mirror(self, children: ["signedHeaders": signedHeaders]) }
}
