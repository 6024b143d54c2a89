#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Reads up to 64 kB of a descriptor, past interruptions.
///
/// - Returns: The bytes, empty at the end; nil where it fails, with the reason in `errno`.
func readChunk(of file: Int32) -> [UInt8]? {
    var hasFailed = false
    let chunk = [UInt8](unsafeUninitializedCapacity: 65_536) { buffer, count in
        var got: Int
        repeat { got = read(file, buffer.baseAddress, buffer.count) } while got < 0 && errno == EINTR
        hasFailed = got < 0
        count = max(got, 0)
    }
    return hasFailed ? nil : chunk
}
