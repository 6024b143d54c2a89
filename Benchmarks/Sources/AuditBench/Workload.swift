import AuthTokens
import Foundation
import TokenAuditLog

/// Events like those of a busy host.
enum Workload {
    static func event(_ number: Int) -> TokenEvent {
        let now = Date()
        let token = AuthToken(
            value: "db.example.com:5432/?Action=connect&DBUser=app&X-Amz-Signature=\(number)-\(now)",
            kind: .signed,
            signedAt: now,
            expiresAt: now + 900,
            credential: CredentialIdentity(
                source: "profile",
                accessKeyID: "AKIDEXAMPLE",
                profile: "production",
                accountID: "123456789012",
                roleARN: "arn:aws:iam::123456789012:role/application"
            ),
            region: "eu-central-1"
        )
        let request = AuthTokenRequest(
            host: "cluster-\(number % 50).c1a2b3c4d5e6.eu-central-1.rds.amazonaws.com",
            user: "application_\(number % 1000)",
            database: "blog"
        )
        return TokenEvent(.issue, of: request, generator: "default", token: token, time: now)
    }

    static func events(_ count: Int, from first: Int) -> [TokenEvent] { (first..<first + count).map(event) }

    static func record(_ events: [TokenEvent], in tasks: Int, to log: AuditLog) async throws {
        if tasks == 1 { return try await record(events[...], to: log) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            let share = events.count / tasks
            for task in 0..<tasks {
                group.addTask { try await record(events[task * share..<(task + 1) * share], to: log) }
            }
            try await group.waitForAll()
        }
    }

    private static func record(_ events: ArraySlice<TokenEvent>, to log: AuditLog) async throws {
        for event in events { try await log.record(event) }
    }
}

func fixed(_ value: Double, _ decimals: Int = 2) -> String { String(format: "%.\(decimals)f", value) }
