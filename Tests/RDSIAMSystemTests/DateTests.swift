import RDSIAMBasics
import RDSIAMSystem
import Testing

@Suite("Dates and durations", .timeLimit(.minutes(1)))
struct DateTests {
    @Test("dates of RFC 3339")
    func dates() {
        #expect(Date(rfc3339: "2026-01-02T03:04:05.5Z") == Date(timeIntervalSince1970: 1_767_323_045.5))
        #expect(Date(timeIntervalSince1970: 1_767_323_045.9).rfc3339 == "2026-01-02T03:04:05Z")
        #expect(Date(timeIntervalSince1970: -0.5).rfc3339 == "1969-12-31T23:59:59Z")
    }

    @Test("no date traps", arguments: [1e19, -1e19, .infinity, -.infinity, .nan, 1e308, .leastNonzeroMagnitude])
    func extremeDates(seconds: Double) {
        let text = Date(timeIntervalSince1970: seconds).rfc3339
        #expect(["9999-12-31T23:59:59Z", "-9999-01-01T00:00:00Z", "1970-01-01T00:00:00Z"].contains(text))
    }

    @Test(
        "no duration traps",
        arguments: [Duration.seconds(Int64.max) * 10, .seconds(Int64.min), .zero, .nanoseconds(1)]
    )
    func extremeDurations(duration: Duration) {
        #expect(duration.seconds.isFinite)
        #expect((duration.seconds > 0) == (duration > .zero))
    }

    @Test("milliseconds are whole, and no date traps", arguments: [1e19, -1e19, .infinity, -.infinity, .nan, 1e308])
    func milliseconds(seconds: Double) {
        let number = Date(timeIntervalSince1970: seconds).wholeUnixMilliseconds
        #expect([0, 253_402_300_799_000, -377_705_116_800_000].contains(number))
        #expect(Date(timeIntervalSince1970: 1_767_323_045.678).wholeUnixMilliseconds == 1_767_323_045_678)
    }
}
