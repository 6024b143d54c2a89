// The floor that signing is measured against: SHA-256 and HMAC alone, on memory that stays in the processor's cache.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "bare_hash.h"
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/sha.h>
#include <string.h>

static unsigned char canonical_request[4096], string_to_sign[512], result[32];
static size_t canonical_count, string_count;
static EVP_MD *digest;
static EVP_MAC_CTX *ready;
static SHA256_CTX inner_state, outer_state;

static EVP_MAC_CTX *keyed(const void *key, size_t count) {
    static EVP_MAC *algorithm;
    if (algorithm == NULL) algorithm = EVP_MAC_fetch(NULL, "HMAC", NULL);
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, "SHA256", 0), OSSL_PARAM_construct_end()};
    EVP_MAC_CTX *context = EVP_MAC_CTX_new(algorithm);
    EVP_MAC_init(context, key, count, parameters);
    return context;
}

static void authenticate(EVP_MAC_CTX *context, const void *message, size_t count, unsigned char code[32]) {
    size_t written;
    EVP_MAC_init(context, NULL, 0, NULL);
    EVP_MAC_update(context, message, count);
    EVP_MAC_final(context, code, &written, 32);
}

void bare_hash_prepare(size_t canonical_request_count, size_t string_to_sign_count) {
    unsigned char pad[64] = {0x36};
    canonical_count = canonical_request_count;
    string_count = string_to_sign_count;
    memset(canonical_request, 'a', sizeof canonical_request);
    memset(string_to_sign, 'b', sizeof string_to_sign);
    digest = EVP_MD_fetch(NULL, "SHA256", NULL);
    ready = keyed("an HMAC key of thirty-two bytes!", 32);
    SHA256_Init(&inner_state);
    SHA256_Update(&inner_state, pad, sizeof pad);
    outer_state = inner_state;
}

static void sign(EVP_MAC_CTX *key) {
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_DigestInit_ex2(context, digest, NULL);
    EVP_DigestUpdate(context, canonical_request, canonical_count);
    EVP_DigestFinal_ex(context, result, NULL);
    EVP_MD_CTX_free(context);
    memcpy(string_to_sign, result, sizeof result);
    authenticate(key, string_to_sign, string_count, result);
}

void bare_hash_warm(void) { sign(ready); }

void bare_hash_cold(void) {
    static const char *const parts[] = {"20260101", "eu-central-1", "rds-db", "aws4_request"};
    EVP_MAC_CTX *key = keyed("AWS4abcdefghijklmnopqrstuvwxyzabcdefghijklmn", 44);
    for (size_t i = 0; i < 4; i++) {
        unsigned char derived[32];
        authenticate(key, parts[i], strlen(parts[i]), derived);
        EVP_MAC_CTX_free(key);
        key = keyed(derived, sizeof derived);
    }
    sign(key);
    EVP_MAC_CTX_free(key);
}

void bare_hash_warm_deprecated(void) {
    SHA256_CTX context;
    SHA256_Init(&context);
    SHA256_Update(&context, canonical_request, canonical_count);
    SHA256_Final(result, &context);
    memcpy(string_to_sign, result, sizeof result);
    context = inner_state;
    SHA256_Update(&context, string_to_sign, string_count);
    SHA256_Final(result, &context);
    context = outer_state;
    SHA256_Update(&context, result, sizeof result);
    SHA256_Final(result, &context);
}
