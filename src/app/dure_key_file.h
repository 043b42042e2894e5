/* key files: a secret key with the party and slot that it signs for, as text that only its owner
   may read.  docs/commands.md has the format. */
#ifndef DURE_KEY_FILE_H
#define DURE_KEY_FILE_H

#include "crypto/dure_crypto.h"

typedef struct {
    dure_secret_key_t secret;
    dure_public_key_t public_key;
    uint64_t party; /* 0: not registered yet */
    uint8_t slot;   /* of the party's keys, 0..3 */
} dure_key_file_t;

/* Each returns false with a sentence in problem. */
#define DURE_KEY_FILE_PROBLEM_SIZE 640u

/* dure_key_file_read: also checks that the secret makes the public key. */
DURE_MUST_USE bool dure_key_file_read(dure_key_file_t *key, const char *path,
                                      char problem[DURE_KEY_FILE_PROBLEM_SIZE]);
/* dure_key_file_write: mode 0600.  A file that is there is replaced only if may_replace. */
DURE_MUST_USE bool dure_key_file_write(const dure_key_file_t *key, const char *path,
                                       bool may_replace, char problem[DURE_KEY_FILE_PROBLEM_SIZE]);
/* dure_key_file_make: a new key from 32 random bytes. */
DURE_MUST_USE bool dure_key_file_make(dure_key_file_t *key, dure_scheme_t scheme);

#endif
