import AuthTokens
import Foundation

/// Watches how much memory the process takes while tokens are made for users who never come back, without a cache.
enum MemoryRun {
    private static let rate = 500

    /// Makes 500 tokens a second and prints the resident memory every ten seconds.
    static func run(for seconds: Int) async throws {
        let generators = AuthTokenGeneratorRegistry([.init("plain") { ClosureTokenGenerator { _ in token() } }])
        let issuer = TokenIssuer(generators: generators, cache: .off)
        let start = ContinuousClock.now
        var count = 0
        for tick in 0...seconds * 10 {
            try await Task.sleep(until: start + .milliseconds(100 * tick), clock: .continuous)
            for _ in 0..<rate / 10 {
                count += 1
                _ = try await issuer.token(from: "plain", for: AuthTokenRequest(host: "db", user: "user \(count)"))
            }
            if tick % 100 == 0 { print("\(tick / 10) s, \(count) tokens: \(residentKilobytes()) kB") }
        }
    }

    private static func token() -> AuthToken {
        let now = Date()
        let text = String(repeating: "x", count: 1500)
        return AuthToken(value: text, kind: .signed, signedAt: now, expiresAt: now + 900)
    }

    /// The resident set (proc(5), `/proc/self/status`).
    private static func residentKilobytes() -> String {
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
        return line?.split(separator: " ").dropFirst().first.map(String.init) ?? "unknown"
    }
}
