#if Proxy
import AuthTokens
import NIOCore
import RDSIAMSystem

/// A session at a server, before its first byte is forwarded.
struct UpstreamSession: Sendable {
    let link: UpstreamLink
    /// What the client gets first.
    let bytes: [UInt8]
    let request: AuthTokenRequest
    let serverName: String?
    let issued: IssuedToken

    init(_ link: UpstreamLink, bytes: [UInt8], request: AuthTokenRequest, serverName: String?, issued: IssuedToken) {
        self.link = link
        self.bytes = bytes
        self.request = request
        self.serverName = serverName
        self.issued = issued
    }
}

/// Logs one client in: server after server, address after address, with a token.
struct LoginAttempt: Sendable {
    let server: RouteServer
    let loop: any EventLoop
    let startup: StartupPacket
    /// The database user.
    let user: String
    let database: String?

    private var upstream: Upstream { server.upstream }
    private var limit: Duration { upstream.connectTimeout ?? server.limits.connectTimeout }

    /// - Throws: ``UpstreamError``; `CancellationError`.
    func run() async throws -> UpstreamSession {
        var failure: UpstreamError?
        for host in upstream.isShuffled ? upstream.hosts.shuffled() : upstream.hosts {
            for address in try await addresses(of: host, &failure) {
                do throws(UpstreamError) {
                    return try await logIn(host, address)
                } catch {
                    try Task.checkCancellation()
                    failure = error.diagnosed(host, address, user: user, database: database, upstream)
                    if !error.allowsNextAddress { throw failure ?? error }
                }
            }
        }
        throw failure ?? UpstreamError(.connectionFailed, ClientError("08001", "the server has no address"))
    }

    private func request(_ host: UpstreamHost) -> AuthTokenRequest {
        var request = host.request
        request.user = user
        request.database = database
        return request
    }

    private func addresses(of host: UpstreamHost, _ failure: inout UpstreamError?) async throws -> [SocketAddress] {
        // An address needs no thread to look it up.
        if let address = try? SocketAddress(ipAddress: host.target, port: host.port) { return [address] }
        do {
            return try await HostLookup.shared.addresses(of: host.target, within: limit).map { address in
                try SocketAddress(ipAddress: address, port: host.port)
            }
        } catch let error as HostLookup.Failure {
            let message = "could not look up the host name \(host.target)"
            let error = UpstreamError(.connectionFailed, ClientError("08001", message, detail: error.message))
            await server.issuer.recordFailure(of: request(host), from: upstream.generator, error)
            failure = error.diagnosed(host, nil, user: user, database: database, upstream)
            return []
        }
    }

    /// Logs in at one address, a second time if the server refuses a cached token.
    private func logIn(_ host: UpstreamHost, _ address: SocketAddress) async throws(UpstreamError) -> UpstreamSession {
        let request = request(host)
        var first: UpstreamLink?
        defer { first?.channel.close(promise: nil) }
        do {
            do { first = try await open(host, address) } catch let error as UpstreamError {
                await server.issuer.recordFailure(of: request, from: upstream.generator, error)
                throw error
            }
            return try await server.issuer.withToken(
                from: upstream.generator,
                for: request,
                outcome: { ($0 as? UpstreamError)?.outcome ?? .notJudged },
                discard: { $0.link.channel.close(promise: nil) }
            ) { issued in
                let link = if let ready = first { ready } else { try await open(host, address) }
                first = nil
                do {
                    let bytes = try await logIn(link, host, issued)
                    return UpstreamSession(link, bytes: bytes, request: request, serverName: host.name, issued: issued)
                } catch var error as UpstreamError {
                    error.issued = issued
                    throw error
                }
            }
        } catch let error as UpstreamError {
            throw error
        } catch {
            throw UpstreamError(withoutToken: error)
        }
    }

    private func open(_ host: UpstreamHost, _ address: SocketAddress) async throws -> UpstreamLink {
        let link = try await UpstreamLink.open(address, serverName: host.name, upstream, within: limit, on: loop)
        server.open.add(link.channel)
        return link
    }

    private func logIn(_ link: UpstreamLink, _ host: UpstreamHost, _ issued: IssuedToken) async throws -> [UInt8] {
        let user = issued.token.user ?? user
        let isRenamed = startup.value(of: "user") != Array(user.utf8)
        let packet = startup.bytes(user: isRenamed ? Array(user.utf8) : nil)
        return try await link.logIn(packet, password: issued.token.value)
    }
}

extension UpstreamError {
    /// What a client is told if there is no token, or none that may be used.
    fileprivate init(withoutToken error: any Error) {
        let mayPass = (error as? any RetryableError)?.isRetryable ?? false
        self.init(
            .noToken,
            ClientError(
                mayPass ? "08001" : "28000",
                "the proxy has no token for this user",
                detail: String(describing: error)
            )
        )
    }
}
#endif
