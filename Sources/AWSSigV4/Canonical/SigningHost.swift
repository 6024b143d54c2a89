/// The rule for hosts: they stand in a header and in a token as they are, so they hold nothing that means something there.
enum SigningHost {
    static func check(_ host: UnsafeBufferPointer<UInt8>) throws(SigV4Error) {
        guard ASCIIClass.isHost(host) else {
            throw SigV4Error(
                .invalidHost,
                "the host is empty or holds something other than letters, digits, '-', '.', '_' and, for IPv6, '[', ']' and ':'"
            )
        }
    }
}
