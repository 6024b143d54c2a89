#if Proxy
import AuthTokens
import Logging
import NIOCore
import Synchronization

/// The sessions whose queries can be canceled, by the number of their server process.
final class CancelRegistry: Sendable {
    /// A session, as a request to cancel needs it.
    struct Entry: Sendable {
        let id: UInt64
        let key: BackendKey
        /// The address that answered: another address of the same name may be another server.
        let address: SocketAddress
        let serverName: String?
        let request: AuthTokenRequest
    }

    private struct State {
        var entries: [UInt32: [Entry]] = [:]
        var lastID: UInt64 = 0
        /// How many requests may name no session.
        var allowance: Double
        var time = ContinuousClock.now
    }

    private let perSecond: Double
    private let state: Mutex<State>

    /// - Parameter perSecond: How many requests may name no session in a second.
    init(perSecond: Int) {
        self.perSecond = Double(max(perSecond, 0))
        state = Mutex(State(allowance: Double(max(perSecond, 0))))
    }

    /// Takes note of a session.
    ///
    /// - Returns: What ``remove(_:)`` needs.
    func add(_ key: BackendKey, _ session: UpstreamSession) -> Entry {
        state.withLock { state in
            state.lastID += 1
            let entry = Entry(
                id: state.lastID,
                key: key,
                address: session.link.address,
                serverName: session.serverName,
                request: session.request
            )
            state.entries[key.process, default: []].append(entry)
            return entry
        }
    }

    func remove(_ entry: Entry) {
        let (id, process) = (entry.id, entry.key.process)
        state.withLock { state in
            state.entries[process]?.removeAll { $0.id == id }
            if state.entries[process]?.isEmpty == true { state.entries[process] = nil }
        }
    }

    /// Returns the session that a request names.
    ///
    /// Requests that name none count, so that secrets cannot be tried out: after too many of them, the others find
    /// nothing either.
    func session(for request: CancelRequest) -> Finding {
        state.withLock { state in
            let now = ContinuousClock.now
            let gained = (now - state.time) / .seconds(1) * perSecond
            state.time = now
            state.allowance = min(state.allowance + gained, perSecond)
            guard state.allowance >= 1 else { return .tooManyUnknown }
            // All are compared, so that the time says nothing about which.
            var found: Entry?
            for entry in state.entries[request.process] ?? [] where entry.key.matches(request) { found = entry }
            guard let found else {
                state.allowance -= 1
                return .unknown
            }
            return .session(found)
        }
    }

    /// What a request names.
    enum Finding: Sendable {
        case session(Entry)
        case unknown
        /// It was not looked up, as too many requests before it named no session.
        case tooManyUnknown
    }

    /// How many sessions can be canceled.
    var count: Int { state.withLock { $0.entries.values.reduce(0) { $0 + $1.count } } }
}

extension RouteServer {
    /// Forwards a client's request to cancel to the session that it names.
    ///
    /// It returns when the server has taken the request, or at once if it names no session.
    func forward(_ request: CancelRequest, on loop: any EventLoop) async {
        switch cancels.session(for: request) {
        case .session(let entry): await forward(request, to: entry, on: loop)
        case .unknown:
            logger.debug("cancel request for no session")
            metrics.cancelIgnored()
        case .tooManyUnknown:
            logger.notice("cancel request ignored, as too many others named no session")
            metrics.cancelIgnored()
        }
    }

    /// Forwards a request to cancel, over TLS, to the address at which the session is, and records it.
    func forward(_ request: CancelRequest, to entry: CancelRegistry.Entry, on loop: any EventLoop) async {
        var failure: (any Error)?
        do {
            try await send(request, entry, on: loop)
            metrics.cancelForwarded()
            logger.info("cancel request forwarded", metadata: ["process": "\(request.process)"])
        } catch {
            failure = error
            metrics.cancelFailed()
            let metadata = (error as? UpstreamError)?.metadata ?? ["reason": "\(error)"]
            logger.warning("cancel request failed", metadata: metadata)
        }
        do {
            try await issuer.record(.cancelRequested, for: entry.request, from: upstream.generator, error: failure)
        } catch {
            logger.error("a cancel request is not on record", metadata: ["reason": "\(error)"])
        }
    }

    private func send(_ request: CancelRequest, _ entry: CancelRegistry.Entry, on loop: any EventLoop) async throws {
        let limit = min(upstream.connectTimeout ?? limits.connectTimeout, .seconds(10))
        let name = entry.serverName
        let link = try await UpstreamLink.open(entry.address, serverName: name, upstream, within: limit, on: loop)
        let channel = link.channel
        let timeout = loop.scheduleTask(in: TimeAmount(link.rest)) { channel.close(promise: nil) }
        defer { timeout.cancel() }
        try await channel.writeAndFlush(ByteBuffer(bytes: request.bytes)).get()
        // Not before: the end of the proxy must not close it without the request.
        open.add(channel)
        // The server closes the connection when it has sent the signal.
        try await channel.closeFuture.get()
    }
}
#endif
