import AWSCredentialSources
import AWSGenerators
import AuthTokens
import LoginDiagnosis
import PGConninfo
import PGRDSIAM
import RDSIAMBasics
import RDSIAMSystem

/// What is known so far; each rung reads what those before it found, and adds what it finds.
struct Findings: Sendable {
    let examination: Examination
    let masking: Masking
    /// The rungs that are done.
    var steps: [Step] = []
    /// The causes, in the order in which they were found.
    var causes: [Cause] = []
    /// What the server, or libpq, said, in order.
    var words: [String] = []

    // MARK: Settings

    var settings: ConnectionSettings?
    /// The servers that the connection string names, in order.
    var servers: [Server] = []
    /// The one that is looked at.
    var server: Server?
    var request: AuthTokenRequest? { server?.request }
    var generatorName = "default"
    var generator: (any AuthTokenGenerator)?
    /// Finds the AWS credentials, if the generator uses any.
    var caller: AWSCaller? { (generator as? any AWSTokenGenerator)?.caller }

    // MARK: Credentials

    var credentials: AWSCredentials?
    var identity: CallerIdentity?
    /// The profile that keys in the environment hide.
    var hiddenProfile: String?
    /// Learns AWS's time.
    let recorder: DateRecorder

    // MARK: Endpoint, region, network, login

    var endpoint: DatabaseEndpoint?
    /// The name of AWS's that the host is an alias of.
    var canonicalName: String?
    var region: SigningRegion?
    var addresses: [String] = []
    /// The address that took a connection.
    var reachedAddress: String?
    var certificate: PeerCertificate?
    /// Whether what answered refused TLS, or said nothing.
    var offersNoTLS = false
    var issued: IssuedToken?
    var connection: PGConnection?
    var loginFailure: RDSIAMError?

    init(examination: Examination, recorder: DateRecorder = DateRecorder()) {
        self.examination = examination
        masking = Masking(showsAccounts: examination.showsAccounts)
        self.recorder = recorder
    }

    /// The environment of the credential sources, from which the recorder learns AWS's time.
    ///
    /// Offline, it asks and starts nothing.
    var context: CredentialContext? {
        guard var context = caller?.context else { return nil }
        let now = context.now
        context.http = context.http.map { recorder.watching($0, at: now, isOffline: examination.isOffline) }
        guard examination.isOffline else { return context }
        context.processes = OfflineProcesses(recorder: recorder)
        context.environment["AWS_EC2_METADATA_DISABLED"] = "true"
        return context
    }

    var now: Date { caller?.context.now() ?? Date() }

    /// Returns what is known before the look at a server: what the settings and the credentials say.
    ///
    /// - Parameter steps: The rungs that are the same for all servers.
    func before(_ server: Server, keeping steps: Set<Step.Name>) -> Findings {
        var findings = Findings(examination: examination, recorder: recorder)
        findings.steps = self.steps.filter { steps.contains($0.name) }
        (findings.settings, findings.servers, findings.server) = (settings, servers, server)
        (findings.generatorName, findings.generator) = (generatorName, generator)
        (findings.credentials, findings.identity, findings.hiddenProfile) = (credentials, identity, hiddenProfile)
        return findings
    }

    /// Whether the settings can be used, so that other servers can be looked at, too.
    var canGoOn: Bool { server != nil && generator != nil && !hasFailed(.settings) }

    /// Whether a program that logs in goes on with the next server: not if this one was reached and refused it.
    var allowsNextServer: Bool {
        guard let failure = loginFailure else { return !loginWorks }
        return failure.sqlState == nil || failure.sqlState == "57P03"
    }

    /// Whether a login came about.
    var loginWorks: Bool { connection != nil }

    mutating func add(_ cause: Cause) { causes.append(cause) }

    /// Whether a step failed.
    func hasFailed(_ name: Step.Name) -> Bool { steps.contains { $0.name == name && $0.mark == .failed } }

    /// The value of a generator's keyword, or `nil` if it is unset or empty.
    func parameter(_ keyword: String) -> String? {
        request?.parameters[keyword].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// Where the first of some variables that is set comes from, such as `AWS_REGION`; `nil` if none is set.
    func origin(ofVariables names: [String]) -> String? {
        let name = names.first { context?.environment[$0]?.isEmpty == false }
        return name.map { examination.variableOrigins[$0] ?? $0 }
    }

    /// Where the region's name comes from.
    func origin(of region: SigningRegion) -> String {
        if region.origin == .connectionString, settings?[AWSKeyword.region]?.origin == "option" { return "an option" }
        guard region.origin == .configuration else { return "the \(region.origin)" }
        return origin(ofVariables: ["AWS_REGION", "AWS_DEFAULT_REGION"]) ?? "the AWS profile"
    }

    /// The host and port, for sentences.
    var place: String { request.map { "\($0.host):\($0.port)" } ?? "the server" }
}

/// A server that the connection string names.
struct Server: Sendable {
    /// What a token for it is asked with.
    let request: AuthTokenRequest
    /// The numeric address to dial, if the connection string gives one.
    let address: String?
    /// The parameters, with this host alone and with a generator.
    let conninfo: Conninfo

    /// The host and port, for headings.
    var name: String { "\(request.host):\(request.port)" }
}

// MARK: - Evidence

extension Findings {
    /// All that the diagnosis of a failed login may go by.
    var evidence: LoginEvidence {
        var evidence = LoginEvidence(now: now)
        evidence.host = request?.host
        evidence.address = reachedAddress ?? server?.address ?? addresses.first
        evidence.port = request?.port
        evidence.user = request?.user
        evidence.database = request?.database
        evidence.token = issued.map { TokenFacts($0.token) }
        for setting in settings?.settings ?? [] where setting.isChosen || setting.keyword == "sslmode" {
            evidence.settings[setting.keyword] = LoginEvidence.Setting(setting.value, from: setting.origin)
        }
        if servers.count > 1, let server {
            for (keyword, value) in parameters(of: server) {
                let source = evidence.settings[keyword]?.source
                evidence.settings[keyword] = value.map { LoginEvidence.Setting($0, from: source) }
            }
        }
        evidence.libpqVersion = Conninfo.Dialect.linked.majorVersion * 10_000
        evidence.serverDate = recorder.serverDate(at: now)
        evidence.canonicalName = canonicalName
        evidence.identityARN = identity?.arn
        evidence.hiddenProfile = hiddenProfile
        evidence.certificate = certificate.map { certificate in
            LoginEvidence.ServerCertificate(
                issuer: certificate.root,
                notBefore: certificate.validFrom,
                notAfter: certificate.validUntil
            )
        }
        evidence.tlsVersion = certificate?.tlsVersion
        evidence.trustedRoots = trustedRootFile.flatMap { path in
            examination.environment.files(Array(path.utf8)).map { TrustRoots.found(inPEM: $0.contents ?? []) }
        }
        return evidence
    }

    /// What lists hold for one of several servers.
    func parameters(of server: Server) -> [String: String?] {
        [
            "host": server.request.host, "hostaddr": server.address, "port": "\(server.request.port)",
            AWSKeyword.host: parameter(AWSKeyword.host), AWSKeyword.port: parameter(AWSKeyword.port),
        ]
    }

    /// The file of the roots that libpq trusts, or `nil` if it trusts the system's, or none.
    var trustedRootFile: String? {
        let named = settings?["sslrootcert"]?.value ?? ""
        if named == "system" { return nil }
        if !named.isEmpty { return named }
        guard let home = examination.environment.homeDirectory else { return nil }
        let path = String(decoding: home, as: UTF8.self) + "/.postgresql/root.crt"
        return examination.environment.files(Array(path.utf8)) == nil ? nil : path
    }

    /// Adds the causes of a failure before a login that the diagnosis makes out from its words.
    mutating func diagnose(_ words: String) {
        var evidence = evidence
        evidence.messages = [ServerMessage(words)]
        evidence.passwordWasUsed = false
        evidence.token = nil
        causes += evidence.likelyCauses.map { Cause($0, self) }
    }
}

// MARK: - Conclusions

extension Findings {
    func outcome(_ causes: [Cause]) -> ExaminationReport.Outcome {
        if loginWorks { return .loginWorks }
        if request == nil || generator == nil || hasFailed(.settings) { return .notTried }
        if !causes.isEmpty { return .causeFound }
        return steps.contains { $0.mark == .failed } ? .causeUnknown : .notTried
    }

    /// Whether the right to log in may be what is missing.
    ///
    /// Not if the server has asked for a stored password, as no token was judged then, nor if the login itself worked,
    /// as it does before a database is found missing.
    var needsStatement: Bool {
        loginFailure?.passwordWasUsed == true
            && causes.contains { $0.code == LikelyCause.Code.missingPermission.description }
    }

    /// The policy statement to compare with.
    var statement: String? {
        guard let request else { return nil }
        let account = (identity?.account ?? credentials?.accountID).map(masking.account)
        return endpoint?.permission(for: request.user, region: region?.name, account: account)?.statement
    }

    /// What only the other side can see.
    var elsewhere: [String] {
        guard let endpoint else { return [] }
        if endpoint.kind == .dsql { return ["AWS CloudTrail has each DbConnect and DbConnectAdmin, with its reason."] }
        let user = (request?.user ?? "USER").replacingBytes("'", with: "''")
        let find = endpoint.resourceIDCommand.map { ["The resource id of the statement: \($0)"] } ?? []
        return find + [
            "The reason in AWS's words: the log iam-db-auth-error, in CloudWatch Logs under /aws/rds/, if the instance "
                + "exports it.",
            "The kind of failure: the CloudWatch metrics that begin with IamDbAuthConnection, such as "
                + "IamDbAuthConnectionFailureInsufficientPermissions.",
            "The rights of the identity: aws iam simulate-principal-policy, with its ARN, the action and the resource.",
            "The memberships of the user, as another user: select pg_has_role('\(user)', 'rds_iam', 'member')",
        ]
    }

    var sessionSummary: String {
        guard let facts = connection?.facts else { return "The login works." }
        return "The login works: \(facts.user) is connected to \(facts.database) on \(facts.host):\(facts.port) over "
            + "\(facts.tlsVersion ?? "no TLS")."
    }
}
