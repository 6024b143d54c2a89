import AuthTokens
import Foundation
import TokenAuditLog

/// Events like those of a busy host.
enum Workload {
    static func event(_ number: Int) -> TokenEvent {
        let now = Date()
        let token = AuthToken(
            value: "db.example.com:5432/?Action=connect&DBUser=app&X-Amz-Signature=\(number)-\(now)",
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

    static func record(_ count: Int, in tasks: Int, to log: AuditLog, from first: Int = 0) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<tasks {
                group.addTask {
                    for number in stride(from: first + task, to: first + count, by: tasks) {
                        try await log.record(event(number))
                    }
                }
            }
            try await group.waitForAll()
        }
    }
}

/// Seconds that `work` takes.
func seconds(_ work: () async throws -> Void) async rethrows -> Double {
    let start = ContinuousClock.now
    try await work()
    let parts = start.duration(to: .now).components
    return Double(parts.seconds) + Double(parts.attoseconds) / 1e18
}

func fixed(_ value: Double, _ decimals: Int = 2) -> String { String(format: "%.\(decimals)f", value) }
