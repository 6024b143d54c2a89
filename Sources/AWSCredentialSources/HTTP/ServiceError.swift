/// What an AWS service says where it refuses.
struct ServiceError: Sendable {
    /// The error code, such as `AccessDenied`; nil where the answer names none.
    var code: String?

    /// Reads the code from a header or a JSON or XML body.
    ///
    /// Messages are not kept: they may quote what was sent.
    init(_ response: CredentialHTTPResponse) {
        let header = response.headers.first { $0.name.lowercased() == "x-amzn-errortype" }?.value
        let json = JSONValue.object(response.body)
        let found = header ?? json?.text("__type", "code", "error") ?? XMLTexts(response.body)?["Code"]
        // `com.amazon#Name:http://…` means `Name`.
        let name = found?.split(separator: ":").first?.split(separator: "#").last.map(String.init)
        code = name.flatMap { Self.isCode($0) ? $0 : nil }
    }

    private static func isCode(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 100 && SharedConfiguration.isName(text)
    }

    /// Whether the answer is worth another attempt.
    func isTransient(status: Int) -> Bool {
        status == 429 || [500, 502, 503, 504].contains(status) || code.map(Self.transientCodes.contains) == true
    }

    /// The verdict on an answer that is no success.
    func verdict(status: Int, operation: String) -> RetryingCaller.Verdict {
        let name = code ?? "HTTP status \(status)"
        if isTransient(status: status) {
            let message = "\(operation): the service answered \(name)."
            return .retry(AWSCredentialError(.serviceUnavailable, message, serviceCode: code))
        }
        let hint = code.map(Self.clockCodes.contains) == true ? " Check this machine's clock." : ""
        return .fail(AWSCredentialError(.refused, "\(operation) was refused: \(name).\(hint)", serviceCode: code))
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
