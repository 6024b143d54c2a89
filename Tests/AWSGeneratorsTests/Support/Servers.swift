import AWSCredentialSources
import Foundation
import TestSupport

#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

/// A server in Python on loopback, which goes with the test process.
final class PythonServer: Sendable {
    private let process: Process
    private let input = Pipe()
    let port: Int

    /// The server prints its port.
    init(_ arguments: [String], folder: String) throws {
        let output = Pipe()
        process = Process()
        process.executableURL = URL(filePath: try Repository.oraclePython())
        process.arguments = arguments
        process.currentDirectoryURL = URL(filePath: Repository.path(folder))
        process.environment = ["PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUNBUFFERED": "1"]
        process.standardInput = input
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        guard let port = Int(line.trimmingCharacters(in: .whitespacesAndNewlines)) else {
            throw Missing(description: "a server in Python did not start: run bin/setup --tests")
        }
        self.port = port
    }

    deinit {
        try? input.fileHandleForWriting.close()
        process.terminate()
    }
}

/// HTTP through Foundation, so that the tests do not need a trait.
struct FoundationHTTP: CredentialHTTPClient {
    func send(_ request: CredentialHTTPRequest) async throws -> CredentialHTTPResponse {
        guard let url = URL(string: request.url) else { throw CredentialHTTPError(.malformed) }
        var message = URLRequest(url: url)
        message.httpMethod = request.method
        for (name, value) in request.headers { message.setValue(value, forHTTPHeaderField: name) }
        message.httpBody = Data(request.body)
        message.timeoutInterval = 60
        guard let (body, response) = try? await URLSession.shared.data(for: message),
            let answer = response as? HTTPURLResponse
        else { throw CredentialHTTPError(.cannotConnect) }
        let headers = answer.allHeaderFields.map { (name: "\($0.key)", value: "\($0.value)") }
        return CredentialHTTPResponse(status: answer.statusCode, headers: headers, body: Array(body))
    }
}

/// The servers the tests speak to.
enum Servers {
    private static let lookalike = Result {
        try PythonServer(["-m", "lookalike"], folder: "Fixtures/aws")
    }
    private static let moto = Task {
        let script = Repository.path("Fixtures/aws/moto_while_wanted.py")
        return try await ServerProcess.start(try Repository.oraclePython(), ["-B", script])
    }

    /// The look-alike's part for a visitor of its own.
    static func lookalikeURL() throws -> String {
        "http://127.0.0.1:\(try lookalike.get().port)/well.\(UUID().uuidString)"
    }

    /// A world in which AWS is the look-alike.
    static func lookalikeContext(_ url: String? = nil) throws -> CredentialContext {
        let url = try url ?? lookalikeURL()
        return context([
            "AWS_ENDPOINT_URL_REDSHIFT": "\(url)/redshift",
            "AWS_ENDPOINT_URL_REDSHIFT_SERVERLESS": "\(url)/redshift-serverless",
            "AWS_ENDPOINT_URL_SECRETS_MANAGER": "\(url)/secretsmanager",
        ])
    }

    /// A world in which AWS is moto.
    static func motoContext() async throws -> CredentialContext {
        let port = try JSONDecoder().decode(Int.self, from: try await moto.value.facts)
        return context(["AWS_ENDPOINT_URL": "http://127.0.0.1:\(port)"])
    }

    private static func context(_ environment: [String: String]) -> CredentialContext {
        var context = CredentialContext.system
        context.environment = environment.merging(["AWS_CONFIG_FILE": "/dev/null"]) { own, _ in own }
        context.homeDirectory = nil
        context.http = FoundationHTTP()
        return context
    }
}

extension AWSCredentialSource where Self == StaticCredentialSource {
    /// Credentials whose secret the look-alike knows.
    static func known(secret: String = "SECRET-of-AKIATEST") -> Self {
        .static(AWSCredentials(accessKeyID: "AKIATEST", secretAccessKey: secret, sessionToken: "SECRET-session"))
    }
}
