import RDSIAMBasics
import RDSIAMSystem

/// Makes one call to a service, and retries it if that may help.
///
/// It is the standard retry mode of the AWS SDKs: three attempts, exponential backoff with full jitter up to 20
/// seconds. Timeouts cover connecting, one attempt and the whole call.
struct RetryingCaller: Sendable {
    /// How long and how often to try.
    struct Limits: Sendable {
        var attempts = 3
        var connect: Duration
        var attempt: Duration
        var whole: Duration
        /// Whether to retry if no connection is made.
        var retriesConnecting = true

        /// AWS services across the internet.
        static let service = Limits(connect: .seconds(3), attempt: .seconds(10), whole: .seconds(30))
        /// The container endpoint on the same host.
        static let container = Limits(connect: .seconds(2), attempt: .seconds(5), whole: .seconds(20))
        /// The instance metadata service, whose absence must be noticed quickly.
        static let instanceMetadata = Limits(
            connect: .seconds(1),
            attempt: .seconds(2),
            whole: .seconds(10),
            retriesConnecting: false
        )
    }

    /// Why a call has no answer that can be used.
    struct Failure: Error {
        var error: AWSCredentialError
        /// Whether another attempt may succeed.
        var mayPass = false
    }

    let context: CredentialContext
    let limits: Limits
    /// What is called, for messages, such as `STS AssumeRole`.
    let operation: String
    /// The certificates to trust in place of the system's.
    var certificateBundle: CertificateBundle?
    /// The application that a profile names to services.
    var application: String?

    /// Sends a request until an answer is accepted or refused for good, or a limit is reached.
    ///
    /// - Parameters:
    ///   - request: What to send.
    ///   - classify: Says what is wrong with an answer; `nil` stands for ``failure(of:withoutQuoting:)``.
    func call(
        _ request: CredentialHTTPRequest,
        classify: ((CredentialHTTPResponse) -> Failure?)? = nil
    ) async throws -> CredentialHTTPResponse {
        try await call({ request }, classify: classify)
    }

    /// The same with another request for each attempt, as signatures and proofs carry the time.
    func call(
        _ make: () throws -> CredentialHTTPRequest,
        classify: ((CredentialHTTPResponse) -> Failure?)? = nil
    ) async throws -> CredentialHTTPResponse {
        guard let http = context.http else {
            throw AWSCredentialError(
                .unsupported,
                "\(operation) needs an HTTP client: build with the trait AsyncHTTPClient or give one in CredentialContext.http."
            )
        }
        var certificates: [UInt8]?
        let start = context.uptime()
        var attempt = 0
        while true {
            attempt += 1
            let left = limits.whole - context.elapsed(since: start)
            var request = limited(try make(), left: left)
            if certificates == nil, request.url.hasBytePrefix("https:") {
                certificates = try await certificateBundle?.load(context)
            }
            request.trustedCertificates = certificates
            switch try await send(request, http, classify: classify ?? { failure(of: $0) }) {
            case .success(let response): return response
            case .failure(let failure):
                try Task.checkCancellation()
                let pause = delay(after: attempt)
                guard failure.mayPass, attempt < limits.attempts, pause < left else { throw failure.error }
                try await context.sleep(pause)
            }
        }
    }

    /// What is wrong with an answer: nothing if its status is 200, else what the service says.
    ///
    /// - Parameters:
    ///   - response: The answer.
    ///   - secrets: What was sent and must not appear; `nil` leaves the service's words out.
    func failure(of response: CredentialHTTPResponse, withoutQuoting secrets: [String]? = nil) -> Failure? {
        guard response.status != 200 else { return nil }
        return ServiceError(response).failure(of: operation, withoutQuoting: secrets)
    }

    private func send(
        _ request: CredentialHTTPRequest,
        _ http: any CredentialHTTPClient,
        classify: (CredentialHTTPResponse) -> Failure?
    ) async throws(CancellationError) -> Result<CredentialHTTPResponse, Failure> {
        do {
            let response = try await http.send(request)
            return classify(response).map { .failure($0) } ?? .success(response)
        } catch {
            try CancellationError.rethrow(error)
            if let error = error as? CredentialHTTPError { return .failure(failure(of: error, request)) }
            let message = "\(operation) failed with \(type(of: error))."
            let failure = AWSCredentialError(.interrupted, message, underlyingError: error)
            return .failure(Failure(error: failure, mayPass: true))
        }
    }

    private func failure(of error: CredentialHTTPError, _ request: CredentialHTTPRequest) -> Failure {
        if error.code == .unusableCertificates, let certificateBundle {
            return Failure(error: certificateBundle.unusable("holds a broken certificate", error), mayPass: false)
        }
        let (code, mayPass): (AWSCredentialError.Code, Bool) =
            switch error.code {
            case .connectTimeout, .cannotConnect: (.unreachable, limits.retriesConnecting)
            case .proxyRefused: (.unreachable, false)
            case .untrustedServer: (.untrustedServer, false)
            case .unusableProxy, .unusableCertificates: (.invalidConfiguration, false)
            case .timeout: (.timedOut, true)
            case .bodyTooLarge, .malformed: (.invalidResponse, false)
            default: (.interrupted, true)
            }
        let host = HTTPURL(request.url).map { " at \($0.authority)" } ?? ""
        let place = operation.containsBytes(host) ? "" : host
        let message = "\(operation)\(place) failed. \(error.message)"
        return Failure(error: AWSCredentialError(code, message, underlyingError: error), mayPass: mayPass)
    }

    private func limited(_ request: CredentialHTTPRequest, left: Duration) -> CredentialHTTPRequest {
        var request = request
        request.connectTimeout = limits.connect
        request.timeout = min(limits.attempt, max(left, .milliseconds(1)))
        request.headers.append((name: "user-agent", value: UserAgent.text(context, application)))
        return request
    }

    /// Full jitter: anything up to 1, 2, 4… seconds, and never more than 20.
    private func delay(after attempt: Int) -> Duration {
        .seconds(context.draw() * min(20, Double(1 << min(attempt - 1, 5))))
    }
}

/// What services log as the name of the program.
enum UserAgent {
    /// This library, and the application that `AWS_SDK_UA_APP_ID` or the profile names, as the AWS SDKs write it.
    static func text(_ context: CredentialContext, _ application: String?) -> String {
        let application =
            (context.variable("AWS_SDK_UA_APP_ID") ?? application).map { " app/\(token($0.trimmed))" } ?? ""
        return "pg-aws-rds-iam lang/swift\(application)"
    }

    /// The text with a `-` for each character that a header's token cannot hold (RFC 9110 §5.6.2), 50 at most.
    private static func token(_ text: String) -> String {
        let allowed = "!#$%&'*+-.^_`|~"
        return String(
            text.unicodeScalars.prefix(50).map { scalar in
                let isFine = String(scalar).isASCIIName(of: 1...1, alsoHolding: allowed)
                return isFine ? Character(scalar) : "-"
            }
        )
    }
}

/// A file of certificates that a setting names.
struct CertificateBundle: Sendable {
    var path: String
    /// The setting, to begin a message with.
    var origin: String

    /// Reads the file.
    ///
    /// - Throws: ``AWSCredentialError`` with the code `unreadableFile`, which names the setting and the file.
    func load(_ context: CredentialContext) async throws -> [UInt8] {
        let pem = try await context.contents(of: path, orThrow: unusable)
        guard String(decoding: pem, as: UTF8.self).containsBytes("-----BEGIN CERTIFICATE-----") else {
            throw unusable("holds no certificate in PEM")
        }
        return pem
    }

    func unusable(_ fault: String, _ error: (any Error)? = nil) -> AWSCredentialError {
        AWSCredentialError(
            .unreadableFile,
            "\(origin) names the file of certificates \(path), which \(fault). Correct it.",
            underlyingError: error
        )
    }
}
