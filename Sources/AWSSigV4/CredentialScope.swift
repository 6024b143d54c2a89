import RDSIAMBasics

/// What a signature is valid for: a day, a region and a service, with the second it is made at.
public struct CredentialScope: Sendable, Hashable {
    /// The second of signing: its day stands in the scope, the whole of it in `X-Amz-Date`.
    package let time: SigningTime
    /// The region, for example `eu-central-1`.
    package let region: String
    /// The service under the name it is signed with, for example `rds-db`, `dsql`, `sts`.
    package let service: String
    /// Creates a scope.
    ///
    /// - Parameters:
    ///   - region: ASCII letters, digits, `-` and `_`; not empty.
    ///   - service: The same.
    ///   - unixSeconds: The time of signing in seconds since 1970-01-01T00:00:00Z, up to the end of 9999.
    /// - Throws: ``SigV4Error`` for a region, service or time that cannot be signed; do not retry.
    public init(region: String, service: String, at unixSeconds: Int64) throws(SigV4Error) {
        guard region.isSignableName, service.isSignableName else {
            throw SigV4Error(
                .invalidScope,
                "The region or the service is invalid. It must not be empty and may hold only letters, digits, '-' and '_'."
            )
        }
        time = try SigningTime(unixSeconds: unixSeconds)
        self.region = region
        self.service = service
    }

    /// The text of the scope, for example `20260131/eu-central-1/rds-db/aws4_request`.
    public var text: String { "\(time.basicDate)/\(region)/\(service)/aws4_request" }

    /// Appends the text of the scope.
    ///
    /// - Parameter slash: What stands between its parts, which are of unreserved characters alone.
    func append(to text: inout [UInt8], slash: String = "/") {
        text.append(utf8: time.basicDate)
        text.append(utf8: slash)
        text.append(utf8: region)
        text.append(utf8: slash)
        text.append(utf8: service)
        text.append(utf8: slash)
        text.append(utf8: "aws4_request")
    }
}

/// A second of UTC between 1970 and 9999, as Signature Version 4 writes it.
package struct SigningTime: Sendable, Hashable {
    /// Seconds since 1970-01-01T00:00:00Z, leap seconds not counted.
    package let unixSeconds: Int64
    /// The date in the basic format of ISO 8601, `20260131`.
    package let basicDate: String
    /// Date and time in the basic format of ISO 8601, `20260131T235959Z`: the value of `X-Amz-Date`.
    package let basicDateTime: String

    /// The last second that four digits of a year can express: 9999-12-31T23:59:59Z.
    package static let latestUnixSeconds: Int64 = 253_402_300_799

    /// Creates a time.
    ///
    /// - Parameter unixSeconds: Seconds since 1970-01-01T00:00:00Z, from 0 to ``latestUnixSeconds``.
    /// - Throws: ``SigV4Error/Code/invalidTime``; do not retry.
    package init(unixSeconds: Int64) throws(SigV4Error) {
        guard 0...Self.latestUnixSeconds ~= unixSeconds else {
            throw SigV4Error(.invalidTime, "The signing time lies before 1970 or after 9999. Check the clock.")
        }
        self.unixSeconds = unixSeconds
        let time = CivilTime(unixSeconds: unixSeconds)
        let date = (time.year * 100 + time.month) * 100 + time.day
        let clock = (time.hour * 100 + time.minute) * 100 + time.second
        basicDate = String(date)
        basicDateTime = String(unsafeUninitializedCapacity: 16) { text in
            text[8] = UInt8(ascii: "T")
            text[15] = UInt8(ascii: "Z")
            Self.write(date, to: text, 0..<8)
            Self.write(clock, to: text, 9..<15)
            return 16
        }
    }

    /// Writes the digits of a number, with zeros in front.
    private static func write(_ number: Int, to text: UnsafeMutableBufferPointer<UInt8>, _ range: Range<Int>) {
        var rest = number
        for index in range.reversed() {
            text[index] = UInt8(ascii: "0") + UInt8(rest % 10)
            rest /= 10
        }
    }

    /// Creates a time from a clock's reading, rounded down to the second.
    ///
    /// - Parameter seconds: Seconds since 1970-01-01T00:00:00Z, such as Foundation's `timeIntervalSince1970`.
    /// - Throws: ``SigV4Error/Code/invalidTime`` if it lies outside the range, is infinite or not a number; do not
    ///   retry.
    package init(secondsSince1970 seconds: Double) throws(SigV4Error) {
        // A number that no Int64 holds is as invalid as -1, and so is NaN.
        try self.init(unixSeconds: Int64(exactly: seconds.rounded(.down)) ?? -1)
    }

    /// Whole days since 1970-01-01.
    var day: Int64 { unixSeconds / 86_400 }
}
