import RDSIAMSystem

/// A numeric address of either family.
struct IPAddress: Sendable, Hashable {
    private var bytes: [UInt8]

    /// Parses a numeric address, or returns `nil` if the text is anything else, a name included.
    init?(_ text: String) {
        // The C function would stop at a NUL.
        guard !text.utf8.contains(0) else { return nil }
        var four = [UInt8](repeating: 0, count: 4)
        var sixteen = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET, text, &four) == 1 {
            bytes = four
        } else if inet_pton(AF_INET6, text, &sixteen) == 1 {
            bytes = sixteen
        } else {
            return nil
        }
    }

    /// Whether so many first bits are the same; never across families.
    func shares(_ bits: Int, with other: IPAddress) -> Bool {
        guard bytes.count == other.bytes.count else { return false }
        return (0..<min(bits, bytes.count * 8)).allSatisfy { bit in
            (bytes[bit / 8] ^ other.bytes[bit / 8]) & (0x80 >> (bit % 8)) == 0
        }
    }

    /// 127.0.0.0/8 or ::1.
    var isLoopback: Bool {
        bytes.count == 4 ? bytes[0] == 127 : bytes == [UInt8](repeating: 0, count: 15) + [1]
    }

    /// 169.254.0.0/16, fe80::/10, or the range of the AWS metadata endpoints, fd00:ec2::/32.
    var isLinkLocal: Bool {
        if bytes.count == 4 { return bytes[0] == 169 && bytes[1] == 254 }
        return bytes[0] == 0xFE && bytes[1] & 0xC0 == 0x80 || bytes.starts(with: [0xFD, 0x00, 0x0E, 0xC2])
    }
}
