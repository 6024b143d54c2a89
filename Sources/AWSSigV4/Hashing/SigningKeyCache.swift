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

    /// The material for credentials and a scope, derived where it is not known.
    ///
    /// Two tasks that miss at once both derive; a derivation is cheaper than waiting for another's.
    func material(for credentials: SigningCredentials, scope: CredentialScope) throws(SigV4Error) -> SigningMaterial {
        if let known = keys.withLock({ $0.find(credentials, scope) }) { return known }
        let key = try SigningKey(secretAccessKey: credentials.secretAccessKey, scope: scope)
        keys.withLock { $0.insert(key, credentials, scope) }
        return SigningMaterial(key: key, encodedSessionToken: "")
    }
}

/// What signing one request after another need not compute again.
struct SigningMaterial: Sendable {
    var key: SigningKey
    /// The session token as it stands in a query; empty where there is none or nobody has encoded it yet.
    let encodedSessionToken: String
}
