import AuthTokens
import RDSIAMSystem

/// Who did it: the operating system's view of the process that wrote an event.
public struct AuditActor: Sendable, Hashable {
    /// The operating system user's name.
    public var user: String
    /// The operating system user's number.
    public var userID: Int64
    /// The process's number.
    public var processID: Int64
    /// The program's file name, without its directory.
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

    /// A process for which this one logs in.
    init(_ process: TokenEvent.LocalProcess, on host: String) {
        self.init(
            user: process.user,
            userID: process.userID,
            processID: process.processID,
            program: process.program,
            host: host
        )
    }

    /// This process.
    public static var current: AuditActor {
        AuditActor(
            user: Account.current.map { String(decoding: $0.name, as: UTF8.self) } ?? String(geteuid()),
            userID: Int64(geteuid()),
            processID: Int64(getpid()),
            program: programName(),
            host: hostName() ?? "unknown"
        )
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
        return path.splitBytes(separator: "/").last ?? "unknown"
    }
}

extension AuditActor {
    private var texts: [ByteText] { [user, program, host].map { ByteText($0) } }

    /// Returns whether the numbers are equal and the texts consist of the same bytes.
    public static func == (left: Self, right: Self) -> Bool {
        left.userID == right.userID && left.processID == right.processID && left.texts == right.texts
    }

    /// Hashes the numbers and the texts' bytes.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(userID)
        hasher.combine(processID)
        hasher.combine(texts)
    }
}
