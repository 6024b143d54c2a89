#ifndef BARE_HASH_H
#define BARE_HASH_H
#include <stddef.h>

/// Prepares text of the given sizes to be hashed: a canonical request and a string to sign.
void bare_hash_prepare(size_t canonical_request, size_t string_to_sign);

/// The hash work of one token with a ready key, without any text: SHA-256 of the canonical request and one HMAC.
void bare_hash_warm(void);

/// The same through EVP, with a fetched digest and a context that is used again.
void bare_hash_warm_evp(void);

/// The hash work of one token with nothing but the secret: four HMACs derive the key first.
void bare_hash_cold(void);
#endif
