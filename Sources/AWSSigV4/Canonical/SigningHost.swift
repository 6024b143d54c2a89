/// The rule for hosts: they stand in a header and in a token as they are, so they hold no delimiter.
enum SigningHost {
    /// Printable ASCII that has no meaning of its own in a URL or a header; brackets and colons for IPv6 and ports.
    private static let allowed: [Bool] = (0...255).map { byte in
        let byte = UInt8(byte)
        return byte > 0x20 && byte < 0x7F && !"/?#@\\\"<>%&='`{}|^,;".utf8.contains(byte)
    }

    static func check(_ host: String) throws(SigV4Error) {
        let isValid = host.withUTF8Bytes { bytes in
            Self.allowed.withUnsafeBufferPointer { allowed in
                !bytes.isEmpty && bytes.allSatisfy { allowed[Int($0)] }
            }
        }
        guard isValid else {
            throw SigV4Error(
                .invalidHost,
                "the host is empty or holds a control character, a space, a delimiter or a letter outside ASCII"
            )
        }
    }
}
