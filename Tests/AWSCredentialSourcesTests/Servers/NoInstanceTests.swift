#if AsyncHTTPClient

@testable import AWSCredentialSources
import Testing

/// What the real client makes of addresses without a metadata service.
@Suite(.timeLimit(.minutes(5))) struct NoInstanceTests {
    @Test(
        "an address without a service means that nothing is configured",
        // An unassigned address (RFC 5737); a port without a listener; a name that does not exist (RFC 6761).
        arguments: ["http://192.0.2.1", "http://127.0.0.1:1", "http://metadata.invalid"]
    )
    func wholeChain(_ endpoint: String) async throws {
        var context = CredentialContext.system
        context.environment = ["AWS_EC2_METADATA_SERVICE_ENDPOINT": endpoint]
        context.homeDirectory = nil
        // A busy machine may see the end of the whole exchange before that of connecting.
        context.http = PatientHTTP(client: try #require(context.http), connectFactor: 1)
        let chain = AWSCredentialChain.default(context: context)
        let error = await #expect(throws: AWSCredentialError.self) { try await chain.credentials() }
        #expect(error?.code == .notConfigured)
        #expect(error?.trail.map(\.source).last == .instanceMetadata)
        #expect("\(String(describing: error))".contains("no EC2 instance"))
    }

    @Test("a request for this machine's link goes past the proxy, another goes through it")
    func proxy() async throws {
        let fine = try Lookalike.shared.get().visitor("fine")
        // The proxy's port has no listener.
        let client = AsyncHTTPCredentialClient(environment: ["HTTP_PROXY": "http://127.0.0.1:1"])
        var context = fine.context()
        context.http = PatientHTTP(client: client)
        #expect(try await InstanceMetadataCredentialSource(context: context).credentials().accessKeyID == "ASIAEC2")
        #expect(try await ContainerCredentialSource(context: context).credentials().accessKeyID == "ASIABOX")
        let request = CredentialHTTPRequest(
            url: fine.url("imds"),
            connectTimeout: .seconds(60),
            timeout: .seconds(60),
            mayUseProxy: true
        )
        await #expect(throws: CredentialHTTPError(.cannotConnect)) { try await client.send(request) }
    }
}

#endif
