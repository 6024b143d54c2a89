#if Proxy
import LoginProxy
import Testing

@Suite("Errors for clients", .timeLimit(.minutes(1)))
struct ClientErrorTests {
    @Test("All fields are written, each ended by a NUL, with a length that counts itself")
    func fields() {
        let bytes = ClientError("57P03", "m", detail: "d", hint: "h").encoded
        #expect(bytes == Array("E".utf8) + [0, 0, 0, 35] + Array("SFATAL\0VFATAL\0C57P03\0Mm\0Dd\0Hh\0\0".utf8))
    }

    @Test("A NUL in a text does not end the field")
    func nul() {
        #expect(ClientError("08006", "a\0b").encoded == ClientError("08006", "ab").encoded)
    }
}
#endif
