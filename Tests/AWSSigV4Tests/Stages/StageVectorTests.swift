import AWSSigV4
import Testing

/// Requests with every stage of their signature, by the documentation of Signature Version 4
/// (`Fixtures/sigv4/make_stages.py`).
@Suite(.timeLimit(.minutes(1)))
struct StageVectorTests {
    @Test func theFixtureIsWhole() {
        #expect(StageVectors.all.cases.count == 67)
        #expect(StageVectors.all.cases.filter(\.equalsBotocore).count == 63)
    }

    @Test(arguments: StageVectors.all.cases)
    func everyStageIsAsDocumented(_ vector: StageVector) throws {
        let scope = try CredentialScope(region: vector.region, service: vector.service, at: vector.time)
        let canonical = try CanonicalRequest(vector.preparedRequest(scope), options: vector.signingOptions)
        // Byte by byte: `==` takes the composed and the decomposed form of a character for the same.
        #expect(Array(canonical.text.utf8) == Array(vector.expected.canonicalRequest.utf8))

        let stringToSign = try StringToSign(canonical, scope: scope)
        #expect(stringToSign.text == vector.expected.stringToSign)

        let secret = StageVectors.all.credentials.secretAccessKey
        #expect(try SigningKey.hexadecimal(secretAccessKey: secret, scope: scope) == vector.expected.signingKey)
        let key = try SigningKey(secretAccessKey: secret, scope: scope)
        #expect(try key.signature(of: stringToSign).hexadecimal == vector.expected.signature)
    }

    @Test(arguments: StageVectors.all.cases)
    func theSignedRequestIsAsDocumented(_ vector: StageVector) throws {
        let scope = try CredentialScope(region: vector.region, service: vector.service, at: vector.time)
        switch vector.form {
        case "query":
            let query = try SigV4Signer().query(
                presigning: vector.request,
                scope: scope,
                credentials: vector.credentials,
                expires: try #require(vector.expires),
                options: vector.signingOptions
            )
            #expect(Array(query.utf8) == Array(vector.expected.query.utf8))
        default:
            let headers = try SigV4Signer().headers(
                signing: vector.request,
                scope: scope,
                credentials: vector.credentials,
                options: vector.signingOptions
            )
            let expected = Set(vector.expected.headers.map { [$0[0], $0[1]] })
            #expect(Set(headers.map { [$0.name, $0.value] }) == expected)
        }
    }

    /// A retry signs the headers of the first attempt again: what that attempt added does not count.
    @Test(arguments: StageVectors.all.cases.filter { $0.form == "header" })
    func aSignedRequestCanBeSignedAgain(_ vector: StageVector) throws {
        let signer = SigV4Signer()
        let credentials = try vector.credentials
        let early = try CredentialScope(region: vector.region, service: vector.service, at: 1)
        let late = try CredentialScope(region: vector.region, service: vector.service, at: vector.time)
        var request = try vector.request
        let first = try signer.headers(
            signing: request,
            scope: late,
            credentials: credentials,
            options: vector.signingOptions
        )
        request.headers += try signer.headers(
            signing: request,
            scope: early,
            credentials: credentials,
            options: vector.signingOptions
        )
        let second = try signer.headers(
            signing: request,
            scope: late,
            credentials: credentials,
            options: vector.signingOptions
        )
        #expect(first == second)
    }
}
