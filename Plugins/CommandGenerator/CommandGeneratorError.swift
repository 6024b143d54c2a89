public import AuthTokens

/// Why a program brought no password.
///
/// It names the program, never its arguments, its output or its environment.
public struct CommandGeneratorError: AuditableError, Hashable, CustomStringConvertible {
    /// The kind of an error, open for more kinds later.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The kind's name, as it stands in the audit log.
        public let description: String

        private init(_ description: String) {
            self.description = description
        }

        /// There is no such program, or it may not be started; final.
        public static let cannotStart = Self("cannotStart")
        /// The program ended with a status other than 0; trying again may help.
        public static let failed = Self("failed")
        /// The program did not end in time; trying again may help.
        public static let timedOut = Self("timedOut")
        /// The program printed more than it may; final.
        public static let tooMuchOutput = Self("tooMuchOutput")
        /// The program printed no password, or its expiry is no time; final.
        public static let invalidOutput = Self("invalidOutput")
    }

    /// The kind of this error.
    public let code: Code
    /// What is wrong.
    public let description: String

    /// The code under which the audit log files it.
    public var auditCode: String { "CommandGeneratorError.\(code)" }

    init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}
