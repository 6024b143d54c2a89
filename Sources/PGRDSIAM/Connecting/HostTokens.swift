import AuthTokens
import PGConninfo
import RDSIAMSystem

/// A token for each server of a connection string.
struct HostTokens: Sendable {
    let all: [(host: Host, issued: IssuedToken)]

    /// Asks for them, one after another; servers with the same name and port share one.
    init(_ login: TokenLogin, from issuer: TokenIssuer) async throws {
        if login.hosts.count == 1, let host = login.hosts.first {
            all = [(host, try await issuer.token(from: login.generator, for: host.request))]
            return
        }
        var known: [AuthTokenRequest: IssuedToken] = [:]
        var all: [(Host, IssuedToken)] = []
        for host in login.hosts {
            if known[host.request] == nil {
                known[host.request] = try await issuer.token(from: login.generator, for: host.request)
            }
            if let issued = known[host.request] { all.append((host, issued)) }
        }
        self.all = all
    }

    /// What no error may repeat.
    var secrets: [String] { all.map(\.issued.token.value) }

    /// The one token that is for all of them; nil where they differ.
    var common: AuthToken? {
        guard let first = all.first?.issued.token,
            all.allSatisfy({ $0.issued.token.value.isBytewiseEqual(to: first.value) })
        else {
            return nil
        }
        return first
    }

    /// The lines of a password file: a token for each server.
    var lines: [(host: Host, token: String)] { all.map { ($0.host, $0.issued.token.value) } }

    /// The user to log in as, where the provider chooses the user.
    var user: String? { all.lazy.compactMap(\.issued.token.user).first }

    /// The token that logged in.
    func used(on facts: PGConnection.Facts) -> [IssuedToken] {
        if all.count == 1 { return all.map(\.issued) }
        return unique(all.filter { $0.host.place.endpoint.isBytewiseEqual(to: facts.endpoint) })
    }

    /// The tokens an error is about: that of the server it names, or all.
    func concerned(by error: any Error) -> [IssuedToken] {
        let endpoint = (error as? PGRDSIAMError)?.endpoint
        let named = all.filter { token in endpoint.map(token.host.place.endpoint.isBytewiseEqual) ?? false }
        return unique(named.isEmpty ? all : named)
    }

    /// Returns whether a refused token was from the cache, so that a new one may do better.
    func mayBeStale(after error: PGRDSIAMError) -> Bool {
        concerned(by: error).contains(where: \.isFromCache)
    }

    /// Returns whether these tokens are others than those that were refused.
    func differ(from refused: HostTokens, after error: PGRDSIAMError) -> Bool {
        !concerned(by: error).allSatisfy { fresh in
            refused.all.contains { $0.issued.token.hasSameValue(as: fresh.token) }
        }
    }

    /// The error with the causes that can be made out.
    func diagnosed(_ error: any Error, now: Date) -> any Error {
        guard var error = error as? PGRDSIAMError, let issued = concerned(by: error).first else { return error }
        error.likelyCauses = LoginDiagnosis(error: error, issued: issued, now: now).causes
        return error
    }

    private func unique(_ tokens: [(host: Host, issued: IssuedToken)]) -> [IssuedToken] {
        var seen: Set<String> = []
        return tokens.map(\.issued).filter { seen.insert($0.id).inserted }
    }
}

extension PGConnection.Facts {
    /// Host and port as one text.
    var endpoint: String { "\(host):\(port)" }
}
