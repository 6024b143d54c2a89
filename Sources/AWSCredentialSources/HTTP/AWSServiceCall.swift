import AWSSigV4
import RDSIAMBasics
import RDSIAMSystem

/// A signed call to an AWS service, with the endpoints, time limits and retries of the credential sources.
package struct AWSServiceCall: Sendable {
    /// A service and how it is spoken to.
    package struct Service: Sendable {
        let endpoint: AWSService
        let signingName: String
        let contentType: String
        /// What stands before the operation in `X-Amz-Target`; nil for services that read the operation from a form.
        let target: String?

        /// Amazon Redshift: forms in, XML out.
        package static let redshift = Service(
            endpoint: .redshift,
            signingName: "redshift",
            contentType: "application/x-www-form-urlencoded; charset=utf-8",
            target: nil
        )
        /// Amazon Redshift Serverless: JSON.
        package static let redshiftServerless = Service(
            endpoint: .redshiftServerless,
            signingName: "redshift-serverless",
            contentType: "application/x-amz-json-1.1",
            target: "RedshiftServerless"
        )
        /// AWS Secrets Manager: JSON.
        package static let secretsManager = Service(
            endpoint: .secretsManager,
            signingName: "secretsmanager",
            contentType: "application/x-amz-json-1.1",
            target: "secretsmanager"
        )
    }

    private let service: Service
    private let operation: String
    private let region: String
    private let context: CredentialContext

    /// Describes a call.
    ///
    /// - Parameters:
    ///   - service: The service.
    ///   - operation: The API operation.
    ///   - region: The region to call and to sign for.
    ///   - context: The outside world.
    package init(_ service: Service, _ operation: String, region: String, context: CredentialContext) {
        self.service = service
        self.operation = operation
        self.region = region
        self.context = context
    }

    /// A form as the AWS query protocol wants it.
    package static func form(_ fields: [(name: String, value: String)]) -> [UInt8] {
        Array(fields.map { "\($0.name)=\(PercentEncoding.encode($0.value))" }.joined(separator: "&").utf8)
    }

    /// Makes the call.
    ///
    /// - Parameters:
    ///   - body: What to send.
    ///   - credentials: Who signs.
    /// - Returns: The body of the answer.
    /// - Throws: ``AWSCredentialError`` with AWS's code and request ID, which the message names too.
    package func answer(to body: [UInt8], signedBy credentials: AWSCredentials) async throws -> [UInt8] {
        let name = "\(service.signingName) \(operation)"
        let settings = EndpointSettings(context: context, profile: [:], services: [:])
        let endpoint = try settings.endpoint(of: service.endpoint, region: region)
        let caller = RetryingCaller(context: context, patience: .service, operation: name)
        let response = try await caller.call({ try request(body, to: endpoint, signedBy: credentials) }) { response in
            guard response.status != 200 else { return .accept }
            return ServiceError(response).verdict(status: response.status, operation: name).namingRequest
        }
        return response.body
    }

    private func request(
        _ body: [UInt8],
        to endpoint: HTTPURL,
        signedBy credentials: AWSCredentials
    ) throws -> CredentialHTTPRequest {
        var fields = [SigV4Field("content-type", service.contentType)]
        if let target = service.target { fields.append(SigV4Field("x-amz-target", "\(target).\(operation)")) }
        let path = endpoint.target.prefix { $0 != "?" }
        let unsigned = SigV4Request(
            method: "POST",
            host: endpoint.authority,
            path: path.isEmpty ? "/" : String(path),
            headers: fields,
            payload: try .sha256(of: body)
        )
        let scope = try CredentialScope(
            region: region,
            service: service.signingName,
            at: context.now().wholeUnixSeconds
        )
        let signature = try SigV4Signer(keyCapacity: 0)
            .headers(signing: unsigned, scope: scope, credentials: credentials.signing)
        return CredentialHTTPRequest(
            method: "POST",
            url: endpoint.target.isEmpty ? endpoint.text + "/" : endpoint.text,
            headers: (fields + signature).map { ($0.name.asciiLowercased(), $0.value) },
            body: body,
            mayUseProxy: endpoint.mayUseProxy
        )
    }
}

extension RetryingCaller.Verdict {
    /// The same with the request ID in the message too.
    fileprivate var namingRequest: Self {
        switch self {
        case .accept: .accept
        case .retry(let error): .retry(error.namingRequest)
        case .fail(let error): .fail(error.namingRequest)
        }
    }
}

extension AWSCredentialError {
    fileprivate var namingRequest: AWSCredentialError {
        guard let requestID else { return self }
        var error = self
        error.message += " AWS's request ID is \(requestID)."
        return error
    }
}

/// The texts of an XML answer by element name; nil where it is not well formed.
package func awsTexts(_ xml: [UInt8]) -> ((String) -> String?)? {
    guard let texts = XMLTexts(xml) else { return nil }
    return { name in texts[name] }
}
