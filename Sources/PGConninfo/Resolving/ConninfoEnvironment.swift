import RDSIAMBasics

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// What a connection depends on beside its connection string: environment variables, files, the home directory, the
/// user.
///
/// Nothing is read from the process unless ``process`` is used, so that a test can replay any machine.
public struct ConninfoEnvironment: Sendable {
    /// Environment variables by name, such as `PGHOST`.
    ///
    /// A value need not be UTF-8, and an empty one counts as set.
    public var variables: [String: [UInt8]]

    /// The directory that holds `.pg_service.conf` and `.pgpass`, or `nil` if there is none.
    public var homeDirectory: [UInt8]?

    /// The name of the operating-system user, the default for `user`, or `nil` if it is unknown.
    public var userName: [UInt8]? {
        get { user.name }
        set { user = .known(newValue) }
    }

    private var user: User

    /// Reads the service file and the password file.
    public var files: ConninfoFileReader

    /// The directory that holds `pg_service.conf` if `PGSYSCONFDIR` is unset.
    ///
    /// The default is Debian's.
    var systemConfigurationDirectory = Array("/etc/postgresql-common".utf8)

    /// The directory of the Unix-domain socket that is used if no host is given.
    ///
    /// The default is Debian's.
    var socketDirectory = Array("/var/run/postgresql".utf8)

    /// Creates an environment that holds only the given values.
    /// - Parameters:
    ///   - variables: Environment variables by name.
    ///   - homeDirectory: The user's home directory.
    ///   - userName: The name of the operating-system user.
    ///   - files: Reads the service file and the password file.
    public init(
        variables: [String: String] = [:],
        homeDirectory: String? = nil,
        userName: String? = nil,
        files: ConninfoFileReader = .none
    ) {
        self.variables = variables.mapValues { Array($0.utf8) }
        self.homeDirectory = homeDirectory.map { Array($0.utf8) }
        self.user = .known(userName.map { Array($0.utf8) })
        self.files = files
    }

    private init(variables: [String: [UInt8]], homeDirectory: [UInt8]?, user: User, files: ConninfoFileReader) {
        self.variables = variables
        self.homeDirectory = homeDirectory
        self.user = user
        self.files = files
    }

    private enum User: Sendable {
        case known([UInt8]?)
        case lookedUp(@Sendable () -> [UInt8]?)

        var name: [UInt8]? {
            switch self {
            case .known(let name): name
            case .lookedUp(let look): look()
            }
        }
    }

    /// An environment without variables, files, home directory or user.
    public static let empty = ConninfoEnvironment()

    /// Returns the value of the variable with exactly this name.
    ///
    /// The keys of a dictionary are equal in the sense of Unicode, in which the Kelvin sign equals the letter K.
    func value(of name: String) -> [UInt8]? {
        guard let index = variables.index(forKey: name), variables[index].key.isBytewiseEqual(to: name) else {
            return nil
        }
        return variables[index].value
    }
}

extension ConninfoEnvironment {
    /// The environment of this process at this moment: the variables that libpq reads, user, home directory and files.
    public static var process: ConninfoEnvironment {
        var variables: [String: [UInt8]] = [:]
        for name in variableNames {
            if let value = variable(name) { variables[name.description] = value }
        }
        let home = variable("HOME").flatMap { $0.isEmpty ? nil : $0 } ?? Account.current?.homeDirectory
        let user = User.lookedUp { Account.current?.name }
        return ConninfoEnvironment(variables: variables, homeDirectory: home, user: user, files: .fileSystem)
    }

    /// `PGSERVICEFILE` is among the keywords' variables: libpq 19 sets a keyword from it, and older versions read it
    /// too.
    private static let variableNames = KeywordDefaults.variables + ["PGREQUIRESSL", "PGSYSCONFDIR"]

    private static func variable(_ name: StaticString) -> [UInt8]? {
        // A static string ends with a NUL. To convert a String into a C string would cost more than the look-up.
        guard let value = getenv(UnsafeRawPointer(name.utf8Start).assumingMemoryBound(to: CChar.self)) else {
            return nil
        }
        return UnsafeBufferPointer(start: value, count: strlen(value)).map(UInt8.init(bitPattern:))
    }
}

extension ConninfoEnvironment: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The names of the variables without their values, because `PGPASSWORD` is a secret.
    public var description: String {
        "ConninfoEnvironment(variables: \(variables.keys.sorted()))"
    }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// Shows what ``description`` shows.
    public var customMirror: Mirror { Mirror(self, children: ["variables": variables.keys.sorted()]) }
}
