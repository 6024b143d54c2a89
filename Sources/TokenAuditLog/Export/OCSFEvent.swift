import AuthTokens
import RDSIAMSystem

/// An event in the Open Cybersecurity Schema Framework, version 1.8.0: class 3002, Authentication.
///
/// The schema knows no activity "a token was issued" (3 to 5 are Kerberos tickets), so issues are 99, Other.
struct OCSFEvent {
    private let entry: AuditEntry
    private let record: AuditRecord
    private let target: AuditRecord.Target
    private let logID: String

    /// Nil for what the log says about itself: that is no authentication.
    init?(_ entry: AuditEntry, logID: String) {
        guard let record = entry.record, let target = record.target else { return nil }
        self.entry = entry
        self.record = record
        self.target = target
        self.logID = logID
    }

    private var activity: (number: Int64, name: String) {
        switch record.activity {
        case .connectionAccepted, .connectionRefused: (1, "Logon")
        case .reuse: (99, "Token Re-use")
        default: (99, "Token Issue")
        }
    }

    var json: CanonicalJSON {
        let isSuccess = record.outcome == .success
        return .members([
            "activity_id": .integer(activity.number), "activity_name": .string(activity.name),
            "category_uid": .integer(3), "category_name": .string("Identity & Access Management"),
            "class_uid": .integer(3002), "class_name": .string("Authentication"),
            "type_uid": .integer(300_200 + activity.number),
            "type_name": .string("Authentication: " + (activity.number == 1 ? "Logon" : "Other")),
            "time": .integer(milliseconds(record.time)),
            "severity_id": .integer(1), "severity": .string("Informational"),
            "status_id": .integer(isSuccess ? 1 : 2),
            "status": .string(isSuccess ? "Success" : "Failure"),
            "status_code": record.errorCode.map { .string($0) },
            "auth_protocol_id": .integer(99), "auth_protocol": .string("AWS RDS IAM (SigV4)"),
            "metadata": metadata, "actor": actor, "user": .object(["name": .string(target.user)]),
            "dst_endpoint": .object(["hostname": .string(target.host), "port": .integer(target.port)]),
            "authentication_token": token, "cloud": cloud,
        ])
    }

    private var metadata: CanonicalJSON {
        .object([
            "version": .string("1.8.0"), "uid": .string(record.id), "sequence": .integer(entry.sequence),
            "log_name": .string(logID), "profiles": .array([.string("cloud")]),
            "product": .object(["name": .string("pg-aws-rds-iam"), "vendor_name": .string("pg-aws-rds-iam")]),
        ])
    }

    private var actor: CanonicalJSON {
        let actor = record.actor
        return .object([
            "app_name": .string(actor.program),
            "process": .object(["pid": .integer(actor.processID), "name": .string(actor.program)]),
            "user": .members([
                "name": .string(actor.user), "uid": .string(String(actor.userID)),
                "credential_uid": record.credential?.accessKeyID.map { .string($0) },
            ]),
        ])
    }

    private var token: CanonicalJSON? {
        record.token.map { token in
            .members([
                "type_id": .integer(99), "type": .string("AWS RDS IAM"), "uid": token.fingerprint.map { .string($0) },
                "created_time": .integer(milliseconds(token.signedAt)),
                "expiration_time": token.expiresAt.map { .integer(milliseconds($0)) },
            ])
        }
    }

    private var cloud: CanonicalJSON {
        .members([
            "provider": .string("AWS"), "region": target.region.map { .string($0) },
            "account": record.credential?.accountID.map { .object(["uid": .string($0)]) },
        ])
    }

    private func milliseconds(_ time: Date) -> Int64 { time.microseconds / 1000 }
}
