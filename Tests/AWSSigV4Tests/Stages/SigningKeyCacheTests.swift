import Testing

@testable import AWSSigV4

@Suite("The cache of signing keys", .timeLimit(.minutes(1)))
struct SigningKeyCacheTests {
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
        Change(testDescription: "a longer secret", secret: "secrets"),
        Change(testDescription: "another region", region: "eu-west-1"),
        Change(testDescription: "another service", service: "dsql"),
        Change(testDescription: "the day before", time: 1_767_225_599),
        Change(testDescription: "the day after", time: 1_767_312_000),
        Change(testDescription: "region and service with the border moved", region: "eu-west-2r", service: "ds-db"),
    ]

    static let known = Change(testDescription: "the known one")

    private func credentials(_ secret: String) throws -> SigningCredentials {
        try SigningCredentials(accessKeyID: "same", secretAccessKey: secret)
    }

    @discardableResult
    private func insert(_ secret: String, into table: inout SigningKeyTable) throws -> SigningKey {
        let key = try SigningKey(secretAccessKey: secret, scope: Self.known.scope())
        table.insert(key, try credentials(secret), try Self.known.scope())
        return key
    }

    @Test("finds a key for every second of its day")
    func everySecond() throws {
        var table = SigningKeyTable(capacity: 2)
        let key = try insert("secret", into: &table)
        for second: Int64 in [0, 1, 86_399] {
            var other = Self.known
            other.time += second
            #expect(try table.find(credentials("secret"), other.scope())?.isSame(as: key) == true)
        }
    }

    @Test("compares each part", arguments: changes)
    func eachPart(_ change: Change) throws {
        var table = SigningKeyTable(capacity: 2)
        try insert("secret", into: &table)
        #expect(try table.find(credentials(change.secret), change.scope()) == nil)
    }

    @Test("drops the key that has been unused for longest")
    func leastRecentlyUsed() throws {
        var table = SigningKeyTable(capacity: 2)
        for secret in ["a", "b"] { try insert(secret, into: &table) }
        #expect(try table.find(credentials("a"), Self.known.scope()) != nil)
        try insert("c", into: &table)
        #expect(try table.find(credentials("b"), Self.known.scope()) == nil)
        #expect(try table.find(credentials("a"), Self.known.scope()) != nil)
        #expect(try table.find(credentials("c"), Self.known.scope()) != nil)
        #expect(table.count == 2)
    }

    @Test("holds the same key once")
    func once() throws {
        var table = SigningKeyTable(capacity: 3)
        for _ in 0..<2 { try insert("secret", into: &table) }
        #expect(table.count == 1)
    }

    @Test("holds nothing without room", arguments: [0, -1, .min])
    func noRoom(capacity: Int) throws {
        var table = SigningKeyTable(capacity: capacity)
        try insert("secret", into: &table)
        #expect(table.count == 0)
    }

    /// The large capacities once reserved their memory, which ended the process.
    @Test("never changes a signature", arguments: [.min, -1, 0, 1, 2, 8, 1_000_000_000, .max])
    func signatures(capacity: Int) throws {
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
