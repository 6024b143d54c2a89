#ifndef CLIBCRYPTO_SHA256_H
#define CLIBCRYPTO_SHA256_H
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stddef.h>
#include <string.h>

/// The provider's SHA-256, fetched once and kept for the life of the process.
///
/// An implicit fetch (`EVP_sha256()`) costs a fifth of a microsecond at every use. NULL where the provider in force has no SHA-256.
static inline const EVP_MD *rdsiam_sha256_digest(void) {
    static EVP_MD *fetched = NULL;
    EVP_MD *digest = __atomic_load_n(&fetched, __ATOMIC_ACQUIRE);
    if (digest != NULL) return digest;

    EVP_MD *fresh = EVP_MD_fetch(NULL, "SHA256", NULL);
    if (__atomic_compare_exchange_n(&fetched, &digest, fresh, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) return fresh;
    // Another thread was first: its digest is the one everybody uses.
    EVP_MD_free(fresh);
    return digest;
}

/// Writes the SHA-256 of `count` bytes to `digest`. Returns 1 on success, 0 where libcrypto refuses.
static inline int rdsiam_sha256(const void *bytes, size_t count, unsigned char digest[32]) {
    const EVP_MD *sha256 = rdsiam_sha256_digest();
    return sha256 != NULL && EVP_Digest(bytes, count, digest, NULL, sha256, NULL) == 1;
}

/// A context for `rdsiam_sha256_joined` and `rdsiam_hmac_sha256`, free with `EVP_MD_CTX_free`. NULL where libcrypto refuses.
static inline EVP_MD_CTX *rdsiam_sha256_context(void) {
    const EVP_MD *sha256 = rdsiam_sha256_digest();
    if (sha256 == NULL) return NULL;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (context != NULL && EVP_DigestInit_ex2(context, sha256, NULL) == 1) return context;
    EVP_MD_CTX_free(context);
    return NULL;
}

/// Writes the SHA-256 of two pieces, one after the other, to `digest`, with a context that is used again and again.
static inline int rdsiam_sha256_joined(
    EVP_MD_CTX *context, const void *first, size_t first_count, const void *second, size_t second_count,
    unsigned char digest[32]) {
    // Without a digest argument the context keeps its own, and allocates nothing.
    return EVP_DigestInit_ex2(context, NULL, NULL) == 1 && EVP_DigestUpdate(context, first, first_count) == 1
        && EVP_DigestUpdate(context, second, second_count) == 1 && EVP_DigestFinal_ex(context, digest, NULL) == 1;
}

/// Writes HMAC-SHA-256 (RFC 2104) to `code`, which may be the memory of `key` itself.
///
/// The pads are hashed again each time: a copy of a pre-keyed state (`EVP_MD_CTX_copy_ex`) saves two compressions but allocates.
static inline int rdsiam_hmac_sha256(
    EVP_MD_CTX *context, const void *key, size_t key_count, const void *message, size_t message_count,
    unsigned char code[32]) {
    unsigned char inner[64] = {0}, outer[64], digest[32];
    int done = 1;
    if (key_count <= sizeof inner) memcpy(inner, key, key_count);
    else done = rdsiam_sha256_joined(context, key, key_count, NULL, 0, inner);
    for (size_t i = 0; i < sizeof inner; i++) {
        outer[i] = inner[i] ^ 0x5c;
        inner[i] ^= 0x36;
    }
    done = done && rdsiam_sha256_joined(context, inner, sizeof inner, message, message_count, digest)
        && rdsiam_sha256_joined(context, outer, sizeof outer, digest, sizeof digest, code);
    OPENSSL_cleanse(inner, sizeof inner);
    OPENSSL_cleanse(outer, sizeof outer);
    return done;
}
#endif
