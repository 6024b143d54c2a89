import AWSSigV4
import RDSIAMBasics
import RDSIAMSystem

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
