/// The parts of an HTTP request that a signature covers.
public struct SigV4Request: Sendable, Hashable {
    /// The method in capital letters, for example `GET`.
    public var method: String
    /// The value of the `Host` header as it will be sent: with the port where it is not the scheme's own.
    public var host: String
    /// The path as it will be sent, percent-encoded, for example `/` or `/2015-03-31/functions`.
    public var path: String
    /// Names and values of the query, not encoded, in any order; names may repeat.
    public var query: [SigV4Field]
    /// The headers to sign besides `Host`, in any case and order; names may repeat.
    ///
    /// `Authorization` and the `X-Amz-` headers that the signer adds itself are passed over, so that a request can be signed
    /// again.
    public var headers: [SigV4Field]
    /// What the signature says about the body.
    public var payload: PayloadHash

    /// Makes a request.
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
}

/// A name with a value: a header or a query parameter.
///
/// The value may be a secret (`Authorization`, `X-Amz-Security-Token`), so only the name prints.
public struct SigV4Field: Sendable, Hashable {
    /// The name.
    public var name: String
    /// The value.
    public var value: String

    /// Makes a field.
    public init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

extension SigV4Field: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The name; the value is redacted.
    public var description: String { "\(name): <redacted>" }

    /// The same as `description`.
    public var debugDescription: String { description }

    /// A mirror with the name alone.
    public var customMirror: Mirror { Mirror(self, children: ["name": name]) }
}
