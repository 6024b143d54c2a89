import RDSIAMBasics
import RDSIAMHashing

/// The first stage: method, path, query, headers and payload hash in their canonical form.
///
/// If a session token is signed it is part of the text, so the text does not print.
public struct CanonicalRequest: Sendable {
    /// The whole text in UTF-8.
    let bytes: [UInt8]
    /// The names of the signed headers, separated by `;`.
    package let signedHeaders: String

    /// The whole text.
    public var text: String { String(decoding: bytes, as: UTF8.self) }

    /// Creates the canonical form of a request as it is: only `Host` is bytes.
    ///
    /// - Throws: ``SigV4Error/Code/invalidHost`` or ``SigV4Error/Code/invalidRequest``; do not retry.
    public init(_ request: SigV4Request, options: SigV4Options = SigV4Options()) throws(SigV4Error) {
        var query = CanonicalQuery(request.query)
        query.sort()
        let headers = try CanonicalHeaders(host: request.host, request.headers)
        try self.init(request, query: query.bytes, headers: headers, options: options)
    }

    /// Creates the canonical form of a request whose query and headers have that form already.
    init(
        _ request: SigV4Request,
        query: ArraySlice<UInt8>,
        headers: CanonicalHeaders,
        options: SigV4Options
    ) throws(SigV4Error) {
        guard !request.method.isEmpty, request.method.utf8.allSatisfy(Self.isMethodByte) else {
            throw SigV4Error(.invalidRequest, "The method is invalid. It must consist of capital letters.")
        }
        let path = try Self.path(request.path, options: options)
        var bytes: [UInt8] = []
        // Room for all, so that the text is not copied while it grows.
        bytes.reserveCapacity(128 + path.utf8.count + query.count + headers.lines.count + headers.names.utf8.count)
        bytes.append(utf8: request.method)
        bytes.append(Self.lineEnd)
        bytes.append(utf8: path)
        bytes.append(Self.lineEnd)
        bytes += query
        bytes.append(Self.lineEnd)
        bytes += headers.lines
        bytes.append(Self.lineEnd)
        bytes.append(utf8: headers.names)
        bytes.append(Self.lineEnd)
        bytes.append(utf8: request.payload.text)
        self.bytes = bytes
        signedHeaders = headers.names
    }

    /// The SHA-256 of the text in lowercase hexadecimal.
    ///
    /// - Throws: ``SigV4Error/Code/cryptographyUnavailable``.
    public func hash() throws(SigV4Error) -> String { try digest().hexadecimal }

    func digest() throws(SigV4Error) -> SHA256Digest {
        do { return try SHA256Digest.hash(bytes) } catch { throw .cryptographyUnavailable }
    }

    private static func isMethodByte(_ byte: UInt8) -> Bool {
        UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte
    }

    private static let lineEnd = UInt8(ascii: "\n")
    private static let slash = UInt8(ascii: "/")

    /// The path as it is signed.
    private static func path(_ path: String, options: SigV4Options) throws(SigV4Error) -> String {
        // The path of all database tokens.
        if path.isBytewiseEqual(to: "/") { return path }
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
    public static func == (left: Self, right: Self) -> Bool { left.bytes == right.bytes }

    /// Hashes the text.
    public func hash(into hasher: inout Hasher) { hasher.combine(bytes) }
}

extension CanonicalRequest: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The names of the signed headers; the text is redacted.
    public var description: String { "CanonicalRequest(signedHeaders: \(signedHeaders), text: <redacted>)" }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// A mirror with only the names of the signed headers.
    public var customMirror: Mirror { Mirror(self, children: ["signedHeaders": signedHeaders]) }
}

/// The query as it is signed: names and values encoded, then sorted by name and by value.
struct CanonicalQuery {
    /// Where a parameter stands in ``text``.
    private struct Parameter {
        let name: Range<Int>
        let value: Range<Int>
    }

    /// What stands before the query, and the parameters, each before a `&`, in UTF-8.
    private(set) var text: [UInt8] = []
    private let start: Int
    private var parameters: [Parameter] = []

    /// - Parameters:
    ///   - endpoint: What stands before path and query where they are sent, or empty if the query is alone.
    ///   - path: The path.
    ///   - capacity: Room for what will be added, in bytes.
    init(_ fields: [SigV4Field], at endpoint: String = "", _ path: String = "", capacity: Int = 0) {
        text.reserveCapacity(512 + endpoint.utf8.count + path.utf8.count + capacity)
        if !endpoint.isEmpty {
            text.append(utf8: endpoint)
            text.append(utf8: path)
            text.append(UInt8(ascii: "?"))
        }
        start = text.count
        parameters.reserveCapacity(fields.count + 8)
        for field in fields {
            add({ PercentEncoding.append(field.name, to: &$0) }, { PercentEncoding.append(field.value, to: &$0) })
        }
    }

    /// Adds a parameter that is encoded.
    mutating func add(_ name: String, _ value: String) {
        add({ $0.append(utf8: name) }, { $0.append(utf8: value) })
    }

    /// Adds `X-Amz-Credential`, whose parts need no encoding.
    mutating func addCredential(_ accessKeyID: String, _ scope: CredentialScope) {
        add({ $0.append(utf8: "X-Amz-Credential") }) { text in
            text.append(utf8: accessKeyID)
            text.append(utf8: "%2F")
            scope.append(to: &text, slash: "%2F")
        }
    }

    private mutating func add(_ appendName: (inout [UInt8]) -> Void, _ appendValue: (inout [UInt8]) -> Void) {
        let start = text.count
        appendName(&text)
        let nameEnd = text.count
        text.append(UInt8(ascii: "="))
        appendValue(&text)
        parameters.append(Parameter(name: start..<nameEnd, value: nameEnd + 1..<text.count))
        text.append(UInt8(ascii: "&"))
    }

    /// Sorts the query and drops the last `&`.
    mutating func sort() {
        let isSorted = parameters.indices.dropFirst().allSatisfy { index in
            order(parameters[index - 1].name, parameters[index].name) < 0
        }
        if !isSorted { text = text[..<start] + parameters.sorted(by: precedes).flatMap(text(of:)) }
        if !parameters.isEmpty { text.removeLast() }
    }

    /// The query in UTF-8, without `?`.
    var bytes: ArraySlice<UInt8> { text[start...] }

    /// Adds a parameter that is encoded to the end of a sorted query.
    mutating func addUnsigned(_ name: String, _ value: String) {
        text.append(UInt8(ascii: "&"))
        text.append(utf8: name)
        text.append(UInt8(ascii: "="))
        text.append(utf8: value)
    }

    /// Adds the signature to the end of a sorted query.
    mutating func addSignature(_ code: SHA256Digest) {
        text.append(utf8: "&X-Amz-Signature=")
        code.withUnsafeBytes { Hexadecimal.append($0.assumingMemoryBound(to: UInt8.self), to: &text) }
    }

    private func text(of parameter: Parameter) -> ArraySlice<UInt8> {
        text[parameter.name.lowerBound...parameter.value.upperBound]
    }

    private func precedes(_ left: Parameter, _ right: Parameter) -> Bool {
        let names = order(left.name, right.name)
        return (names == 0 ? order(left.value, right.value) : names) < 0
    }

    /// A negative number if the first text comes before the other, 0 if they are the same.
    private func order(_ left: Range<Int>, _ right: Range<Int>) -> Int {
        text.withUnsafeBufferPointer { text in
            for offset in 0..<min(left.count, right.count) {
                let difference = Int(text[left.lowerBound + offset]) - Int(text[right.lowerBound + offset])
                if difference != 0 { return difference }
            }
            return left.count - right.count
        }
    }
}
