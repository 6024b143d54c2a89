/// What a connection depends on beside its connection string: environment variables, files, the home folder, the user.
///
/// Nothing is read from the process unless ``process`` is asked for, so that a test can replay any machine.
public struct ConninfoEnvironment: Sendable {
    /// Environment variables by name, such as `PGHOST`; a value need not be UTF-8, and an empty one counts as set.
    public var variables: [String: [UInt8]]

    /// The folder that holds `.pg_service.conf` and `.pgpass`; nil if there is none.
    public var homeDirectory: [UInt8]?

    /// The name of the operating-system user, the default for `user`; nil if it is unknown.
    public var userName: [UInt8]? {
        get { user.name }
        set { user = .known(newValue) }
    }

    private var user: User

    /// Reads the service file and the password file.
    public var files: ConninfoFileReader

    /// The folder that holds `pg_service.conf` unless `PGSYSCONFDIR` is set: Debian's unless set.
    public var systemConfigurationDirectory = Array("/etc/postgresql-common".utf8)

    /// The folder of the Unix-domain socket used where no host is given: Debian's unless set.
    public var socketDirectory = Array("/var/run/postgresql".utf8)

    /// Creates an environment that holds only what is given.
    /// - Parameters:
    ///   - variables: environment variables by name.
    ///   - homeDirectory: the user's home folder.
    ///   - userName: the name of the operating-system user.
    ///   - files: reads the service file and the password file.
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

    /// An environment whose user is looked up each time somebody asks.
    init(variables: [String: [UInt8]], homeDirectory: [UInt8]?, user: User, files: ConninfoFileReader) {
        self.variables = variables
        self.homeDirectory = homeDirectory
        self.user = user
        self.files = files
    }

    /// Who the operating-system user is.
    enum User: Sendable {
        case known([UInt8]?)
        case lookedUp(@Sendable () -> [UInt8]?)

        var name: [UInt8]? {
            switch self {
            case .known(let name): name
            case .lookedUp(let look): look()
            }
        }
    }

    /// An environment without variables, files, home folder or user.
    public static let empty = ConninfoEnvironment()
}

extension ConninfoEnvironment: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The names of the variables, without their values: `PGPASSWORD` is a secret.
    public var description: String {
        "ConninfoEnvironment(variables: \(variables.keys.sorted()))"
    }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// Shows what ``description`` shows.
    public var customMirror: Mirror { Mirror(self, children: ["variables": variables.keys.sorted()]) }
}
