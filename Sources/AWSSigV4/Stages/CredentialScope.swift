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
        guard region.withUTF8Bytes(ASCIIClass.isName), service.withUTF8Bytes(ASCIIClass.isName) else {
            throw Self.invalidName
        }
        self.init(checkedRegion: region, service: service, time: try SigningTime(unixSeconds: unixSeconds))
    }

    /// For a region that is checked elsewhere and a service that is known.
    init(checkedRegion region: String, service: String, time: SigningTime) {
        self.time = time
        self.region = region
        self.service = service
    }

    static let invalidName = SigV4Error(
        .invalidScope,
        "the region or the service is empty or holds a character other than letters, digits, '-' and '_'"
    )

    /// The credential scope, for example `20260131/eu-central-1/rds-db/aws4_request`.
    public var text: String {
        .written(capacity: region.utf8.count + service.utf8.count + 32) { writer in
            writer.append(basicDateOf: time)
            writer.append("/")
            writer.append(region)
            writer.append("/")
            writer.append(service)
            writer.append("/aws4_request")
        }
    }
}
