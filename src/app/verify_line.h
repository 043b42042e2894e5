/* What goes on beside the decisions of `dure verify`: blocks are read, checked against their hashes
   and taken apart ahead of them on one thread, signatures are verified on others, and what was
   decided is added up behind them on one more.  Blocks pass in the order of the log; whatever is
   wrong is told of the first block where something is. */
#ifndef DURE_APP_VERIFY_LINE_H
#define DURE_APP_VERIFY_LINE_H

#include "app/chain_dir.h"
#include "app/verify.h"
#include "consensus/dure_consensus.h"

typedef struct {
    dure_bytes_t wire;
    dure_check_t check;
    uint64_t party;      /* 0: it could not be decoded */
    bool is_registering; /* its key may be the next one's */
    /* Filled by the decision. */
    uint32_t city; /* of its signer */
    dure_bytes_t effect;
} verify_tx_t;

typedef struct {
    dure_block_t block;
    uint8_t *bytes;
    uint32_t count;
    verify_tx_t *txs;
    dure_verdict_t *verdicts;
    uint8_t *effects;
} verify_block_t;

/* Adds up a block that was decided, on a thread of its own.  False with a sentence. */
typedef bool verify_add_up_t(void *user, const verify_block_t *block,
                             char problem[VERIFY_TEXT_SIZE]);

typedef struct verify_line verify_line_t;

/* verify_line_new: `threads` verify signatures.  Blocks first..last of the directory, which must
   outlive it.  NULL: no memory or no thread. */
verify_line_t *verify_line_new(const chain_dir_t *dir, uint64_t first, uint64_t last,
                               uint32_t threads, verify_add_up_t *add_up, void *user);
void verify_line_free(verify_line_t *line); /* whatever goes on ends; NULL is allowed */

/* verify_line_next: the next block, with every verdict that there is.  NULL: none is left, or
   something is wrong. */
verify_block_t *verify_line_next(verify_line_t *line);
/* verify_line_decided: it may be added up; the line frees it. */
void verify_line_decided(verify_line_t *line);
/* verify_line_end: waits until all that was decided is added up.  `broken_off`: a decision failed,
   and whatever comes after it does not count.  True if nothing was wrong before; else the sentence,
   and whether it is a finding. */
DURE_MUST_USE bool verify_line_end(verify_line_t *line, bool broken_off,
                                   char problem[VERIFY_TEXT_SIZE], bool *broken);

#endif
