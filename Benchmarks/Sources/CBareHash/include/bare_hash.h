#ifndef BARE_HASH_H
#define BARE_HASH_H
#include <stddef.h>

/// Prepares text of the given sizes to be hashed: a canonical request and a string to sign.
void bare_hash_prepare(size_t canonical_request, size_t string_to_sign);

/// The hash work of one token with a ready key, without any text: SHA-256 of the canonical request and one HMAC,
/// through EVP with fetched algorithms, by the same calls as ours.
void bare_hash_warm(void);

/// The same by the functions that OpenSSL 3 deprecates, which go past its providers.
void bare_hash_warm_deprecated(void);

/// The hash work of one token with nothing but the secret: four HMACs derive the key first.
void bare_hash_cold(void);
#endif
