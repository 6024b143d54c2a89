/// The entries of the cache of signing keys; the one unused for longest gives way.
struct SigningKeyTable {
    private struct Entry {
        let secretAccessKey: String
        let sessionToken: String
        let day: Int
        let region: String
        let service: String
        let material: SigningMaterial
        var lastUse: UInt64

        /// The session token is no part of a key, so it is not compared here.
        func isFor(_ credentials: SigningCredentials, _ scope: CredentialScope) -> Bool {
            day == scope.time.day && service == scope.service && region == scope.region
                && secretAccessKey == credentials.secretAccessKey
        }
    }

    private let capacity: Int
    private var entries: [Entry] = []
    private var clock: UInt64 = 0

    /// The number of keys held.
    var count: Int { entries.count }

    init(capacity: Int) {
        self.capacity = capacity
        entries.reserveCapacity(capacity)
    }

    mutating func find(_ credentials: SigningCredentials, _ scope: CredentialScope) -> SigningMaterial? {
        for index in entries.indices where entries[index].isFor(credentials, scope) {
            clock += 1
            entries[index].lastUse = clock
            if entries[index].sessionToken == credentials.sessionToken ?? "" { return entries[index].material }
            let known = entries[index].material
            return SigningMaterial(key: known.key, dateDigits: known.dateDigits)
        }
        return nil
    }

    /// Keeps a key; nil where there is no room for any.
    mutating func insert(
        _ key: SigningKey,
        _ credentials: SigningCredentials,
        _ scope: CredentialScope
    ) -> SigningMaterial? {
        guard capacity > 0 else { return nil }
        if let known = find(credentials, scope) { return known }
        if entries.count >= capacity { dropLeastRecentlyUsed() }
        clock += 1
        let sessionToken = credentials.sessionToken ?? ""
        let material = SigningMaterial(
            key: key,
            dateDigits: scope.time.dateDigits,
            encodedSessionToken: PercentEncoding.encode(sessionToken)
        )
        entries.append(
            Entry(
                secretAccessKey: credentials.secretAccessKey,
                sessionToken: sessionToken,
                day: scope.time.day,
                region: scope.region,
                service: scope.service,
                material: material,
                lastUse: clock
            )
        )
        return material
    }

    private mutating func dropLeastRecentlyUsed() {
        guard let oldest = entries.indices.min(by: { entries[$0].lastUse < entries[$1].lastUse }) else { return }
        entries.remove(at: oldest)
    }
}
