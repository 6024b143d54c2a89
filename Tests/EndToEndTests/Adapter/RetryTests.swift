import AWSCredentialSources
import AWSGenerators
import AuthTokens
import Foundation
import PGConninfo
import PGRDSIAM
import Synchronization
import TestSupport
import Testing

@Suite("A token from the cache", .timeLimit(.minutes(5)))
struct RetryTests {
    @Test("logs in again without a new one being made")
    func reuse() async throws {
        let server = try await SharedServer.value
        let issuer = try server.issuer()
        for _ in 0..<3 {
            _ = try await RDSIAM.connect(server.tokenConninfo(user: "user24"), issuer: issuer, environment: .bare)
        }
        let verdicts = try server.verdicts(on: "user24")
        #expect(verdicts.map(\.verdict) == ["accepted", "accepted", "accepted"])
        #expect(Set(verdicts.map(\.token_sha256)).count == 1)
    }

    @Test("that the server refuses is replaced by a new one, once; the refusal of a new one is final")
    func refusedOnce() async throws {
        let server = try await RDSLookalike.start(["--user", "again"])
        let account = try Account(of: server)
        let good = Mutex(true)
        let generators = AuthTokenGeneratorRegistry(aws: [
            (
                "default",
                {
                    ClosureTokenGenerator { request in
                        let secret = good.withLock { $0 } ? account.secret : "not the secret"
                        let credentials = account.credentials(secret: secret)
                        return try await RDSGenerator(credentials: .static(credentials)).token(for: request)
                    }
                }
            )
        ])
        let issuer = TokenIssuer(generators: generators)
        let conninfo = server.tokenConninfo(user: "again")
        good.withLock { $0 = false }
        let fresh = await #expect(throws: RDSIAMError.self) {
            try await RDSIAM.connect(conninfo, issuer: issuer, environment: .bare)
        }
        #expect(fresh?.code == .loginRefused)
        #expect(try server.verdicts(on: "again").map(\.reason) == ["signature"])
        good.withLock { $0 = true }
        _ = try await RDSIAM.connect(conninfo, issuer: issuer, environment: .bare)
        #expect(try server.verdicts(on: "again").map(\.reason) == ["signature", nil])
        try server.shiftClock(by: 901)
        let stale = await #expect(throws: RDSIAMError.self) {
            try await RDSIAM.connect(conninfo, issuer: issuer, environment: .bare)
        }
        #expect(stale?.code == .loginRefused)
        #expect(try server.verdicts(on: "again").map(\.reason) == ["signature", nil, "expired", "expired"])
        // The refused tokens are gone, and no text is sent twice, however soon the next login comes.
        for _ in 0..<2 {
            await #expect(throws: RDSIAMError.self) {
                try await RDSIAM.connect(conninfo, issuer: issuer, environment: .bare)
            }
        }
        let tokens = try server.verdicts(on: "again").map(\.token_sha256)
        #expect(tokens.count == 6)
        #expect(tokens[1] == tokens[2])
        #expect(Set(tokens).count == 5)
    }

    @Test("is replaced when the credentials are rotated: the next login works with the new ones")
    func rotated() async throws {
        let server = try await RDSLookalike.start(["--user", "rotated"])
        let folder = try TemporaryFolder()
        let file = folder.path("credentials")
        try FileManager.default.copyItem(atPath: server.facts.credentials, toPath: file)
        var context = CredentialContext.system
        context.environment = ["AWS_SHARED_CREDENTIALS_FILE": file, "AWS_CONFIG_FILE": "/dev/null"]
        let world = context
        let generators = AuthTokenGeneratorRegistry(aws: [
            ("default", { RDSGenerator(credentials: ProfileCredentialSource(context: world)) })
        ])
        let issuer = TokenIssuer(generators: generators)
        let conninfo = server.tokenConninfo(user: "rotated")
        _ = try await RDSIAM.connect(conninfo, issuer: issuer, environment: .bare)
        let rotated = "[default]\naws_access_key_id = AKIAROTATED\naws_secret_access_key = rotated/secret\n"
        for path in [file, server.facts.credentials] {
            try rotated.write(toFile: path, atomically: false, encoding: .utf8)
        }
        _ = try await RDSIAM.connect(conninfo, issuer: issuer, environment: .bare)
        let verdicts = try server.verdicts(on: "rotated")
        #expect(verdicts.last?.verdict == "accepted")
        #expect(Set(verdicts.map(\.token_sha256)).count == 2)
    }
}
