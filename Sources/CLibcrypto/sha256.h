#ifndef CLIBCRYPTO_SHA256_H
#define CLIBCRYPTO_SHA256_H
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <openssl/sha.h>
#include <stddef.h>
#include <string.h>

/// Overwrites secret bytes with zeroes.
///
/// As `OPENSSL_cleanse`, but inline: the compiler must assume that the empty assembly reads the memory, so the stores
/// stay.
static inline void rdsiam_wipe(void *bytes, size_t count) {
    memset(bytes, 0, count);
    __asm__ __volatile__("" : : "r"(bytes) : "memory");
}

/// The provider's SHA-256, fetched once for the whole process; NULL if the provider in force has none.
///
/// An implicit fetch (`EVP_sha256()`) costs a fifth of a microsecond at every use.
static inline const EVP_MD *rdsiam_sha256_digest(void) {
    static EVP_MD *fetched = NULL;
    EVP_MD *digest = __atomic_load_n(&fetched, __ATOMIC_ACQUIRE);
    if (digest != NULL) return digest;

    EVP_MD *fresh = EVP_MD_fetch(NULL, "SHA256", NULL);
    if (__atomic_compare_exchange_n(&fetched, &digest, fresh, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) return fresh;
    // Another thread was first: all threads use its digest.
    EVP_MD_free(fresh);
    return digest;
}

/// How SHA-256 and HMAC are computed: 1 by direct calls, 0 through EVP, -1 if there is no SHA-256.
///
/// In OpenSSL 3 every EVP digest allocates its state, and so does each copy of a state. The functions that OpenSSL 3
/// deprecates are the ones its default provider calls. They are called directly if that provider is in force, and never
/// if a configuration asks for another, such as the FIPS provider.
static inline int rdsiam_sha256_is_direct(void) {
    static int known = 0;  // 0 for not yet, else the answer plus 2
    int answer = __atomic_load_n(&known, __ATOMIC_RELAXED);
    if (answer != 0) return answer - 2;

    const EVP_MD *digest = rdsiam_sha256_digest();
    if (digest == NULL) return -1;
#ifdef OPENSSL_NO_DEPRECATED_3_0
    answer = 0;
#else
    answer = strcmp(OSSL_PROVIDER_get0_name(EVP_MD_get0_provider(digest)), "default") == 0;
#endif
    __atomic_store_n(&known, answer + 2, __ATOMIC_RELAXED);
    return answer;
}

/// Writes the SHA-256 of two pieces, one after the other, to `digest`, through EVP.
static inline int rdsiam_sha256_evp(
    const void *first, size_t first_count, const void *second, size_t second_count, unsigned char digest[32]) {
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    int done = context != NULL && EVP_DigestInit_ex2(context, rdsiam_sha256_digest(), NULL) == 1
        && EVP_DigestUpdate(context, first, first_count) == 1 && EVP_DigestUpdate(context, second, second_count) == 1
        && EVP_DigestFinal_ex(context, digest, NULL) == 1;
    EVP_MD_CTX_free(context);
    return done;
}

/// Writes the SHA-256 of two pieces, one after the other, to `digest`. Returns 1 on success, 0 if libcrypto refuses.
static inline int rdsiam_sha256_joined(
    const void *first, size_t first_count, const void *second, size_t second_count, unsigned char digest[32]) {
    int direct = rdsiam_sha256_is_direct();
    if (direct < 0) return 0;
#ifndef OPENSSL_NO_DEPRECATED_3_0
    if (direct) {
        SHA256_CTX context;
        return SHA256_Init(&context) && SHA256_Update(&context, first, first_count)
            && SHA256_Update(&context, second, second_count) && SHA256_Final(digest, &context);
    }
#endif
    return rdsiam_sha256_evp(first, first_count, second, second_count, digest);
}

/// Writes the SHA-256 of `count` bytes to `digest`. Returns 1 on success, 0 if libcrypto refuses.
static inline int rdsiam_sha256(const void *bytes, size_t count, unsigned char digest[32]) {
    return rdsiam_sha256_joined(bytes, count, NULL, 0, digest);
}
#endif
