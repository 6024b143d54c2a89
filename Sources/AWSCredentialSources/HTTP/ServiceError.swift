import RDSIAMBasics
import RDSIAMSystem

/// What an AWS service says when it refuses.
struct ServiceError: Sendable {
    /// The error code, such as `AccessDenied`, or `nil` if the answer names none.
    var code: String?
    /// The request ID under which AWS knows the call, or `nil` if the answer names none.
    var requestID: String?
    private var status: Int
    /// What the service says in words; it may quote what was sent.
    private var message: String?

    /// Reads the code and the request ID from a header or a JSON or XML body.
    init(_ response: CredentialHTTPResponse) {
        status = response.status
        let json = JSONValue.object(response.body)
        let xml = XMLTexts(response.body)
        let found = response.header("x-amzn-errortype") ?? json?.text("__type", "code", "error") ?? xml?["Code"]
        // `com.amazon#Name:http://…` means `Name`.
        let name = found?.splitBytes(separator: ":").first?.splitBytes(separator: "#").last
        code = name.flatMap { $0.isASCIIName(of: 1...100, alsoHolding: "-_/.%@:+") ? $0 : nil }
        // What comes from the network goes into an error only if it cannot be anything else.
        let id = response.header("x-amzn-requestid") ?? xml?["RequestId"]
        requestID = id.flatMap { $0.isASCIIName(of: 1...64, alsoHolding: "-") ? $0 : nil }
        message = json?.text("message") ?? xml?["Message"]
    }

    /// Whether the answer is worth another attempt.
    private var isTransient: Bool {
        status == 429 || [500, 502, 503, 504].contains(status) || code.map(Self.transientCodes.contains) == true
    }

    /// What follows for the call of an operation, as ``RetryingCaller/failure(of:withoutQuoting:)`` says.
    func failure(of operation: String, withoutQuoting secrets: [String]?) -> RetryingCaller.Failure {
        let name = code ?? "HTTP status \(status)"
        let words = secrets.flatMap { self.words(withoutQuoting: $0) }.map { " \($0)" } ?? ""
        let request = requestID.map { " AWS's request ID is \($0)." } ?? ""
        if isTransient {
            let message = "\(operation): the service answered \(name).\(words)\(request)"
            return .init(error: error(.serviceUnavailable, message), mayPass: true)
        }
        let hint = code.map(Self.clockCodes.contains) == true ? " Check this machine's clock." : ""
        return .init(error: error(.refused, "\(operation) was refused: \(name).\(words)\(hint)\(request)"))
    }

    /// The first line of the service's message as a sentence, or `nil` if it quotes a secret.
    ///
    /// Messages about signatures quote the canonical request, session token included, and are left out.
    private func words(withoutQuoting secrets: [String]) -> String? {
        guard let line = message?.splitBytes(separator: "\n").first?.trimmed, 1...500 ~= line.utf8.count,
            line.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }),
            !secrets.contains(where: { !$0.isEmpty && line.containsBytes($0) }),
            !["Signature=", "Security-Token", "security-token"].contains(where: line.containsBytes)
        else { return nil }
        return line.hasByteSuffix(".") ? line : line + "."
    }

    private func error(_ kind: AWSCredentialError.Code, _ message: String) -> AWSCredentialError {
        AWSCredentialError(kind, message, serviceCode: code, requestID: requestID)
    }

    /// The codes with which services answer a clock that is wrong, among other things.
    private static let clockCodes: Set<String> = [
        "RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture", "SignatureDoesNotMatch",
        "InvalidSignatureException",
    ]

    /// The codes of the AWS SDKs' standard retry mode, throttling and transient, with what STS adds.
    private static let transientCodes: Set<String> = [
        "Throttling", "ThrottlingException", "ThrottledException", "RequestThrottled", "RequestThrottledException",
        "TooManyRequestsException", "TooManyRequestsError", "ProvisionedThroughputExceededException",
        "TransactionInProgressException", "RequestLimitExceeded", "BandwidthLimitExceeded", "LimitExceededException",
        "SlowDown", "PriorRequestNotComplete", "EC2ThrottledException", "RequestTimeout", "RequestTimeoutException",
        "InternalError", "ServiceUnavailable", "IDPCommunicationError",
    ]
}

extension CredentialHTTPResponse {
    fileprivate func header(_ name: String) -> String? {
        headers.first { $0.name.asciiLowercased().isBytewiseEqual(to: name) }?.value
    }
}
