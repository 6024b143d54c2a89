#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// An entry of the operating system's user database (`getpwuid_r`).
package struct Account: Sendable, Hashable {
    /// The user's name, which need not be UTF-8.
    package let name: [UInt8]
    /// The path of the user's home directory, which need not be UTF-8.
    package let homeDirectory: [UInt8]

    /// The account of the effective user, or `nil` if the database has no entry for it, as in many containers.
    package static var current: Account? {
        // 16 KiB hold any entry of a local file; a directory service may need more.
        for capacity in [16 << 10, 1 << 20] {
            var entry = passwd()
            var found: UnsafeMutablePointer<passwd>?
            var buffer = [CChar](repeating: 0, count: capacity)
            let account: Account? = buffer.withUnsafeMutableBufferPointer { buffer in
                guard let start = buffer.baseAddress else { return nil }
                var failure: Int32
                repeat { failure = getpwuid_r(geteuid(), &entry, start, buffer.count, &found) } while failure == EINTR
                guard failure == 0, found != nil, let name = entry.pw_name, let home = entry.pw_dir else { return nil }
                return Account(name: bytes(name), homeDirectory: bytes(home))
            }
            if let account { return account }
        }
        return nil
    }

    private static func bytes(_ text: UnsafePointer<CChar>) -> [UInt8] {
        UnsafeBufferPointer(start: text, count: strlen(text)).map(UInt8.init(bitPattern:))
    }
}
