#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Who did it: the operating system's view of the process that wrote an event.
public struct AuditActor: Sendable, Hashable {
    /// The operating system user's name.
    public var user: String
    /// The operating system user's number.
    public var userID: Int64
    /// The process's number.
    public var processID: Int64
    /// The program's file name, without its folder.
    public var program: String
    /// The machine's name.
    public var host: String

    /// Creates an actor.
    ///
    /// - Parameters:
    ///   - user: The operating system user's name.
    ///   - userID: The operating system user's number.
    ///   - processID: The process's number.
    ///   - program: The program's file name.
    ///   - host: The machine's name.
    public init(user: String, userID: Int64, processID: Int64, program: String, host: String) {
        self.user = user
        self.userID = userID
        self.processID = processID
        self.program = program
        self.host = host
    }

    /// This process.
    public static var current: AuditActor {
        AuditActor(
            user: userName() ?? String(geteuid()),
            userID: Int64(geteuid()),
            processID: Int64(getpid()),
            program: programName(),
            host: hostName() ?? "unknown"
        )
    }

    private static func userName() -> String? {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 16384) { space in
            var entry = passwd()
            var found: UnsafeMutablePointer<passwd>?
            guard let buffer = space.baseAddress,
                getpwuid_r(geteuid(), &entry, buffer, space.count, &found) == 0,
                let name = found?.pointee.pw_name
            else { return nil }
            return String(cString: name)
        }
    }

    private static func hostName() -> String? {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { space in
            space.initialize(repeating: 0)
            // The last byte stays zero: a name that is too long is cut without one.
            guard let buffer = space.baseAddress, gethostname(buffer, space.count - 1) == 0 else {
                return nil
            }
            return String(cString: buffer)
        }
    }

    private static func programName() -> String {
        let path = CommandLine.arguments.first ?? ""
        return path.split(separator: "/").last.map(String.init) ?? "unknown"
    }
}
