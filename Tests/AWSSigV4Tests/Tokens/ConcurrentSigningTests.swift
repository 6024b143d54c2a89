import AWSSigV4
import Testing

@Suite(.timeLimit(.minutes(5)))
struct ConcurrentSigningTests {
    /// Eight tasks sign with credentials that change under way, more of them than the cache holds.
    @Test func eightTasksSignAndRotateAtOnce() async throws {
        let credentials = try (0..<12).map {
            try SigningCredentials(
                accessKeyID: "AKIA\($0)",
                secretAccessKey: "secret-\($0)",
                sessionToken: "token/\($0)"
            )
        }
        let expected = try credentials.map { try Self.token(SigV4Signer(keyCapacity: 0), $0) }
        let signer = SigV4Signer(keyCapacity: 4)
        try await withThrowingTaskGroup(of: Int.self) { group in
            for task in 0..<8 {
                group.addTask {
                    try (0..<1_000).count { round in
                        let index = (round / 50 + task * 5) % 12
                        return try Self.token(signer, credentials[index]) == expected[index]
                    }
                }
            }
            for try await correct in group { #expect(correct == 1_000) }
        }
    }

    private static func token(_ signer: SigV4Signer, _ credentials: SigningCredentials) throws -> String {
        try signer.rdsToken(
            host: "db.abc.eu-west-2.rds.amazonaws.com",
            port: 5432,
            user: "app",
            region: "eu-west-2",
            credentials: credentials,
            at: 1_767_225_600
        )
    }
}
