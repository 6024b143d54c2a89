/// A role assumed with the credentials of another source.
public struct AssumeRoleCredentialSource: AWSCredentialSource {
    private let role: AssumedRole
    private let base: any AWSCredentialSource
    private let client: STSClient

    /// Creates the source.
    ///
    /// - Parameters:
    ///   - role: The role to assume.
    ///   - base: Returns the credentials that sign the call.
    ///   - client: The STS client.
    public init(_ role: AssumedRole, from base: any AWSCredentialSource, client: STSClient = STSClient()) {
        self.role = role
        self.base = base
        self.client = client
    }

    /// ``AWSCredentialSourceKind/assumeRole``.
    public var kind: AWSCredentialSourceKind { .assumeRole }

    /// Asks the base for credentials, then STS for the role's.
    ///
    /// - Throws: ``AWSCredentialError`` of the base or of STS.
    public func credentials() async throws -> AWSCredentials {
        let keys = try await base.credentials()
        do {
            return try await assumed(with: keys)
        } catch let error as AWSCredentialError where error.refusesKeys {
            // Keys that a cache keeps may have been replaced since.
            base.invalidate(accessKeyID: keys.accessKeyID)
            let fresh = try await base.credentials()
            guard fresh != keys else { throw error }
            return try await assumed(with: fresh)
        }
    }

    private func assumed(with keys: AWSCredentials) async throws -> AWSCredentials {
        var credentials = try await client.assumeRole(role, as: keys)
        credentials.readings = keys.readings
        return credentials
    }
}

/// A role to assume, and how.
public struct AssumedRole: Sendable {
    /// The role's ARN.
    public var arn: String
    /// What the session is called in CloudTrail; `nil` for a name made of the time.
    public var sessionName: String?
    /// The external ID that the role's owner asks for; a call with a web identity knows none and leaves it out.
    public var externalID: String?
    /// How many seconds the session shall live, 900 to 43,200; `nil` for the role's own hour.
    public var durationSeconds: Int?
    /// The serial number or ARN of the MFA device whose code the role asks for, or `nil` if it asks for none.
    ///
    /// The code comes from ``TerminalAccess/mfaCode``.
    public var mfaSerialNumber: String?

    /// Creates a description with the properties of the same names.
    public init(arn: String, sessionName: String? = nil, externalID: String? = nil, durationSeconds: Int? = nil) {
        self.arn = arn
        self.sessionName = sessionName
        self.externalID = externalID
        self.durationSeconds = durationSeconds
    }
}
