import RDSIAMBasics
import Testing

@Suite("Dates", .timeLimit(.minutes(1)))
struct CivilTimeTests {
    @Test(
        "known moments",
        arguments: [
            (0, "1970-01-01T00:00:00Z"), (951_782_399, "2000-02-28T23:59:59Z"), (951_782_400, "2000-02-29T00:00:00Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"), (253_402_300_799, "9999-12-31T23:59:59Z"),
            (-1, "1969-12-31T23:59:59Z"), (-62_135_596_800, "0001-01-01T00:00:00Z"),
        ] as [(Int64, String)]
    )
    func knownMoments(seconds: Int64, text: String) {
        #expect(CivilTime(unixSeconds: seconds).rfc3339 == text)
        #expect(RFC3339Time(text)?.unixSeconds == seconds)
        #expect(CivilTime(unixSeconds: seconds).unixSeconds == seconds)
    }

    @Test("every day of 1,000 years comes back, one after the other")
    func everyDay() {
        var previous = CivilTime(unixSeconds: -1)
        for day in 0..<365_243 {
            let time = CivilTime(unixSeconds: Int64(day) * 86_400)
            #expect(time.unixSeconds == Int64(day) * 86_400)
            let isNextDay = time.day == previous.day + 1 && time.month == previous.month && time.year == previous.year
            let isNextMonth = time.day == 1 && time.month == previous.month + 1 && time.year == previous.year
            let isNextYear = time.day == 1 && time.month == 1 && time.year == previous.year + 1
            if !(isNextDay || isNextMonth || isNextYear) {
                Issue.record("\(previous.rfc3339) is followed by \(time.rfc3339)")
            }
            previous = time
        }
        #expect(previous.rfc3339 == "2969-12-31T00:00:00Z")
    }

    @Test("what no four digits can express counts as the nearest end", arguments: [Int64.min, .max])
    func ends(seconds: Int64) {
        let time = CivilTime(unixSeconds: seconds)
        #expect(time.rfc3339 == (seconds < 0 ? "-9999-01-01T00:00:00Z" : "9999-12-31T23:59:59Z"))
    }

    @Test("fractions and offsets")
    func fractionsAndOffsets() {
        #expect(RFC3339Time("2026-01-02T03:04:05.25Z")?.fraction == 0.25)
        #expect(
            RFC3339Time("2026-01-02t05:34:05+02:30")?.unixSeconds == RFC3339Time("2026-01-02 03:04:05z")?.unixSeconds
        )
        #expect(
            RFC3339Time("2026-01-01T22:04:05-05:00")?.unixSeconds == RFC3339Time("2026-01-02T03:04:05Z")?.unixSeconds
        )
        let nines = String(repeating: "9", count: 400)
        #expect(RFC3339Time("2026-01-02T03:04:05.\(nines)Z").map { $0.fraction < 1 } == true)
    }

    @Test(
        "what is no time in RFC 3339 is refused",
        arguments: [
            "", "2026", "2026-01-02", "2026-13-02T03:04:05Z", "2026-02-29T03:04:05Z", "2026-01-02T24:04:05Z",
            "2026-01-02T03:60:05Z", "2026-01-02T03:04:05", "2026-01-02T03:04:05.Z", "2026-01-02T03:04:05Z ",
            "2026-01-02T03:04:05+24:00", "+026-01-02T03:04:05Z", "２026-01-02T03:04:05Z", "1768000000",
            "2026-01-02T03:04:05Z\0",
        ]
    )
    func refused(text: String) {
        #expect(RFC3339Time(text) == nil)
    }

    @Test(
        "29 February exists in leap years alone",
        arguments: [(2000, true), (1900, false), (2024, true), (2026, false)]
    )
    func leapDays(year: Int, exists: Bool) {
        #expect((CivilTime(year: year, month: 2, day: 29) != nil) == exists)
    }
}
