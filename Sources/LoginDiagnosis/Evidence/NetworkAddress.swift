import RDSIAMBasics
import RDSIAMSystem

/// A numeric address, in as far as it tells where a database may be.
package struct NetworkAddress: Sendable {
    /// The address as the operating system writes it.
    private let text: String

    /// Reads an address in any form that libpq's `hostaddr` takes, or returns `nil` for a name.
    package init?(_ text: String) {
        guard !text.isEmpty, let canonical = HostLookup.canonicalAddress(text) else { return nil }
        self.text = canonical.hasBytePrefix("::ffff:") ? canonical.replacingBytes("::ffff:", with: "") : canonical
    }

    /// Whether packets to it never leave this machine: 127.0.0.0/8 and ::1.
    package var isLoopback: Bool { text.hasBytePrefix("127.") || text.isBytewiseEqual(to: "::1") }

    /// Whether it is one of those that only a private network reaches (RFC 1918, RFC 6598, RFC 3927, RFC 4193).
    package var isPrivate: Bool {
        let parts = text.splitBytes(separator: ".").compactMap { Int($0) }
        guard parts.count == 4 else {
            return ["fc", "fd", "fe8", "fe9", "fea", "feb"].contains { text.hasBytePrefix($0) }
        }
        return switch (parts[0], parts[1]) {
        case (10, _), (172, 16...31), (192, 168), (100, 64...127), (169, 254): true
        default: false
        }
    }
}
