/// The entries of the cache of signing keys; the one unused for longest gives way.
struct SigningKeyTable {
    private struct Entry {
        let secretAccessKey: String
        let sessionToken: String
        let day: Int
        let region: String
        let service: String
        var material: SigningMaterial
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
            return SigningMaterial(key: entries[index].material.key, encodedSessionToken: "")
        }
        return nil
    }

    mutating func insert(_ key: SigningKey, _ credentials: SigningCredentials, _ scope: CredentialScope) {
        guard capacity > 0, find(credentials, scope) == nil else { return }
        if entries.count >= capacity { dropLeastRecentlyUsed() }
        clock += 1
        let sessionToken = credentials.sessionToken ?? ""
        entries.append(
            Entry(
                secretAccessKey: credentials.secretAccessKey,
                sessionToken: sessionToken,
                day: scope.time.day,
                region: scope.region,
                service: scope.service,
                material: SigningMaterial(key: key, encodedSessionToken: PercentEncoding.encode(sessionToken)),
                lastUse: clock
            )
        )
    }

    private mutating func dropLeastRecentlyUsed() {
        guard let oldest = entries.indices.min(by: { entries[$0].lastUse < entries[$1].lastUse }) else { return }
        // The wiped entry goes to the end, so that removing it leaves no moved key's bytes behind.
        entries[oldest].material.key.wipe()
        entries.swapAt(oldest, entries.count - 1)
        entries.removeLast()
    }

    mutating func removeAll() {
        for index in entries.indices { entries[index].material.key.wipe() }
        entries.removeAll()
    }
}
