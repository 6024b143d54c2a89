import AuthTokens
import AuthTokensTesting
import Foundation
import Synchronization

/// A generator that counts its calls and makes the tokens that a test describes.
final class ScriptedGenerator: AuthTokenGenerator {
    struct Failed: AuditableError, Equatable {
        let attempt: Int
        var auditCode: String { "Failed" }
    }

    struct Script {
        var life: Duration = .seconds(900)
        var credential: String?
        var credentialEnd: Date?
        var region: String?
        var isFailing = false
        /// Waits before a token is made.
        var gate: Gate?
        var slowHost: String?
    }

    private struct State {
        var script: Script
        var calls: [String: Int] = [:]
        var refused: [String] = []
    }

    private let state: Mutex<State>
    let clock: ManualClock
    let name: String

    init(_ clock: ManualClock, name: String = "g", _ script: Script = Script()) {
        self.clock = clock
        self.name = name
        state = Mutex(State(script: script))
    }

    func set(_ change: @Sendable (inout Script) -> Void) { state.withLock { change(&$0.script) } }

    /// How often it was called, in total or for one host.
    var calls: Int { state.withLock { $0.calls.values.reduce(0, +) } }
    func calls(for host: String) -> Int { state.withLock { $0.calls[host] ?? 0 } }
    var refused: [String] { state.withLock { $0.refused } }

    func token(for request: AuthTokenRequest) async throws -> AuthToken {
        let (script, call) = state.withLock { state in
            state.calls[request.host, default: 0] += 1
            return (state.script, state.calls[request.host] ?? 0)
        }
        if let gate = script.gate, script.slowHost == nil || script.slowHost == request.host { await gate.wait() }
        if script.isFailing { throw Failed(attempt: call) }
        let now = clock.now
        return AuthToken(
            value: "\(name) \(request.user)@\(request.host) \(script.credential ?? "-") #\(call)",
            kind: .signed,
            signedAt: now,
            expiresAt: now + TimeInterval(script.life.components.seconds),
            credential: script.credential.map {
                CredentialIdentity(source: "static", accessKeyID: $0, expiresAt: script.credentialEnd)
            },
            region: script.region
        )
    }

    func isCurrent(_ token: AuthToken, for request: AuthTokenRequest) -> Bool {
        let script = state.withLock { $0.script }
        let (made, now) = ([token.credential?.accessKeyID, token.region], [script.credential, script.region])
        return made.map { $0.map { Array($0.utf8) } } == now.map { $0.map { Array($0.utf8) } }
    }

    func tokenWasRefused(_ token: AuthToken, for request: AuthTokenRequest) {
        state.withLock { $0.refused.append(token.value) }
    }
}

/// Makes tasks wait until it is opened.
final class Gate: Sendable {
    private let stream: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation
    private let reached = Mutex(0)
    private let waiting = Mutex<(isOpen: Bool, list: [CheckedContinuation<Void, Never>])>((false, []))

    init() { (stream, continuation) = AsyncStream.makeStream() }

    func wait() async {
        reached.withLock { $0 += 1 }
        continuation.yield()
        await withCheckedContinuation { caller in
            let isOpen = waiting.withLock { waiting in
                if !waiting.isOpen { waiting.list.append(caller) }
                return waiting.isOpen
            }
            if isOpen { caller.resume() }
        }
    }

    /// Returns when a task waits.
    func taskWaits() async {
        for await _ in stream { return }
    }

    func open() {
        let list = waiting.withLock { waiting in
            defer { waiting = (true, []) }
            return waiting.list
        }
        for caller in list { caller.resume() }
    }
}

extension AuthTokenRequest {
    static func to(_ host: String, user: String = "app", _ parameters: [String: String] = [:]) -> Self {
        AuthTokenRequest(host: host, user: user, database: "blog", parameters: parameters)
    }
}

extension TokenIssuer {
    /// An issuer with generators under their own names, on the generators' clock.
    init(
        _ generators: ScriptedGenerator...,
        audit: AuditPolicy = .off,
        cache: TokenCacheOptions = TokenCacheOptions(),
        observers: [any TokenObserver] = []
    ) {
        let registry = AuthTokenGeneratorRegistry(
            defaults: generators.map { generator in (generator.name, { generator }) }
        )
        let clock = generators.first?.clock ?? ManualClock()
        self.init(generators: registry, audit: audit, cache: cache, observers: observers, clock: clock.tokenClock)
    }
}

/// Waits until a condition holds, for a minute at most.
func until(_ holds: () async -> Bool) async -> Bool {
    for _ in 0..<60_000 {
        if await holds() { return true }
        try? await Task.sleep(for: .milliseconds(1))
    }
    return false
}
