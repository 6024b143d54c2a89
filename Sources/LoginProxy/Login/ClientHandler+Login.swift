#if Proxy
import AuthTokens
import Logging
import NIOCore
import RDSIAMSystem

// The login at the server, and what follows it.
extension ClientHandler {
    /// Logs in at the server as the user that the client names.
    func logIn(_ startup: StartupPacket, _ context: ChannelHandlerContext) {
        let name = startup.value(of: "user") ?? []
        guard let user = server.upstream.databaseUser(for: name) else {
            let error = ClientError(
                "28000",
                "the proxy does not log in as this user",
                detail: "It logs in as \"\(server.upstream.user)\".",
                hint: "Connect with user=\(server.upstream.user), or start a proxy for the other user."
            )
            return refuse(.policy, error, context.channel)
        }
        deadline?.cancel()
        self.user = user
        let database = startup.value(of: "database").flatMap { String(validating: $0, as: UTF8.self) }
        let attempt = LoginAttempt(
            server: server,
            loop: context.eventLoop,
            startup: startup,
            user: user,
            database: database ?? user
        )
        let (actor, channel) = (peer.process, context.channel)
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        began = .now
        phase = .waiting(
            server.open.start {
                let result: Result<UpstreamSession, any Error>
                do {
                    let session = try await TokenEvent.LocalProcess.$current.withValue(actor) {
                        try await attempt.run()
                    }
                    result = .success(session)
                } catch {
                    result = .failure(error)
                }
                channel.eventLoop.execute { bound.value.loginEnded(result, channel) }
            }
        )
    }

    private func loginEnded(_ result: Result<UpstreamSession, any Error>, _ channel: any Channel) {
        guard case .waiting = phase, channel.isActive else { return loginEndedLate(result, channel) }
        switch result {
        case .success(let session):
            do { try begin(session, channel) } catch { channel.close(promise: nil) }
        case .failure(let error as UpstreamError):
            server.metrics.loginFailed(sqlState: error.sqlState)
            log(.warning, "login failed", error.metadata.merging(["sqlstate": "\(error.sqlState)"]) { $1 })
            refuse(with: error.encoded, channel)
        case .failure: channel.close(promise: nil)
        }
    }

    /// Takes note of a login whose client is gone, or has been refused since.
    private func loginEndedLate(_ result: Result<UpstreamSession, any Error>, _ channel: any Channel) {
        endLogin()
        var metadata: Logger.Metadata
        switch result {
        case .success(let session):
            session.link.channel.close(promise: nil)
            metadata = ["reason": "the server had let it in"]
        case .failure(let error as UpstreamError): metadata = error.metadata
        case .failure: metadata = ["reason": "the server had been sent no token"]
        }
        metadata["outcome"] = metadata.removeValue(forKey: "reason")
        guard !isRefused else { return }
        server.metrics.loginFailed(sqlState: "08006")
        log(.notice, "client left during its login", metadata)
    }

    private func begin(_ session: UpstreamSession, _ channel: any Channel) throws {
        phase = .done
        endLogin()
        try Splice(session, server).start(client: channel, after: self, early: early)
        let seconds = (ContinuousClock.now - began) / .seconds(1)
        server.metrics.loginSucceeded(seconds: seconds)
        server.metrics.tokenUsed(age: -session.issued.token.signedAt.timeIntervalSinceNow)
        log(.info, "session opened", ["seconds": "\(seconds)", "address": "\(session.link.address)"])
        server.metrics.sessionOpened()
        let end = channel.eventLoop.makePromise(of: Void.self)
        for either in [channel, session.link.channel] { either.closeFuture.cascade(to: end) }
        end.futureResult.whenComplete { [server, peer, user] _ in
            server.metrics.sessionClosed()
            server.logger.info("session closed", metadata: ["peer": "\(peer.address)", "user": "\(user)"])
        }
    }
}

extension LocalPeer {
    /// The client as the audit log names it, or `nil` if the operating system does not say who it is.
    var process: TokenEvent.LocalProcess? {
        guard let userID else { return nil }
        return TokenEvent.LocalProcess(
            user: userName ?? String(userID),
            userID: Int64(userID),
            processID: Int64(processID ?? 0),
            program: program ?? "unknown"
        )
    }
}
#endif
