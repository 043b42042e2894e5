/* chain_dir: a node's directory, read from its log alone and executed again.  Shared by the
   commands that look at a chain offline; the node may be running. */
#ifndef DURE_APP_CHAIN_DIR_H
#define DURE_APP_CHAIN_DIR_H

#include "chain/dure_chain.h"
#include "store/dure_store.h"

#define CHAIN_DIR_PROBLEM_SIZE 512u

typedef struct {
    dure_io_t *io, *archive;
    dure_store_t *store;
    dure_store_report_t report; /* head_height: the last block */
    dure_chain_t *chain;        /* at first behind block `from` */
    uint64_t from;              /* 0: before block 1; else of the state that was taken over */
    uint8_t *genesis;
    size_t genesis_size;
    void *memory;
    bool broken; /* what is there is wrong; else it could not be looked at */
    char problem[CHAIN_DIR_PROBLEM_SIZE];
} chain_dir_t;

/* chain_dir_open: `archive`: where removed segments are, or NULL.  `parties`: room for at least so
   many.  False with a problem; close it all the same. */
DURE_MUST_USE bool chain_dir_open(chain_dir_t *dir, const char *path, const char *archive,
                                  uint32_t parties);
void chain_dir_close(chain_dir_t *dir);

/* chain_dir_block: the bytes of a block, taken apart: `wires` needs room for DURE_BLOCK_TXS_MAX.
   False with a problem. */
DURE_MUST_USE bool chain_dir_block(chain_dir_t *dir, dure_block_t *block, dure_bytes_t *wires,
                                   uint32_t *count, uint64_t height);
/* chain_dir_take: the same with bytes of its own, for the caller to free.  It uses the store alone:
   on a copy of `dir` it may run beside chain_dir_replay. */
DURE_MUST_USE bool chain_dir_take(chain_dir_t *dir, uint8_t **bytes, dure_block_t *block,
                                  uint64_t height);
/* chain_dir_replay: executes it.  verdicts may be NULL.  False with a problem. */
DURE_MUST_USE bool chain_dir_replay(chain_dir_t *dir, const dure_block_t *block,
                                    const dure_verdict_t *verdicts, dure_chain_update_t *update);

#endif
