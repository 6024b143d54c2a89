import AuthTokens
import FaultyDisk
import Foundation
import LoginDoctor
import RDSIAMSystem
import TestSupport

@testable import TokenAuditLog

extension Fault {
    /// Faults on the server's side, and of the audit log.
    static let ofServer: [Fault] = [
        login("a user without rds_iam", "userWithoutRDSIAM", "plain"),
        login("a user who does not exist", "userWithoutRDSIAM", "nemo"),
        login("a user in another case", "userCase", "Andrew"),
        login("a role that may not log in", "loginNotPermitted", "mute"),
        login("no entry in pg_hba.conf", "accessRule", "stranger"),
        login("a database that does not exist", "databaseMissing", "andrew", "dbname=nowhere"),
        login("too many connections", "tooManyConnections", "crowded"),
        login("a parameter that the server does not know", "serverParameter", "works", "options='-c nope=1'"),
        login("a value that the server does not accept", "serverParameter", "works", "options='-c work_mem=5x'"),
        login("options that the server cannot read", "serverParameter", "works", "options=--nope"),
        login("a standby asked of a writer", "sessionAttributes", "works", "target_session_attrs=standby"),
        Fault("credentials that end before the token", "credentialsNearExpiry") {
            var machine = try Machine(["AWS_ACCESS_KEY_ID": "ASIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "x"])
            machine.variables["AWS_CREDENTIAL_EXPIRATION"] = (Date() + 90).rfc3339
            return .init(try await Stage.conninfo("near"), machine.examination())
        },
        Fault("an audit log on a full disk", "auditLog") {
            let folder = try TemporaryFolder()
            let layer = "full-" + UUID().uuidString
            faulty_disk_register(layer)
            var configuration = AuditLogConfiguration()
            configuration.fileLayer = layer
            let log = try await AuditLog.open(folder.path("audit.sqlite"), configuration: configuration)
            faulty_disk_limit(layer, 1, folder.path("audit.sqlite.reserve"), 0)
            let examination = try Machine(try await Stage.keys()).examination(audit: .required(log))
            return .init(try await Stage.conninfo("noting"), examination, props: [folder, log])
        },
    ]

    private static func login(_ description: String, _ code: String, _ user: String, _ more: String = "") -> Fault {
        Fault(description, code) {
            let machine = try Machine(try await Stage.keys())
            return .init(try await Stage.conninfo(user, more), machine.examination())
        }
    }
}
