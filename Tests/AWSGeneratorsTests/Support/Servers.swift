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

    /// `arguments` receives the port if the server does not print one itself.
    init(_ arguments: (Int) -> [String], folder: String, printsPort: Bool) throws {
        let free = printsPort ? 0 : try Self.freePort()
        let output = Pipe()
        process = Process()
        process.executableURL = URL(filePath: try Repository.oraclePython())
        process.arguments = arguments(free)
        process.currentDirectoryURL = URL(filePath: Repository.path(folder))
        process.environment = ["PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUNBUFFERED": "1"]
        process.standardInput = input
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let line = printsPort ? String(decoding: output.fileHandleForReading.availableData, as: UTF8.self) : "\(free)"
        guard let port = Int(line.trimmingCharacters(in: .whitespacesAndNewlines)) else {
            throw Missing(description: "a server in Python did not start: run bin/setup --tests")
        }
        self.port = port
    }

    deinit {
        try? input.fileHandleForWriting.close()
        process.terminate()
    }

    private static func freePort() throws -> Int {
        let file = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(file) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let done = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(file, $0, length) == 0 && getsockname(file, $0, &length) == 0
            }
        }
        guard done else { throw Missing(description: "no free port") }
        return Int(UInt16(bigEndian: address.sin_port))
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
        try PythonServer({ _ in ["-m", "lookalike"] }, folder: "Fixtures/aws", printsPort: true)
    }
    private static let moto = Result {
        try PythonServer(
            { ["moto_while_wanted.py", "\($0)"] },
            folder: "Fixtures/aws",
            printsPort: false
        )
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

    /// A world in which AWS is moto, once that answers.
    static func motoContext() async throws -> CredentialContext {
        let url = "http://127.0.0.1:\(try moto.get().port)"
        for _ in 0..<600 {
            let answer = try? await FoundationHTTP().send(CredentialHTTPRequest(url: url + "/moto-api/"))
            if answer?.status == 200 { return context(["AWS_ENDPOINT_URL": url]) }
            try await Task.sleep(for: .milliseconds(100))
        }
        throw Missing(description: "moto does not start: run bin/setup --tests, which installs moto[server]")
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
