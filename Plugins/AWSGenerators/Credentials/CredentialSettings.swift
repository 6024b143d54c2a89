import AWSCredentialSources
import AuthTokens
import RDSIAMBasics

/// What a connection string says about credentials.
///
/// Names are compared byte by byte: to AWS's configuration files, the composed and the decomposed form of a character
/// differ.
struct CredentialSettings {
    /// A role to assume, and how.
    struct Role: Hashable {
        let arn: ByteText
        let sessionName: ByteText?
        let externalID: ByteText?

        var assumed: AssumedRole {
            AssumedRole(arn: arn.string, sessionName: sessionName?.string, externalID: externalID?.string)
        }
    }

    /// The name of a source in the registry, or `nil` for the generator's own, or for a profile with the chain.
    let source: ByteText?
    /// A profile: of the chain, or of the source `profile`.
    let profile: ByteText?
    /// The role to assume with the credentials.
    let role: Role?
    /// The region, whose STS endpoint assumes roles.
    let region: ByteText?

    init(of request: AuthTokenRequest) throws(AWSGeneratorError) {
        func text(_ keyword: String) -> ByteText? { request.setting(keyword).map { ByteText($0) } }
        source = text(AWSKeyword.credentials)
        profile = text(AWSKeyword.profile)
        region = text(AWSKeyword.region)
        if profile != nil, let source, source != "profile", source != "default" {
            throw .conflict(
                "\(AWSKeyword.profile) goes only with \(AWSKeyword.credentials)=profile or =default. Remove one of the two."
            )
        }
        let (sessionName, externalID) = (text(AWSKeyword.roleSessionName), text(AWSKeyword.externalID))
        guard let arn = text(AWSKeyword.roleARN) else {
            if sessionName != nil || externalID != nil {
                let keyword = externalID == nil ? AWSKeyword.roleSessionName : AWSKeyword.externalID
                throw .conflict("\(keyword) goes only with \(AWSKeyword.roleARN). Name the role, or remove it.")
            }
            role = nil
            return
        }
        guard arn.string.hasBytePrefix("arn:") else { throw .invalidRole }
        role = Role(arn: arn, sessionName: sessionName, externalID: externalID)
    }
}
