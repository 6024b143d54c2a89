import Foundation
import RDSIAMBasics
import Testing

@testable import AWSCredentialSources

/// The system context as far as it can be looked at without changing anything.
@Suite(.timeLimit(.minutes(2))) struct SystemContextTests {
    @Test("localhost resolves to loopback, an address to itself, nonsense to nothing")
    func resolver() async throws {
        let resolver = SystemHostResolver()
        let localhost = try await resolver.addresses(of: "localhost")
        #expect(!localhost.isEmpty && localhost.allSatisfy { $0 == "127.0.0.1" || $0 == "::1" })
        #expect(try await resolver.addresses(of: "127.0.0.9") == ["127.0.0.9"])
        #expect(try await resolver.addresses(of: "no such host.invalid") == [])
    }

    @Test("the system's clock, random numbers and pauses do what they say")
    func world() async throws {
        let context = CredentialContext.system
        #expect(abs(context.now().timeIntervalSinceNow) < 5)
        #expect((0..<100).allSatisfy { _ in (0..<1).contains(context.random()) })
        let before = context.uptime()
        try await context.sleep(.milliseconds(20))
        #expect(context.uptime() - before >= .milliseconds(20))
        #expect(context.environment["PATH"] == ProcessInfo.processInfo.environment["PATH"])
    }

    @Test("without HOME the home directory is the account's, as for the AWS CLI")
    func homeDirectory() throws {
        let account = try #require(Account.current)
        #expect(CredentialContext.homeDirectory([:]) == String(decoding: account.homeDirectory, as: UTF8.self))
        #expect(CredentialContext.homeDirectory(["HOME": "/srv/app"]) == "/srv/app")
        #expect(CredentialContext.homeDirectory(["HOME": ""])?.isEmpty == true)
    }

    @Test("the sources are of the kinds that they are called")
    func kinds() {
        let sources: [(any AWSCredentialSource, AWSCredentialSourceKind)] = [
            (.environment, .environment), (.profile("dev"), .profile),
            (.static(AWSCredentials(accessKeyID: "A", secretAccessKey: "hidden")), .static),
            (.refreshing(.environment), .environment), (.webIdentity, .webIdentity), (.container, .container),
            (.instanceMetadata, .instanceMetadata), (.process("true"), .process), (.default, .custom),
            (.assumeRole(AssumedRole(arn: "arn:aws:iam::1:role/r"), from: .environment), .assumeRole),
        ]
        for (source, kind) in sources { #expect(source.kind == kind) }
    }
}
