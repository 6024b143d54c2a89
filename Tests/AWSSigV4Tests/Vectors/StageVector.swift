import AWSSigV4
import Foundation
import Testing

/// `Fixtures/sigv4/stages.json`.
struct StageVectors: Decodable, Sendable {
    struct Credentials: Decodable, Sendable {
        let accessKeyID: String
        let secretAccessKey: String

        enum CodingKeys: String, CodingKey {
            case accessKeyID = "access_key_id"
            case secretAccessKey = "secret_access_key"
        }
    }

    var credentials = Credentials(accessKeyID: "", secretAccessKey: "")
    var cases: [StageVector] = []

    static let all: StageVectors = {
        guard let data = try? Fixture.contents(of: "sigv4/stages.json") else { return StageVectors() }
        return (try? JSONDecoder().decode(StageVectors.self, from: data)) ?? StageVectors()
    }()
}

/// One request with every stage of its signature.
struct StageVector: Decodable, Sendable, CustomTestStringConvertible {
    struct Expected: Decodable, Sendable {
        let canonicalRequest: String
        let stringToSign: String
        let signingKey: String
        let signature: String
        private let sentHeaders: [[String]]?
        private let sentQuery: String?

        /// The headers to add, if the signature is in one of them.
        var headers: [[String]] { sentHeaders ?? [] }
        /// The whole query, if the signature is in it.
        var query: String { sentQuery ?? "" }

        enum CodingKeys: String, CodingKey {
            case signature
            case canonicalRequest = "canonical_request"
            case stringToSign = "string_to_sign"
            case signingKey = "signing_key"
            case sentHeaders = "headers"
            case sentQuery = "query"
        }
    }

    let name: String
    let form: String
    let method: String
    let host: String
    let path: String
    let query: [[String]]
    let headers: [[String]]
    let body: String
    let payload: String
    let options: String
    let token: String?
    let signsToken: Bool
    let region: String
    let service: String
    let time: Int64
    let expires: Int?
    let equalsBotocore: Bool
    let expected: Expected

    enum CodingKeys: String, CodingKey {
        case name, form, method, host, path, query, headers, body, payload, options, token, region, service, time,
            expires
        case expected
        case signsToken = "signs_token"
        case equalsBotocore = "equals_botocore"
    }

    var testDescription: String { name }

    var credentials: SigningCredentials {
        get throws {
            let known = StageVectors.all.credentials
            return try SigningCredentials(
                accessKeyID: known.accessKeyID,
                secretAccessKey: known.secretAccessKey,
                sessionToken: token
            )
        }
    }

    var signingOptions: SigV4Options {
        var result = options == "s3" ? SigV4Options.s3 : SigV4Options()
        result.signsSessionToken = signsToken
        return result
    }

    /// The request before it is signed.
    var request: SigV4Request {
        get throws {
            SigV4Request(
                method: method,
                host: host,
                path: path,
                query: query.map { SigV4Field($0[0], $0[1]) },
                headers: headers.map { SigV4Field($0[0], $0[1]) },
                payload: try payloadHash
            )
        }
    }

    private var payloadHash: PayloadHash {
        get throws {
            switch payload {
            case "unsigned": .unsigned
            case "precomputed": try .precomputed(PayloadHash.sha256(of: Array(body.utf8)).text)
            default: try .sha256(of: Array(body.utf8))
            }
        }
    }

    /// The request with all that is signed, as a stage by itself takes it.
    func preparedRequest(_ scope: CredentialScope) throws -> SigV4Request {
        var prepared = try request
        let changing: Set = ["user-agent", "expect", "connection"]
        prepared.headers.removeAll { changing.contains($0.name.lowercased()) }
        if form == "query" {
            prepared.query = try signedParameters
        } else {
            prepared.headers += expected.headers
                .filter { $0[0] != "Authorization" && (signsToken || $0[0] != "X-Amz-Security-Token") }
                .map { SigV4Field($0[0], $0[1]) }
        }
        return prepared
    }

    /// The parameters that are signed, read back from the query that is sent.
    private var signedParameters: [SigV4Field] {
        get throws {
            let late = signsToken ? ["X-Amz-Signature"] : ["X-Amz-Signature", "X-Amz-Security-Token"]
            return try expected.query.split(separator: "&").map { pair in
                let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                return SigV4Field(
                    try #require(String(parts[0]).removingPercentEncoding),
                    try #require(String(parts[1]).removingPercentEncoding)
                )
            }.filter { !late.contains($0.name) }
        }
    }
}
