#ifndef CLIBCRYPTO_HMAC_SHA256_H
#define CLIBCRYPTO_HMAC_SHA256_H
#include "sha256.h"

/// A key for HMAC-SHA-256 (RFC 2104), prepared for many messages. It is as secret as the key.
///
/// For direct calls: the two hash states after the inner and the outer pad. For EVP: the key, filled up with zeros to a
/// block.
typedef struct {
    unsigned char bytes[64];
} rdsiam_hmac_key;

/// Writes the inner and the outer pad of a block.
static inline void rdsiam_hmac_pad(const unsigned char block[64], unsigned char pads[2][64]) {
    for (size_t i = 0; i < 64; i++) {
        pads[0][i] = block[i] ^ 0x36;
        pads[1][i] = block[i] ^ 0x5c;
    }
}

#ifndef OPENSSL_NO_DEPRECATED_3_0
/// Writes the hash state after one block.
static inline int rdsiam_hmac_absorb(const unsigned char block[64], unsigned char state[32]) {
    SHA256_CTX context;
    int done = SHA256_Init(&context) && SHA256_Update(&context, block, 64);
    memcpy(state, context.h, 32);
    return done;
}

/// Hashes a message after the block that `state` has absorbed.
static inline int rdsiam_hmac_resume(
    const unsigned char state[32], const void *message, size_t count, unsigned char digest[32]) {
    SHA256_CTX context;
    if (!SHA256_Init(&context)) return 0;
    memcpy(context.h, state, 32);
    context.Nl = 512;  // bits hashed so far
    return SHA256_Update(&context, message, count) && SHA256_Final(digest, &context);
}
#endif

/// Prepares a key. Returns 1 on success, 0 if libcrypto refuses.
static inline int rdsiam_hmac_prepare(const void *key, size_t count, rdsiam_hmac_key *ready) {
    unsigned char block[64] = {0}, pads[2][64];
    int direct = rdsiam_sha256_is_direct();
    int done = direct >= 0;
    if (count <= sizeof block) memcpy(block, key, count);
    else done = done && rdsiam_sha256_joined(key, count, NULL, 0, block);
    rdsiam_hmac_pad(block, pads);
#ifndef OPENSSL_NO_DEPRECATED_3_0
    if (done && direct)
        done = rdsiam_hmac_absorb(pads[0], ready->bytes) && rdsiam_hmac_absorb(pads[1], ready->bytes + 32);
    else
#endif
        memcpy(ready->bytes, block, sizeof block);
    rdsiam_wipe(block, sizeof block);
    rdsiam_wipe(pads, sizeof pads);
    return done;
}

/// Writes the HMAC of a message through EVP; the key is a block.
static inline int rdsiam_hmac_evp(
    const rdsiam_hmac_key *key, const void *message, size_t count, unsigned char code[32]) {
    unsigned char pads[2][64], digest[32];
    rdsiam_hmac_pad(key->bytes, pads);
    int done = rdsiam_sha256_evp(pads[0], sizeof pads[0], message, count, digest)
        && rdsiam_sha256_evp(pads[1], sizeof pads[1], digest, sizeof digest, code);
    rdsiam_wipe(pads, sizeof pads);
    return done;
}

/// Writes the HMAC-SHA-256 of a message to `code`. Returns 1 on success, 0 if libcrypto refuses.
static inline int rdsiam_hmac_sha256(
    const rdsiam_hmac_key *key, const void *message, size_t count, unsigned char code[32]) {
    int direct = rdsiam_sha256_is_direct();
    if (direct < 0) return 0;
#ifndef OPENSSL_NO_DEPRECATED_3_0
    if (direct) {
        unsigned char digest[32];
        return rdsiam_hmac_resume(key->bytes, message, count, digest)
            && rdsiam_hmac_resume(key->bytes + 32, digest, sizeof digest, code);
    }
#endif
    return rdsiam_hmac_evp(key, message, count, code);
}
#endif
