import PGConninfo
import PGRDSIAM
import Testing

@Suite("connect_timeout", .timeLimit(.minutes(1)))
struct ConnectTimeoutTests {
    @Test(
        "that is not a number is refused before anything is sent, with a token and without",
        arguments: ["10s", "abc", "99999999999", "1.5", "0x10", "''", "１０"],
        ["", "aws_rds_iam_auth_token_generator=default"]
    )
    func refused(value: String, generator: String) async {
        // Port 1 is closed: an error of the connection would have another type.
        let conninfo = "host=127.0.0.1 port=1 user=u connect_timeout=\(value) \(generator)"
        let error = await #expect(throws: ConninfoError.self) { try await RDSIAM.connect(conninfo) }
        #expect(error?.code == .invalidInteger)
        #expect(error?.keyword == "connect_timeout")
        #expect(error?.isRetryable == false)
    }

    @Test("that is a number is taken as libpq takes it", arguments: ["' 10 '", "0", "-1", "2147483647"])
    func accepted(value: String) async {
        let conninfo = "host=127.0.0.1 port=1 user=u connect_timeout=\(value)"
        let error = await #expect(throws: RDSIAMError.self) { try await RDSIAM.connect(conninfo) }
        #expect(error?.code == .connectionFailed)
        #expect(error?.isRetryable == true)
    }
}
