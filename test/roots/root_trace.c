/* Plays a fixed trace of all kinds of transactions through the chain, cut into blocks in two ways,
   and prints roots and hashes.  Every build must print the same bytes: they are compared with each
   other and, by this program, with test/roots/expected.txt.

       root_trace            prints and compares; exit status 1 if they differ
       root_trace --print    prints only, to make a new expected.txt when a format was changed */
#include "roots/roots.h"

#include <stdio.h>
#include <stdlib.h>

#define TXS 2000u

static void say_head(const dure_chain_t *chain)
{
    const dure_chain_head_t *head = dure_chain_head(chain);
    roots_say("height %llu\n", (unsigned long long)head->height);
    roots_say_hex(" ledger_root", &head->ledger_root, sizeof head->ledger_root);
    roots_say_hex(" app_hash", &head->app_hash, sizeof head->app_hash);
    roots_say_hex(" block_hash", &head->block_hash, sizeof head->block_hash);
}

/* How often each code came. */
typedef struct {
    uint32_t codes[1000];
    uint32_t moves[DURE_MOVE_LOTS_RECALLED + 1];
} tally_t;

static void count(tally_t *tally, const dure_chain_result_t *result)
{
    static dure_effect_t effect;
    dure_reader_t reader = dure_reader(result->effect);
    tally->codes[result->code]++;
    if (result->effect.size == 0) {
        return;
    }
    dure_effect_decode(&reader, &effect);
    DURE_ASSERT(dure_reader_end(&reader));
    for (uint16_t i = 0; i < effect.moves_count; i++) {
        tally->moves[effect.moves[i].what]++;
    }
}

static void say_tally(const tally_t *tally)
{
    roots_say("codes");
    for (uint32_t code = 0; code < 1000; code++) {
        if (tally->codes[code] > 0) {
            roots_say(" %s=%u", dure_result_text((uint16_t)code)->name, tally->codes[code]);
        }
    }
    roots_say("\nmoves");
    for (uint8_t move = 1; move <= DURE_MOVE_LOTS_RECALLED; move++) {
        if (tally->moves[move] > 0) {
            roots_say(" %s=%u", dure_names_text(DURE_NAMES_MOVES, move), tally->moves[move]);
        }
    }
    roots_say("\n");
}

/* Returns the last ledger root. */
static dure_hash_t cut(uint32_t size, uint32_t said_every)
{
    dure_trace_t *trace = roots_trace();
    dure_chain_t *chain = roots_chain(trace);
    tally_t tally = {0};
    roots_say("blocks of %u\n", size);
    say_head(chain);
    for (uint32_t done = 0; done < TXS;) {
        const uint32_t txs = size < TXS - done ? size : TXS - done;
        const dure_chain_update_t update = roots_block(chain, trace, txs);
        for (uint32_t i = 0; i < txs; i++) {
            count(&tally, &update.results[i]);
        }
        roots_commit(chain);
        done += txs;
        if (dure_chain_head(chain)->height % said_every == 0 || done == TXS) {
            say_head(chain);
        }
    }
    const char *broken = dure_ledger_invariants(dure_chain_ledger(chain));
    roots_say("invariants %s\n", broken == NULL ? "hold" : broken);
    say_tally(&tally);
    const dure_hash_t root = dure_chain_head(chain)->ledger_root;
    free(chain);
    dure_trace_free(trace);
    return root;
}

int main(int argc, char **argv)
{
    if (!dure_crypto_init()) {
        return 1;
    }
    const dure_hash_t small = cut(7, 57), large = cut(400, 2);
    const bool is_as_expected = roots_end(argc, argv, "test/roots/expected.txt");
    if (!dure_hash_equal(&small, &large)) {
        fprintf(stderr, "the cut into blocks changes the ledger root\n");
        return 1;
    }
    return is_as_expected ? 0 : 1;
}
