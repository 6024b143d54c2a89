#ifndef CLIBCRYPTO_SHA256_H
#define CLIBCRYPTO_SHA256_H
#include <openssl/evp.h>
#include <stddef.h>

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
#endif
