import RDSIAMSystem

/// Makes one call to a service, trying again where that may help.
///
/// It is the standard retry mode of the AWS SDKs: three attempts, exponential back-off with full jitter up to 20 seconds. Time limits cover
/// connecting, one attempt and the whole call.
struct RetryingCaller: Sendable {
    /// How patient a call is.
    struct Patience: Sendable {
        var attempts = 3
        var connect: Duration
        var attempt: Duration
        var whole: Duration
        /// Whether to try again where no connection came about.
        var retriesConnecting = true

        /// AWS services across the internet.
        static let service = Patience(connect: .seconds(3), attempt: .seconds(10), whole: .seconds(30))
        /// The container endpoint on the same host.
        static let container = Patience(connect: .seconds(2), attempt: .seconds(5), whole: .seconds(20))
        /// The instance metadata service, whose absence must be noticed quickly.
        static let instanceMetadata = Patience(
            connect: .seconds(1),
            attempt: .seconds(2),
            whole: .seconds(10),
            retriesConnecting: false
        )
    }

    /// What an answer is worth.
    enum Verdict {
        case accept
        case retry(AWSCredentialError)
        case fail(AWSCredentialError)
    }

    let context: CredentialContext
    let patience: Patience
    /// What is called, for messages, such as `STS AssumeRole`.
    let operation: String

    /// Sends the request until an answer is accepted, refused for good or patience ends.
    func call(
        _ request: CredentialHTTPRequest,
        judge: (CredentialHTTPResponse) -> Verdict
    ) async throws -> CredentialHTTPResponse {
        try await call({ request }, judge: judge)
    }

    /// The same with a request made afresh for each attempt, as signatures and proofs carry the time.
    func call(
        _ make: () throws -> CredentialHTTPRequest,
        judge: (CredentialHTTPResponse) -> Verdict
    ) async throws -> CredentialHTTPResponse {
        guard let http = context.http else { throw Self.noClient(operation) }
        let start = context.uptime()
        var attempt = 0
        while true {
            attempt += 1
            let left = patience.whole - context.elapsed(since: start)
            switch try await send(limited(try make(), left: left), http, judge: judge) {
            case .success(let response): return response
            case .failure(let failure):
                try Task.checkCancellation()
                let pause = delay(after: attempt)
                guard failure.mayPass, attempt < patience.attempts, pause < left else { throw failure.error }
                try await context.sleep(pause)
            }
        }
    }

    private struct Failure: Error {
        var error: AWSCredentialError
        /// Whether another attempt may go better.
        var mayPass: Bool

        static func again(_ error: AWSCredentialError) -> Failure { Failure(error: error, mayPass: true) }
        static func final(_ error: AWSCredentialError) -> Failure { Failure(error: error, mayPass: false) }
    }

    private func send(
        _ request: CredentialHTTPRequest,
        _ http: any CredentialHTTPClient,
        judge: (CredentialHTTPResponse) -> Verdict
    ) async throws(CancellationError) -> Result<CredentialHTTPResponse, Failure> {
        do {
            let response = try await http.send(request)
            switch judge(response) {
            case .accept: return .success(response)
            case .retry(let error): return .failure(.again(error))
            case .fail(let error): return .failure(.final(error))
            }
        } catch {
            try CancellationError.rethrow(error)
            if let error = error as? CredentialHTTPError { return .failure(failure(of: error)) }
            let message = "\(operation) failed with \(type(of: error))."
            return .failure(.again(AWSCredentialError(.interrupted, message, underlyingError: error)))
        }
    }

    private func failure(of error: CredentialHTTPError) -> Failure {
        func failure(_ code: AWSCredentialError.Code) -> AWSCredentialError {
            AWSCredentialError(code, "\(operation) failed. \(error.message)", underlyingError: error)
        }
        return switch error.code {
        case .connectTimeout, .cannotConnect:
            Failure(error: failure(.unreachable), mayPass: patience.retriesConnecting)
        case .proxyRefused: .final(failure(.unreachable))
        case .unusableProxy: .final(failure(.invalidConfiguration))
        case .timeout: .again(failure(.timedOut))
        case .bodyTooLarge, .malformed: .final(failure(.invalidResponse))
        default: .again(failure(.interrupted))
        }
    }

    private func limited(_ request: CredentialHTTPRequest, left: Duration) -> CredentialHTTPRequest {
        var request = request
        request.connectTimeout = patience.connect
        request.timeout = min(patience.attempt, max(left, .milliseconds(1)))
        return request
    }

    /// Full jitter: anything up to 1, 2, 4… seconds, and never more than 20.
    private func delay(after attempt: Int) -> Duration {
        .seconds(context.draw() * min(20, Double(1 << min(attempt - 1, 5))))
    }

    private static func noClient(_ operation: String) -> AWSCredentialError {
        AWSCredentialError(
            .unsupported,
            "\(operation) needs an HTTP client: build with the trait AsyncHTTPClient or give one in CredentialContext.http."
        )
    }
}
