import Foundation
import RDSIAMBasics
import TestSupport
import Testing

@testable import LoginDiagnosis

@Suite("The name of an endpoint", .timeLimit(.minutes(1)))
struct DatabaseEndpointTests {
    /// A name, and what it says.
    struct Name: Sendable, CustomTestStringConvertible {
        let host: String
        let kind: DatabaseEndpoint.Kind
        var region: String?
        var roots: TrustRoots?
        var prefix: String?
        var testDescription: String { host }
    }

    static let names = [
        Name(
            host: "db.abcdefghijkl.eu-west-2.rds.amazonaws.com",
            kind: .instance,
            region: "eu-west-2",
            roots: .rdsBundle,
            prefix: "db-"
        ),
        Name(
            host: "DB.abcdefghijkl.eu-west-2.rds.AMAZONAWS.com.",
            kind: .instance,
            region: "eu-west-2",
            roots: .rdsBundle,
            prefix: "db-"
        ),
        Name(
            host: "c.cluster-abcdefghijkl.us-east-1.rds.amazonaws.com",
            kind: .cluster,
            region: "us-east-1",
            roots: .rdsBundle,
            prefix: "cluster-"
        ),
        Name(
            host: "c.cluster-ro-abcdefghijkl.us-east-1.rds.amazonaws.com",
            kind: .reader,
            region: "us-east-1",
            roots: .rdsBundle,
            prefix: "cluster-"
        ),
        Name(
            host: "c.cluster-custom-abcdefghijkl.us-east-1.rds.amazonaws.com",
            kind: .customCluster,
            region: "us-east-1",
            roots: .rdsBundle,
            prefix: "cluster-"
        ),
        Name(
            host: "p.proxy-abcdefghijkl.us-east-1.rds.amazonaws.com",
            kind: .proxy,
            region: "us-east-1",
            roots: .amazonPublic,
            prefix: "prx-"
        ),
        Name(
            host: "g.global-abcdefghijkl.global.rds.amazonaws.com",
            kind: .global,
            roots: .rdsBundle,
            prefix: "cluster-"
        ),
        Name(
            host: "db.abcdefghijkl.rds.cn-north-1.amazonaws.com.cn",
            kind: .instance,
            region: "cn-north-1",
            roots: .rdsBundle,
            prefix: "db-"
        ),
        Name(
            host: "abcdefghijklmnopqrstuvwxyz.dsql.us-east-1.on.aws",
            kind: .dsql,
            region: "us-east-1",
            roots: .amazonPublic
        ),
        Name(
            host: "c.abcdefghijkl.us-east-1.redshift.amazonaws.com",
            kind: .redshift,
            region: "us-east-1",
            roots: .amazonPublic
        ),
        Name(
            host: "w.123456789012.us-east-1.redshift-serverless.amazonaws.com",
            kind: .redshift,
            region: "us-east-1",
            roots: .amazonPublic
        ),
        Name(host: "db.example.com", kind: .other),
        Name(host: "localhost", kind: .loopback), Name(host: "127.0.0.1", kind: .loopback),
        Name(host: "127.9.9.9", kind: .loopback), Name(host: "::1", kind: .loopback),
        Name(host: "10.0.0.1", kind: .address), Name(host: "2001:db8::1", kind: .address),
        Name(host: "1.2.3", kind: .address), Name(host: "db.example.com:5432", kind: .other),
        Name(host: "localhost:5432", kind: .other), Name(host: "https://db.example.com/", kind: .other),
        Name(host: "/var/run/postgresql", kind: .socket), Name(host: "@abstract", kind: .socket),
        // To Unicode's rules, but not to DNS's, the first letter is a k.
        Name(host: "db.abcdefghijkl.eu-west-2.rds.amazonaws.com.evil.example", kind: .other),
        Name(host: "db.abcdefghij\u{212A}l.eu-west-2.rds.amazonaws.com", kind: .other),
    ]

    @Test("says what it leads to, which roots its certificate chains to, and what a policy calls it", arguments: names)
    func read(_ name: Name) {
        let endpoint = DatabaseEndpoint(name.host)
        #expect(endpoint.kind == name.kind && endpoint.region == name.region)
        #expect(endpoint.roots == name.roots && endpoint.resourceIDPrefix == name.prefix)
        #expect((endpoint.resourceIDCommand == nil) == (name.prefix == nil))
    }

    @Test("may be that of an internet endpoint, which the certificate tells")
    func internet() {
        let name = "c.cluster-abcdefghijkl.us-east-1.rds.amazonaws.com"
        let endpoint = DatabaseEndpoint(name, certificateIssuer: "C=US, O=Amazon, CN=Amazon Root CA 1")
        #expect(
            endpoint.kind == .internet && endpoint.roots == .amazonPublic && endpoint.resourceIDPrefix == "cluster-"
        )
        let ordinary = DatabaseEndpoint(name, certificateIssuer: "CN=Amazon RDS us-east-1 Root CA RSA2048 G1")
        #expect(ordinary.kind == .cluster && ordinary.roots == .rdsBundle)
        let unknown = DatabaseEndpoint(name, certificateIssuer: "CN=another authority")
        #expect(unknown.kind == .cluster && unknown.roots == .rdsBundle)
    }

    @Test("names the resource of a policy, in each partition")
    func permissions() {
        func resource(_ host: String, _ user: String = "andrew", region: String? = nil) -> String? {
            DatabaseEndpoint(host).permission(for: user, region: region, account: "123456789012")?.resource
        }
        #expect(
            resource("c.cluster-ro-abcdefghijkl.us-east-1.rds.amazonaws.com")
                == "arn:aws:rds-db:us-east-1:123456789012:dbuser:cluster-RESOURCEID/andrew"
        )
        #expect(
            resource("db.abcdefghijkl.rds.cn-north-1.amazonaws.com.cn")
                == "arn:aws-cn:rds-db:cn-north-1:123456789012:dbuser:db-RESOURCEID/andrew"
        )
        #expect(
            resource("db.abcdefghijkl.us-gov-west-1.rds.amazonaws.com")
                == "arn:aws-us-gov:rds-db:us-gov-west-1:123456789012:dbuser:db-RESOURCEID/andrew"
        )
        #expect(
            resource("p.proxy-abcdefghijkl.us-east-1.rds.amazonaws.com")
                == "arn:aws:rds-db:us-east-1:123456789012:dbuser:prx-RESOURCEID/andrew"
        )
        let dsql = "abcdefghijklmnopqrstuvwxyz.dsql.us-east-1.on.aws"
        #expect(resource(dsql) == "arn:aws:dsql:us-east-1:123456789012:cluster/abcdefghijklmnopqrstuvwxyz")
        #expect(DatabaseEndpoint(dsql).permission(for: "admin")?.action == "dsql:DbConnectAdmin")
        #expect(DatabaseEndpoint(dsql).permission(for: "Admin")?.action == "dsql:DbConnect")
        #expect(
            resource("db.example.com", region: "eu-west-1")
                == "arn:aws:rds-db:eu-west-1:123456789012:dbuser:RESOURCEID/andrew"
        )
        #expect(resource("c.abcdefghijkl.us-east-1.redshift.amazonaws.com") == nil)
    }

    @Test("gives a statement that is JSON, whatever the user is called")
    func statement() throws {
        let permission = try #require(DatabaseEndpoint("db.example.com").permission(for: "a\"b\\c\n"))
        let data = Data(permission.statement.utf8)
        let fields = try JSONDecoder().decode([String: String].self, from: data)
        #expect(fields["Resource"] == permission.resource && fields["Effect"] == "Allow")
    }
}

@Suite("An address", .timeLimit(.minutes(1)))
struct NetworkAddressTests {
    @Test(
        "is of this machine",
        arguments: ["127.0.0.1", "127.255.255.254", "::1", "0:0:0:0:0:0:0:1", "::ffff:127.0.0.1"]
    )
    func loopback(_ text: String) { #expect(NetworkAddress(text)?.isLoopback == true) }

    @Test(
        "is of another machine, or none",
        arguments: [
            "128.0.0.1", "0.0.0.0", "::", "::2", "10.0.0.1", "::ffff:10.0.0.1", "localhost", "", "127.0.0.1.x",
            "127.0.0.1\0",
        ]
    )
    func elsewhere(_ text: String) { #expect(NetworkAddress(text)?.isLoopback != true) }

    @Test("is private", arguments: ["10.1.2.3", "172.16.0.1", "172.31.255.1", "192.168.1.1", "100.64.0.1", "fd00::1"])
    func isPrivate(_ text: String) { #expect(NetworkAddress(text)?.isPrivate == true) }

    @Test("is public", arguments: ["172.32.0.1", "172.15.0.1", "192.169.0.1", "8.8.8.8", "100.128.0.1", "2600::1"])
    func isPublic(_ text: String) { #expect(NetworkAddress(text)?.isPrivate == false) }
}

@Suite("A file of root certificates", .timeLimit(.minutes(1)))
struct TrustRootsTests {
    private func certificate(_ name: String, in folder: TemporaryFolder) async throws -> [UInt8] {
        let made = try await ChildProcess.run(
            "/usr/bin/env",
            [
                "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                "-subj",
                "/O=Amazon/CN=\(name)", "-days", "1", "-keyout", folder.path("key"), "-out", folder.path("crt"),
            ]
        )
        #expect(made.status == 0)
        return Array(try Data(contentsOf: URL(filePath: folder.path("crt"))))
    }

    @Test("is known by the names in it, alone and together")
    func kinds() async throws {
        let folder = try TemporaryFolder()
        let bundle = try await certificate("Amazon RDS eu-west-2 Root CA RSA2048 G1", in: folder)
        let system = try await certificate("Amazon Root CA 1", in: folder)
        let other = try await certificate("Another", in: folder)
        #expect(TrustRoots.found(inPEM: bundle) == [.rdsBundle])
        #expect(TrustRoots.found(inPEM: system) == [.amazonPublic])
        #expect(TrustRoots.found(inPEM: other).isEmpty)
        #expect(TrustRoots.found(inPEM: other + bundle + system) == [.rdsBundle, .amazonPublic])
        let windows = String(decoding: bundle, as: UTF8.self).replacing("\n", with: "\r\n")
        #expect(TrustRoots.found(inPEM: windows.utf8) == [.rdsBundle])
    }

    @Test(
        "may be junk",
        arguments: ["", "-----BEGIN", "-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----", "\u{0}"]
    )
    func junk(_ text: String) { #expect(TrustRoots.found(inPEM: text.utf8).isEmpty) }

    @Test("has an issuer that tells its kind")
    func issuers() {
        #expect(TrustRoots.issued(by: "CN=Amazon RDS eu-west-2 Root CA RSA2048 G1") == .rdsBundle)
        #expect(TrustRoots.issued(by: "C=US, O=Amazon, CN=Amazon RSA 2048 M02") == .amazonPublic)
        #expect(TrustRoots.issued(by: "Starfield Services Root Certificate Authority - G2") == .amazonPublic)
        #expect(TrustRoots.issued(by: "CN=R11, O=Let's Encrypt") == nil)
    }
}
