import CLibcrypto

/// The two hashes of a row: of its payload, and of all that came before.
///
/// - leaf = SHA-256(0x00 ‖ payload), the leaf hash of RFC 6962 §2.1;
/// - chain = SHA-256(0x02 ‖ previous chain ‖ sequence number, 8 bytes, big-endian ‖ leaf).
///
/// The first row's "previous chain" is SHA-256(0x03 ‖ log id), so that a chain cannot be moved to another log. With
/// two levels a payload may one day be erased and the chain still be checked.
final class ChainHasher {
    static let size = 32
    /// One context for all hashes: making one costs as much as hashing a row.
    private let context: OpaquePointer

    init() throws {
        guard let context = EVP_MD_CTX_new() else { throw Self.unavailable }
        self.context = context
        guard rdsiam_sha256_digest() != nil, EVP_DigestInit_ex2(context, rdsiam_sha256_digest(), nil) == 1 else {
            EVP_MD_CTX_free(context)
            throw Self.unavailable
        }
    }

    deinit { EVP_MD_CTX_free(context) }

    private static var unavailable: AuditLogError {
        AuditLogError(.inputOutput, "libcrypto offers no SHA-256. Check the OpenSSL installation.", path: nil)
    }

    func genesis(of logID: String) -> [UInt8] {
        Array(logID.utf8).withUnsafeBytes { hash(prefix: 0x03, $0) }
    }

    func leaf(_ payload: UnsafeRawBufferPointer) -> [UInt8] {
        hash(prefix: 0x00, payload)
    }

    func chain(previous: [UInt8], sequence: Int64, leaf: [UInt8]) -> [UInt8] {
        let number = withUnsafeBytes(of: sequence.bigEndian) { [UInt8]($0) }
        return (previous + number + leaf).withUnsafeBytes { hash(prefix: 0x02, $0) }
    }

    /// libcrypto cannot fail here: the digest was fetched, and memory was had, in `init`.
    private func hash(prefix: UInt8, _ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        var prefix = prefix
        var digest = [UInt8](repeating: 0, count: Self.size)
        EVP_DigestInit_ex2(context, nil, nil)
        EVP_DigestUpdate(context, &prefix, 1)
        EVP_DigestUpdate(context, bytes.baseAddress, bytes.count)
        EVP_DigestFinal_ex(context, &digest, nil)
        return digest
    }
}
