import AuthTokens
import AuthTokensTesting
import Foundation
import Synchronization
import Testing

/// Generators that break one promise each, beside their neighbors that keep it.
@Suite("The conformance check, given one fault", .timeLimit(.minutes(3)))
struct BrokenGeneratorTests {
    private static let request = AuthTokenRequest(host: "db.example.com", user: "app")

    /// A generator that behaves, but for what a test replaces.
    fileprivate struct Model: AuthTokenGenerator {
        let clock: ManualClock
        var value: @Sendable (AuthTokenRequest) -> String = { "\($0.user)-\(UInt64.random(in: 0 ... .max))" }
        var user: String?
        var life: TimeInterval = 900
        var age: TimeInterval = 0
        var key: String? = "AKIA1"
        var region: String?
        var isCurrent: @Sendable (AuthToken) -> Bool = { _ in true }
        var work: @Sendable () async throws -> Void = {}

        func token(for request: AuthTokenRequest) async throws -> AuthToken {
            try await work()
            return AuthToken(
                value: value(request),
                signedAt: clock.now - age,
                expiresAt: clock.now + life,
                credential: CredentialIdentity(source: "test", accessKeyID: key),
                region: region,
                user: user
            )
        }

        func isCurrent(_ token: AuthToken, for request: AuthTokenRequest) -> Bool { isCurrent(token) }
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        /// The part that every reported fault has in common; `nil` for a generator that must pass.
        var fault: String?
        var otherUser: String?
        var choosesUser = false
        let make: @Sendable (ManualClock) -> any AuthTokenGenerator

        init(
            _ description: String,
            _ fault: String? = nil,
            otherUser: String? = nil,
            choosesUser: Bool = false,
            _ make: @escaping @Sendable (ManualClock) -> any AuthTokenGenerator
        ) {
            testDescription = description
            (self.fault, self.otherUser, self.choosesUser, self.make) = (fault, otherUser, choosesUser, make)
        }

        func check() async throws {
            // A busy machine takes its time, and no call hangs.
            let kit = GeneratorConformance(
                timeout: .seconds(120),
                otherUser: otherUser,
                choosesUser: choosesUser,
                make: make
            )
            guard let fault else { return try await kit.check(request) }
            let failure = await #expect(throws: ConformanceFailure.self) { try await kit.check(request) }
            #expect(failure?.code == .brokenPromise)
            #expect(failure?.faults.isEmpty == false)
            // Nothing else is at fault.
            for found in failure?.faults ?? [] { #expect(found.contains(fault)) }
        }
    }

    @Test(
        "tells whether a token made just now counts as current",
        arguments: [
            Case("It is compared with the credentials.") {
                Model(clock: $0, isCurrent: { $0.credential?.accessKeyID == "AKIA1" })
            },
            Case("It is as long as the clock stands still.", "does not recognize a token made just now") { clock in
                Model(clock: clock, isCurrent: { $0.expiresAt == clock.now + 900 })
            },
            Case("It never is.", "does not recognize a token made just now") {
                Model(clock: $0, isCurrent: { _ in false })
            },
            Case("It is compared with other credentials.", "does not recognize a token made just now") {
                Model(clock: $0, isCurrent: { $0.credential?.accessKeyID == "AKIA2" })
            },
            Case("It is compared with another region.", "does not recognize a token made just now") {
                Model(clock: $0, region: "r", isCurrent: { $0.region == "s" })
            },
            Case("It is at every other call.", "does not recognize a token made just now") { clock in
                let calls = Mutex(0)
                return Model(
                    clock: clock,
                    isCurrent: { _ in
                        calls.withLock {
                            $0 += 1; return $0 % 2 == 1
                        }
                    }
                )
            },
        ]
    )
    func currency(_ test: Case) async throws { try await test.check() }

    @Test(
        "tells whether a token is for the user asked for",
        arguments: [
            Case("The token names the user.") { Model(clock: $0, user: "app") },
            Case("The provider chooses the user.", choosesUser: true) { Model(clock: $0, user: "v-app") },
            Case("Each user gets another token.", otherUser: "reader") { Model(clock: $0) },
            Case("The token is for another user.", "is for another user") { Model(clock: $0, user: "admin") },
            Case("The user has other bytes.", "is for another user") { Model(clock: $0, user: "app\u{301}") },
            Case("The user has no name.", "a user without a name") { Model(clock: $0, user: "") },
            Case("The chosen user has no name.", "a user without a name", choosesUser: true) {
                Model(clock: $0, user: "")
            },
            Case("All users get the same token.", "Two users get the same token", otherUser: "reader") {
                Model(clock: $0, value: { _ in "same" })
            },
            Case("The second user gets the first one's token.", "Asked for a second user", otherUser: "reader") {
                Model(clock: $0, user: "app")
            },
        ]
    )
    func user(_ test: Case) async throws { try await test.check() }

    @Test(
        "finds a control character in a token",
        arguments: ["\n", "\r\n", "\0", "\t", "\u{1B}", "\u{7F}", "\u{85}"]
    )
    func controlCharacter(_ character: String) async throws {
        for make: @Sendable (String) -> String in [{ character + $0 }, { $0 + character }, { $0 + character + $0 }] {
            try await Case("", "another control character") { clock in
                Model(clock: clock, value: { _ in make("word\(UInt64.random(in: 0 ... .max))") })
            }.check()
        }
    }

    @Test("accepts a token of printable characters")
    func printable() async throws {
        try await Case("") { Model(clock: $0, value: { _ in "a b+/=é\u{301}%\"\\~" }) }.check()
    }

    /// Caches a token until little of its life is left.
    private struct Caching: AuthTokenGenerator {
        private final class Cache: Sendable {
            let token = Mutex<AuthToken?>(nil)
        }

        let clock: ManualClock
        let margin: TimeInterval
        private let cache = Cache()

        func token(for request: AuthTokenRequest) async throws -> AuthToken {
            if let cached = cache.token.withLock({ $0 }), let end = cached.expiresAt, clock.now < end - margin {
                return cached
            }
            let made = try await Model(clock: clock).token(for: request)
            cache.token.withLock { $0 = made }
            return made
        }
    }

    @Test(
        "tells whether a token is returned that is about to expire",
        arguments: [
            Case("The generator caches until a minute before the end.") { Caching(clock: $0, margin: 60) },
            Case("Tokens live for ten seconds.") { Model(clock: $0, life: 10) },
            Case("The generator caches to the last second.", "is about to expire") { Caching(clock: $0, margin: 0) },
            Case("The generator caches until ten seconds before.", "is about to expire") {
                Caching(clock: $0, margin: 10)
            },
            Case("Tokens are old when they come.", "is about to expire") { Model(clock: $0, life: 5, age: 895) },
        ]
    )
    func caching(_ test: Case) async throws { try await test.check() }

    /// Remembers the latest token where it prints.
    private final class Remembering: AuthTokenGenerator, CustomStringConvertible {
        let clock: ManualClock
        let latest = Mutex("none")
        init(_ clock: ManualClock) { self.clock = clock }
        var description: String { "Remembering(\(latest.withLock { $0 }))" }

        func token(for request: AuthTokenRequest) async throws -> AuthToken {
            let token = try await Model(clock: clock).token(for: request)
            latest.withLock { $0 = token.value }
            return token
        }
    }

    /// Makes tokens, and fails later with an error that quotes the latest.
    private final class Quoting: AuthTokenGenerator {
        struct Refused: Error { let password: String? }
        let clock: ManualClock
        let quotes: Bool
        let tokens = Mutex<[String]>([])

        init(_ clock: ManualClock, quotes: Bool) { (self.clock, self.quotes) = (clock, quotes) }

        func token(for request: AuthTokenRequest) async throws -> AuthToken {
            let earlier = tokens.withLock { $0 }
            if earlier.count == 2 { throw Refused(password: quotes ? earlier.last : nil) }
            let token = try await Model(clock: clock).token(for: request)
            tokens.withLock { $0.append(token.value) }
            return token
        }
    }

    @Test("finds the latest token in a description and in an error")
    func latest() async throws {
        try await Case("", "The generator's description or dump holds a secret.") { Remembering($0) }.check()
        for quotes in [false, true] {
            let kit = GeneratorConformance(failing: { Quoting($0, quotes: quotes) }, make: { Model(clock: $0) })
            guard quotes else {
                try await kit.check(Self.request)
                continue
            }
            let failure = await #expect(throws: ConformanceFailure.self) { try await kit.check(Self.request) }
            #expect(failure?.faults.count == 1)
            #expect(failure?.faults.first?.hasPrefix("An error holds a secret.") == true)
        }
    }

    @Test("finds that the generator made to fail does not")
    func neverFails() async throws {
        let failure = await #expect(throws: ConformanceFailure.self) {
            try await GeneratorConformance(failing: { Model(clock: $0) }, make: { Model(clock: $0) }).check(
                Self.request
            )
        }
        #expect(failure?.faults.count == 1)
        #expect(failure?.faults.first?.contains("made three tokens") == true)
    }

    private actor Sleeper {
        func block() { usleep(60_000) }
    }

    @Test(
        "tells whether a call blocks its thread",
        arguments: [
            Case("The call suspends.") { Model(clock: $0, work: { try await Task.sleep(for: .milliseconds(60)) }) },
            Case("The call blocks for a moment.") { Model(clock: $0, work: { usleep(1000) }) },
            Case("The call blocks.", "blocks its thread") { Model(clock: $0, work: { usleep(50_000) }) },
            Case("An actor blocks.", "blocks its thread") { clock in
                let sleeper = Sleeper()
                return Model(clock: clock, work: { await sleeper.block() })
            },
            Case("Asking whether a token is current blocks.", "blocks its thread") {
                Model(
                    clock: $0,
                    isCurrent: { _ in usleep(50_000) == 0 }
                )
            },
            Case("Only the first call blocks.", "blocks its thread") { clock in
                let calls = Mutex(0)
                return Model(
                    clock: clock,
                    work: {
                        if calls.withLock({
                            $0 += 1; return $0
                        }) == 1 {
                            usleep(50_000)
                        }
                    }
                )
            },
        ]
    )
    func blocking(_ test: Case) async throws { try await test.check() }

    @Test(
        "tells whether a slow call ends when it is canceled",
        arguments: [
            Case("The call ends.") { Model(clock: $0, work: { try await Task.sleep(for: .seconds(3)) }) },
            Case("The call ends with a token.") {
                Model(clock: $0, work: { try? await Task.sleep(for: .seconds(3)) })
            },
            Case("The call runs on.", "A canceled call takes as long as any other.") {
                Model(clock: $0, work: { await Task { try? await Task.sleep(for: .seconds(3)) }.value })
            },
        ]
    )
    func cancellation(_ test: Case) async throws { try await test.check() }

    @Test("tells whether a call whose provider does not answer ends when it is canceled")
    func hanging() async throws {
        let stuck = Mutex<[CheckedContinuation<Void, Never>]>([])
        try await GeneratorConformance(
            hanging: { Model(clock: $0, work: { try await Task.sleep(for: .seconds(3600)) }) },
            make: { Model(clock: $0) }
        ).check(Self.request)
        let failure = await #expect(throws: ConformanceFailure.self) {
            try await GeneratorConformance(
                timeout: .seconds(20),
                hanging: { clock in
                    Model(
                        clock: clock,
                        work: {
                            await withCheckedContinuation { caller in stuck.withLock { $0.append(caller) } }
                        }
                    )
                },
                make: { Model(clock: $0) }
            ).check(Self.request)
        }
        for caller in stuck.withLock({ $0 }) { caller.resume() }
        #expect(failure?.faults == ["A canceled call does not end within 20.0 seconds. End when the task is canceled."])
    }
}
