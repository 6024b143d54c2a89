import RDSIAMBasics
import RDSIAMSystem

/// What an AWS service says where it refuses.
struct ServiceError: Sendable {
    /// The error code, such as `AccessDenied`; nil where the answer names none.
    var code: String?
    /// The request ID under which AWS knows the call; nil where the answer names none.
    var requestID: String?

    /// Reads the code and the request ID from a header or a JSON or XML body.
    ///
    /// Messages are not kept: they may quote what was sent.
    init(_ response: CredentialHTTPResponse) {
        let json = JSONValue.object(response.body)
        let xml = XMLTexts(response.body)
        let found = response.header("x-amzn-errortype") ?? json?.text("__type", "code", "error") ?? xml?["Code"]
        // `com.amazon#Name:http://…` means `Name`.
        let name = found?.splitBytes(separator: ":").first?.splitBytes(separator: "#").last
        code = name.flatMap { Self.isCode($0) ? $0 : nil }
        let id = response.header("x-amzn-requestid") ?? xml?["RequestId"]
        requestID = id.flatMap { Self.isRequestID($0) ? $0 : nil }
    }

    private static func isCode(_ text: String) -> Bool {
        text.isASCIIName(of: 1...100, alsoHolding: "-_/.%@:+")
    }

    /// What comes from the network goes into an error only where it cannot be anything else.
    private static func isRequestID(_ text: String) -> Bool {
        text.isASCIIName(of: 1...64, alsoHolding: "-")
    }

    /// Whether the answer is worth another attempt.
    func isTransient(status: Int) -> Bool {
        status == 429 || [500, 502, 503, 504].contains(status) || code.map(Self.transientCodes.contains) == true
    }

    /// The verdict on an answer that is no success.
    func verdict(status: Int, operation: String) -> RetryingCaller.Verdict {
        let name = code ?? "HTTP status \(status)"
        if isTransient(status: status) {
            return .retry(error(.serviceUnavailable, "\(operation): the service answered \(name)."))
        }
        let hint = code.map(Self.clockCodes.contains) == true ? " Check this machine's clock." : ""
        return .fail(error(.refused, "\(operation) was refused: \(name).\(hint)"))
    }

    private func error(_ kind: AWSCredentialError.Code, _ message: String) -> AWSCredentialError {
        let request = requestID.map { " AWS's request ID is \($0)." } ?? ""
        return AWSCredentialError(kind, message + request, serviceCode: code, requestID: requestID)
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
