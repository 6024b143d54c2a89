import RDSIAMBasics
import Synchronization

/// The signing keys that were used last.
///
/// A key that gives way to another, and every key at the end, is overwritten with zeros when no call uses it anymore.
final class SigningKeyCache: Sendable {
    private let keys: Mutex<SigningKeyTable>

    init(capacity: Int) {
        keys = Mutex(SigningKeyTable(capacity: capacity))
    }

    /// The key for credentials and a scope, derived if it is not cached.
    ///
    /// Two tasks that miss at once both derive: a derivation takes less time than waiting for another's.
    func key(for credentials: SigningCredentials, scope: CredentialScope) throws(SigV4Error) -> CachedSigningKey {
        if let known = keys.withLock({ $0.find(credentials, scope) }) { return known }
        let key = CachedSigningKey(try SigningKey(secretAccessKey: credentials.secretAccessKey, scope: scope))
        keys.withLock { $0.insert(key, credentials, scope) }
        return key
    }
}

/// A signing key that the cache and all its users share, so that there is one copy to overwrite.
final class CachedSigningKey: Sendable {
    // Only `deinit` writes to it, and then there is no other reference.
    nonisolated(unsafe) private var key: SigningKey

    init(_ key: SigningKey) {
        self.key = key
    }

    deinit {
        key.wipe()
    }

    func signature(of stringToSign: StringToSign) throws(SigV4Error) -> RequestSignature {
        try key.signature(of: stringToSign)
    }
}

/// The entries of the cache, found by secret, day, region and service, each compared in full and byte by byte.
///
/// The entry that has been unused for longest gives way.
struct SigningKeyTable {
    private struct Entry {
        let secretAccessKey: String
        let day: Int64
        let region: String
        let service: String
        let key: CachedSigningKey
        var lastUse: UInt64

        func isFor(_ credentials: SigningCredentials, _ scope: CredentialScope) -> Bool {
            day == scope.time.day && service.isBytewiseEqual(to: scope.service)
                && region.isBytewiseEqual(to: scope.region)
                && secretAccessKey.isBytewiseEqual(to: credentials.secretAccessKey)
        }
    }

    private let capacity: Int
    private var entries: [Entry] = []
    private var clock: UInt64 = 0

    /// The number of keys held.
    var count: Int { entries.count }

    init(capacity: Int) {
        self.capacity = capacity
    }

    mutating func find(_ credentials: SigningCredentials, _ scope: CredentialScope) -> CachedSigningKey? {
        // By index, as a closure over the entries themselves would retain every part of each.
        guard let index = entries.indices.first(where: { entries[$0].isFor(credentials, scope) }) else { return nil }
        clock += 1
        entries[index].lastUse = clock
        return entries[index].key
    }

    /// Keeps a key, if there is room for any and the same key is not there already.
    mutating func insert(_ key: CachedSigningKey, _ credentials: SigningCredentials, _ scope: CredentialScope) {
        guard capacity > 0, find(credentials, scope) == nil else { return }
        if entries.count >= capacity { dropLeastRecentlyUsed() }
        clock += 1
        entries.append(
            Entry(
                secretAccessKey: credentials.secretAccessKey,
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
        entries.remove(at: oldest)
    }
}
