import AWSSigV4
import RDSIAMBasics
import RDSIAMSystem

/// The form that an STS call posts (the AWS query protocol).
struct STSForm {
    static let contentType = "application/x-www-form-urlencoded; charset=utf-8"

    var action: String
    var fields: [(name: String, value: String)] = []

    init(action: String) {
        self.action = action
    }

    /// The fields that both ways of assuming a role share.
    init(action: String, role: AssumedRole, context: CredentialContext) {
        self.action = action
        let milliseconds = context.now().wholeUnixMilliseconds
        fields.append(("RoleArn", role.arn))
        fields.append(("RoleSessionName", role.sessionName ?? "\(role.defaultSessionPrefix)-\(milliseconds)"))
        if let duration = role.durationSeconds { fields.append(("DurationSeconds", String(duration))) }
    }

    /// The call's name in messages.
    var operation: String { "STS \(action)" }

    var body: [UInt8] {
        let all = [("Action", action), ("Version", "2011-06-15")] + fields
        return Array(all.map { "\($0.0)=\(PercentEncoding.encode($0.1))" }.joined(separator: "&").utf8)
    }

    func path(at endpoint: HTTPURL) -> String {
        let path = endpoint.target.prefix { $0 != "?" }
        return path.isEmpty ? "/" : String(path)
    }

    func request(to endpoint: HTTPURL) -> CredentialHTTPRequest {
        CredentialHTTPRequest(
            method: "POST",
            url: endpoint.target.isEmpty ? endpoint.text + "/" : endpoint.text,
            headers: [("content-type", Self.contentType), ("accept", "application/xml")],
            body: body,
            mayUseProxy: endpoint.mayUseProxy
        )
    }
}

/// The signature of an STS call that is signed.
struct STSSignature {
    let form: STSForm
    let endpoint: HTTPURL
    let region: String
    let time: Date

    /// The header fields to add.
    func headers(for credentials: AWSCredentials) throws -> [(name: String, value: String)] {
        do {
            let request = SigV4Request(
                method: "POST",
                host: endpoint.authority,
                path: form.path(at: endpoint),
                headers: [SigV4Field("content-type", STSForm.contentType)],
                payload: try .sha256(of: form.body)
            )
            let signer = SigV4Signer(keyCapacity: 0)
            let fields = try signer.headers(signing: request, scope: scope, credentials: credentials.signing)
            return fields.map { ($0.name.asciiLowercased(), $0.value) }
        } catch {
            throw AWSCredentialError(
                .invalidConfiguration,
                "\(form.operation) cannot be signed: \(error.message)",
                underlyingError: error
            )
        }
    }

    /// The global endpoint signs as the region it stands in.
    private var scope: CredentialScope {
        get throws(SigV4Error) {
            try CredentialScope(
                region: region == "aws-global" ? "us-east-1" : region,
                service: "sts",
                at: time.wholeUnixSeconds
            )
        }
    }
}
