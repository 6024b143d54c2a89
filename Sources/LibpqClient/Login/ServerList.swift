import CLibpq
import RDSIAMBasics
import RDSIAMSystem

/// The servers that a login may try, in order, and how: what libpq decides for itself if it may block.
struct ServerList {
    /// One round along the servers.
    struct Round {
        /// What to ask of a server (libpq, `target_session_attrs`), or `nil` for what the parameters say.
        let sessionAttributes: String?
    }

    /// The servers; empty if libpq is to find its own default.
    let servers: [PGEndpoint]
    let rounds: [Round]
    /// How long each address of a server may take; `nil` for no limit.
    let timeout: Duration?
    /// Whether to try servers and addresses in random order.
    let isShuffled: Bool
    /// Whether `target_session_attrs` excludes some servers.
    let isSelective: Bool

    private static let keywords = [
        "host", "hostaddr", "port", "target_session_attrs", "load_balance_hosts", "connect_timeout",
    ]

    /// - Throws: ``PGError`` with the code `invalidParameter` for values that libpq would refuse.
    init(_ login: PGLogin) throws(PGError) {
        let defaults = PGLogin.defaults(of: Self.keywords.filter { login.value($0) == nil })
        func text(_ keyword: String) throws(PGError) -> String { try login.text(keyword, defaults) ?? "" }
        let attributes = try text("target_session_attrs")
        isSelective = !["", "any"].contains(attributes)
        rounds =
            attributes == "prefer-standby"
            ? [Round(sessionAttributes: "standby"), Round(sessionAttributes: "any")] : [Round(sessionAttributes: nil)]
        isShuffled = try text("load_balance_hosts") == "random"
        timeout = try Self.timeout(text("connect_timeout"))
        if let servers = login.servers {
            self.servers = servers
        } else if login.value("service") != nil {
            servers = []
        } else if let host = try? text("host"), let address = try? text("hostaddr"), let port = try? text("port") {
            servers = try Self.servers(host, address, port)
        } else {
            // libpq may know what to do with a name that is not text.
            servers = []
        }
    }

    /// The servers in the order of this login.
    var inOrder: [PGEndpoint] { isShuffled ? servers.shuffled() : servers }

    /// libpq raises 1 second to 2 before version 17, as it counts whole seconds.
    private static func timeout(_ text: String) throws(PGError) -> Duration? {
        let digits = text.trimmingASCIISpace()
        guard !digits.isEmpty else { return nil }
        guard let seconds = Int32(digits) else { throw PGError.invalidTimeout }
        guard seconds > 0 else { return nil }
        return .seconds(seconds == 1 && PQlibVersion() < 170_000 ? 2 : seconds)
    }

    private static func servers(_ host: String, _ address: String, _ port: String) throws(PGError) -> [PGEndpoint] {
        guard !(host + address).isEmpty else { return [] }
        let (hosts, addresses, ports) = (list(host), list(address), list(port))
        let count = address.isEmpty ? hosts.count : addresses.count
        guard host.isEmpty || hosts.count == count else { throw PGError.listsDiffer("hosts", hosts.count, count) }
        guard ports.count == 1 || ports.count == count else { throw PGError.listsDiffer("ports", ports.count, count) }
        return (0..<count).map { index in
            let port = ports[ports.count == 1 ? 0 : index]
            return PGEndpoint(
                host: host.isEmpty ? "" : hosts[index],
                address: address.isEmpty ? "" : addresses[index],
                port: port.isEmpty ? "5432" : port
            )
        }
    }

    private static func list(_ text: String) -> [String] {
        text.splitBytes(separator: ",", omittingEmptySubsequences: false)
    }
}

extension PGError {
    fileprivate static let invalidTimeout = PGError(
        .invalidParameter,
        "The value of connect_timeout is not a whole number of seconds. Set it to one, such as 10."
    )

    fileprivate static func listsDiffer(_ what: String, _ count: Int, _ servers: Int) -> PGError {
        PGError(.invalidParameter, "There are \(count) \(what) for \(servers) servers. Name as many of each.")
    }
}
