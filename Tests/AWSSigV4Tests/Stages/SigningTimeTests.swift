import AWSSigV4
import Foundation
import Testing

@Suite(.timeLimit(.minutes(5)))
struct SigningTimeTests {
    private static let utc: Calendar = {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        return calendar
    }()

    private static let foundation = Date.ISO8601FormatStyle(
        dateSeparator: .omitted,
        dateTimeSeparator: .standard,
        timeSeparator: .omitted,
        timeZone: .gmt
    )

    /// Foundation says when each month begins; within a month the days count up.
    @Test func everyDayFrom1970To9999IsFoundationsDay() throws {
        var day: Int64 = 0
        var start = try #require(Self.utc.date(from: DateComponents(year: 1970, month: 1, day: 1)))
        for month in 1...(8_030 * 12) {
            let next = try #require(
                Self.utc.date(from: DateComponents(year: 1970 + month / 12, month: month % 12 + 1, day: 1))
            )
            let length = Int(next.timeIntervalSince(start)) / 86_400
            let prefix = ((1970 + (month - 1) / 12) * 100 + (month - 1) % 12 + 1) * 100
            for dayOfMonth in 1...length {
                let text = try SigningTime(unixSeconds: day * 86_400 + day % 86_400).basicDate
                if Int(text) != prefix + dayOfMonth { Issue.record("day \(day) is written \(text)") }
                day += 1
            }
            start = next
        }
        #expect((day - 1) * 86_400 + 86_399 == SigningTime.latestUnixSeconds)
    }

    @Test func everySecondOfALeapDayIsFoundationsSecond() throws {
        let start: Int64 = 1_709_164_800  // 2024-02-29
        for second in start..<(start + 86_400) {
            let text = try SigningTime(unixSeconds: second).basicDateTime
            let expected = Date(timeIntervalSince1970: TimeInterval(second)).formatted(Self.foundation)
            if text != expected { Issue.record("second \(second) is written \(text)") }
        }
    }

    @Test func randomSecondsAreFoundationsSeconds() throws {
        var state: UInt64 = 0x5EED
        for _ in 0..<50_000 {
            // A linear congruence (Knuth, MMIX): the same seconds at every run.
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let second = Int64(state >> 11) % (SigningTime.latestUnixSeconds + 1)
            let text = try SigningTime(unixSeconds: second).basicDateTime
            let expected = Date(timeIntervalSince1970: TimeInterval(second)).formatted(Self.foundation)
            if text != expected { Issue.record("second \(second) is written \(text)") }
        }
    }

    @Test(arguments: [
        (0, "19700101T000000Z"), (951_782_399, "20000228T235959Z"), (951_782_400, "20000229T000000Z"),
        (4_107_542_399, "21000228T235959Z"), (4_107_542_400, "21000301T000000Z"),
        (253_402_300_799, "99991231T235959Z"),
    ])
    func edgesAreWrittenInFull(second: Int64, text: String) throws {
        #expect(try SigningTime(unixSeconds: second).basicDateTime == text)
        #expect(try SigningTime(unixSeconds: second).basicDate == String(text.prefix(8)))
    }

    @Test(arguments: [-1, .min, SigningTime.latestUnixSeconds + 1, .max])
    func otherTimesAreRefused(second: Int64) {
        #expect(throws: SigV4Error.self) { try SigningTime(unixSeconds: second) }
    }

    @Test(
        arguments: [
            (0, 0), (0.999, 0), (1_767_225_600.5, 1_767_225_600), (253_402_300_799.5, 253_402_300_799),
        ] as [(Double, Int64)]
    )
    func aClocksReadingIsRoundedDown(seconds: Double, second: Int64) throws {
        #expect(try SigningTime(secondsSince1970: seconds).unixSeconds == second)
    }

    @Test(arguments: [
        -0.001, -1, 253_402_300_800, 1e19, -1e19, 9.3e18, .greatestFiniteMagnitude, .infinity, -.infinity, .nan,
        .signalingNaN,
    ])
    func aClocksReadingOutsideTheRangeIsRefused(seconds: Double) throws {
        let error = try #require(throws: SigV4Error.self) { try SigningTime(secondsSince1970: seconds) }
        #expect(error.code == .invalidTime)
    }
}
