/// What signing one request after another need not compute again.
///
/// A class, so that the cache and everybody who signs share one copy of the key, which the last of them overwrites.
final class SigningMaterial: Sendable {
    // Nobody but `deinit` writes to it, and by then nobody else has a reference.
    nonisolated(unsafe) private var storedKey: SigningKey
    /// The session token as it stands in a query; empty where there is none or nobody has encoded it yet.
    let encodedSessionToken: String

    /// The day of the key as it is written, `20260131`; the first character in the lowest byte.
    let dateDigits: UInt64

    /// The signing key.
    var key: SigningKey { storedKey }

    init(key: SigningKey, dateDigits: UInt64, encodedSessionToken: String = "") {
        storedKey = key
        self.dateDigits = dateDigits
        self.encodedSessionToken = encodedSessionToken
    }

    deinit {
        storedKey.wipe()
    }

    /// The signature of a string to sign.
    func code(of stringToSign: UnsafeRawBufferPointer) throws(SigV4Error) -> SHA256Digest {
        try storedKey.code(of: stringToSign)
    }
}
