import RDSIAMSystem
import Synchronization

/// One walk along the servers of a login, until one lets the user in.
///
/// libpq cannot look names up without blocking, does not limit the time of a login that does not block, and takes one
/// password for all servers. So each address is an attempt of its own here. Which failure ends the walk is libpq's
/// rule: a server that answered with a refusal does, one that cannot be reached or is not suitable does not.
struct ServerWalk: Sendable {
    /// Logs in with a connection string, as a rule.
    typealias Attempt = @Sendable (LoginAttempt.Requirements) async throws -> PGConnection.Facts

    let login: PGLogin
    var names = HostLookup.shared
    let attempt: Attempt

    /// Returns when a server has let the user in.
    ///
    /// - Throws: The failure that ended the walk, or the last one, with those before it.
    func run() async throws -> PGConnection.Facts {
        let list = try ServerList(login)
        var failures: [any Error] = []
        for round in list.rounds {
            // With no server named, libpq finds its own default, which is a Unix-domain socket.
            for server in list.servers.isEmpty ? [nil] : list.inOrder.map(Optional.some) {
                let visit = Visit(walk: self, list: list, round: round, server: server)
                do {
                    var facts = try await visit.run()
                    facts.earlierFailures = failures + facts.earlierFailures
                    return facts
                } catch {
                    try Task.checkCancellation()
                    guard visit.allowsNextServer else { throw Self.summary(failures, error) }
                    failures.append(error)
                }
            }
        }
        throw Self.summary(failures.dropLast(), failures.last ?? PGError.closed)
    }

    private static func summary(_ earlier: [any Error], _ last: any Error) -> any Error {
        guard var error = last as? PGError else { return last }
        error.earlierFailures = earlier + error.earlierFailures
        return error
    }
}

/// The attempts to log in to one server, address by address.
private final class Visit: Sendable {
    private let walk: ServerWalk
    private let list: ServerList
    private let round: ServerList.Round
    private let server: PGEndpoint?
    /// The last attempt's failure, unless the authenticator failed before there was one.
    private let failure = Mutex<(any Error)?>(nil)

    init(walk: ServerWalk, list: ServerList, round: ServerList.Round, server: PGEndpoint?) {
        self.walk = walk
        self.list = list
        self.round = round
        self.server = server
    }

    /// Whether libpq would go on with the next server: also if there was no password for this one.
    var allowsNextServer: Bool {
        guard let failure = failure.withLock({ $0 }) else { return true }
        return (failure as? PGError)?.allowsNextServer ?? false
    }

    func run() async throws -> PGConnection.Facts {
        guard let authenticator = walk.login.authenticator, let server else { return try await logIn(nil) }
        return try await authenticator(server) { try await self.logIn($0) }
    }

    private func logIn(_ credential: PGLogin.Credential?) async throws -> PGConnection.Facts {
        do {
            return try await tryAddresses(credential)
        } catch {
            failure.withLock { $0 = error }
            throw error
        }
    }

    private func tryAddresses(_ credential: PGLogin.Credential?) async throws -> PGConnection.Facts {
        guard let server else { return try await walk.attempt(requirements(nil, credential)) }
        var addresses = try await server.lookedUp(with: walk.names, within: list.timeout)
        if list.isShuffled { addresses.shuffle() }
        var failures: [any Error] = []
        for address in addresses {
            do {
                var facts = try await walk.attempt(requirements(address, credential))
                facts.earlierFailures = failures
                return facts
            } catch var error as PGError {
                error.earlierFailures = failures
                guard error.allowsNextServer, address != addresses.last else { throw error }
                failures.append(error)
            }
        }
        throw PGError.closed
    }

    private func requirements(
        _ endpoint: PGEndpoint?,
        _ credential: PGLogin.Credential?
    ) throws(PGError) -> LoginAttempt.Requirements {
        var replacements: [PGLogin.Parameter] = []
        if let attributes = round.sessionAttributes {
            replacements.append(PGLogin.Parameter("target_session_attrs", attributes.utf8))
        }
        if let credential {
            replacements.append(PGLogin.Parameter("password", credential.password.utf8))
            if let user = credential.user { replacements.append(PGLogin.Parameter("user", user.utf8)) }
        }
        let password =
            credential.map(\.password) ?? walk.login.value("password").map { String(decoding: $0, as: UTF8.self) }
        return LoginAttempt.Requirements(
            conninfo: try walk.login.conninfo(dialing: endpoint, replacing: replacements),
            endpoint: endpoint,
            timeout: list.timeout,
            requiresTLS: walk.login.requiresTLS,
            requiresPassword: walk.login.requiresPassword,
            isSelective: list.isSelective,
            secrets: [password].compactMap { $0 }
        )
    }
}
