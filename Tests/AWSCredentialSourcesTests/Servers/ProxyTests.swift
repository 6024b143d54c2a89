#if AsyncHTTPClient

@testable import AWSCredentialSources
import Foundation
import TestSupport
import Testing

/// A proxy between client and service, over real sockets.
@Suite(.timeLimit(.minutes(5))) struct ProxyTests {
    private let lookalike: Lookalike.Visitor

    init() throws { lookalike = try Lookalike.shared.get().visitor("fine") }

    @Test("a role is assumed through the proxy of the environment, to which this machine's endpoints never go")
    func through() async throws {
        let proxy = try Proxy(to: lookalike, login: "me:p%w")
        var context = context()
        let client = AsyncHTTPCredentialClient(environment: ["HTTP_PROXY": proxy.url(login: "me:p%25w@")])
        context.http = PatientHTTP(client: client)
        let credentials = try await ProfileCredentialSource("role", context: context).credentials()
        #expect(credentials.accessKeyID == "ASIAROLE")
        #expect(try await ContainerCredentialSource(context: context).credentials().accessKeyID == "ASIABOX")
        #expect(try await InstanceMetadataCredentialSource(context: context).credentials().accessKeyID == "ASIAEC2")
        #expect(try proxy.requests() == ["CONNECT sts.example.test:80 HTTP/1.1"])
    }

    @Test("a proxy that wants another login is named as the reason, its password is not")
    func refused() async throws {
        let proxy = try Proxy(to: lookalike, login: "me:other")
        var context = context()
        let client = AsyncHTTPCredentialClient(environment: ["all_proxy": proxy.url(login: "me:SECRET@")])
        context.http = PatientHTTP(client: client)
        let source = ProfileCredentialSource("role", context: context)
        let error = await #expect(throws: AWSCredentialError.self) { try await source.credentials() }
        #expect(error?.code == .unreachable)
        #expect(error?.message.contains("The proxy refused") == true)
        #expect("\(String(describing: error))".contains("SECRET") == false)
        #expect(try proxy.requests() == ["407 CONNECT sts.example.test:80 HTTP/1.1"])
    }

    @Test("an https request asks the proxy for a tunnel and starts TLS in it")
    func tunnel() async throws {
        let proxy = try Proxy(to: lookalike)
        let client = PatientHTTP(
            client: AsyncHTTPCredentialClient(environment: ["https_proxy": proxy.url(), "no_proxy": "other.example"])
        )
        let request = CredentialHTTPRequest(url: "https://sts.us-east-1.amazonaws.com/", mayUseProxy: true)
        // The look-alike at the tunnel's end speaks no TLS.
        await #expect(throws: CredentialHTTPError.self) { try await client.send(request) }
        #expect(try proxy.requests() == ["CONNECT sts.us-east-1.amazonaws.com:443 HTTP/1.1"])
    }

    @Test("what cannot be a proxy stops the call, and its password is not repeated")
    func unusable() async throws {
        var context = context()
        context.http = AsyncHTTPCredentialClient(environment: ["HTTP_PROXY": "https://me:SECRET@proxy.example"])
        let source = ProfileCredentialSource("role", context: context)
        let error = await #expect(throws: AWSCredentialError.self) { try await source.credentials() }
        #expect(error?.code == .invalidConfiguration)
        #expect(error?.message.contains("proxy") == true)
        #expect("\(String(describing: error))".contains("SECRET") == false)
    }

    /// STS stands at a host that only the proxy can find.
    private func context() -> CredentialContext {
        var context = lookalike.context(LookalikeCase.files)
        let path = lookalike.url("sts").dropFirst(lookalike.base.count)
        context.environment["AWS_ENDPOINT_URL_STS"] = "http://sts.example.test\(path)"
        return context
    }
}

/// The proxy of `Fixtures/aws/proxy.py`, running.
struct Proxy {
    private let server: PythonServer
    private let directory: TemporaryFolder
    let port: String

    init(to target: Lookalike.Visitor, login: String? = nil, inspect: String? = nil, isDirect: Bool = false) throws {
        let targetPort = try #require(target.base.split(separator: ":").last.map(String.init))
        let (directory, output) = (try TemporaryFolder(), Pipe())
        self.directory = directory
        var arguments = ["proxy.py", targetPort, directory.path("log")]
        if let login { arguments += ["--login", login] }
        if let inspect { arguments += ["--inspect", inspect] }
        if isDirect { arguments.append("--direct") }
        server = try PythonServer(arguments, output: output)
        let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        port = line.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    func url(login: String = "") -> String { "http://\(login)127.0.0.1:\(port)" }

    /// What it was asked for.
    func requests() throws -> [String] {
        defer { withExtendedLifetime(server) {} }
        let text = try String(contentsOfFile: directory.path("log"), encoding: .utf8)
        return text.split(separator: "\n").map(String.init)
    }
}

#endif
