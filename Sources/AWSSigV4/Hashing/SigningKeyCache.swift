import Synchronization

/// The last few signing keys, found again by secret, day, region and service, each compared in full.
///
/// A key that gives way to another, and every key at the end, is overwritten with zeroes once nobody signs with it.
final class SigningKeyCache: Sendable {
    private let keys: Mutex<SigningKeyTable>

    init(capacity: Int) {
        keys = Mutex(SigningKeyTable(capacity: capacity))
    }

    /// The material for credentials and a scope, derived where it is not known.
    ///
    /// Two tasks that miss at once both derive; a derivation is cheaper than waiting for another's.
    func material(for credentials: SigningCredentials, scope: CredentialScope) throws(SigV4Error) -> SigningMaterial {
        if let known = keys.withLock({ $0.find(credentials, scope) }) { return known }
        let key = try SigningKey(secretAccessKey: credentials.secretAccessKey, scope: scope)
        return keys.withLock { $0.insert(key, credentials, scope) }
            ?? SigningMaterial(key: key, dateDigits: scope.time.dateDigits)
    }
}
