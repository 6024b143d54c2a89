import AWSSigV4
import CLibcrypto
import RDSIAMHashing
import Testing

/// What OpenSSL's configuration decides: which provider hashes, and whether any may.
///
/// Each runs in a process of its own, because libcrypto's configuration is the whole process's.
@Suite("OpenSSL's providers", .timeLimit(.minutes(2)))
struct ProviderTests {
    /// What smithy-rs publishes in its tests.
    private static let published = "f5f2ad764ca5df44045d4ab6ccecba0eef941b0007e5765885a0b6ed3702a3f8"

    private static func sign() throws -> String {
        try SigV4Signer().dsqlToken(
            host: "peccy.dsql.us-east-1.on.aws",
            isAdmin: false,
            region: "us-east-1",
            credentials: SigningCredentials(accessKeyID: "akid", secretAccessKey: "secret"),
            at: 1_724_716_800,
            expires: 450
        )
    }

    private static func expectRefusal() throws {
        let error = try #require(throws: SigV4Error.self) { try sign() }
        #expect(error.code == .cryptographyUnavailable)
        #expect(error.isRetryable)
        #expect(throws: SigV4Error.self) { try PayloadHash.sha256(of: []) }
        #expect(throws: SHA256Digest.Unavailable.self) { try SHA256Digest.hash("") }
        #expect(throws: SHA256Digest.Unavailable.self) { try HMACKey([1]) }
    }

    @Test("nothing is signed if no provider is allowed")
    func noProvider() async {
        await #expect(processExitsWith: .success) {
            EVP_set_default_properties(nil, "provider=none")
            try Self.expectRefusal()
        }
    }

    /// A call that went past the provider, as OpenSSL's deprecated functions do, would sign all the same.
    @Test("nothing is signed if FIPS is required and there is no FIPS provider")
    func requiredFIPS() async {
        await #expect(processExitsWith: .success) {
            #expect(EVP_default_properties_enable_fips(nil, 1) == 1)
            guard OSSL_PROVIDER_try_load(nil, "fips", 1) == nil else { return }
            try Self.expectRefusal()
        }
    }

    @Test("what the FIPS provider computes is what the default one computes")
    func fips() async throws {
        await #expect(processExitsWith: .success) {
            // Not every system has the module, and it must have been installed with `openssl fipsinstall`.
            guard OSSL_PROVIDER_try_load(nil, "fips", 1) != nil else { return }
            #expect(EVP_default_properties_enable_fips(nil, 1) == 1)
            let token = try Self.sign()
            #expect(token.hasSuffix("&X-Amz-Signature=\(Self.published)"))
        }
    }

    @Test("what is fetched comes from the provider that the properties name")
    func namedProvider() async {
        await #expect(processExitsWith: .success) {
            EVP_set_default_properties(nil, "provider=default")
            let token = try Self.sign()
            #expect(token.hasSuffix("&X-Amz-Signature=\(Self.published)"))
        }
    }
}
