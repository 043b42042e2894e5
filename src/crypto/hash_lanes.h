/* What the files of hash_many share: SHA-256 of many messages in lanes, by whichever instructions
   the processor has.  Nothing outside this folder includes it. */
#ifndef DURE_CRYPTO_HASH_LANES_H
#define DURE_CRYPTO_HASH_LANES_H

#include "crypto/dure_crypto.h"

#define HASH_LANES_MAX 16u
#define HASH_BLOCK     64u

/* One message as blocks.  Its first and its last ones are laid out here, with the tag before and
   the padding behind; those between are read where they stand. */
typedef struct {
    uint32_t blocks;       /* of the whole message */
    uint32_t first, whole; /* blocks [first, whole) stand at data + HASH_BLOCK * (i - first) */
    const uint8_t *data;
    uint8_t begin[HASH_BLOCK];   /* the one before them, if there is one */
    uint8_t end[2 * HASH_BLOCK]; /* the one or two behind them */
} hash_lane_t;

static inline const uint8_t *hash_lane_block(const hash_lane_t *lane, uint32_t index)
{
    if (index >= lane->whole) {
        return lane->end + (size_t)HASH_BLOCK * (index - lane->whole);
    }
    return index < lane->first ? lane->begin
                               : lane->data + (size_t)HASH_BLOCK * (index - lane->first);
}

extern const uint32_t hash_round_constants[64];
extern const uint32_t hash_start[8];

typedef enum {
    HASH_BY_LIBRARY = 0, /* one by one */
    HASH_BY_SHA = 1,     /* the processor's SHA instructions, two lanes */
    HASH_BY_AVX512 = 2,  /* sixteen lanes */
} hash_way_t;

/* Whether this processor has it. */
bool hash_way_has(hash_way_t way);
/* The same hashes whatever the ways: bit n says whether way n may be used.  For tests. */
void hash_many_by(unsigned ways, const dure_hash_job_t *jobs, uint32_t count);
void hash_pairs_by(unsigned ways, const dure_pair_t *pairs, uint32_t count);

#if defined(__x86_64__)
void hash_two_lanes(dure_hash_t *const out[2], const hash_lane_t *const lanes[2]);
/* `count` lanes, at most sixteen. */
void hash_sixteen_lanes(dure_hash_t *const *out, const hash_lane_t *const *lanes, uint32_t count);
#endif

#endif
