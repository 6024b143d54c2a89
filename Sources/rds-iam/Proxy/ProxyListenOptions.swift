#if Command && Proxy
import ArgumentParser
import LoginProxy
import RDSIAMBasics
import RDSIAMSystem

/// Where clients reach the proxy, and what they have to prove there.
struct ProxyListenOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            Where clients connect: 127.0.0.1:5433, [::1]:5433, or a directory for a Unix socket. Once for each \
            CONNINFO, or once for the first, and the others follow on the next ports (default: sockets from port 5432 \
            on in rds-iam in $XDG_RUNTIME_DIR, or if that is not set, in rds-iam-UID in $TMPDIR or /tmp).
            """,
            valueName: "ADDRESS"
        )
    )
    var listen: [String] = []

    @Option(
        help: ArgumentHelp(
            """
            The file of the password that clients on TCP ports must know, or of its SCRAM verifier; mode 0600 \
            (default: a password is made and printed once).
            """,
            valueName: "PATH"
        ),
        completion: .file()
    )
    var passwordFile: String?

    @Flag(help: "Let every process of this machine log in through a loopback port, without a password.")
    var trustLocal = false

    @Option(
        help: ArgumentHelp("The certificate for clients that ask for TLS on TCP ports (PEM).", valueName: "PATH"),
        completion: .file()
    )
    var tlsCertificate: String?

    @Option(help: ArgumentHelp("The key of that certificate (PEM).", valueName: "PATH"), completion: .file())
    var tlsKey: String?

    func validate() throws {
        guard (tlsCertificate == nil) == (tlsKey == nil) else {
            throw ValidationError("--tls-certificate and --tls-key belong together. Give both or neither.")
        }
        guard passwordFile == nil || !trustLocal else {
            throw ValidationError("--trust-local asks for no password. Leave it or --password-file out.")
        }
    }

    /// Takes from the settings file what no option says of clients on TCP ports, if there are any.
    mutating func fillAccess(from settings: ProxySettings, for addresses: [LocalAddress]) {
        guard addresses.contains(where: { $0.socketPath == nil }) else { return }
        if passwordFile == nil, !trustLocal {
            (passwordFile, trustLocal) = (settings.passwordFile, settings.trustLocal ?? false)
        }
        if tlsCertificate == nil { (tlsCertificate, tlsKey) = (settings.tlsCertificate, settings.tlsKey) }
    }

    /// The addresses of this many servers, in their order.
    func addresses(count: Int) throws -> [LocalAddress] {
        let given = try listen.map { text in try Self.asUsage { try LocalAddress(parsing: text) } }
        let fixed = given.filter { $0.port != 0 }
        if let twin = fixed.indices.first(where: { fixed[..<$0].contains(fixed[$0]) }) {
            throw ValidationError("--listen \(fixed[twin]) is given twice. Give each server an address of its own.")
        }
        switch given.count {
        case 0:
            let directory = PrivateDirectory.standard(environment: ProcessInfo.processInfo.environment)
            let first = LocalAddress.unixSocket(directory: directory.path, port: LocalAddress.defaultPort)
            return try Self.addresses(from: first, count: count)
        case 1: return try Self.addresses(from: given[0], count: count)
        case count: return given
        default:
            throw ValidationError(
                "--listen is given \(given.count) times for \(count) servers. Give it once, or once for each."
            )
        }
    }

    private static func addresses(from first: LocalAddress, count: Int) throws -> [LocalAddress] {
        try (0..<count).map { index in
            guard let address = first.advanced(by: index) else {
                throw ValidationError(
                    "From \(first) on there are not enough ports for \(count) servers. Begin with a lower one."
                )
            }
            return address
        }
    }

    /// What clients have to prove at these addresses.
    func access(to addresses: [LocalAddress]) throws -> ProxyAccess {
        let ports = addresses.filter { $0.socketPath == nil }
        guard !ports.isEmpty || passwordFile == nil && !trustLocal && tlsCertificate == nil else {
            throw ValidationError("--password-file, --trust-local and --tls-certificate are for TCP ports alone.")
        }
        var access = ProxyAccess()
        if let tlsCertificate, let tlsKey {
            access.tls = LocalTLS(certificateChainFile: tlsCertificate, privateKeyFile: tlsKey)
        }
        if !ports.isEmpty, !trustLocal {
            let password = try passwordFile.map { try LocalPassword.file($0) } ?? .random()
            access.authentication = .password(password.verifier)
            access.newPassword = password.newText
        }
        for port in ports {
            try Self.asUsage { try port.check(access.authentication, hasTLS: access.tls != nil) }
        }
        return access
    }

    /// Runs what refuses an address of the command line.
    private static func asUsage<Value>(_ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch let error as LocalListenerError {
            throw ValidationError(error.message)
        }
    }
}

/// What clients on TCP ports have to prove.
struct ProxyAccess {
    var authentication = LocalAuthentication.trust
    var tls: LocalTLS?
    /// A password that was made for this run.
    var newPassword: String?

    /// A Unix socket checks the user of the process instead.
    func route(_ upstream: Upstream, _ address: LocalAddress) -> ProxyRoute {
        guard address.socketPath == nil else { return ProxyRoute(upstream: upstream, address: address) }
        return ProxyRoute(upstream: upstream, address: address, authentication: authentication, tls: tls)
    }
}
#endif
