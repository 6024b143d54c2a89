import CLibcrypto

/// Ed25519 (RFC 8032) from libcrypto.
enum Ed25519 {
    static let keySize = 32
    static let signatureSize = 64

    static func publicKey(of seed: [UInt8]) throws -> [UInt8] {
        let key = try Key(seed: seed)
        var bytes = [UInt8](repeating: 0, count: keySize)
        var count = keySize
        guard EVP_PKEY_get_raw_public_key(key.handle, &bytes, &count) == 1 else { throw unavailable }
        return bytes
    }

    static func sign(_ message: [UInt8], with seed: [UInt8]) throws -> [UInt8] {
        let key = try Key(seed: seed)
        let context = try Context()
        var signature = [UInt8](repeating: 0, count: signatureSize)
        var count = signatureSize
        guard EVP_DigestSignInit_ex(context.handle, nil, nil, nil, nil, key.handle, nil) == 1,
            EVP_DigestSign(context.handle, &signature, &count, message, message.count) == 1
        else { throw unavailable }
        return signature
    }

    static func isValid(_ signature: [UInt8], of message: [UInt8], by publicKey: [UInt8]) throws -> Bool {
        let key = try Key(publicKey: publicKey)
        let context = try Context()
        guard EVP_DigestVerifyInit_ex(context.handle, nil, nil, nil, nil, key.handle, nil) == 1 else {
            throw unavailable
        }
        return EVP_DigestVerify(context.handle, signature, signature.count, message, message.count) == 1
    }

    private static var unavailable: AuditLogError {
        AuditLogError(.badNote, "OpenSSL offers no Ed25519, or the key is malformed. Check both.", path: nil)
    }

    private final class Key {
        let handle: OpaquePointer

        init(seed: [UInt8]) throws {
            guard let key = EVP_PKEY_new_raw_private_key_ex(nil, "ED25519", nil, seed, seed.count) else {
                throw unavailable
            }
            self.handle = key
        }

        init(publicKey: [UInt8]) throws {
            guard
                let key = EVP_PKEY_new_raw_public_key_ex(nil, "ED25519", nil, publicKey, publicKey.count)
            else {
                throw unavailable
            }
            self.handle = key
        }

        deinit { EVP_PKEY_free(handle) }
    }

    private final class Context {
        let handle: OpaquePointer

        init() throws {
            guard let context = EVP_MD_CTX_new() else { throw unavailable }
            self.handle = context
        }

        deinit { EVP_MD_CTX_free(handle) }
    }
}
