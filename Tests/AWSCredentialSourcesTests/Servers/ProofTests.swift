import AWSCredentialSources
import Foundation
import Testing

/// The proof of possession that renews a sign-in, judged by Python's `cryptography`.
@Suite(.timeLimit(.minutes(5))) struct ProofTests {
    @Test("another implementation finds the signature good, and each proof is its own")
    func signature() async throws {
        let proofs = try await [proof(), proof(), proof()]
        for proof in proofs { #expect(try verdict(on: proof) == "good") }
        #expect(Set(proofs).count == 3)
    }

    @Test("a proof for another place is found bad")
    func forged() async throws {
        var parts = try await proof().split(separator: ".").map(String.init)
        parts[1] += "A"
        #expect(try verdict(on: parts.joined(separator: ".")) == "bad")
    }

    private func proof() async throws -> String {
        let http = RecordingHTTP(status: 403, answer: #"{"error":"TOKEN_EXPIRED"}"#)
        var context = CredentialContext.test(
            ["AWS_LOGIN_CACHE_DIRECTORY": "/c"],
            files: MemoryFileStore([
                "/home/me/.aws/config": "[profile dev]\nlogin_session = me\nregion = eu-west-2\n",
                Self.cachePath: try cache(),
            ]),
            http: http
        )
        context.random = CredentialContext.system.random
        let source = ProfileCredentialSource("dev", context: context)
        let error = await #expect(throws: AWSCredentialError.self) { try await source.credentials() }
        #expect(error?.code == .signInRequired)
        return try #require(http.requests.first?.headers.first { $0.name == "dpop" }?.value)
    }

    private func verdict(on proof: String) throws -> String {
        let output = Pipe()
        let server = try PythonServer(["dpop_judge.py", proof], output: output)
        defer { withExtendedLifetime(server) {} }
        // One line; the pipe's end may be late, as another child process that started at the same moment may hold it
        // too.
        let text = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        return text.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private func cache() throws -> String {
        let key = try String(contentsOf: Fixtures.folder.appendingPathComponent("dpop-key.pem"), encoding: .utf8)
        let members: [String: Any] = [
            "accessToken": [
                "accessKeyId": "A", "secretAccessKey": "S", "sessionToken": "T", "accountId": "1",
                "expiresAt": "2026-01-01T00:00:00Z",
            ],
            "refreshToken": "R", "clientId": "C", "dpopKey": key,
        ]
        return String(decoding: try JSONSerialization.data(withJSONObject: members), as: UTF8.self)
    }

    /// The name is the SHA-256 of `me`.
    private static let cachePath = "/c/2744ccd10c7533bd736ad890f9dd5cab2adb27b07d500b9493f29cdc420cb2e0.json"
}
