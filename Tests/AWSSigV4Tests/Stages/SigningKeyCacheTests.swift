import Testing

@testable import AWSSigV4

@Suite struct SigningKeyCacheTests {
    struct Change: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var secret = "secret"
        var region = "eu-west-2"
        var service = "rds-db"
        var time: Int64 = 1_767_225_600

        func scope() throws -> CredentialScope { try CredentialScope(region: region, service: service, at: time) }
    }

    static let changes = [
        Change(testDescription: "another secret", secret: "Secret"),
        Change(testDescription: "another region", region: "eu-west-1"),
        Change(testDescription: "another service", service: "dsql"),
        Change(testDescription: "the day before", time: 1_767_225_599),
        Change(testDescription: "the day after", time: 1_767_312_000),
        Change(testDescription: "region and service with the border moved", region: "eu-west-2r", service: "ds-db"),
    ]

    static let known = Change(testDescription: "the known one")

    private func credentials(_ secret: String, _ token: String? = nil) throws -> SigningCredentials {
        try SigningCredentials(accessKeyID: "same", secretAccessKey: secret, sessionToken: token)
    }

    private func insert(
        _ secret: String,
        _ token: String? = nil,
        into table: inout SigningKeyTable
    ) throws -> SigningKey {
        let key = try SigningKey(secretAccessKey: secret, scope: Self.known.scope())
        _ = table.insert(key, try credentials(secret, token), try Self.known.scope())
        return key
    }

    @Test func aKnownKeyIsFoundForEverySecondOfItsDay() throws {
        var table = SigningKeyTable(capacity: 2)
        let key = try insert("secret", into: &table)
        for second: Int64 in [0, 1, 86_399] {
            var other = Self.known
            other.time += second
            #expect(try table.find(credentials("secret"), other.scope())?.key == key)
        }
    }

    @Test(arguments: changes)
    func eachPartOfTheKeyCounts(_ change: Change) throws {
        var table = SigningKeyTable(capacity: 2)
        _ = try insert("secret", into: &table)
        #expect(try table.find(credentials(change.secret), change.scope()) === nil)
    }

    @Test func anotherSessionTokenIsNotTakenForTheEncodedOne() throws {
        var table = SigningKeyTable(capacity: 2)
        let key = try insert("secret", "a+b", into: &table)
        let same = try table.find(credentials("secret", "a+b"), Self.known.scope())
        #expect(same?.encodedSessionToken == "a%2Bb")
        for token in ["a+c", nil] {
            let other = try table.find(credentials("secret", token), Self.known.scope())
            #expect(other?.key == key)
            #expect(other?.encodedSessionToken == "")
        }
    }

    @Test func theKeyUnusedForLongestGivesWay() throws {
        var table = SigningKeyTable(capacity: 2)
        for secret in ["a", "b"] { _ = try insert(secret, into: &table) }
        #expect(try table.find(credentials("a"), Self.known.scope()) !== nil)
        _ = try insert("c", into: &table)
        #expect(try table.find(credentials("b"), Self.known.scope()) === nil)
        #expect(try table.find(credentials("a"), Self.known.scope()) !== nil)
        #expect(try table.find(credentials("c"), Self.known.scope()) !== nil)
        #expect(table.count == 2)
    }

    @Test func theSameKeyIsHeldOnce() throws {
        var table = SigningKeyTable(capacity: 3)
        for _ in 0..<2 { _ = try insert("secret", into: &table) }
        #expect(table.count == 1)
    }

    @Test func aCacheWithoutRoomHoldsNothing() throws {
        var table = SigningKeyTable(capacity: 0)
        _ = try insert("secret", into: &table)
        #expect(table.count == 0)
    }

    @Test func aWipedKeyIsZero() throws {
        var key = try SigningKey(secretAccessKey: "secret", scope: Self.known.scope())
        key.wipe()
        #expect(key.hexadecimal == String(repeating: "0", count: 64))
    }

    /// Two identities that take turns, and more of them than there is room for: each gets its own signature.
    @Test(arguments: [0, 1, 2, 8])
    func theCacheNeverChangesASignature(capacity: Int) throws {
        let signer = SigV4Signer(keyCapacity: capacity)
        for round in 0..<3 {
            for change in Self.changes + [Self.known] {
                let credentials = try SigningCredentials(accessKeyID: "same", secretAccessKey: change.secret)
                let fresh = try token(SigV4Signer(keyCapacity: 0), change, credentials)
                #expect(try token(signer, change, credentials) == fresh, "round \(round)")
            }
        }
    }

    private func token(
        _ signer: SigV4Signer,
        _ change: Change,
        _ credentials: SigningCredentials
    ) throws -> String {
        try signer.query(
            presigning: SigV4Request(host: "db.example.com:5432"),
            scope: change.scope(),
            credentials: credentials,
            expires: 900
        )
    }
}
