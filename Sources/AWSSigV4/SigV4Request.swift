import RDSIAMBasics
import RDSIAMHashing

/// The parts of an HTTP request that a signature covers.
///
/// Two requests are equal if their bytes are: the composed and the decomposed form of a character differ.
public struct SigV4Request: Sendable {
    /// The method in capital letters, for example `GET`.
    package var method: String
    /// The value of the `Host` header as it will be sent: with the port, if that is not the scheme's default.
    package var host: String
    /// The path as it will be sent, percent-encoded, for example `/` or `/2015-03-31/functions`.
    package var path: String
    /// Names and values of the query, not encoded, in any order; names may repeat.
    package var query: [SigV4Field]
    /// The headers to sign besides `Host`, in any case and order; names may repeat.
    ///
    /// `Authorization` and the `X-Amz-` headers that the signer adds are ignored, so that a request can be signed
    /// again.
    package var headers: [SigV4Field]
    /// What the signature says about the body.
    package var payload: PayloadHash

    /// Creates a request.
    public init(
        method: String = "GET",
        host: String,
        path: String = "/",
        query: [SigV4Field] = [],
        headers: [SigV4Field] = [],
        payload: PayloadHash = .empty
    ) {
        self.method = method
        self.host = host
        self.path = path
        self.query = query
        self.headers = headers
        self.payload = payload
    }

    /// Headers that proxies and HTTP libraries change on the way, and those that a signature adds.
    private static let unsignedHeaders: Set<String> = [
        "authorization", "connection", "expect", "host", "keep-alive", "proxy-authenticate", "proxy-authorization",
        "te", "trailer", "transfer-encoding", "upgrade", "user-agent", "x-amz-date", "x-amz-security-token",
        "x-amzn-trace-id",
    ]

    /// The headers that are signed.
    func signedHeaders(_ options: SigV4Options) -> [SigV4Field] {
        headers.filter { field in
            let name = field.name.asciiLowercased()
            return !Self.unsignedHeaders.contains(name)
                && !(options.addsContentSHA256 && name == "x-amz-content-sha256")
        }
    }
}

extension SigV4Request: Hashable {
    private var bytes: [ByteText] { [ByteText(method), ByteText(host), ByteText(path)] }

    /// Compares all parts, texts byte by byte.
    public static func == (left: Self, right: Self) -> Bool {
        left.bytes == right.bytes && left.query == right.query && left.headers == right.headers
            && left.payload == right.payload
    }

    /// Hashes all parts.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(bytes)
        hasher.combine(query)
        hasher.combine(headers)
        hasher.combine(payload)
    }
}

/// A name with a value: a header or a query parameter.
///
/// The value may be a secret (`Authorization`, `X-Amz-Security-Token`), so only the name prints.
public struct SigV4Field: Sendable {
    /// The name.
    public var name: String
    /// The value.
    public var value: String

    /// Creates a field.
    public init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

extension SigV4Field: Hashable {
    /// Compares name and value byte by byte.
    public static func == (left: Self, right: Self) -> Bool {
        left.name.isBytewiseEqual(to: right.name) && left.value.isBytewiseEqual(to: right.value)
    }

    /// Hashes name and value.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(ByteText(name))
        hasher.combine(ByteText(value))
    }
}

extension SigV4Field: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The name; the value is redacted.
    public var description: String { "\(name): <redacted>" }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// A mirror with only the name.
    public var customMirror: Mirror { Mirror(self, children: ["name": name]) }
}

/// The last line of a canonical request: what the signature says about the body.
public struct PayloadHash: Sendable, Hashable {
    /// The text of the line.
    package let text: String

    private init(unchecked text: String) {
        self.text = text
    }

    /// The hash of an empty body, as in every presigned connection token (FIPS 180-4).
    public static let empty = Self(
        unchecked: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    )

    /// The signature does not cover the body.
    ///
    /// Only some services allow that, S3 among them.
    public static let unsigned = Self(unchecked: "UNSIGNED-PAYLOAD")

    /// The hash of a body in memory.
    ///
    /// - Throws: ``SigV4Error/Code/cryptographyUnavailable``.
    public static func sha256(of body: [UInt8]) throws(SigV4Error) -> Self {
        do { return Self(unchecked: try SHA256Digest.hash(body).hexadecimal) } catch { throw .cryptographyUnavailable }
    }

    /// A hash that is known already: 64 lowercase hexadecimal digits.
    ///
    /// - Throws: ``SigV4Error/Code/invalidRequest``; do not retry.
    package static func precomputed(_ hexadecimal: String) throws(SigV4Error) -> Self {
        let isHash =
            hexadecimal.utf8.count == 64
            && hexadecimal.utf8.allSatisfy {
                UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 || UInt8(ascii: "a")...UInt8(ascii: "f") ~= $0
            }
        guard isHash else {
            throw SigV4Error(
                .invalidRequest,
                "The payload hash is invalid. It must have 64 lowercase hexadecimal digits."
            )
        }
        return Self(unchecked: hexadecimal)
    }
}

/// What services do differently.
public struct SigV4Options: Sendable, Hashable {
    /// Whether `.`, `..` and repeated slashes are removed from the path that is signed.
    package var normalizesPath = true
    /// Whether the path, encoded for sending, is encoded once more for signing.
    package var encodesPathTwice = true
    /// Whether the session token is part of what is signed; a few services want it added afterwards.
    package var signsSessionToken = true
    /// Whether header signing adds `X-Amz-Content-Sha256`, which S3 asks for.
    package var addsContentSHA256 = false

    /// Creates the options of most services.
    public init() {}

    /// The options of S3, where a path is the name of an object: signed as it is, encoded once.
    public static let s3: Self = {
        var options = Self()
        options.normalizesPath = false
        options.encodesPathTwice = false
        options.addsContentSHA256 = true
        return options
    }()
}
