// The floor that signing is measured against: SHA-256 and HMAC alone, by libcrypto's fastest calls, on memory that
// stays in the processor's cache.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "bare_hash.h"
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <string.h>

static unsigned char canonical_request[4096], string_to_sign[512], result[32];
static size_t canonical_count, string_count;

typedef struct {
    SHA256_CTX inner, outer;
} keyed_states;
static keyed_states ready;

static keyed_states keyed(const void *key, size_t count) {
    unsigned char inner[64] = {0}, outer[64];
    keyed_states states;
    memcpy(inner, key, count);
    for (size_t i = 0; i < sizeof inner; i++) {
        outer[i] = inner[i] ^ 0x5c;
        inner[i] ^= 0x36;
    }
    SHA256_Init(&states.inner);
    SHA256_Update(&states.inner, inner, sizeof inner);
    SHA256_Init(&states.outer);
    SHA256_Update(&states.outer, outer, sizeof outer);
    return states;
}

static void authenticate(keyed_states states, const void *message, size_t count, unsigned char code[32]) {
    unsigned char digest[32];
    SHA256_Update(&states.inner, message, count);
    SHA256_Final(digest, &states.inner);
    SHA256_Update(&states.outer, digest, sizeof digest);
    SHA256_Final(code, &states.outer);
}

void bare_hash_prepare(size_t canonical_request_count, size_t string_to_sign_count) {
    canonical_count = canonical_request_count;
    string_count = string_to_sign_count;
    memset(canonical_request, 'a', sizeof canonical_request);
    memset(string_to_sign, 'b', sizeof string_to_sign);
    ready = keyed("an HMAC key of thirty-two bytes!", 32);
}

static void sign(keyed_states key) {
    SHA256_CTX context;
    SHA256_Init(&context);
    SHA256_Update(&context, canonical_request, canonical_count);
    SHA256_Final(result, &context);
    memcpy(string_to_sign, result, sizeof result);
    authenticate(key, string_to_sign, string_count, result);
}

void bare_hash_warm(void) { sign(ready); }

void bare_hash_cold(void) {
    static const char *const parts[] = {"20260101", "eu-central-1", "rds-db", "aws4_request"};
    unsigned char key[44] = "AWS4abcdefghijklmnopqrstuvwxyzabcdefghijklmn";
    size_t count = sizeof key;
    for (size_t i = 0; i < 4; i++) {
        authenticate(keyed(key, count), parts[i], strlen(parts[i]), key);
        count = 32;
    }
    sign(keyed(key, count));
}

void bare_hash_warm_evp(void) {
    static EVP_MD *digest;
    static EVP_MD_CTX *context;
    unsigned char pad[64] = {0x36}, inner[32];
    if (context == NULL) {
        digest = EVP_MD_fetch(NULL, "SHA256", NULL);
        context = EVP_MD_CTX_new();
    }
    EVP_DigestInit_ex2(context, digest, NULL);
    EVP_DigestUpdate(context, canonical_request, canonical_count);
    EVP_DigestFinal_ex(context, result, NULL);
    EVP_DigestInit_ex2(context, digest, NULL);
    EVP_DigestUpdate(context, pad, sizeof pad);
    EVP_DigestUpdate(context, string_to_sign, string_count);
    EVP_DigestFinal_ex(context, inner, NULL);
    EVP_DigestInit_ex2(context, digest, NULL);
    EVP_DigestUpdate(context, pad, sizeof pad);
    EVP_DigestUpdate(context, inner, sizeof inner);
    EVP_DigestFinal_ex(context, result, NULL);
}
