import Synchronization

/// The last few signing keys, found again by secret, day, region and service, each compared in full.
///
/// A key that gives way to another, and every key at the end, is overwritten with zeroes.
final class SigningKeyCache: Sendable {
    private let keys: Mutex<SigningKeyTable>

    init(capacity: Int) {
        keys = Mutex(SigningKeyTable(capacity: capacity))
    }

    deinit {
        keys.withLock { $0.removeAll() }
    }

    /// The key for a secret and a scope, derived where it is not known.
    ///
    /// Two tasks that miss at once both derive; a derivation is cheaper than waiting for another's.
    func key(
        secretAccessKey: String,
        scope: CredentialScope,
        context: borrowing SHA256Context
    ) throws(SigV4Error) -> SigningKey {
        if let known = keys.withLock({ $0.find(secretAccessKey, scope) }) { return known }
        let fresh = try SigningKey(secretAccessKey: secretAccessKey, scope: scope, context: context)
        keys.withLock { $0.insert(fresh, secretAccessKey, scope) }
        return fresh
    }
}

/// The entries of the cache; the one unused for longest gives way.
struct SigningKeyTable {
    private struct Entry {
        let secretAccessKey: String
        let day: Int
        let region: String
        let service: String
        var key: SigningKey
        var lastUse: UInt64

        func isFor(_ secretAccessKey: String, _ scope: CredentialScope) -> Bool {
            day == scope.time.day && service == scope.service && region == scope.region
                && self.secretAccessKey == secretAccessKey
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

    mutating func find(_ secretAccessKey: String, _ scope: CredentialScope) -> SigningKey? {
        for index in entries.indices where entries[index].isFor(secretAccessKey, scope) {
            clock += 1
            entries[index].lastUse = clock
            return entries[index].key
        }
        return nil
    }

    mutating func insert(_ key: SigningKey, _ secretAccessKey: String, _ scope: CredentialScope) {
        guard capacity > 0, find(secretAccessKey, scope) == nil else { return }
        if entries.count >= capacity { dropLeastRecentlyUsed() }
        clock += 1
        entries.append(
            Entry(
                secretAccessKey: secretAccessKey,
                day: scope.time.day,
                region: scope.region,
                service: scope.service,
                key: key,
                lastUse: clock
            )
        )
    }

    private mutating func dropLeastRecentlyUsed() {
        guard let oldest = entries.indices.min(by: { entries[$0].lastUse < entries[$1].lastUse }) else { return }
        // The wiped entry goes to the end, so that removing it leaves no moved key's bytes behind.
        entries[oldest].key.wipe()
        entries.swapAt(oldest, entries.count - 1)
        entries.removeLast()
    }

    mutating func removeAll() {
        for index in entries.indices { entries[index].key.wipe() }
        entries.removeAll()
    }
}
