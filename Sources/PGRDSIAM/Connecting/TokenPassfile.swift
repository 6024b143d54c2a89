import CLibpq
import RDSIAMBasics
import RDSIAMSystem

/// A password file (libpq, "The Password File") with a token for each server, which no disk holds and no other user can read.
///
/// libpq takes one password for all servers; only in a password file can each have its own. It reads the file while it begins to
/// connect, so the file need not live longer than that. Linux alone has such files.
final class TokenPassfile {
    private let descriptor: Int32

    /// Writes the lines.
    ///
    /// - Throws: ``PGRDSIAMError`` where the operating system has no such files or gives none, or a token holds a line end.
    init(_ tokens: [(host: Host, token: String)]) throws(PGRDSIAMError) {
        descriptor = try Self.open()
        for (host, token) in tokens {
            guard !token.utf8.contains(where: { $0 == 0x0A || $0 == 0x0D || $0 == 0 }) else {
                throw PGRDSIAMError.lineInToken
            }
            try append(Self.line(host, token))
        }
    }

    deinit { close(descriptor) }

    /// The name under which this process, and no other, can open the file.
    var path: String { "/proc/self/fd/\(descriptor)" }

    private static func open() throws(PGRDSIAMError) -> Int32 {
        #if os(Linux)
        let file = rdsiam_memory_file()
        guard file >= 0 else { throw PGRDSIAMError.system("memfd_create", errno) }
        return file
        #else
        throw PGRDSIAMError.oneHostHere
        #endif
    }

    private static func line(_ host: Host, _ token: String) -> String {
        let name = host.name.isEmpty ? host.address : host.name
        return [escaped(name), host.port, "*", "*", escaped(token)].joined(separator: ":") + "\n"
    }

    private static func escaped(_ field: String) -> String {
        field.replacingBytes("\\", with: "\\\\").replacingBytes(":", with: "\\:")
    }

    private func append(_ line: String) throws(PGRDSIAMError) {
        var rest = Array(line.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 || errno == EINTR else { throw PGRDSIAMError.system("write", errno) }
            rest = rest.dropFirst(max(count, 0))
        }
    }
}
