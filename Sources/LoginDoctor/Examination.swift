public import AuthTokens
public import PGConninfo
import PGRDSIAM
import RDSIAMSystem

/// Walks the path of a login with a token, step by step, and names what is wrong.
///
/// ```swift
/// let examination = Examination(issuer: issuer)
/// let report = try await examination.report(on: "host=db.abcdefghijkl.eu-west-2.rds.amazonaws.com user=andrew")
/// print(report.answer)
/// ```
///
/// It makes a token, which the issuer records, and logs in as a program would: if the server refuses the token, once
/// more with a new one. It runs no statement that changes anything.
/// Each wait has a limit, and so has the whole. Canceling the task ends it at once.
public struct Examination: Sendable {
    /// How long each step may wait, and all of them together.
    package struct Limits: Sendable {
        /// For all steps together; for each server, if there are several.
        package var whole = Duration.seconds(60)
        /// For the credentials: a helper, or the metadata service.
        package var credentials = Duration.seconds(20)
        /// For the call that says whose credentials they are.
        package var identity = Duration.seconds(10)
        /// For the look-up of the host name.
        package var lookup = Duration.seconds(5)
        /// For a connection to the port.
        package var connection = Duration.seconds(5)
        /// For TLS.
        package var tls = Duration.seconds(5)
        /// For the making and recording of the token.
        package var token = Duration.seconds(20)
        /// For the login.
        package var login = Duration.seconds(20)

        /// The standard limits.
        package init() {}
    }

    /// Makes, caches and records the token, and knows the generators and their keywords.
    public var issuer: TokenIssuer
    /// What unset parameters come from.
    public var environment: ConninfoEnvironment
    /// Look-ups and connections.
    package var network = DoctorNetwork.system
    /// Whether to stay away from the network: no look-up, no call, no login.
    public var isOffline = false
    /// Whether account numbers and access keys are shown in full.
    package var showsAccounts = false
    /// How long to wait.
    package var limits = Limits()
    /// Where variables of the environment come from that this program has set by itself, by their names.
    ///
    /// `["AWS_REGION": "the settings file /etc/app.json"]`, for example, makes the report name the file.
    package var variableOrigins: [String: String] = [:]
    /// Options of `rds-iam`, name and value each, that a command to run next repeats if it takes them.
    package var repeatedOptions: [[String]] = []
    /// Called with the name of each step when it begins.
    package var progress: (@Sendable (Step.Name) -> Void)?

    /// Creates an examination.
    ///
    /// - Parameters:
    ///   - issuer: Makes, caches and records the token.
    ///   - environment: What unset parameters come from.
    public init(issuer: TokenIssuer, environment: ConninfoEnvironment = .process) {
        (self.issuer, self.environment) = (issuer, environment)
    }

    /// Examines a login.
    ///
    /// - Parameters:
    ///   - conninfo: The connection string. Without a generator in it, the generator is `default`.
    ///   - overriding: Parameters that are laid over it, by keyword.
    /// - Returns: What was found. What is wrong with the connection string is a finding, too. Each server that it names
    ///   is looked at.
    /// - Throws: `CancellationError`.
    public func report(
        on conninfo: String,
        overriding: [String: String] = [:]
    ) async throws -> ExaminationReport {
        let walk = Walk(self)
        let settings = SettingsRung(text: conninfo, overriding: overriding)
        let first = try await walk.run(over: Self.rungs(after: settings), from: Findings(examination: self))
        var visits = [first]
        let shared: [any Rung] = [settings, GeneratorRung(), CredentialsRung(), IdentityRung(), ClockRung()]
        let names = Set(shared.map(\.name))
        let rungs = Self.rungs(after: settings).filter { !names.contains($0.name) }
        for server in first.servers.dropFirst() where first.canGoOn {
            visits.append(try await walk.run(over: rungs, from: first.before(server, keeping: names)))
        }
        return ExaminationReport(visits, sharing: names)
    }

    /// Looks at credentials alone: which source has them, what the others lack, whose they are, when they end.
    ///
    /// - Parameters:
    ///   - conninfo: A connection string whose keywords choose the credentials; it may be empty.
    ///   - overriding: Parameters that are laid over it, by keyword.
    /// - Throws: `CancellationError`.
    public func credentialsReport(
        on conninfo: String = "",
        overriding: [String: String] = [:]
    ) async throws -> ExaminationReport {
        let rungs: [any Rung] = [
            SettingsRung(text: conninfo, overriding: overriding, needsHost: false), GeneratorRung(), CredentialsRung(),
            IdentityRung(), ClockRung(),
        ]
        let findings = try await Walk(self).run(over: rungs, from: Findings(examination: self))
        return ExaminationReport(credentials: findings)
    }

    private static func rungs(after settings: SettingsRung) -> [any Rung] {
        [
            settings, GeneratorRung(), EndpointRung(), RegionRung(),
            CredentialsRung(), IdentityRung(), ClockRung(), LookupRung(), ConnectionRung(), TLSRung(), TokenRung(),
            LoginRung(), SessionRung(),
        ]
    }
}
