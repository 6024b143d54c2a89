public import AuthTokens
@_exported public import RDSIAMBasics

/// Checks that a generator keeps the promises that `TokenIssuer` relies on.
///
/// It works in any test framework, as it throws a list of what is wrong.
///
/// ```swift
/// @Test(.timeLimit(.minutes(1))) func conforms() async throws {
///     try await GeneratorConformance { clock in VaultGenerator(now: { clock.now }) }
///         .check(AuthTokenRequest(host: "db.example.com", user: "app"))
/// }
/// ```
///
/// It checks that:
/// - A token is not empty, holds no control character, and is for the user asked for.
/// - A token is valid for a while when it is returned, also when it is asked for shortly before and after the expiry of
///   the one before it. It does not claim to outlive its credentials.
/// - `isCurrent(_:for:)` recognizes a token made just now, however often it is asked,
///   and two seconds later. Otherwise the issuer caches no token.
/// - Many tasks may call the generator at once, and no call blocks its thread for 50 milliseconds or longer.
/// - A call ends soon after its task is canceled. Only a call that takes 200 milliseconds or longer shows it; pass
///   `hanging` for a generator that is faster in tests.
/// - No secret and no token, the latest included, is in a description, a dump or an error.
///
/// It does not check:
/// - Whether a server accepts a token, and whether the stated expiry is the server's.
/// - Whether a token without a `user` is for the user asked for, unless `otherUser` is passed;
///   whether host, port, database and parameters reach the token.
/// - Threads that block in tasks the generator starts itself (`Task`, `Task.detached`) or in an actor with its own
///   executor, and work that the generator repeats only for some requests.
/// - Errors other than those of `failing`, of canceled calls and of the calls it makes; what the generator writes to
///   logs, files and other processes; tokens that it makes but does not return; secrets that are encoded or cut.
/// - Whether rotated credentials make a token no longer current, and what `AuthTokenGenerator` does after
///   a refusal.
/// - Memory, and data races that do not change a token. Run the tests with the thread sanitizer.
public struct GeneratorConformance: Sendable {
    /// Makes the generator under test.
    public typealias Make = @Sendable (ManualClock) async throws -> any AuthTokenGenerator

    let make: Make
    let secrets: [String]
    let longestLife: Duration
    let margin: Duration
    let timeout: Duration
    let otherUser: String?
    let choosesUser: Bool
    let failing: Make?
    let hanging: Make?

    /// Describes what to check.
    ///
    /// - Parameters:
    ///   - secrets: Texts that must not be printed, such as the secret key of the generator. Tokens are always among
    ///     them.
    ///   - longestLife: How long a token may claim to live.
    ///   - margin: How long a token must still be valid when it is returned, as the issuer's `margin`; half of the
    ///     token's whole life if that is less.
    ///   - timeout: How long a call may take in real time, canceled or not.
    ///   - otherUser: A second user, whose token must differ from that of the request's user; `nil` if there is none,
    ///     or if the provider gives all users the same token.
    ///   - choosesUser: Whether the provider chooses the user, so that a token may name another one than the request.
    ///   - failing: Makes a generator that fails at one of its first three calls, so that its error is checked; `nil`
    ///     if it cannot be made to fail.
    ///   - hanging: Makes a generator whose provider does not answer, so that cancellation is checked; `nil` if there
    ///     is no such provider.
    ///   - make: Makes the generator under test, which takes the time from the clock.
    public init(
        secrets: [String] = [],
        longestLife: Duration = .seconds(7 * 24 * 3600),
        margin: Duration = .seconds(60),
        timeout: Duration = .seconds(10),
        otherUser: String? = nil,
        choosesUser: Bool = false,
        failing: Make? = nil,
        hanging: Make? = nil,
        make: @escaping Make
    ) {
        self.make = make
        self.secrets = secrets
        self.longestLife = longestLife.clampedSpan
        self.margin = margin.clampedSpan
        self.timeout = timeout.clampedSpan
        self.otherUser = otherUser
        self.choosesUser = choosesUser
        self.failing = failing
        self.hanging = hanging
    }

    /// Runs every check.
    ///
    /// - Parameter request: A request that the generator can answer.
    /// - Throws: ``ConformanceFailure`` with everything that is wrong; what the generator throws if it makes no token
    ///   at all; `CancellationError` if the task is canceled.
    public func check(_ request: AuthTokenRequest) async throws {
        let clock = ManualClock()
        let trial = Trial(try await make(clock), request)
        let first = try await bounded { try await trial.token() }
        var faults = tokenFaults(of: first, for: request, at: clock.now)
        do {
            faults += try await laterFaults(trial, after: first, clock)
        } catch  where !(error is ConformanceFailure) && !Task.isCancelled {
            faults += thrownFaults(error, trial)
        }
        // The calls of a canceled task fail, which is not the generator's fault.
        try Task.checkCancellation()
        if !faults.isEmpty { throw ConformanceFailure(.brokenPromise, faults) }
    }

    private func laterFaults(_ trial: Trial, after first: AuthToken, _ clock: ManualClock) async throws -> [String] {
        var faults = try await currencyFaults(trial, clock)
        faults += try await freshnessFaults(trial, after: first, clock)
        faults += try await userFaults(trial, clock)
        faults += await concurrencyFaults(trial, clock)
        faults += try await blockingFaults(trial.request)
        faults += try await cancellationFaults(trial)
        faults += try await secrecyFaults(trial)
        faults += try await failureFaults(trial.request)
        return faults
    }
}

/// An error that lists what a generator does although it must not.
///
/// Retryable: `timedOut`, as the machine may be busy.
public struct ConformanceFailure: RetryableError, Hashable, CustomStringConvertible {
    /// The kind of error, open for more kinds later.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The code's name, as it stands in logs.
        public let description: String

        private init(_ description: String) {
            self.description = description
        }

        /// The generator does not behave as `TokenIssuer` needs it.
        public static let brokenPromise = Self("brokenPromise")
        /// A call did not end in time, and the other checks were not made.
        public static let timedOut = Self("timedOut")
    }

    /// The kind of error.
    public let code: Code
    /// One sentence for each broken promise, without secrets.
    public let faults: [String]

    init(_ code: Code, _ faults: [String]) {
        self.code = code
        self.faults = faults
    }

    /// Whether the same check may succeed later.
    public var isRetryable: Bool { code == .timedOut }

    /// The sentences in lines.
    public var message: String { "The generator breaks its promises:\n- " + faults.joined(separator: "\n- ") }

    /// The ``message``.
    public var description: String { message }
}
