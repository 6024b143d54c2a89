import AuthTokens
import RDSIAMSystem

/// The text a record is kept as. Its names are the format; they never change within a version.
extension AuditRecord {
    static let formatVersion: Int64 = 2

    var payload: CanonicalJSON {
        .members([
            "activity": text(activity.rawValue),
            "actor": actor.payload,
            "credential": credential?.payload,
            "detail": detail.isEmpty ? nil : detailPayload,
            "error": errorCode.map { .members(["code": text($0)]) },
            "generator": generator.map { .members(["name": text($0)]) },
            "id": text(id),
            "issue_id": issueID.map(text),
            "outcome": text(outcome.rawValue),
            "policy": isRequired.map { .string($0 ? "required" : "best_effort") },
            "target": target?.payload,
            "time_us": .integer(time.microseconds),
            "token": token?.payload,
            "v": .integer(Self.formatVersion),
        ])
    }

    private var detailPayload: CanonicalJSON {
        .object(CanonicalJSONObject(detail.map { .init(key: $0.key, value: text($0.value)) }))
    }

    /// Reads a payload, or returns `nil` if it is not one of this version or an earlier one.
    init?(payload: CanonicalJSON) {
        guard let version = payload["v"]?.number, (1...Self.formatVersion).contains(version),
            let id = payload["id"]?.text,
            let time = payload["time_us"]?.number,
            let activity = payload["activity"]?.text,
            let outcome = payload["outcome"]?.text,
            let actor = payload["actor"].flatMap(AuditActor.init(payload:))
        else { return nil }
        self.id = id
        self.time = Date(microseconds: time)
        self.activity = TokenEvent.Activity(rawValue: activity)
        self.outcome = Outcome(rawValue: outcome)
        self.errorCode = payload["error"]?["code"]?.text
        self.isRequired = payload["policy"]?.text.map { $0 == "required" }
        self.actor = actor
        self.generator = payload["generator"]?["name"]?.text
        self.credential = payload["credential"].flatMap(CredentialIdentity.init(payload:))
        self.target = payload["target"].flatMap(Target.init(payload:))
        self.token = payload["token"].flatMap(TokenEvent.TokenFacts.init(payload:))
        self.issueID = payload["issue_id"]?.text
        if case .object(let object) = payload["detail"] {
            for member in object.members { detail[member.key] = member.value.text }
            // Keys that differ in bytes and are equal for Swift are none of this log's.
            guard detail.count == object.members.count else { return nil }
        }
    }
}

/// A text for the log.
///
/// What looks like part of a signed request is left out: no mistake of a caller's, such as a token in the place of a
/// user, may put a secret on disk.
private func text(_ value: String) -> CanonicalJSON {
    value.looksSigned ? .string("[redacted]") : .string(value)
}

extension AuditActor {
    fileprivate var payload: CanonicalJSON {
        .members([
            "host": text(host), "pid": .integer(processID), "program": text(program), "uid": .integer(userID),
            "user": text(user),
        ])
    }

    fileprivate init?(payload: CanonicalJSON) {
        guard let user = payload["user"]?.text, let userID = payload["uid"]?.number,
            let processID = payload["pid"]?.number, let program = payload["program"]?.text,
            let host = payload["host"]?.text
        else { return nil }
        self.init(user: user, userID: userID, processID: processID, program: program, host: host)
    }
}

extension CredentialIdentity {
    fileprivate var payload: CanonicalJSON {
        .members([
            "access_key_id": accessKeyID.map(text), "account": accountID.map(text),
            "expires_us": expiresAt.map { .integer($0.microseconds) }, "profile": profile.map(text),
            "role_arn": roleARN.map(text), "source": text(source),
        ])
    }

    fileprivate init?(payload: CanonicalJSON) {
        guard let source = payload["source"]?.text else { return nil }
        self.init(
            source: source,
            accessKeyID: payload["access_key_id"]?.text,
            profile: payload["profile"]?.text,
            accountID: payload["account"]?.text,
            roleARN: payload["role_arn"]?.text,
            expiresAt: payload["expires_us"]?.number.map { Date(microseconds: $0) }
        )
    }
}

extension AuditRecord.Target {
    fileprivate var payload: CanonicalJSON {
        .members([
            "database": database.map(text), "host": text(host), "port": .integer(port), "region": region.map(text),
            "requested_user": requestedUser.map(text), "signing_host": signingHost.map(text),
            "signing_port": signingPort.map { .integer($0) }, "user": text(user),
        ])
    }

    fileprivate init?(payload: CanonicalJSON) {
        guard let host = payload["host"]?.text, let port = payload["port"]?.number,
            let user = payload["user"]?.text
        else { return nil }
        self.init(
            host: host,
            port: port,
            user: user,
            database: payload["database"]?.text,
            region: payload["region"]?.text,
            signingHost: payload["signing_host"]?.text,
            signingPort: payload["signing_port"]?.number,
            requestedUser: payload["requested_user"]?.text
        )
    }
}

extension TokenEvent.TokenFacts {
    fileprivate var payload: CanonicalJSON {
        .members([
            "expires_us": expiresAt.map { .integer($0.microseconds) }, "sha256": fingerprint.map(text),
            "signed_us": .integer(signedAt.microseconds),
        ])
    }

    fileprivate init?(payload: CanonicalJSON) {
        guard let signed = payload["signed_us"]?.number else { return nil }
        self.init(
            fingerprint: payload["sha256"]?.text,
            signedAt: Date(microseconds: signed),
            expiresAt: payload["expires_us"]?.number.map { Date(microseconds: $0) }
        )
    }
}
