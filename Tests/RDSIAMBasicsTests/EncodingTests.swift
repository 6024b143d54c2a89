import RDSIAMBasics
import RDSIAMHashing
import Testing

@Suite("Hexadecimal, percent-encoding and hashes", .timeLimit(.minutes(1)))
struct EncodingTests {
    @Test("every byte becomes two digits and back")
    func everyByte() {
        let bytes = (0...255).map(UInt8.init)
        let text = Hexadecimal.encode(bytes)
        #expect(text.hasPrefix("000102030405060708090a0b0c0d0e0f10"))
        #expect(text.hasSuffix("fdfeff"))
        #expect(Hexadecimal.decode(text) == bytes)
        #expect(Hexadecimal.decode(text.uppercased()) == bytes)
        #expect(Hexadecimal.encode(0x0123_4567_89AB_CDEF as UInt64) == "0123456789abcdef")
        #expect(Hexadecimal.encode([]) == "" && Hexadecimal.decode("") == [])
    }

    @Test("what is not pairs of digits is refused", arguments: ["a", "0g", "é0", "0x", " 00", "00\0"])
    func notHexadecimal(text: String) {
        #expect(Hexadecimal.decode(text) == nil)
    }

    @Test("every byte is encoded as RFC 3986 says")
    func percentEncoding() {
        let unreserved = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~".utf8)
        for byte in UInt8.min...UInt8.max {
            var output: [UInt8] = []
            PercentEncoding.append([byte], to: &output)
            let digits = Hexadecimal.encode([byte]).uppercased()
            #expect(output == (unreserved.contains(byte) ? [byte] : Array("%\(digits)".utf8)))
        }
        #expect(PercentEncoding.encode("/a b/\u{E9}\u{301}", keeping: [UInt8(ascii: "/")]) == "/a%20b/%C3%A9%CC%81")
    }

    @Test("an encoded text decodes to the same bytes", arguments: ["", "a b%", "\u{E9}e\u{301}", "\0\n~"])
    func percentDecoding(text: String) {
        #expect(PercentEncoding.decode(PercentEncoding.encode(text)) == Array(text.utf8))
    }

    @Test("a percent sign without two digits is refused", arguments: ["%", "%4", "%4g", "a%", "%%41", "%\u{661}1"])
    func badEscapes(text: String) {
        #expect(PercentEncoding.decode(text) == nil)
    }

    @Test("hashes are those of FIPS 180-4's examples")
    func hashes() throws {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        #expect(try SHA256Digest.hash("").hexadecimal == empty)
        #expect(try SHA256Digest.hash("abc").hexadecimal == abc)
        #expect(try SHA256Digest.hash(Array("abc".utf8)).bytes == Hexadecimal.decode(abc))
        var digest = try Array("ab".utf8).withUnsafeBytes { first in
            try Array("c".utf8).withUnsafeBytes { try SHA256Digest.hash(first, $0) }
        }
        #expect(try digest == SHA256Digest.hash("abc"))
        digest.wipe()
        #expect(digest.bytes == [UInt8](repeating: 0, count: 32))
    }

    @Test("a digest that is not written is an error")
    func unavailable() {
        #expect(throws: SHA256Digest.Unavailable.self) { try SHA256Digest { _ in 0 } }
    }
}
