import AuthTokens
import RDSIAMSystem

/// An event in the Open Cybersecurity Schema Framework, version 1.8.0.
///
/// What happened to tokens and connections is class 3002, Authentication. The schema knows no activity "a token was
/// issued" (3 to 5 are Kerberos tickets), so issues are 99, Other. What was lost, deleted or acknowledged is class
/// 1008, Event Log Activity.
struct OCSFEvent {
    private struct Activity {
        let number: Int64
        let name: String
    }

    private let entry: AuditEntry
    private let record: AuditRecord
    private let logID: String

    /// Creates an event, or returns `nil` for openings and checkpoints, which report no change, and for rows that
    /// cannot be read.
    init?(_ entry: AuditEntry, logID: String) {
        guard let record = entry.record,
            record.target != nil || [.gap, .reserveSpent, .prune, .reanchor].contains(record.activity)
        else { return nil }
        self.entry = entry
        self.record = record
        self.logID = logID
    }

    var json: CanonicalJSON { record.target.map(authentication) ?? logActivity }

    // MARK: Authentication

    private var authenticationActivity: Activity {
        switch record.activity {
        case .connectionAccepted, .connectionRefused, .connectionFailed: Activity(number: 1, name: "Logon")
        case .reuse: Activity(number: 99, name: "Token Re-use")
        default: Activity(number: 99, name: "Token Issue")
        }
    }

    private func authentication(_ target: AuditRecord.Target) -> CanonicalJSON {
        let activity = authenticationActivity
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
            "unmapped": signing(target),
            "authentication_token": token, "cloud": cloud(target),
        ])
    }

    /// What the schema has no member for: the endpoint that the token is good for, and the user who was asked for.
    private func signing(_ target: AuditRecord.Target) -> CanonicalJSON? {
        guard target.signingHost != nil || target.requestedUser != nil else { return nil }
        return .members([
            "signing_host": target.signingHost.map { .string($0) },
            "signing_port": target.signingPort.map { .integer($0) },
            "requested_user": target.requestedUser.map { .string($0) },
        ])
    }

    // MARK: Event Log Activity

    private var logActivityKind: Activity {
        switch record.activity {
        case .prune: Activity(number: 2, name: "Delete")
        case .gap: Activity(number: 99, name: "Gap")
        case .reserveSpent: Activity(number: 99, name: "Reserve Spent")
        default: Activity(number: 99, name: "Reanchor")
        }
    }

    /// What the log says about itself; its numbers and reasons stand in `unmapped`.
    private var logActivity: CanonicalJSON {
        let activity = logActivityKind
        let isLoss = record.activity == .gap
        return .members([
            "activity_id": .integer(activity.number), "activity_name": .string(activity.name),
            "category_uid": .integer(1), "category_name": .string("System Activity"),
            "class_uid": .integer(1008), "class_name": .string("Event Log Activity"),
            "type_uid": .integer(100_800 + activity.number),
            "type_name": .string("Event Log Activity: " + (activity.number == 2 ? "Delete" : "Other")),
            "time": .integer(milliseconds(record.time)),
            "severity_id": .integer(isLoss ? 3 : 2), "severity": .string(isLoss ? "Medium" : "Low"),
            "status_id": .integer(1), "status": .string("Success"),
            "log_name": .string(logID), "metadata": metadata, "actor": actor,
            "device": .object(["hostname": .string(record.actor.host), "type_id": .integer(0)]),
            "unmapped": .object(
                CanonicalJSONObject(record.detail.map { .init(key: $0.key, value: .string($0.value)) })
            ),
        ])
    }

    // MARK: Common

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

    private func cloud(_ target: AuditRecord.Target) -> CanonicalJSON {
        .members([
            "provider": .string("AWS"), "region": target.region.map { .string($0) },
            "account": record.credential?.accountID.map { .object(["uid": .string($0)]) },
        ])
    }

    private func milliseconds(_ time: Date) -> Int64 { time.microseconds / 1000 }
}
