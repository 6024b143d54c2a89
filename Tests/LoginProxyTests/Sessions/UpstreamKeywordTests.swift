#if Proxy
import Foundation
import NIOSSL
import PGConninfo
import TestSupport
import Testing

@testable import LoginProxy

@Suite("What the proxy makes of libpq's keywords", .timeLimit(.minutes(1)))
struct UpstreamKeywordTests {
    /// What becomes of a value of a keyword.
    enum Fate: Sendable, Hashable {
        /// The proxy does what it asks.
        case honored
        /// Nothing is lost: libpq would not use it either in a login with a token over TLS.
        case harmless
        case refused
        /// Refused in a connection string, and left to the clients if it comes from the environment.
        case leftToClients
    }

    struct Row: Sendable, CustomTestStringConvertible {
        let keyword: String
        let value: String
        let fate: Fate
        var testDescription: String { "\(keyword)=\(value)" }

        init(_ keyword: String, _ value: String, _ fate: Fate) {
            (self.keyword, self.value, self.fate) = (keyword, value, fate)
        }
    }

    static let rows = [
        Row("service", "blog", .honored), Row("servicefile", "/services", .honored), Row("user", "berta", .honored),
        // A token takes their place.
        Row("password", "x", .harmless), Row("passfile", "/x", .harmless), Row("scram_client_key", key, .harmless),
        Row("scram_server_key", key, .harmless),
        Row("channel_binding", "prefer", .harmless), Row("channel_binding", "require", .refused),
        Row("connect_timeout", "7", .honored), Row("dbname", "x", .honored), Row("host", "x.example.com", .honored),
        Row("hostaddr", "127.0.0.9", .honored), Row("port", "7", .honored),
        Row("client_encoding", "latin1", .leftToClients), Row("options", "-c a=b", .leftToClients),
        Row("application_name", "x", .leftToClients), Row("fallback_application_name", "x", .leftToClients),
        Row("replication", "database", .leftToClients), Row("min_protocol_version", "3.2", .leftToClients),
        Row("max_protocol_version", "3.2", .leftToClients),
        Row("keepalives", "0", .honored), Row("keepalives_idle", "7", .honored),
        Row("keepalives_interval", "7", .honored), Row("keepalives_count", "7", .honored),
        Row("tcp_user_timeout", "7000", .honored),
        Row("sslmode", "require", .honored), Row("sslmode", "allow", .refused),
        Row("sslnegotiation", "postgres", .honored), Row("sslnegotiation", "direct", .refused),
        // OpenSSL and BoringSSL do not compress.
        Row("sslcompression", "1", .harmless),
        Row("sslcert", "/x", .refused), Row("sslkey", "/x", .refused), Row("sslcertmode", "require", .refused),
        Row("sslcertmode", "disable", .honored), Row("sslpassword", "x", .harmless),
        Row("sslrootcert", "system", .honored), Row("sslcrl", "/x", .refused), Row("sslcrldir", "/x", .refused),
        Row("sslsni", "1", .honored), Row("sslsni", "0", .refused),
        // It is about Unix-domain sockets.
        Row("requirepeer", "x", .harmless),
        Row("require_auth", "password", .honored), Row("require_auth", "md5,password", .honored),
        Row("require_auth", "!md5", .honored), Row("require_auth", "scram-sha-256", .refused),
        Row("require_auth", "!md5,!password", .refused),
        Row("ssl_min_protocol_version", "tlsV1.3", .honored), Row("ssl_max_protocol_version", "TLSv1.2", .honored),
        Row("ssl_max_protocol_version", "TLSv1.1", .refused),
        Row("gssencmode", "require", .refused), Row("gssencmode", "prefer", .harmless),
        Row("krbsrvname", "x", .harmless), Row("gsslib", "gssapi", .harmless), Row("gssdelegation", "1", .harmless),
        Row("target_session_attrs", "any", .honored), Row("target_session_attrs", "read-write", .refused),
        Row("load_balance_hosts", "random", .honored),
        // A server that asks for OAuth gets nothing.
        Row("oauth_issuer", "https://x", .harmless), Row("oauth_client_id", "x", .harmless),
        Row("oauth_client_secret", "x", .harmless), Row("oauth_scope", "x", .harmless),
        Row("oauth_ca_file", "/x", .harmless), Row("sslkeylogfile", "/x", .refused),
    ]

    private static let key = Data(repeating: 7, count: 32).base64EncodedString()

    private func upstream(_ more: String, _ environment: ConninfoEnvironment = machine()) async throws -> Upstream {
        let roots = try await TestCertificate.shared.chainFile
        let place = "host=localhost user=app sslmode=verify-full sslrootcert=\(roots) ssl_min_protocol_version=TLSv1.2"
        return try Upstream(Conninfo.parse("\(place) \(more)"), environment: environment)
    }

    /// A machine with a service and a root certificate.
    private static func machine(variables: [String: String] = [:], revoked: Bool = false) -> ConninfoEnvironment {
        let files = ConninfoFileReader { path in
            switch String(decoding: path, as: UTF8.self) {
            case "/home/.pg_service.conf", "/services": .init(contents: Array("[blog]\noptions=\n".utf8))
            case "/home/.postgresql/root.crl": revoked ? .init(contents: []) : nil
            default: nil
            }
        }
        return ConninfoEnvironment(variables: variables, homeDirectory: "/home", files: files)
    }

    @Test("Each keyword is honored, harmless or refused", arguments: rows)
    func fate(_ row: Row) async throws {
        let text = "\(row.keyword)='\(row.value)'" + (row.keyword == "servicefile" ? " service=blog" : "")
        switch row.fate {
        case .honored, .harmless: _ = try await upstream(text)
        case .refused, .leftToClients:
            let error = await #expect(throws: ProxyError.self) { try await upstream(text) }
            #expect(error?.code == .invalidUpstream)
            #expect(error?.message.contains(row.keyword) == true, "\(error?.message ?? "")")
        }
        guard [.refused, .leftToClients].contains(row.fate),
            let variable = Conninfo.Keyword(row.keyword)?.environmentVariable, row.keyword != "sslmode"
        else { return }
        let environment = Self.machine(variables: [variable: row.value])
        if row.fate == .leftToClients {
            _ = try await upstream("", environment)
        } else if row.keyword != "ssl_min_protocol_version" {
            await #expect(throws: ProxyError.self) { try await upstream("", environment) }
        }
    }

    @Test("No keyword of libpq's is left out")
    func complete() {
        let names = Set(Self.rows.map(\.keyword))
        #expect(names == Set(Conninfo.Keyword.all.map(\.name)))
    }

    @Test("A revocation list in libpq's usual place is not passed over")
    func usualRevocationList() async throws {
        let environment = Self.machine(revoked: true)
        let error = await #expect(throws: ProxyError.self) { try await upstream("", environment) }
        #expect(error?.message.contains("/home/.postgresql/root.crl") == true)
    }

    @Test("How the operating system watches a connection is taken over")
    func keepalive() async throws {
        let settings = "keepalives_idle=7 keepalives_interval=8 keepalives_count=9 tcp_user_timeout=10"
        let keepalive = try await upstream(settings).keepalive
        #expect(keepalive.idle == 7 && keepalive.interval == 8 && keepalive.count == 9 && keepalive.userTimeout == 10)
        #expect(try await upstream("keepalives=0").keepalive.isOn == false)
    }

    struct Versions: Sendable, CustomTestStringConvertible {
        let server: TLSVersion
        let conninfo: String
        let isLetIn: Bool
        var testDescription: String { "\(server) \(conninfo)" }
    }

    static let versions = [
        Versions(server: .tlsv12, conninfo: "", isLetIn: true),
        Versions(server: .tlsv12, conninfo: "ssl_min_protocol_version=TLSv1.3", isLetIn: false),
        Versions(server: .tlsv12, conninfo: "ssl_max_protocol_version=TLSv1.2", isLetIn: true),
        Versions(server: .tlsv13, conninfo: "ssl_min_protocol_version=TLSv1.3", isLetIn: true),
        Versions(server: .tlsv13, conninfo: "ssl_max_protocol_version=TLSv1.2", isLetIn: false),
        Versions(server: .tlsv13, conninfo: "ssl_min_protocol_version=TLSv1", isLetIn: true),
    ]

    @Test("A token goes only over the versions of TLS that the connection string allows", arguments: versions)
    func tlsVersions(_ versions: Versions) async throws {
        let certificate = try await TestCertificate.shared
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMFile(certificate.chainFile).map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(file: certificate.keyFile, format: .pem))
        )
        (configuration.minimumTLSVersion, configuration.maximumTLSVersion) = (versions.server, versions.server)
        let context = try NIOSSLContext(configuration: configuration)
        let server = try await ScriptedServer.start { end in
            _ = try await end.read(8)
            try await end.acceptTLS(context)
            _ = try await end.readPacket()
            _ = try await Login.password(end)
            try await end.send(Message.accepted + Message.ready)
            _ = try await end.readToEnd()
            end.close()
        }
        let mint = TokenMint()
        let proxy = try await RunningProxy.start([server.upstream(versions.conninfo)], issuer: mint.issuer())
        let client = try await WireEnd.connect(to: proxy)
        try await client.send(Packet.startup(user: "app"))
        #expect(try await client.readMessage().type == (versions.isLetIn ? "R" : "E"))
        #expect(mint.count == (versions.isLetIn ? 1 : 0))
        client.close()
        try await proxy.stop()
        try await server.stop()
    }
}
#endif
