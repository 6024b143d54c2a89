import AuthTokens
import RDSIAMBasics
import RDSIAMSystem
import Synchronization

/// A generator under test, and every token and error that it has produced so far.
struct Trial: Sendable {
    private final class Seen: Sendable {
        let tokens = Mutex<[String]>([])
        let errors = Mutex<[any Error]>([])
    }

    let generator: any AuthTokenGenerator
    let request: AuthTokenRequest
    private let seen = Seen()

    init(_ generator: any AuthTokenGenerator, _ request: AuthTokenRequest) {
        self.generator = generator
        self.request = request
    }

    var tokens: [String] { seen.tokens.withLock { $0 } }
    var errors: [any Error] { seen.errors.withLock { $0 } }

    func token(for request: AuthTokenRequest? = nil) async throws -> AuthToken {
        do {
            let token = try await generator.token(for: request ?? self.request)
            seen.tokens.withLock { $0.append(token.value) }
            return token
        } catch {
            seen.errors.withLock { $0.append(error) }
            throw error
        }
    }

    func isCurrent(_ token: AuthToken) -> Bool { generator.isCurrent(token, for: request) }
}

// What a token says, and for how long it is valid.
extension GeneratorConformance {
    /// Servers' clocks differ, and some times are whole seconds.
    private static let tolerance: TimeInterval = 1

    func tokenFaults(of token: AuthToken, for request: AuthTokenRequest, at now: Date) -> [String] {
        var faults = expiryFaults(of: token, at: now)
        if token.value.isEmpty { faults.append("A token is empty. Throw an error if there is none.") }
        if token.value.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) {
            faults.append("A token holds a line end, a NUL or another control character. Remove it, or throw an error.")
        }
        guard let user = token.user else { return faults }
        if user.isEmpty {
            faults.append("A token is for a user without a name. Leave `user` out if it is the one asked for.")
        } else if !choosesUser, !user.isBytewiseEqual(to: request.user) {
            faults.append(
                "A token is for another user than the one asked for. Return the requested user's token, or check with "
                    + "choosesUser: true if the provider chooses the user."
            )
        }
        return faults
    }

    /// When a token ends, or until when it may be cached if its end is not known.
    private func end(of token: AuthToken) -> Date { token.expiresAt ?? token.reusableUntil }

    /// How long a token must still be valid when it is returned: as long as the issuer's margin, or half of its life.
    private func necessaryLife(of token: AuthToken) -> TimeInterval {
        min(margin.seconds, end(of: token).timeIntervalSince(token.signedAt) / 2)
    }

    private func expiryFaults(of token: AuthToken, at now: Date) -> [String] {
        var faults: [String] = []
        if let expiresAt = token.expiresAt {
            if expiresAt <= now {
                faults.append("A token has expired when it comes. Make a new one for each call.")
            } else if expiresAt.timeIntervalSince(now) < necessaryLife(of: token) {
                faults.append("A token is about to expire when it comes. Make a new one for each call, and cache none.")
            }
            if expiresAt <= token.signedAt {
                faults.append("A token expires before it is signed. Correct its times.")
            }
            if let end = token.credential?.expiresAt, expiresAt > end + Self.tolerance {
                faults.append("A token claims to outlive its credentials. Let it expire with them.")
            }
        }
        if token.signedAt > now + Self.tolerance {
            faults.append("A token says that it was signed in the future. Take signedAt from the clock.")
        }
        if end(of: token).timeIntervalSince(token.signedAt) > longestLife.seconds {
            faults.append("A token claims to live longer than \(longestLife). State its real expiry.")
        }
        return faults
    }

    /// Asks shortly before a token's end, in its last second and after it.
    func freshnessFaults(_ trial: Trial, after first: AuthToken, _ clock: ManualClock) async throws -> [String] {
        var (latest, faults) = (first, [String]())
        let moments = [
            ("Shortly before a token's expiry", max(1, necessaryLife(of: first) - 1)),
            ("One second before a token's expiry", 1), ("After a token's expiry", -1),
        ]
        for (moment, left) in moments {
            let wait = end(of: latest).timeIntervalSince(clock.now) - left
            guard wait <= longestLife.seconds else { return faults }
            clock.advance(by: .seconds(max(0, wait)))
            do {
                latest = try await bounded { try await trial.token() }
                faults += tokenFaults(of: latest, for: trial.request, at: clock.now).map { "\(moment): \($0)" }
            } catch {
                return faults + ["\(moment): The generator throws \(type(of: error)). Make a new token."]
            }
        }
        return faults
    }

    func userFaults(_ trial: Trial, _ clock: ManualClock) async throws -> [String] {
        guard let otherUser else { return [] }
        var other = trial.request
        other.user = otherUser
        let request = other
        let first = try await bounded { try await trial.token() }
        let second = try await bounded { try await trial.token(for: request) }
        var faults = tokenFaults(of: second, for: request, at: clock.now)
        if second.value.isBytewiseEqual(to: first.value) {
            faults.append("Two users get the same token. Make each token for the request's user.")
        }
        return faults.map { "Asked for a second user: \($0)" }
    }
}

// Whether a token may be cached.
extension GeneratorConformance {
    /// Asks often, as a generator may change its mind at each call, and a little later, as it may compare times.
    func currencyFaults(_ trial: Trial, _ clock: ManualClock) async throws -> [String] {
        let token = try await bounded { try await trial.token() }
        var isCurrent = try await bounded { (0..<20).allSatisfy { _ in trial.isCurrent(token) } }
        let left = end(of: token).timeIntervalSince(clock.now)
        if isCurrent, left > 0 {
            clock.advance(by: .seconds(min(2, left / 4)))
            isCurrent = try await bounded { trial.isCurrent(token) }
        }
        if isCurrent { return [] }
        return [
            "isCurrent(_:for:) does not recognize a token made just now. Compare what the token says with what the next "
                + "one would say. Otherwise no token is cached, and each login makes and records a new one."
        ]
    }
}

// What gets printed.
extension GeneratorConformance {
    /// Looks for every secret and every token seen so far, the latest included.
    func secrecyFaults(_ trial: Trial) async throws -> [String] {
        let token = try await bounded { try await trial.token() }
        let hidden = Self.writtenForms(of: secrets + trial.tokens)
        var faults: [String] = []
        if Self.printsAny(of: hidden, trial.generator) {
            faults.append(
                "The generator's description or dump holds a secret. Give it a description and a customMirror."
            )
        }
        let origin = [
            token.credential as Any, token.region as Any, token.user as Any, token.signingHost as Any,
        ]
        if Self.printsAny(of: hidden, origin) {
            faults.append("What a token says about its origin holds a secret. Take it out.")
        }
        if trial.errors.contains(where: { Self.printsAny(of: hidden, error: $0) }) { faults.append(Self.leak) }
        return faults
    }

    private static let leak = "An error holds a secret. Do not quote passwords, responses or tokens in errors."

    /// Asks the generator that fails, which may make a few tokens first.
    func failureFaults(_ request: AuthTokenRequest) async throws -> [String] {
        guard let failing else { return [] }
        let clock = ManualClock()
        let trial = Trial(try await failing(clock), request)
        for _ in 0..<3 {
            do {
                let token = try await bounded { try await trial.token() }
                let left = end(of: token).timeIntervalSince(clock.now)
                clock.advance(by: .seconds(min(max(0, left), longestLife.seconds) + 1))
            } catch let failure as ConformanceFailure {
                return failure.faults.map { "The generator that was made to fail: \($0)" }
            } catch {
                let hidden = Self.writtenForms(of: secrets + trial.tokens)
                return Self.printsAny(of: hidden, error: error) ? [Self.leak] : []
            }
        }
        return ["The generator that was made to fail made three tokens. Let it fail, or leave `failing` out."]
    }

    /// What there is to say of an error that comes although the generator has made a token before.
    func thrownFaults(_ error: any Error, _ trial: Trial) -> [String] {
        let fault = "Once it has made a token, the generator throws \(type(of: error)). Make one for each call."
        return Self.printsAny(of: Self.writtenForms(of: secrets + trial.tokens), error: error)
            ? [fault, Self.leak] : [fault]
    }

    /// The secrets as they are, and with the escapes that `dump` writes for quotes and control characters.
    private static func writtenForms(of secrets: [String]) -> [String] {
        secrets.filter { !$0.isEmpty }.flatMap { [$0, String(String(reflecting: $0).dropFirst().dropLast())] }
    }

    private static func printsAny(of secrets: [String], error: any Error) -> Bool {
        let code = (error as? any AuditableError)?.auditCode ?? ""
        return printsAny(of: secrets, error) || secrets.contains(where: code.containsBytes)
    }

    private static func printsAny(of secrets: [String], _ value: Any) -> Bool {
        var texts = [String(describing: value), String(reflecting: value), ""]
        dump(value, to: &texts[2])
        // By bytes: a combining mark after a secret does not hide it.
        return secrets.contains { secret in texts.contains { $0.containsBytes(secret) } }
    }
}
