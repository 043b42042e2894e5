/* ledger: cities, parties, funds, lots, and what moves money.  Pure: no clock, no allocation after
   init, no global.  The same transactions in the same order give the same root, however they are
   cut into blocks; every record is a leaf of the state tree.

   A transaction passes three gates, always in this order, and nothing is changed before the third:
     1. admission (codes 100..199): signer, key, signature, lane, number, valid_until.  Failing it
   leaves the state byte for byte as it was: the number is not used up and nothing is recorded.
     2. decision (codes from 200): roles, existence, the fund's program, limits, money.  A refusal
   is final: it is recorded and uses up the number, and changes nothing else.
     3. after this point it must succeed: every check is behind; records change. */
#ifndef DURE_LEDGER_H
#define DURE_LEDGER_H

#include "codec/dure_codec.h"
#include "merkle/dure_merkle.h"
#include "yak/dure_yak.h"

/* Two things have this shape.
     The chain's limits: dure_ledger_limits_for(the state's parties_max).  They decide alone when
   new business is refused with DURE_RESULT_TABLE_FULL or DURE_RESULT_LANES_FULL, from how many
   records live, so that every replica decides alike: part of the format, docs/formats/genesis.md.
     A node's capacity: how large it made its tables, fixed at start, no part of the state.  It must
   reach the chain's limits in every table; beyond them it changes nothing. */
typedef struct {
    uint32_t parties_max;
    uint32_t lots_max, attributes_max, balances_max, counters_max; /* over all parties */
    uint32_t orders_max, payouts_max, proposals_max, lanes_max, accounts_max;
    uint32_t batches_max, holds_max, refunds_max;
    uint32_t funds_max, programs_max;
    uint64_t image_bytes_max; /* all programs' images and open proposals' acts */
    /* Undo space for one block, see dure_ledger_drop: of a node's capacity only. */
    uint64_t journal_bytes_max;
} dure_ledger_limits_t;

#define DURE_LEDGER_PARTIES_MIN 16u /* of a chain's parties_max, as in the genesis */
#define DURE_LEDGER_PARTIES_MAX 20000000u

/* dure_ledger_limits_for: the limits of a chain of so many parties. */
dure_ledger_limits_t dure_ledger_limits_for(uint32_t parties_max);
/* dure_ledger_limits_cover: raises what is smaller to the limits of a chain of so many parties. */
void dure_ledger_limits_cover(dure_ledger_limits_t *limits, uint32_t parties_max);

typedef struct dure_ledger dure_ledger_t;

/* Bytes of 64-byte aligned memory a ledger of this capacity takes, tree and journal included. */
size_t dure_ledger_size(const dure_ledger_limits_t *limits);

/* dure_ledger_init: takes `memory` for the ledger's life; *chain_id is the genesis hash.  NULL if
   the genesis bytes are not canonical or contradictory, or its parties_max is above the capacity:
   *problem then says why (static text). */
dure_ledger_t *dure_ledger_init(void *memory, size_t memory_size,
                                const dure_ledger_limits_t *limits, dure_bytes_t genesis,
                                const char **problem);

const dure_hash_t *dure_ledger_chain_id(const dure_ledger_t *ledger);
const dure_genesis_t *dure_ledger_genesis(const dure_ledger_t *ledger);
const dure_zone_t *dure_ledger_zone(const dure_ledger_t *ledger);

/* The chain's parties_max: the genesis's, or what the last act `limit` raised it to. */
uint32_t dure_ledger_parties_max(const dure_ledger_t *ledger);
/* The greatest parties_max that the tables given at init have room for. */
uint32_t dure_ledger_capacity(const dure_ledger_t *ledger);

/* ---- a block's worth of transactions
   --------------------------------------------------------------- begin, apply..., root, then keep
   or drop. */

/* dure_ledger_begin: `block_time` must not lie before the previous block's.  Under a real clock it
   is the time of every transaction in the block; under a driven clock it is ignored: time is the
   last tick's. */
void dure_ledger_begin(dure_ledger_t *ledger, dure_time_t block_time);
/* The present time that rules see. */
dure_time_t dure_ledger_time(const dure_ledger_t *ledger);

/* A signature checked ahead of the sequencer.  It counts only if `tx` is this transaction's hash
   and `key` the key now in the slot; otherwise the ledger verifies by itself. */
typedef struct {
    dure_hash_t tx;
    dure_public_key_t key;
    uint8_t result; /* dure_crypto_result_t, or: */
} dure_verdict_t;
/* Whatever tx and key say: it stands in the node's own log, which has it only because its signature
   was right.  Whoever says so compares what it comes to with what the log says. */
#define DURE_VERDICT_DECIDED 0xffu

/* dure_ledger_apply: decides and, if it is accepted, performs one transaction.  Fills *effect
   wholly (also for inadmissible ones; its rows borrow from the ledger until the next call) and
   returns effect->code.  verdict may be NULL.  proven: for a refund the effect of the transaction
   it names, proved under the chain's range by whoever calls (chain/witness); NULL if there is no
   such proof, and for every other kind.  Asserts that dure_ledger_parties_max is within
   dure_ledger_capacity, which any transaction may end. */
dure_result_t dure_ledger_apply(dure_ledger_t *ledger, const dure_envelope_t *envelope,
                                const dure_verdict_t *verdict, const dure_effect_t *proven,
                                dure_effect_t *effect);

/* dure_ledger_apply_hashed: the same, for a caller that has the transaction's hash (dure_tx_hash).
 */
dure_result_t dure_ledger_apply_hashed(dure_ledger_t *ledger, const dure_envelope_t *envelope,
                                       const dure_hash_t *tx, const dure_verdict_t *verdict,
                                       const dure_effect_t *proven, dure_effect_t *effect);

/* dure_ledger_fetch: brings near what this transaction will read when it is applied a little later:
   step 0 the places in the index, 1 its parties, 2 what hangs on them.  To be called in this order,
   each a few transactions apart.  Any bytes are safe; nothing changes. */
void dure_ledger_fetch(const dure_ledger_t *ledger, dure_bytes_t wire, unsigned step);

/* dure_ledger_admit: gate 1 alone, against the present state, changing nothing: for a mempool.  A
   refund's witness is not looked at: the proposer attaches it. */
dure_result_t dure_ledger_admit(const dure_ledger_t *ledger, const dure_envelope_t *envelope,
                                const dure_verdict_t *verdict);

/* The key in a signer's slot, for checking signatures ahead. */
DURE_MUST_USE bool dure_ledger_signer_key(const dure_ledger_t *ledger, uint64_t party, uint8_t slot,
                                          dure_public_key_t *key);

/* Blind of an effect's leaf: first 16 bytes of H(EFFECT_BLIND, signer's blind || tx hash); zeros
   for a signer unknown.  Leaf: H(EFFECT_LEAF, blind || effect bytes). */
void dure_ledger_effect_blind(const dure_ledger_t *ledger, const dure_effect_t *effect,
                              dure_blind_t *blind);
/* The signer's own blind, of which that is made; false, and zeros, for a signer unknown. */
DURE_MUST_USE bool dure_ledger_signer_blind(const dure_ledger_t *ledger, uint64_t party,
                                            dure_blind_t *blind);
void dure_effect_leaf(dure_hash_t *leaf, const dure_blind_t *blind, dure_bytes_t effect_bytes);

/* dure_ledger_root: hashes the changed records into the tree.  May be called at any time. */
void dure_ledger_root(dure_ledger_t *ledger, dure_hash_t *root);

/* dure_ledger_keep: what was applied since begin stays. */
void dure_ledger_keep(dure_ledger_t *ledger);
/* dure_ledger_drop: undoes all since begin, byte for byte, tree included.  False if the journal
   overflowed: the ledger is then unusable and must be loaded again from checkpoint and log. */
DURE_MUST_USE bool dure_ledger_drop(dure_ledger_t *ledger);

/* ---- reading
 * ------------------------------------------------------------------------------------- */
typedef enum {
    DURE_TABLE_CHAIN = 1,
    DURE_TABLE_CITY = 2,
    DURE_TABLE_ACCOUNT = 3,
    DURE_TABLE_FUND = 4,
    DURE_TABLE_PROGRAM = 5,
    DURE_TABLE_PARTY = 6,
    DURE_TABLE_LANE = 7,
    DURE_TABLE_ORDER = 8,
    DURE_TABLE_PAYOUT = 9,
    DURE_TABLE_PROPOSAL = 10,
    DURE_TABLE_BATCH = 11,
    DURE_TABLE_HOLD = 12,
    DURE_TABLE_REFUND = 13,
} dure_table_t;

#define DURE_PRIMARY_KEY_MAX 36u
#define DURE_RECORD_SIZE_MAX (128u * 1024u)

/* A primary key's bytes as docs/formats/layouts.md gives them for each table. */
typedef struct {
    uint8_t table; /* dure_table_t */
    uint8_t size;
    uint8_t bytes[DURE_PRIMARY_KEY_MAX];
} dure_primary_key_t;

dure_primary_key_t dure_key_chain(void);
dure_primary_key_t dure_key_city(uint32_t city);
dure_primary_key_t dure_key_account(uint32_t city, const dure_name_t *name);
dure_primary_key_t dure_key_fund(uint64_t fund);
dure_primary_key_t dure_key_program(uint64_t fund, uint8_t version);
dure_primary_key_t dure_key_party(uint64_t party);
dure_primary_key_t dure_key_lane(uint64_t party, uint16_t lane);
/* Orders, payouts, proposals, batches and holds: the id of the transaction that made them; refunds:
   of the payment. */
dure_primary_key_t dure_key_made(dure_table_t table, const dure_tx_id_t *id);
/* H(STATE_KEY, table || primary key): the place in the tree. */
void dure_state_key(dure_hash_t *key, const dure_primary_key_t *primary);
/* H(STATE_VALUE, blind || record): the value under that key. */
void dure_state_value(dure_hash_t *value, const dure_blind_t *blind, dure_bytes_t record);

/* dure_ledger_record: the record's canonical bytes and its blind (zeros for public tables).  False
   if there is none.  out needs DURE_RECORD_SIZE_MAX. */
DURE_MUST_USE bool dure_ledger_record(const dure_ledger_t *ledger,
                                      const dure_primary_key_t *primary, dure_writer_t *out,
                                      dure_blind_t *blind);
/* Presence or absence of a key under the present root; the tree must be clean. */
void dure_ledger_prove(const dure_ledger_t *ledger, const dure_primary_key_t *primary,
                       dure_tree_proof_t *proof);

/* dure_ledger_next: walks all records in ascending order of their tree key.  *cursor starts at 0.
   False at the end.  The same state gives the same sequence whatever its history: a checkpoint's
   payload. */
DURE_MUST_USE bool dure_ledger_next(const dure_ledger_t *ledger, uint64_t *cursor, uint8_t *table,
                                    dure_blind_t *blind, dure_writer_t *out);

/* ---- a snapshot beside the traffic
   The records of one moment, given out a little at a time while transactions go on.  A record that
   is about to change is kept first in the caller's memory, which bounds what has changed and is
   still to go out; when it is full, the snapshot is given up. */
#define DURE_SNAPSHOT_BLOCK_SIZE 256u
#define DURE_SNAPSHOT_MEMORY_MIN (DURE_RECORD_SIZE_MAX + 4096u)

/* dure_ledger_snapshot_begin: of this moment, between two blocks and with a clean tree.  `memory`
   is 64-byte aligned, of at least DURE_SNAPSHOT_MEMORY_MIN, and borrowed until the end. */
void dure_ledger_snapshot_begin(dure_ledger_t *ledger, void *memory, size_t memory_size);
/* dure_ledger_snapshot_next: the next record, as dure_ledger_next would have given it at that
   moment.  The tree must be clean.  False at the end.  If `out` overflows, the same record comes
   again.  Not to be called once it is full. */
DURE_MUST_USE bool dure_ledger_snapshot_next(dure_ledger_t *ledger, uint8_t *table,
                                             dure_blind_t *blind, dure_writer_t *out);
/* True if the running snapshot had to be given up. */
bool dure_ledger_snapshot_is_full(const dure_ledger_t *ledger);
/* How much of the memory is in use, of 100. */
uint32_t dure_ledger_snapshot_used_percent(const dure_ledger_t *ledger);
/* dure_ledger_snapshot_end: forgets it, wherever it stands. */
void dure_ledger_snapshot_end(dure_ledger_t *ledger);

/* dure_ledger_scan: walks the records of one table, in no promised order.  *cursor starts at 0, and
   any other value is safe, also one kept while the state changed: records that came or went
   meanwhile may be left out or come twice.  False at the end.  For readers outside, unlike
   dure_ledger_next, whose cursor is trusted. */
DURE_MUST_USE bool dure_ledger_scan(const dure_ledger_t *ledger, dure_table_t table,
                                    uint64_t *cursor, dure_blind_t *blind, dure_writer_t *out);

/* dure_ledger_load_*: fills a freshly initialised ledger from such a sequence instead of the
   genesis's records. begin empties all tables.  record: false if the bytes are not canonical,
   contradictory or over a limit
   (*problem says which).  end: false if what was loaded breaks an invariant; the caller compares
   the root. */
void dure_ledger_load_begin(dure_ledger_t *ledger);
DURE_MUST_USE bool dure_ledger_load_record(dure_ledger_t *ledger, uint8_t table,
                                           const dure_blind_t *blind, dure_bytes_t record,
                                           const char **problem);
/* dure_ledger_load_fetch: brings near where a record will go that is loaded a little later.  Any
   bytes are safe; nothing changes. */
void dure_ledger_load_fetch(const dure_ledger_t *ledger, uint8_t table, dure_bytes_t record);
DURE_MUST_USE bool dure_ledger_load_end(dure_ledger_t *ledger, const char **problem);

/* dure_ledger_invariants: recomputes from the records, from scratch: for every fund issued = held
   by citizens + held by merchants + pending + redeemed + refunded + lapsed; the sums over lots,
   balances and payouts equal the fund's figures; escrow = issued - redeemed - refunded - lapsed;
   reservations match open orders.  NULL if all hold, else which does not. */
const char *dure_ledger_invariants(const dure_ledger_t *ledger);

/* ---- batches */

/* Leaf of a chunk in the tree over a batch's rows (DURE_TAG_BATCH_NODE): tag DURE_TAG_BATCH_LEAF
   over the chunk's number and its encoded rows. */
void dure_batch_leaf(dure_hash_t *leaf, uint32_t chunk, dure_bytes_t rows);

/* dure_ledger_grant_try, _recall_try: what would become of one row of a batch by a city's officers
   if it were carried out now, other rows and the batch's total apart.  DONE: *amount would move.
   Else *rule names the rule that refuses, if one does.  Changes nothing. */
dure_result_t dure_ledger_grant_try(const dure_ledger_t *ledger, uint32_t city, uint64_t fund,
                                    const dure_batch_row_t *row, dure_amount_t *amount,
                                    dure_name_t *rule);
dure_result_t dure_ledger_recall_try(const dure_ledger_t *ledger, uint32_t city, uint64_t fund,
                                     const dure_batch_row_t *row, dure_amount_t *amount,
                                     dure_name_t *rule);

/* How full the tables are, for metrics and refusals. */
typedef struct {
    uint32_t parties, lots, attributes, balances, counters, orders, payouts, proposals, lanes,
        funds, batches, holds, refunds;
} dure_ledger_usage_t;
dure_ledger_usage_t dure_ledger_usage(const dure_ledger_t *ledger);

/* ---- planted bugs, for tests that must catch them; zero in every program
 * ------------------------------ */
typedef enum {
    DURE_LEDGER_BUG_NONE = 0,
    DURE_LEDGER_BUG_ROOT_MISSES_PAYOUTS = 1, /* the payout table is left out of the tree */
    DURE_LEDGER_BUG_WINDOW_NOT_RESTORED = 2, /* load forgets the replay windows */
    DURE_LEDGER_BUG_SNAPSHOT_FORGETS = 3,    /* a record that changes is not kept */
    DURE_LEDGER_BUG_SNAPSHOT_TAKES_NEW = 4,  /* a record that came later goes out too */
} dure_ledger_bug_t;
void dure_ledger_plant(dure_ledger_t *ledger, dure_ledger_bug_t bug);

#endif
