import RDSIAMSystem
import Testing

@Suite("The end of a credential or a password", .timeLimit(.minutes(1)))
struct ExpirationTests {
    @Test(
        "is read in the forms of ISO 8601 that have a zone",
        arguments: [
            "2023-11-14T22:13:20Z", "2023-11-14t22:13:20z", "2023-11-14 22:13:20 UTC", "20231114T221320Z",
            "2023-11-14T23:13:20+01:00", "2023-11-14T23:13:20+0100", "2023-11-14T23:13:20+01", "20231114T171320-0500",
            " 2023-11-14T22:13:20.000Z\n", "2023-11-14T22:13:20,0 gmt",
        ]
    )
    func text(text: String) {
        #expect(Expiration.date(text)?.timeIntervalSince1970 == 1_700_000_000)
        #expect(Expiration.date(JSONValue.string(text))?.timeIntervalSince1970 == 1_700_000_000)
    }

    @Test(
        "is none without a zone, or if no calendar has it",
        arguments: [
            "", "2023-11-14T22:13:20", "2023-11-14", "2023-02-30T00:00:00Z", "2023-11-14T22:13:20Zz",
            "2023-1\u{301}1-14T22:13:20Z", "2023-11-14T22:13:20.Z", "soon", "2023-11-14T22:13:20+1:00",
        ]
    )
    func noText(text: String) { #expect(Expiration.date(text) == nil) }

    @Test("is a count of seconds, or of milliseconds if it is that large")
    func counts() {
        #expect(Expiration.date(JSONValue.integer(1_700_000_000))?.timeIntervalSince1970 == 1_700_000_000)
        #expect(Expiration.date(JSONValue.string("1700000000.5"))?.timeIntervalSince1970 == 1_700_000_000.5)
        #expect(Expiration.date(JSONValue.integer(1_700_000_000_500))?.timeIntervalSince1970 == 1_700_000_000.5)
        #expect(Expiration.date(JSONValue.number(99_999_999_999))?.timeIntervalSince1970 == 99_999_999_999)
        #expect(Expiration.date(JSONValue.number(100_000_000_000))?.timeIntervalSince1970 == 100_000_000)
    }

    @Test("is no count that no calendar has", arguments: ["1e19", "-1e300", "nan", "inf", "-inf", "0x1p200"])
    func noCount(text: String) { #expect(Expiration.date(JSONValue.string(text)) == nil) }
}
