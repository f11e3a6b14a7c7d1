/* SPDX-License-Identifier: Apache-2.0 */
/* host/keys.h - signing keys as files: make, load, show, sign.
 *
 *     struct host_key key;
 *     if (host_key_load("root.pem", NULL, &key, e))
 *         return e->code;
 *     host_key_sign(&key, digest, 32, signature, &len, e);
 *     host_key_free(&key);
 *
 * Files are PEM or DER as OpenSSL and imgtool write them: PKCS#8 private, SubjectPublicKeyInfo
 * public; and the bare numbers that wolfBoot's keygen writes (host/wolfboot_key.h). LMS private
 * keys have a form of their own, because each signature uses one up: lms.h. */
#ifndef HOST_KEYS_H
#define HOST_KEYS_H

#include <stdbool.h>

#include "bulkhead/key.h"
#include "host/io.h"
#include "host/ml_dsa.h"

struct evp_pkey_st; /* OpenSSL's EVP_PKEY */

#define HOST_KEY_DER_MAX 2688u
#define HOST_KEY_BYTES_MAX 2592u /* ML-DSA-87 */
#define HOST_SIGNATURE_MAX 9216u /* LMS with W = 1 and H = 25 */

struct host_key_type {
    const char *name;         /* as imgtool calls it */
    const char *algo;         /* C name of its struct bh_signature_algo, NULL: the core has none */
    const char *imgtool_name; /* stem of the C names that imgtool gives a public key */
    uint8_t signature;        /* enum bh_signature_id; 0: cannot sign */
    uint16_t bits;
};

struct host_key {
    const struct host_key_type *type;
    struct evp_pkey_st *evp; /* NULL: LMS and ML-DSA */
    const char *signer;      /* a command that signs for it: host/signer.h; NULL: none */
    char *lms_path;          /* LMS: the file that holds the state; NULL: public part only */
    bool has_private;
    uint8_t seed[HOST_ML_DSA_SEED]; /* ML-DSA: the private key */
    /* The public key: as image formats hash it (RSA: PKCS#1; LMS: bytes; others:
     * SubjectPublicKeyInfo), */
    uint8_t der[HOST_KEY_DER_MAX];
    size_t der_len;
    uint8_t id[BH_KEY_ID_LEN]; /* and its SHA-256; */
    /* as struct bh_key.bytes wants it. */
    uint8_t bytes[HOST_KEY_BYTES_MAX];
    size_t len;
};

extern const struct host_key_type host_key_types[]; /* { 0 } ends */
/* By name, or NULL. "p256" and "p384" will do for ecdsa-p256 and ecdsa-p384. */
const struct host_key_type *host_key_type(const char *name);

/* A new key of any type but LMS. */
int host_key_new(const struct host_key_type *type, struct host_key *key, struct host_error *e);
/* Private or public, PEM or DER, or a "pkcs11:" URI (host/pkcs11.h). passphrase: where one comes
 * from if the file is encrypted, see host_passphrase(). */
int host_key_load(const char *path, const char *passphrase, struct host_key *key,
                  struct host_error *e);
/* The same for who needs no more of a key than its public bytes (type, der, id, bytes): evp is NULL
 * where the file is a plain public one, which is read without OpenSSL's decoders. */
int host_key_load_public(const char *path, struct host_key *key, struct host_error *e);
/* That: is the file a public key in PEM, in the usual form, of a type that the core has? Strength
 * is not looked at. No memory to free. */
bool host_key_plain(const struct host_bytes *file, struct host_key *key);
/* Is it none with which anybody could sign, by its public bytes? */
bool host_key_is_strong(const struct host_key *key);
/* The same with the password itself; LMS keys are not read. An encrypted file and no password
 * (NULL): HOST_OK, *locked is true and key is empty. A pkcs11: URI has its PIN in itself, or it is
 * asked for on the terminal. */
int host_key_load_locked(const char *path, const char *password, struct host_key *key, bool *locked,
                         struct host_error *e);
void host_key_free(struct host_key *key);

/* The key as PKCS#8 PEM, for ML-DSA with the seed alone (RFC 9881); encrypted with AES-256 if
 * password is not NULL. Not for LMS. */
int host_key_private_pem(const struct host_key *key, const char *password, struct host_bytes *pem,
                         struct host_error *e);
/* Not encrypted, in DER: PKCS#8, or the form of its own that RSA and EC keys had before that. */
int host_key_private_der(const struct host_key *key, bool traditional, struct host_bytes *der,
                         struct host_error *e);
int host_key_public_pem(const struct host_key *key, struct host_bytes *pem, struct host_error *e);
/* SubjectPublicKeyInfo in DER. */
int host_key_public_spki(const struct host_key *key, struct host_bytes *der, struct host_error *e);

/* Sign a digest; for Ed25519, LMS and ML-DSA any message, for Ed25519 also a whole image. len:
 * in the room, out the bytes used. A signature by an LMS key is counted in its file before it is
 * made. */
int host_key_sign(const struct host_key *key, const void *message, size_t message_len,
                  uint8_t *signature, size_t *len, struct host_error *e);

/* Is it a signature by this key over this digest (Ed25519: message)? By OpenSSL, for ML-DSA
 * by the core; false for LMS. */
bool host_key_check(const struct host_key *key, const void *message, size_t message_len,
                    const uint8_t *signature, size_t len);

#define HOST_PASSWORD_MAX 256u
/* A password from "env:NAME", "file:PATH" (its first line) or "ask" (on the terminal; twice to be
 * sure of a new one). source NULL: ask if there is a terminal, or else fail. what: the key's file,
 * for prompt and errors. */
int host_passphrase(const char *source, const char *what, bool twice,
                    char password[HOST_PASSWORD_MAX], struct host_error *e);

/* SHA-256 (256), SHA-384 or SHA-512 of some bytes. */
void host_sha(unsigned bits, const void *data, size_t len, uint8_t *digest);

#endif
