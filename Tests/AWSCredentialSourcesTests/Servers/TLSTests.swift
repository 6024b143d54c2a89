#if AsyncHTTPClient

@testable import AWSCredentialSources
import Foundation
import RDSIAMSystem
import TestSupport
import Testing

/// Services behind TLS whose certificates are wrong, and certificates that a setting adds.
///
/// A proxy that inspects TLS stands before STS, as in many companies.
@Suite(.timeLimit(.minutes(5))) struct TLSTests {
    private let lookalike: Lookalike.Visitor
    private let certificates: Certificates

    init() async throws {
        lookalike = try Lookalike.shared.get().visitor("fine")
        certificates = try await Certificates.shared.value
    }

    struct Refusal: Sendable, CustomTestStringConvertible {
        var name: String
        var certificate: Certificates.Kind
        var words: [String]
        var bundle: Certificates.Kind? = .authority

        var testDescription: String { name }
    }

    @Test(
        "a refused certificate is named with its host and its fault, and the call is not repeated",
        arguments: [
            Refusal(
                name: "an authority that is not trusted",
                certificate: .good,
                words: ["issued by 'Test Authority'", "AWS_CA_BUNDLE"],
                bundle: nil
            ),
            Refusal(name: "another authority than the bundle's", certificate: .selfSigned, words: ["self-signed"]),
            Refusal(name: "an expired certificate", certificate: .expired, words: ["expired at 20", "clock"]),
            Refusal(name: "another name", certificate: .otherName, words: ["another name", "other.example.test"]),
        ]
    )
    func refused(_ refusal: Refusal) async throws {
        let proxy = try Proxy(to: lookalike, inspect: certificates.path(refusal.certificate))
        var context = try context(through: proxy)
        context.environment["AWS_CA_BUNDLE"] = refusal.bundle.map(certificates.path)
        let source = ProfileCredentialSource("role", context: context)
        let error = try #require(
            await #expect(throws: AWSCredentialError.self) { try await source.credentials() }
        )
        #expect(error.code == .untrustedServer)
        #expect(!error.isRetryable)
        for word in refusal.words + ["sts.example.test"] { #expect(error.message.contains(word), "\(error)") }
        // The second connection asks for the certificate and sends nothing; a retry would make four.
        #expect(try proxy.requests() == Array(repeating: "CONNECT sts.example.test:443 HTTP/1.1", count: 2))
        #expect(try await lookalike.log().isEmpty)
    }

    enum Setting: String, CaseIterable, Sendable {
        case variable, profile, requests, both
    }

    @Test("the certificates that a setting names are trusted", arguments: Setting.allCases)
    func bundle(_ setting: Setting) async throws {
        let proxy = try Proxy(to: lookalike, inspect: certificates.path(.good))
        let path = certificates.path(.authority)
        var context = try context(through: proxy, profile: setting == .profile ? "ca_bundle = \(path)" : "")
        if setting == .both {
            context = try self.context(through: proxy, profile: "ca_bundle = /gone")
        }
        if setting == .variable || setting == .both { context.environment["AWS_CA_BUNDLE"] = path }
        if setting == .requests { context.environment["REQUESTS_CA_BUNDLE"] = path }
        #expect(try await ProfileCredentialSource("role", context: context).credentials().accessKeyID == "ASIAROLE")
        #expect(try proxy.requests() == ["CONNECT sts.example.test:443 HTTP/1.1"])
    }

    @Test(
        "the sign-in services and the services of generators trust them too",
        arguments: ["SSO", "SSO_OIDC", "OTHER"]
    )
    func otherServices(_ service: String) async throws {
        let proxy = try Proxy(to: lookalike, inspect: certificates.path(.otherName))
        var context = try context(through: proxy)
        context.environment["AWS_CA_BUNDLE"] = certificates.path(.authority)
        for name in ["SSO", "SSO_OIDC", "OTHER"] {
            let host = name == service ? "other.example.test" : "unused.example.test"
            context.environment["AWS_ENDPOINT_URL_\(name)"] = "https://\(host)/"
        }
        if service == "SSO" {
            // The token is alive, so that the portal is asked.
            let cache = LookalikeCase.files.keys.first { $0.contains("cache") } ?? ""
            try await context.files.replace(
                cache,
                with: Array(#"{"accessToken": "SECRET", "expiresAt": "2100-01-01T00:00:00Z"}"#.utf8)
            )
        }
        let error = await #expect(throws: AWSCredentialError.self) {
            if service == "OTHER" {
                let call = AWSServiceCall(
                    AWSService("other", settingName: "OTHER"),
                    "Ask",
                    format: .json(target: "Other"),
                    region: "us-east-1",
                    context: context
                )
                _ = try await call.answer(to: [], signedBy: AWSCredentials(accessKeyID: "A", secretAccessKey: "S"))
            } else {
                _ = try await ProfileCredentialSource("sso", context: context).credentials()
            }
        }
        // TLS came about: the look-alike got a request and knows no such path.
        #expect(error?.code != .untrustedServer && error?.code != .unreachable, "\(String(describing: error))")
        #expect(Set(try proxy.requests()) == ["CONNECT other.example.test:443 HTTP/1.1"])
    }

    @Test(
        "a bundle that cannot be used is named",
        arguments: [("/gone", "does not exist"), ("/etc/hostname", "no certificate"), ("/", "directory")]
    )
    func unusable(_ path: String, _ word: String) async throws {
        let proxy = try Proxy(to: lookalike, inspect: certificates.path(.good))
        var context = try context(through: proxy)
        context.environment["AWS_CA_BUNDLE"] = path
        let source = ProfileCredentialSource("role", context: context)
        let error = await #expect(throws: AWSCredentialError.self) { try await source.credentials() }
        #expect(error?.code == .unreadableFile)
        for text in ["AWS_CA_BUNDLE", path, word] { #expect(error?.message.contains(text) == true, "\(error as Any)") }
        // Nothing that is asked over http needs certificates.
        #expect(try await InstanceMetadataCredentialSource(context: context).credentials().accessKeyID == "ASIAEC2")
    }

    @Test("a bundle with a broken certificate is named", arguments: [false, true])
    func broken(_ alsoHoldsGood: Bool) async throws {
        let directory = try TemporaryFolder()
        let path = directory.path("broken.pem")
        let good = alsoHoldsGood ? try String(contentsOfFile: certificates.path(.authority), encoding: .utf8) : ""
        let pem = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n" + good
        try Data(pem.utf8).write(to: URL(filePath: path))
        var context = try context(through: try Proxy(to: lookalike, inspect: certificates.path(.good)))
        context.environment["AWS_CA_BUNDLE"] = path
        let source = ProfileCredentialSource("role", context: context)
        let error = await #expect(throws: AWSCredentialError.self) { try await source.credentials() }
        #expect(error?.code == .unreadableFile && error?.isRetryable == false)
        let words = "AWS_CA_BUNDLE names the file of certificates \(path)"
        #expect(error?.message.contains(words) == true, "\(error as Any)")
    }

    @Test("without a proxy the fault is found too, and an address is checked like a name")
    func direct() async throws {
        let server = try Proxy(to: lookalike, inspect: certificates.path(.expired), isDirect: true)
        var context = lookalike.context(LookalikeCase.files)
        context.http = PatientHTTP(client: AsyncHTTPCredentialClient())
        context.files = Mixed(files: context.files)
        context.environment["AWS_CA_BUNDLE"] = certificates.path(.authority)
        context.environment["AWS_ENDPOINT_URL_STS"] = "https://127.0.0.1:\(server.port)"
        let source = ProfileCredentialSource("role", context: context)
        let error = await #expect(throws: AWSCredentialError.self) { try await source.credentials() }
        #expect(error?.code == .untrustedServer)
        #expect(error?.message.contains("127.0.0.1:\(server.port) expired") == true, "\(error as Any)")
    }

    @Test("https spoken to a port of http is named")
    func plain() async throws {
        var context = lookalike.context(LookalikeCase.files)
        context.http = PatientHTTP(client: AsyncHTTPCredentialClient())
        let port = try #require(lookalike.base.split(separator: ":").last)
        context.environment["AWS_ENDPOINT_URL_STS"] = "https://127.0.0.1:\(port)"
        let source = ProfileCredentialSource("role", context: context)
        let error = await #expect(throws: AWSCredentialError.self) { try await source.credentials() }
        #expect(error?.code == .untrustedServer)
        #expect(error?.message.contains("127.0.0.1:\(port) does not speak TLS") == true, "\(error as Any)")
        #expect(error?.isRetryable == false)
    }

    @Test("a connection that ends in the handshake is no fault of a certificate, and another is made")
    func brokenHandshake() async throws {
        let output = Pipe()
        let server = try PythonServer(["-c", Self.closer], output: output)
        let port = String(decoding: try output.fileHandleForReading.read(upToCount: 5) ?? Data(), as: UTF8.self)
        var context = lookalike.context(LookalikeCase.files)
        context.http = PatientHTTP(client: AsyncHTTPCredentialClient())
        context.environment["AWS_ENDPOINT_URL_STS"] = "https://127.0.0.1:\(port)"
        let source = ProfileCredentialSource("role", context: context)
        let error = await #expect(throws: AWSCredentialError.self) { try await source.credentials() }
        #expect(error?.code == .interrupted && error?.isRetryable == true)
        #expect(error?.message.contains("127.0.0.1:\(port) broke in the TLS handshake") == true, "\(error as Any)")
        var connections = ""
        while connections.utf8.count < 3, case let more = output.fileHandleForReading.availableData, !more.isEmpty {
            connections += String(decoding: more, as: UTF8.self)
        }
        #expect(connections == "ccc")
        withExtendedLifetime(server) {}
    }

    /// Prints its port, and a letter for each connection that it closes in the middle of the handshake.
    private static let closer = """
        import socket
        listener = socket.create_server(("127.0.0.1", 0))
        print(f"{listener.getsockname()[1]:05}", end="", flush=True)
        while True:
            connection, _ = listener.accept()
            connection.recv(4096)
            print("c", end="", flush=True)
            connection.close()
        """

    /// STS stands at a host that only the proxy can find; certificates come from the real files.
    private func context(through proxy: Proxy, profile: String = "") throws -> CredentialContext {
        var files = LookalikeCase.files
        files["/home/me/.aws/config"]?.replace("[profile role]", with: "[profile role]\n\(profile)")
        var context = lookalike.context(files)
        context.files = Mixed(files: context.files)
        context.http = PatientHTTP(client: AsyncHTTPCredentialClient(environment: ["HTTPS_PROXY": proxy.url()]))
        let path = lookalike.url("sts").dropFirst(lookalike.base.count)
        context.environment["AWS_ENDPOINT_URL_STS"] = "https://sts.example.test\(path)"
        return context
    }
}

/// Files in memory, and the real ones for all that is not there.
private struct Mixed: FileStore {
    var files: any FileStore

    func contents(of path: String) async throws -> [UInt8]? {
        if let bytes = try await files.contents(of: path) { return bytes }
        return path.hasPrefix("/home/me") ? nil : try await SystemFileStore().contents(of: path)
    }

    func replace(_ path: String, with contents: [UInt8]) async throws { try await files.replace(path, with: contents) }
}

/// Keys and certificates that openssl makes, once for all tests.
final class Certificates: Sendable {
    enum Kind: String, Sendable, CaseIterable {
        case authority, good, expired, otherName, selfSigned
    }

    static let shared = Task { try await Certificates() }

    private let directory: TemporaryFolder

    private init() async throws {
        directory = try TemporaryFolder()
        try await selfSigned(.authority, "Test Authority")
        try await selfSigned(.selfSigned, "sts.example.test")
        try await issue(.good, "DNS:sts.example.test", days: 1)
        try await issue(.expired, "DNS:sts.example.test,IP:127.0.0.1", days: -1)
        try await issue(.otherName, "DNS:other.example.test", days: 1)
    }

    /// The file with the key and the certificate.
    func path(_ kind: Kind) -> String { directory.path("\(kind.rawValue).pem") }

    private static let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]

    private func selfSigned(_ kind: Kind, _ name: String) async throws {
        try await openssl(
            ["req", "-x509", "-subj", "/CN=\(name)", "-addext", "subjectAltName=DNS:\(name.filter { $0 != " " })"]
                + Self.key + ["-days", "1", "-keyout", key(kind), "-out", directory.path("x.crt")]
        )
        try join(kind)
    }

    private func issue(_ kind: Kind, _ names: String, days: Int) async throws {
        let request = directory.path("x.csr")
        try await openssl(
            ["req", "-subj", "/CN=x", "-addext", "subjectAltName=\(names)"] + Self.key
                + ["-keyout", key(kind), "-out", request]
        )
        try await openssl([
            "x509", "-req", "-in", request, "-copy_extensions", "copy", "-days", String(days), "-CA", path(.authority),
            "-CAkey", key(.authority), "-out", directory.path("x.crt"),
        ])
        try join(kind)
    }

    private func key(_ kind: Kind) -> String { directory.path("\(kind.rawValue).key") }

    private func join(_ kind: Kind) throws {
        let parts = try [key(kind), directory.path("x.crt")].map { try Data(contentsOf: URL(filePath: $0)) }
        try (parts[0] + parts[1]).write(to: URL(filePath: path(kind)))
    }

    private func openssl(_ arguments: [String]) async throws {
        let result = try await TestSupport.ChildProcess.run("/usr/bin/env", ["openssl"] + arguments)
        guard result.status == 0 else { throw Failure(arguments: arguments, errors: result.errors) }
    }

    struct Failure: Error {
        var arguments: [String]
        var errors: String
    }
}

#endif
