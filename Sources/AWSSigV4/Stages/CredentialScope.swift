/// What a signature is good for: a day, a region and a service, with the second it is made at.
public struct CredentialScope: Sendable, Hashable {
    /// The second of signing: its day stands in the scope, the whole of it in `X-Amz-Date`.
    public let time: SigningTime
    /// The region, for example `eu-central-1`.
    public let region: String
    /// The service as the endpoint wants it signed, for example `rds-db`, `dsql`, `sts`.
    public let service: String

    /// Makes a scope.
    ///
    /// - Parameters:
    ///   - region: ASCII letters, digits, `-` and `_`; not empty.
    ///   - service: The same.
    ///   - unixSeconds: The time of signing in seconds since 1970-01-01T00:00:00Z, up to the end of 9999.
    /// - Throws: ``SigV4Error/Code/invalidScope`` or ``SigV4Error/Code/invalidTime``; do not retry.
    public init(region: String, service: String, at unixSeconds: Int64) throws(SigV4Error) {
        guard Self.isName(region), Self.isName(service) else {
            throw SigV4Error(
                .invalidScope,
                "the region or the service is empty or holds a character other than letters, digits, '-' and '_'"
            )
        }
        self.time = try SigningTime(unixSeconds: unixSeconds)
        self.region = region
        self.service = service
    }

    /// The credential scope, for example `20260131/eu-central-1/rds-db/aws4_request`.
    public var text: String { "\(time.basicDate)/\(region)/\(service)/aws4_request" }

    private static func isName(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                byte != UInt8(ascii: ".") && byte != UInt8(ascii: "~") && PercentEncoding.isUnreserved(byte)
            }
    }
}
