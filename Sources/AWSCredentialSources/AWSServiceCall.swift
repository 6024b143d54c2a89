import AWSSigV4
import RDSIAMBasics
import RDSIAMSystem

/// One call of an AWS operation, with the endpoints, timeouts and retries of the credential sources.
///
/// The endpoint follows the region, the partition and the settings that the AWS CLI follows, in the environment and in
/// a profile: FIPS, dual-stack, endpoint overrides and the bundle of trusted certificates.
///
///     let redshift = AWSService("redshift", settingName: "REDSHIFT")
///     let call = AWSServiceCall(redshift, "DescribeClusters", format: .form, region: "eu-west-2")
///     let form = AWSServiceCall.form([("Action", "DescribeClusters"), ("Version", "2012-12-01")])
///     let answer = try await call.answer(to: form, signedBy: try await source.credentials())
public struct AWSServiceCall: Sendable {
    /// How an operation is written on the wire.
    public struct Format: Sendable, Hashable {
        var contentType: String
        /// What stands before the operation in `X-Amz-Target`, or `nil` if the operation stands in the form.
        var target: String?
        var accept: String?

        /// The AWS query protocol: a form with `Action` and `Version`, answered in XML.
        public static let form = Format(contentType: "application/x-www-form-urlencoded; charset=utf-8")

        /// The AWS JSON protocol, version 1.1.
        ///
        /// - Parameter target: What stands before the operation in `X-Amz-Target`.
        public static func json(target: String) -> Format {
            Format(contentType: "application/x-amz-json-1.1", target: target)
        }
    }

    let service: AWSService
    let operation: String
    let format: Format
    let region: String
    var settings: EndpointSettings.Origin
    let context: CredentialContext
    /// What the call is about, for messages, such as `for the role arn:…`.
    var subject: String?
    /// What is sent beside the credentials and must not appear in an error, or `nil` for a service whose words are left
    /// out of errors altogether.
    var secrets: [String]?

    /// Describes a call.
    ///
    /// - Parameters:
    ///   - service: The service.
    ///   - operation: The API operation, for the header, and for messages.
    ///   - format: How the operation is written on the wire.
    ///   - region: The region to call and to sign for.
    ///   - profile: The profile whose settings hold; `nil` leaves the choice to `AWS_PROFILE` and then `default`.
    ///   - context: The environment.
    public init(
        _ service: AWSService,
        _ operation: String,
        format: Format,
        region: String,
        profile: String? = nil,
        context: CredentialContext = .system
    ) {
        self.service = service
        self.operation = operation
        self.format = format
        self.region = region
        self.settings = .profile(profile)
        self.context = context
    }

    /// Returns the body of a form, percent-encoded.
    ///
    /// - Parameter fields: Names and values, in order; `Action` and `Version` are among them.
    public static func form(_ fields: [(name: String, value: String)]) -> [UInt8] {
        Array(fields.map { "\($0.name)=\(PercentEncoding.encode($0.value))" }.joined(separator: "&").utf8)
    }

    /// Returns the texts of an XML answer by element name, or `nil` if it is not well formed.
    ///
    /// - Parameter xml: The answer.
    public static func texts(ofXML xml: [UInt8]) -> (@Sendable (_ name: String) -> String?)? {
        guard let texts = XMLTexts(xml) else { return nil }
        return { name in texts[name] }
    }

    /// Makes the call.
    ///
    /// - Parameters:
    ///   - body: What to send.
    ///   - credentials: What signs the call, or `nil` for an operation that takes no signature.
    /// - Returns: The body of the answer.
    /// - Throws: ``AWSCredentialError`` with AWS's code, message and request ID; its ``AWSCredentialError/isRetryable``
    ///   says whether to retry. `CancellationError`.
    public func answer(to body: [UInt8], signedBy credentials: AWSCredentials?) async throws -> [UInt8] {
        let settings = try await settings.load(context)
        let endpoint = try settings.endpoint(of: service, region: region)
        let name = "\(name) at \(endpoint.authority)"
        let caller = settings.caller(operation: name)
        let secrets = secrets.map { $0 + [credentials?.secretAccessKey, credentials?.sessionToken].compactMap(\.self) }
        let response = try await caller.call({ try request(body, to: endpoint, signedBy: credentials) }) {
            caller.failure(of: $0, withoutQuoting: secrets)
        }
        return response.body
    }

    /// The call's name in messages.
    private var name: String { "\(service.displayName) \(operation)" + (subject.map { " \($0)" } ?? "") }

    private func request(
        _ body: [UInt8],
        to endpoint: HTTPURL,
        signedBy credentials: AWSCredentials?
    ) throws -> CredentialHTTPRequest {
        var fields = [SigV4Field("content-type", format.contentType)]
        if let target = format.target { fields.append(SigV4Field("x-amz-target", "\(target).\(operation)")) }
        let signature = try credentials.map { try self.signature(of: body, fields, at: endpoint, signedBy: $0) } ?? []
        let accept = format.accept.map { [("accept", $0)] } ?? []
        return CredentialHTTPRequest(
            method: "POST",
            url: endpoint.target.isEmpty ? endpoint.text + "/" : endpoint.text,
            headers: fields.map { ($0.name, $0.value) } + accept
                + signature.map { ($0.name.asciiLowercased(), $0.value) },
            body: body,
            mayUseProxy: endpoint.mayUseProxy
        )
    }

    private func signature(
        of body: [UInt8],
        _ fields: [SigV4Field],
        at endpoint: HTTPURL,
        signedBy credentials: AWSCredentials
    ) throws -> [SigV4Field] {
        let path = endpoint.target.prefix { $0 != "?" }
        do {
            let unsigned = SigV4Request(
                method: "POST",
                host: endpoint.authority,
                path: path.isEmpty ? "/" : String(path),
                headers: fields,
                payload: try .sha256(of: body)
            )
            return try SigV4Signer(keyCapacity: 0)
                .headers(signing: unsigned, scope: scope, credentials: credentials.signing)
        } catch {
            throw AWSCredentialError(
                .invalidConfiguration,
                "\(name) cannot be signed: \(error.message)",
                underlyingError: error
            )
        }
    }

    /// The global endpoint signs as the region it stands in.
    private var scope: CredentialScope {
        get throws(SigV4Error) {
            try CredentialScope(
                region: region.isBytewiseEqual(to: "aws-global") ? "us-east-1" : region,
                service: service.signingName,
                at: context.now().wholeUnixSeconds
            )
        }
    }
}
