import CLibcrypto
import RDSIAMHashing

/// The two hashes of a row: of its payload, and of all that came before.
///
/// - leaf = SHA-256(0x00 ‖ payload), the leaf hash of RFC 6962 §2.1;
/// - chain = SHA-256(0x02 ‖ previous chain ‖ sequence number, 8 bytes, big-endian ‖ leaf).
///
/// The first row's "previous chain" is SHA-256(0x03 ‖ log id), so that a chain cannot be moved to another log. With
/// two levels a payload can be erased and the chain still be checked.
final class ChainHasher {
    /// One context for all hashes, as making a context costs as much as hashing a row.
    private let context: OpaquePointer

    init() throws {
        guard let digest = SHA256Digest.algorithm else { throw Self.unavailable }
        context = try Self.context(of: digest)
    }

    deinit { EVP_MD_CTX_free(context) }

    private static func context(of digest: OpaquePointer) throws -> OpaquePointer {
        guard let context = EVP_MD_CTX_new() else { throw unavailable }
        if EVP_DigestInit_ex2(context, digest, nil) == 1 { return context }
        EVP_MD_CTX_free(context)
        throw unavailable
    }

    private static var unavailable: AuditLogError { .noSHA256 }

    func genesis(of logID: String) -> Digest {
        Array(logID.utf8).withUnsafeBytes { hash(prefix: 0x03, $0) }
    }

    func leaf(_ payload: UnsafeRawBufferPointer) -> Digest {
        hash(prefix: 0x00, payload)
    }

    func chain(previous: Digest, sequence: Int64, leaf: Digest) -> Digest {
        withUnsafeTemporaryAllocation(byteCount: 2 * Digest.size + 8, alignment: 8) { space in
            previous.withUnsafeBytes { space.copyMemory(from: $0) }
            space.storeBytes(of: sequence.bigEndian, toByteOffset: Digest.size, as: Int64.self)
            leaf.withUnsafeBytes {
                UnsafeMutableRawBufferPointer(rebasing: space[(Digest.size + 8)...]).copyMemory(from: $0)
            }
            return hash(prefix: 0x02, UnsafeRawBufferPointer(space))
        }
    }

    /// The evidence for a finding about a row: the first half of SHA-256(0x04 ‖ sequence number, 8 bytes,
    /// big-endian ‖ hashes), in hexadecimal.
    func evidence(of sequence: Int64, _ hashes: Digest...) -> String {
        evidence(withUnsafeBytes(of: sequence.bigEndian) { [UInt8]($0) } + hashes.flatMap(\.bytes))
    }

    /// The same of something else than a row.
    func evidence(_ bytes: [UInt8]) -> String {
        Hexadecimal.encode(bytes.withUnsafeBytes { [UInt8](hash(prefix: 0x04, $0).bytes.prefix(Digest.size / 2)) })
    }

    /// libcrypto cannot fail here: the digest was fetched, and memory was had, in `init`.
    private func hash(prefix: UInt8, _ bytes: UnsafeRawBufferPointer) -> Digest {
        var prefix = prefix
        var digest = Digest()
        digest.withUnsafeMutableBytes { space in
            let result = space.baseAddress?.assumingMemoryBound(to: UInt8.self)
            EVP_DigestInit_ex2(context, nil, nil)
            EVP_DigestUpdate(context, &prefix, 1)
            EVP_DigestUpdate(context, bytes.baseAddress, bytes.count)
            EVP_DigestFinal_ex(context, result, nil)
        }
        return digest
    }
}

/// The 32 bytes of a SHA-256 hash, held in place: a verification reads millions of them.
struct Digest: Sendable, Hashable {
    private var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

    static let size = 32

    init() {}

    /// Takes the bytes of a hash; what is not 32 bytes long equals no hash.
    init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count == Self.size else { return nil }
        withUnsafeMutableBytes { $0.copyMemory(from: bytes) }
    }

    init?(_ bytes: [UInt8]) {
        guard let digest = bytes.withUnsafeBytes({ Digest($0) }) else { return nil }
        self = digest
    }

    mutating func withUnsafeMutableBytes<Value>(_ body: (UnsafeMutableRawBufferPointer) -> Value) -> Value {
        Swift.withUnsafeMutableBytes(of: &words, body)
    }

    func withUnsafeBytes<Value>(_ body: (UnsafeRawBufferPointer) -> Value) -> Value {
        Swift.withUnsafeBytes(of: words, body)
    }

    var bytes: [UInt8] { withUnsafeBytes { [UInt8]($0) } }

    static func == (left: Digest, right: Digest) -> Bool {
        left.words.0 == right.words.0 && left.words.1 == right.words.1 && left.words.2 == right.words.2
            && left.words.3 == right.words.3
    }

    func hash(into hasher: inout Hasher) { hasher.combine(words.0) }
}
