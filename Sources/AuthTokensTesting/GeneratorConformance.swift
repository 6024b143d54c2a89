public import AuthTokens
@_exported public import RDSIAMBasics

/// Checks that a generator keeps the promises that ``AuthTokens/TokenIssuer`` relies on.
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
/// The promises:
/// - A token is valid when it is returned, and a new one is valid after the first has expired.
/// - A token does not claim to outlive its credentials.
/// - Many tasks may call the generator at once.
/// - A call ends soon after its task is canceled.
/// - No secret stands in a description, a dump or an error.
public struct GeneratorConformance: Sendable {
    /// Makes the generator under test.
    public typealias Make = @Sendable (ManualClock) async throws -> any AuthTokenGenerator

    let make: Make
    let secrets: [String]
    let longestLife: Duration
    let timeout: Duration
    let failing: Make?

    /// Describes what to check.
    ///
    /// - Parameters:
    ///   - secrets: Texts that must not be printed, such as the secret key of the generator. Tokens are always among
    ///     them.
    ///   - longestLife: How long a token may claim to live.
    ///   - timeout: How long a call may take in real time, canceled or not.
    ///   - failing: Makes a generator that fails, so that its error is checked; `nil` if it cannot be made to fail.
    ///   - make: Makes the generator under test, which takes the time from the clock.
    public init(
        secrets: [String] = [],
        longestLife: Duration = .seconds(7 * 24 * 3600),
        timeout: Duration = .seconds(10),
        failing: Make? = nil,
        make: @escaping Make
    ) {
        self.make = make
        self.secrets = secrets
        self.longestLife = longestLife.clampedSpan
        self.timeout = timeout.clampedSpan
        self.failing = failing
    }

    /// Runs every check.
    ///
    /// - Parameter request: A request that the generator can answer.
    /// - Throws: ``ConformanceFailure`` with everything that is wrong; what the generator throws if it makes no token
    ///   at all.
    public func check(_ request: AuthTokenRequest) async throws {
        let clock = ManualClock()
        let generator = try await make(clock)
        let first = try await bounded { try await generator.token(for: request) }
        var faults = expiryFaults(of: first, at: clock.now)
        faults += try await freshnessFaults(generator, request, after: first, clock)
        faults += await concurrencyFaults(generator, request, clock)
        faults += await cancellationFaults(generator, request)
        faults += await secrecyFaults(generator, request, first)
        if !faults.isEmpty { throw ConformanceFailure(.brokenPromise, faults) }
    }

    /// Runs work, and leaves it alone if it has not ended in time.
    ///
    /// - Throws: ``ConformanceFailure`` if it takes too long; what the work throws.
    func bounded<Value: Sendable>(_ work: @escaping @Sendable () async throws -> Value) async throws -> Value {
        let promise = Promise<Value>()
        let runner = Task {
            do { promise.settle(.success(try await work())) } catch { promise.settle(.failure(error)) }
        }
        let alarm = Task {
            try await Task.sleep(for: timeout)
            promise.settle(.failure(ConformanceFailure(.timedOut, ["A call does not end within \(timeout)."])))
        }
        defer {
            runner.cancel()
            alarm.cancel()
        }
        return try await promise.value()
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

        /// The generator does not behave as ``AuthTokens/TokenIssuer`` needs it.
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
