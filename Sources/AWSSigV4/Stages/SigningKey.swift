import CLibcrypto
import RDSIAMBasics
import RDSIAMHashing
import Synchronization

/// The third stage: a key derived from a secret access key for one day, region and service.
///
/// With it, anyone can sign, so it does not print. Copies share one key, which is overwritten with zeros when the last
/// of them ends.
public struct SigningKey: Sendable {
    private let key: HMACKey

    /// Derives the key: HMAC over the date, the region, the service and `aws4_request` in turn.
    ///
    /// - Throws: ``SigV4Error/Code/cryptographyUnavailable``.
    public init(secretAccessKey: String, scope: CredentialScope) throws(SigV4Error) {
        do {
            var digest = try Self.derive(secretAccessKey, scope)
            defer { digest.wipe() }
            key = try HMACKey(digest)
        } catch {
            throw .cryptographyUnavailable
        }
    }

    private static func derive(
        _ secretAccessKey: String,
        _ scope: CredentialScope
    ) throws(SHA256Digest.Unavailable) -> SHA256Digest {
        var prefixed: [UInt8] = []
        // Room for all, so that no copy of the secret stays behind when the array grows.
        prefixed.reserveCapacity(4 + secretAccessKey.utf8.count)
        prefixed += "AWS4".utf8
        prefixed += secretAccessKey.utf8
        defer { prefixed.withUnsafeMutableBytes { OPENSSL_cleanse($0.baseAddress, $0.count) } }
        var key = try HMACKey(prefixed)
        for text in [scope.time.basicDate, scope.region, scope.service] {
            var digest = try key.code(of: Array(text.utf8))
            defer { digest.wipe() }
            key = try HMACKey(digest)
        }
        return try key.code(of: Array("aws4_request".utf8))
    }

    /// The fourth stage: the signature of a string to sign.
    ///
    /// - Throws: ``SigV4Error/Code/cryptographyUnavailable``.
    public func signature(of stringToSign: StringToSign) throws(SigV4Error) -> RequestSignature {
        RequestSignature(try code(of: stringToSign))
    }

    func code(of stringToSign: StringToSign) throws(SigV4Error) -> SHA256Digest {
        do { return try key.code(of: stringToSign.bytes) } catch { throw .cryptographyUnavailable }
    }

    /// Whether both are copies of one key.
    func isSame(as other: Self) -> Bool { key === other.key }

    /// The 64 hexadecimal digits of the key, only for tests of this stage: they are as secret as the key.
    package static func hexadecimal(
        secretAccessKey: String,
        scope: CredentialScope
    ) throws -> String {
        try derive(secretAccessKey, scope).hexadecimal
    }
}

extension SigningKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Says only that it is a key.
    public var description: String { "SigningKey(<redacted>)" }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// A mirror without children.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// The signing keys that were used last.
final class SigningKeyCache: Sendable {
    private let keys: Mutex<SigningKeyTable>

    init(capacity: Int) {
        keys = Mutex(SigningKeyTable(capacity: capacity))
    }

    /// The key for credentials and a scope, derived if it is not cached.
    ///
    /// Two tasks that miss at once both derive: a derivation takes less time than waiting for another's.
    func key(for credentials: SigningCredentials, scope: CredentialScope) throws(SigV4Error) -> SigningKey {
        if let known = keys.withLock({ $0.find(credentials, scope) }) { return known }
        let key = try SigningKey(secretAccessKey: credentials.secretAccessKey, scope: scope)
        keys.withLock { $0.insert(key, credentials, scope) }
        return key
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
        let key: SigningKey

        func isFor(_ credentials: SigningCredentials, _ scope: CredentialScope) -> Bool {
            day == scope.time.day && service.isBytewiseEqual(to: scope.service)
                && region.isBytewiseEqual(to: scope.region)
                && secretAccessKey.isBytewiseEqual(to: credentials.secretAccessKey)
        }
    }

    private let capacity: Int
    /// The one that was used last comes last.
    private var entries: [Entry] = []

    /// The number of keys held.
    var count: Int { entries.count }

    init(capacity: Int) {
        self.capacity = capacity
    }

    mutating func find(_ credentials: SigningCredentials, _ scope: CredentialScope) -> SigningKey? {
        // By index, as a closure over the entries themselves would retain every part of each.
        guard let index = entries.indices.last(where: { entries[$0].isFor(credentials, scope) }) else { return nil }
        if index != entries.count - 1 { entries.append(entries.remove(at: index)) }
        return entries.last?.key
    }

    /// Caches a key, if there is room for any and the same key is not there already.
    mutating func insert(_ key: SigningKey, _ credentials: SigningCredentials, _ scope: CredentialScope) {
        guard capacity > 0, find(credentials, scope) == nil else { return }
        if entries.count >= capacity { entries.removeFirst() }
        entries.append(
            Entry(
                secretAccessKey: credentials.secretAccessKey,
                day: scope.time.day,
                region: scope.region,
                service: scope.service,
                key: key
            )
        )
    }
}
