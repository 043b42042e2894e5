/* What the files of ledger/ share.  Nothing outside this folder includes it.

   All state stands in one region: pools of equal cells, and indexes over them.  Whoever changes a
   byte of it calls ledger_dirty first, for the record that it belongs to (the tree; a checkpoint
   under way keeps the record as it was), and ledger_touch (the journal for dure_ledger_drop).
   Beside the region stand caches that follow from it: loaded programs, the tree, what is dirty. */
#ifndef DURE_LEDGER_PRIVATE_H
#define DURE_LEDGER_PRIVATE_H

#include "ledger/dure_ledger.h"

#define CELL_NONE UINT32_MAX
/* Counters shared by all the issuer's funds stand under this fund index and under fund 0 in
   records. */
#define FUND_SHARED UINT16_MAX

/* ---- cells
   ---------------------------------------------------------------------------------------- A list
   of cells is linked through `next`; a free cell uses its first word the same way. */
typedef struct {
    uint32_t code;
    uint32_t accounts; /* list */
    uint16_t officers;
    uint8_t threshold;
    uint8_t zero;
} city_t;

typedef struct {
    uint32_t next;
    uint8_t city; /* index */
    uint8_t zero[3];
    dure_name_t name;
    dure_amount_t balance, reserved, deposited, received, spent;
} account_t;

typedef struct {
    uint64_t number;
    uint32_t changes;  /* list */
    uint32_t counters; /* list; city-wide ones */
    uint32_t programs[DURE_FUND_VERSIONS_MAX];
    uint8_t city;
    uint8_t version;
    uint8_t versions;
    uint8_t loaded; /* 0: only named so far by a record of a party that was loaded before it */
    uint8_t mode;   /* dure_fund_mode_t */
    uint8_t zero[3];
    uint64_t successor;
    dure_amount_t ceiling, issued, ordered, held_citizens, held_merchants, pending, redeemed,
        refunded, lapsed, escrow;
} fund_t;

typedef struct {
    uint64_t fund;
    uint64_t image_at; /* in the image arena */
    uint32_t image_size;
    dure_day_t opened;
    uint8_t version;
    uint8_t zero[7];
    dure_hash_t source, report;
    dure_tx_id_t proposal;
} program_t;

typedef struct {
    uint32_t next;
    dure_day_t from;
    dure_mark_t parameter;
    int64_t value;
} change_t;

/* Memory is counted per party (README): nothing stands here that can stand in a pool. */
typedef struct {
    uint64_t number;
    uint64_t top;
    uint64_t window;
    dure_blind_t blind;
    uint32_t lot_next;
    uint32_t attributes, counters; /* lists */
    uint32_t holdings; /* list: a citizen's lots, a merchant's balances, a service's lanes */
    uint32_t open;     /* list: a citizen's open orders, a merchant's open redemptions */
    uint32_t holds;    /* list: of the holds whose subject it is */
    uint32_t keys;     /* list: those in higher slots than its first key, which stands here */
    uint8_t city;      /* index */
    uint8_t kind;      /* dure_kind_t */
    uint8_t roles;
    uint8_t key_slot : 4;
    uint8_t key_form : 4; /* KEY_*; 0: none */
    uint8_t key[32];
} party_t;

/* A public key without its first bytes, which these say. */
#define KEY_ED25519   1u
#define KEY_P256_EVEN 2u
#define KEY_P256_ODD  3u

typedef struct {
    uint32_t next;
    uint8_t slot;
    dure_public_key_t key;
    uint8_t zero;
} party_key_t;

typedef struct {
    uint32_t next;
    uint32_t value_low; /* if `wide`, the cell of POOL_WIDE that holds the value */
    uint32_t from : 17;
    uint32_t what : 8; /* attribute number; from LIST_BASE on, an index of the interned lists */
    uint32_t value_middle : 7;
    uint32_t until : 17;
    uint32_t value_high : 14;
    uint32_t wide : 1;
} attribute_t;

#define ATTRIBUTE_VALUE_BITS 53u /* of the values that stand in the cell itself */

#define LIST_BASE  64u
#define LISTS_KEPT (256u - LIST_BASE)

#define LOT_WON_MASK ((UINT64_C(1) << 50) - 1)
/* What a lot cost an account is face - paid. */
typedef struct __attribute__((packed, aligned(4))) {
    uint32_t next;
    uint32_t number;
    uint64_t left : 50;
    uint64_t fund : 8; /* index */
    uint64_t version : 3;
    uint64_t origin : 3;
    uint64_t face : 50;
    uint64_t paid : 50;
    uint64_t gifted : 1;
    uint64_t end_day : 17;
    uint64_t issue_day : 17;
    uint64_t order_day : 17;
    uint64_t zero : 8;
} lot_t;

typedef struct {
    uint32_t next;
    uint32_t fund; /* index */
    dure_amount_t amount, owed;
} balance_t;

typedef struct {
    uint32_t next;
    uint32_t period;
    dure_mark_t identity;
    uint64_t value;
    uint16_t fund; /* index, or FUND_SHARED */
    uint16_t zero[3];
} counter_t;

typedef struct {
    uint64_t party; /* number */
    uint64_t top;
    uint64_t window[DURE_WINDOW_SERVICE_BITS / 64];
    uint64_t lane;
} lane_t;

typedef struct {
    uint32_t next;
    dure_day_t day;
    dure_tx_id_t id;
    uint64_t fund;
    dure_amount_t face, price, subsidy;
    dure_name_t account;
    uint8_t version;
    uint8_t zero[7];
} order_t;

typedef struct {
    uint32_t next;
    dure_day_t day;
    dure_tx_id_t id;
    uint64_t fund;
    dure_amount_t amount; /* what the bank pays */
    dure_amount_t share;  /* of a redemption: its account's, once the bank has paid */
    dure_name_t rule;
    dure_day_t hold_until;
    uint16_t rejections;
    uint8_t version;
    uint8_t why;
} payout_t;

#define PAYOUT_REDEMPTION 1u
#define PAYOUT_CANCEL     2u
#define PAYOUT_REMAINDER  3u

typedef struct {
    uint32_t next;
    uint32_t act; /* list of chunks */
    dure_tx_id_t id;
    uint32_t act_size;
    uint8_t city; /* index */
    uint8_t approvals_count;
    uint16_t zero;
    dure_day_t day, until;
    uint64_t approvals[16];
} proposal_t;

#define BATCH_ROWS         256u /* of one chunk */
#define BATCH_DONE_WORDS   64u
#define BATCH_GRANT        1u
#define BATCH_RECALL       2u
#define RECALL_NOTICE_DAYS 7 /* from approval to the first day */
typedef struct {
    uint32_t next; /* of the free list */
    uint32_t rows, chunks_done;
    uint8_t what;
    uint8_t zero[3];
    dure_tx_id_t id;
    uint64_t fund;
    dure_amount_t total, used;
    dure_name_t account;
    dure_day_t from, until;
    dure_hash_t root;
    uint64_t done[BATCH_DONE_WORDS];
} batch_t;

typedef struct {
    uint32_t next; /* of the subject's list */
    dure_day_t day, until, appealed, answer_by;
    uint8_t what;   /* dure_hold_kind_t */
    uint8_t reason; /* dure_hold_reason_t */
    uint16_t zero;
    dure_tx_id_t id;
    uint64_t subject;
    uint64_t fund;
    dure_amount_t amount;
    dure_hash_t evidence;
} hold_t;

typedef struct {
    uint32_t next; /* of the free list */
    dure_day_t until;
    dure_tx_id_t id; /* of the payment */
    uint64_t payer;
    dure_amount_t refunded;
} refund_t;

#define CHUNK_BYTES 508u /* part of the format: the room for acts is counted in these */
typedef struct {
    uint32_t next;
    uint8_t bytes[CHUNK_BYTES];
} chunk_t;

/* ---- pools
   ---------------------------------------------------------------------------------------- */
typedef enum {
    POOL_CHAIN, /* one cell: the chain's own record */
    POOL_CITY,
    POOL_ACCOUNT,
    POOL_FUND,
    POOL_PROGRAM,
    POOL_PARTY,
    POOL_LANE,
    POOL_ORDER,
    POOL_PAYOUT,
    POOL_PROPOSAL,
    POOL_BATCH,
    POOL_HOLD,
    POOL_REFUND, /* the tables of the tree stand up to here, in the order of dure_table_t */
    POOL_KEY,
    POOL_ATTRIBUTE,
    POOL_LOT,
    POOL_BALANCE,
    POOL_COUNTER,
    POOL_CHANGE,
    POOL_CHUNK,
    POOL_WIDE, /* values too large for an attribute's cell */
    POOL_COUNT
} pool_t;

#define TABLE_COUNT 13u

typedef struct {
    uint32_t used; /* cells ever used; those below are live or in the free list */
    uint32_t live;
    uint32_t free; /* first free cell */
    uint32_t zero;
} pool_head_t;

typedef struct {
    dure_time_t time; /* of the last tick; 0 under a real clock */
    uint64_t image_used;
    uint32_t redemptions_open;  /* open payouts that a rejection would turn into a balance */
    uint32_t parties_max;       /* what all limits of the chain follow from */
    uint64_t lists[LISTS_KEPT]; /* interned memberships; 0 = free */
    uint32_t list_uses[LISTS_KEPT];
    pool_head_t pools[POOL_COUNT];
} state_head_t;

/* Which records have an index by id. */
typedef enum {
    INDEX_PARTY,
    INDEX_LANE,
    INDEX_ORDER,
    INDEX_PAYOUT,
    INDEX_PROPOSAL,
    INDEX_BATCH,
    INDEX_HOLD,
    INDEX_REFUND,
    INDEX_COUNT
} index_t;

typedef struct {
    uint64_t party;
    uint64_t number;
    uint16_t lane;
} record_id_t;

#define FLAG_DIRTY   1u /* stands in the dirty list */
#define FLAG_IN_TREE 2u /* has a leaf, whose slot is the reference */
#define FLAG_TOUCHED 4u /* stands in the list of what this block brought into the tree */
#define FLAG_KEPT    8u /* what stands there now is not the running snapshot's */

/* ---- snapshot.c */
typedef struct {
    uint64_t prefix; /* of the key */
    uint32_t block;  /* the first that holds the record */
    uint32_t zero;
} snapshot_kept_t;

#define SNAPSHOT_NOT  0u
#define SNAPSHOT_RUNS 1u
#define SNAPSHOT_FULL 2u /* given up: flags are left */

typedef struct {
    uint8_t *memory; /* the caller's */
    uint32_t blocks; /* that there are */
    uint32_t used;   /* that ever were in use; those below are in use or free */
    uint32_t free;   /* the first free one */
    uint32_t blocks_kept;
    uint32_t kept; /* records */
    uint32_t leaf; /* the next one of the tree, unless that has moved */
    uint8_t stage; /* SNAPSHOT_* */
    uint8_t has_moved;
    uint8_t has_written;
    dure_hash_t written; /* key of the record that went out last */
} snapshot_state_t;

struct dure_ledger {
    dure_ledger_limits_t limits; /* of this node's memory; what is refused never depends on them */
    dure_hash_t chain_id;
    dure_genesis_t genesis;
    dure_zone_t zone;
    dure_time_t now, now_before;
    dure_day_t today;
    uint8_t in_block;
    uint8_t overflowed; /* the journal */
    uint8_t bug;        /* dure_ledger_bug_t */
    uint32_t capacity;  /* the parties_max that the tables have room for */

    uint8_t *memory; /* what follows is found from here */
    state_head_t *state;
    uint8_t *pools[POOL_COUNT];
    uint32_t pool_max[POOL_COUNT];
    uint32_t *indexes[INDEX_COUNT];
    uint32_t index_size[INDEX_COUNT];
    uint8_t *images;
    size_t state_at, state_size; /* the region that the journal covers */

    dure_yak_program_t *programs;               /* by program cell: what the image says */
    dure_yak_program_t *trial;                  /* of a program under examination */
    uint64_t (*list_whats)[DURE_YAK_LISTS_MAX]; /* by program cell: what its lists are kept under */
    /* By program cell: under what its parameters' changes are kept. */
    dure_mark_t (*parameter_marks)[DURE_FUND_PARAMETERS_MAX];
    uint8_t *rows;    /* of the last chunk of a batch: what effect.rows borrows */
    uint8_t *scratch; /* DURE_RECORD_SIZE_MAX */
    uint8_t *journal;
    size_t journal_used;

    dure_tree_t *tree;
    uint32_t ref_base[TABLE_COUNT + 1]; /* a record's reference: base of its table + cell */
    uint8_t *flags;                     /* by reference */
    uint32_t *dirty, *touched;          /* references */
    uint32_t dirty_count, touched_count;
    uint32_t load_due; /* dirty records at which loading brings parties into the tree */
    snapshot_state_t snapshot;
};

/* ---- layout.c */
void ledger_zero(void *memory, size_t size);
extern const uint32_t ledger_cell_sizes[POOL_COUNT];

static inline void *ledger_cell(const dure_ledger_t *ledger, pool_t pool, uint32_t cell)
{
    DURE_ASSERT(cell < ledger->state->pools[pool].used);
    return ledger->pools[pool] + (size_t)cell * ledger_cell_sizes[pool];
}

#define CELL_ACCESSOR(name, type, pool)                                                            \
    static inline type *name(const dure_ledger_t *ledger, uint32_t cell)                           \
    {                                                                                              \
        return ledger_cell(ledger, pool, cell);                                                    \
    }
CELL_ACCESSOR(city_at, city_t, POOL_CITY)
CELL_ACCESSOR(account_at, account_t, POOL_ACCOUNT)
CELL_ACCESSOR(fund_at, fund_t, POOL_FUND)
CELL_ACCESSOR(program_at, program_t, POOL_PROGRAM)
CELL_ACCESSOR(party_at, party_t, POOL_PARTY)
CELL_ACCESSOR(lane_at, lane_t, POOL_LANE)
CELL_ACCESSOR(order_at, order_t, POOL_ORDER)
CELL_ACCESSOR(payout_at, payout_t, POOL_PAYOUT)
CELL_ACCESSOR(proposal_at, proposal_t, POOL_PROPOSAL)
CELL_ACCESSOR(batch_at, batch_t, POOL_BATCH)
CELL_ACCESSOR(hold_at, hold_t, POOL_HOLD)
CELL_ACCESSOR(refund_at, refund_t, POOL_REFUND)
CELL_ACCESSOR(key_at, party_key_t, POOL_KEY)
CELL_ACCESSOR(wide_at, uint64_t, POOL_WIDE)
CELL_ACCESSOR(attribute_at, attribute_t, POOL_ATTRIBUTE)
CELL_ACCESSOR(lot_at, lot_t, POOL_LOT)
CELL_ACCESSOR(balance_at, balance_t, POOL_BALANCE)
CELL_ACCESSOR(counter_at, counter_t, POOL_COUNTER)
CELL_ACCESSOR(change_at, change_t, POOL_CHANGE)
CELL_ACCESSOR(chunk_at, chunk_t, POOL_CHUNK)
#undef CELL_ACCESSOR

/* How many cells of a pool the chain allows, whatever this node has memory for. */
uint32_t ledger_limit(const dure_ledger_t *ledger, pool_t pool);

/* ---- journal.c */
/* Keeps the old bytes; `at` lies in the state region. */
void ledger_touch(dure_ledger_t *ledger, const void *at, size_t size);

/* ---- pool.c */
/* What counts against the chain's limit. */
uint32_t ledger_taken(const dure_ledger_t *ledger, pool_t pool);
/* How many more cells the chain allows: what is refused for want of room depends on it. */
uint32_t ledger_room(const dure_ledger_t *ledger, pool_t pool);
/* How many more cells this node has memory for: only for loading, where nothing is decided. */
uint32_t ledger_space(const dure_ledger_t *ledger, pool_t pool);
/* A zeroed cell; asserts that there is space. */
uint32_t ledger_take(dure_ledger_t *ledger, pool_t pool);
void ledger_release(dure_ledger_t *ledger, pool_t pool, uint32_t cell);
/* Links `cell` into the list that starts at *head, behind `previous` (CELL_NONE: first). */
void ledger_link(dure_ledger_t *ledger, pool_t pool, uint32_t *head, uint32_t previous,
                 uint32_t cell);
/* Unlinks and releases. */
void ledger_unlink(dure_ledger_t *ledger, pool_t pool, uint32_t *head, uint32_t cell);
uint32_t ledger_list_count(const dure_ledger_t *ledger, pool_t pool, uint32_t head);
uint32_t ledger_next_cell(const dure_ledger_t *ledger, pool_t pool, uint32_t cell);

/* ---- index.c */
record_id_t ledger_id(const dure_tx_id_t *id);
uint32_t ledger_index_find(const dure_ledger_t *ledger, index_t index, record_id_t id);
void ledger_index_fetch(const dure_ledger_t *ledger, index_t index, record_id_t id);
/* Most likely the cell that find would give, without looking at it; CELL_NONE if there is none. */
uint32_t ledger_index_guess(const dure_ledger_t *ledger, index_t index, record_id_t id);
void ledger_index_add(dure_ledger_t *ledger, index_t index, uint32_t cell);
void ledger_index_remove(dure_ledger_t *ledger, index_t index, uint32_t cell);

/* ---- sync.c */
void ledger_dirty(dure_ledger_t *ledger, dure_table_t table, uint32_t cell);
/* Brings near a party, and then what hangs on it. */
void ledger_party_fetch(const party_t *party);
void ledger_lists_fetch(const dure_ledger_t *ledger, const party_t *party);
void ledger_tree_reset(dure_ledger_t *ledger);
/* Now and then while loading: brings what was loaded into the tree. */
void ledger_load_sync(dure_ledger_t *ledger);
dure_table_t ledger_table_of(const dure_ledger_t *ledger, uint32_t ref, uint32_t *cell);

/* ---- snapshot.c; to be called only while one runs */
/* The record is about to change. */
void ledger_snapshot_changes(dure_ledger_t *ledger, dure_table_t table, uint32_t cell,
                             uint32_t ref);
/* A key comes into the tree; goes from it. */
void ledger_snapshot_comes(dure_ledger_t *ledger, uint32_t ref, const dure_hash_t *key);
void ledger_snapshot_goes(dure_ledger_t *ledger, uint32_t ref);

/* ---- record.c */
/* Writes the record of a live cell; false if the cell holds none. */
DURE_MUST_USE bool ledger_record_write(const dure_ledger_t *ledger, dure_table_t table,
                                       uint32_t cell, dure_writer_t *out, dure_blind_t *blind);
bool ledger_record_exists(const dure_ledger_t *ledger, dure_table_t table, uint32_t cell);
dure_primary_key_t ledger_record_key(const dure_ledger_t *ledger, dure_table_t table,
                                     uint32_t cell);

/* ---- state.c: finding and changing; the changing ones touch and mark dirty */
uint32_t ledger_party_find(const dure_ledger_t *ledger, uint64_t number);
uint32_t ledger_city_find(const dure_ledger_t *ledger, uint32_t code);
uint32_t ledger_fund_find(const dure_ledger_t *ledger, uint64_t number);
uint32_t ledger_account_find(const dure_ledger_t *ledger, uint8_t city, const dure_name_t *name);
const dure_yak_program_t *ledger_program(const dure_ledger_t *ledger, uint32_t fund,
                                         uint8_t version);
/* What membership of a program's list is kept under. */
uint64_t ledger_list_what(const dure_ledger_t *ledger, const dure_yak_program_t *program,
                          uint16_t list);
party_t *ledger_party_change(dure_ledger_t *ledger, uint32_t party);
fund_t *ledger_fund_change(dure_ledger_t *ledger, uint32_t fund);
account_t *ledger_account_change(dure_ledger_t *ledger, uint32_t account);
city_t *ledger_city_change(dure_ledger_t *ledger, uint32_t city);
void ledger_time_set(dure_ledger_t *ledger, dure_time_t now);
/* The version whose program is in force today; and the one that governs a lot: its own, or as that
   one's `old lots` clause says. */
uint8_t ledger_fund_version(const dure_ledger_t *ledger, uint32_t fund);
uint8_t ledger_lot_version(const dure_ledger_t *ledger, const lot_t *lot);
/* Last day of a lot issued on a day. */
dure_day_t ledger_end_day(const dure_yak_program_t *program, dure_day_t issue_day);

/* What city accounts pay and get back; the balance was checked.  balance + reserved = deposited +
   received - spent, always. */
void ledger_account_spend(dure_ledger_t *ledger, uint32_t account, dure_amount_t amount);
void ledger_account_receive(dure_ledger_t *ledger, uint32_t account, dure_amount_t amount);
void ledger_account_reserve(dure_ledger_t *ledger, uint32_t account, dure_amount_t amount);
/* A reservation that is paid, or goes back to the balance. */
void ledger_account_reserved_spend(dure_ledger_t *ledger, uint32_t account, dure_amount_t amount);
void ledger_account_reserved_return(dure_ledger_t *ledger, uint32_t account, dure_amount_t amount);

/* What a new party is made from; room was checked. */
/* True of whoever holds money in lots: bought or granted, to be spent at merchants.  A bearer is a
   card or a book of paper that belongs to whoever has it. */
static inline bool kind_has_lots(uint8_t kind)
{
    return kind == DURE_KIND_CITIZEN || kind == DURE_KIND_BEARER;
}
uint32_t ledger_party_add(dure_ledger_t *ledger, uint64_t number, uint8_t city, uint8_t kind,
                          uint8_t roles, const dure_blind_t *blind);
void ledger_key_set(dure_ledger_t *ledger, uint32_t party, const dure_key_entry_t *entry);
/* The key in a slot; false if there is none. */
DURE_MUST_USE bool ledger_key_find(const dure_ledger_t *ledger, const party_t *party, uint8_t slot,
                                   dure_public_key_t *key);
/* All that the party has, ascending by slot: returns how many, at most KEYS_MAX. */
#define KEYS_MAX 4u
uint32_t ledger_keys(const dure_ledger_t *ledger, const party_t *party,
                     dure_key_entry_t entries[KEYS_MAX]);
/* The party is left without a key, until ledger_key_set. */
void ledger_keys_remove(dure_ledger_t *ledger, uint32_t party);

uint64_t ledger_attribute_what(const dure_ledger_t *ledger, const attribute_t *attribute);
uint64_t ledger_attribute_value(const dure_ledger_t *ledger, const attribute_t *attribute);
/* The entry that holds today, or CELL_NONE; one whose first day is to come is not found. */
uint32_t ledger_attribute_find(const dure_ledger_t *ledger, const party_t *party, uint64_t what);
/* True if the name of a new membership can be interned. */
bool ledger_list_room(const dure_ledger_t *ledger, uint64_t what);
/* Inserts by what, then first day.  Room was checked, also for the name of a membership. */
void ledger_attribute_add(dure_ledger_t *ledger, uint32_t party,
                          const dure_attribute_entry_t *entry);
void ledger_attribute_remove(dure_ledger_t *ledger, uint32_t party, uint32_t cell);

uint32_t ledger_balance_find(const dure_ledger_t *ledger, const party_t *party, uint32_t fund);
/* Room for balances in funds that the party has none of, beside what rejections may bring back. */
bool ledger_balance_room(const dure_ledger_t *ledger, uint32_t party, uint32_t new_count);
void ledger_balance_add(dure_ledger_t *ledger, uint32_t party, uint32_t fund, dure_amount_t amount);
void ledger_balance_take(dure_ledger_t *ledger, uint32_t party, uint32_t fund,
                         dure_amount_t amount);
/* What the merchant owes the refund reserve in this fund, from now on. */
void ledger_owed_set(dure_ledger_t *ledger, uint32_t party, uint32_t fund, dure_amount_t owed);

uint32_t ledger_lot_find(const dure_ledger_t *ledger, const party_t *party, uint32_t fund,
                         uint32_t number);
/* Inserts by (fund, number). */
uint32_t ledger_lot_add(dure_ledger_t *ledger, uint32_t party, const dure_lot_t *lot,
                        uint32_t fund);
dure_amount_t ledger_lot_left(const lot_t *lot);
/* Takes from a lot; an empty one is removed. */
void ledger_lot_take(dure_ledger_t *ledger, uint32_t party, uint32_t cell, dure_amount_t amount);

/* Lists of open business that hang on a party, ascending by id. */
void ledger_open_add(dure_ledger_t *ledger, pool_t pool, uint32_t party, uint32_t cell);
void ledger_open_remove(dure_ledger_t *ledger, pool_t pool, uint32_t party, uint32_t cell);

/* ---- lots.c: room in a wallet */
/* Whether a lot of this fund more has a place; *merges: alike lots must be merged first.  False:
   the wallet or the chain is full, and *code says which. */
DURE_MUST_USE bool ledger_lot_place(const dure_ledger_t *ledger, uint32_t party, uint32_t fund,
                                    bool *merges, dure_result_t *code);
void ledger_lots_merge(dure_ledger_t *ledger, uint32_t party, uint32_t fund);
/* Places for several lots at once, of several funds. */
#define PLACES_MAX 36u
typedef struct {
    uint32_t fund, lots;
    bool merges; /* alike lots must be merged first */
} place_t;
typedef struct {
    uint32_t count;
    place_t funds[PLACES_MAX];
} places_t;
void ledger_places_want(places_t *places, uint32_t fund, uint32_t lots);
/* DONE, LOTS_FULL or TABLE_FULL; sets `merges`. */
DURE_MUST_USE dure_result_t ledger_places_check(const dure_ledger_t *ledger, uint32_t party,
                                                places_t *places);
/* Merges where that was needed. */
void ledger_places_make(dure_ledger_t *ledger, uint32_t party, const places_t *places);
/* Whether the fund's ceiling lets so much more be issued: DONE, CEILING_REACHED with its numbers,
   or AMOUNT_TOO_LARGE. */
dure_result_t ledger_ceiling_check(const dure_ledger_t *ledger, uint32_t fund,
                                   dure_effect_t *effect, dure_amount_t face);
/* What the ceiling leaves free. */
dure_amount_t ledger_ceiling_free(const dure_ledger_t *ledger, uint32_t fund);
/* Whether all that a city's funds ever issued and ordered and its accounts ever took in, and so
   much more, is an amount: then no sum of a fund or account can overflow, whatever moves back and
   forth. */
bool ledger_ever_fits(const dure_ledger_t *ledger, uint8_t city, dure_amount_t more);
/* A lot newly issued to a party, from its own next number; its place was checked (and merged for).
   `face` comes to `paid` and what an account paid.  Returns the number. */
uint32_t ledger_lot_issue(dure_ledger_t *ledger, uint32_t party, uint32_t fund, uint8_t version,
                          dure_origin_t origin, dure_amount_t face, dure_amount_t paid,
                          dure_day_t order_day);

/* Places of a party in all: lots and open orders, the latter becoming lots. */
#define PARTY_PLACES_MAX (DURE_PARTY_LOTS_MAX * DURE_PARTY_FUNDS_MAX)
uint32_t ledger_places(const dure_ledger_t *ledger, uint32_t party);
/* A reward goes into the untouched lot of today's reward by the same program, or CELL_NONE. */
uint32_t ledger_reward_lot_find(const dure_ledger_t *ledger, uint32_t party, uint32_t fund,
                                uint8_t version);
/* Lots that come to a wallet and that leave it, in all and of one fund. */
typedef struct {
    uint32_t come, come_of_fund, go, go_of_fund;
} coming_t;
/* Whether lots that come by themselves have a place: rewards may fill a wallet beyond what
   purchases may. */
bool ledger_reward_place(const dure_ledger_t *ledger, uint32_t party, uint32_t fund,
                         const coming_t *coming);
/* Issues a reward into such a lot or a new one, whose number it returns. */
uint32_t ledger_reward_issue(dure_ledger_t *ledger, uint32_t party, uint32_t fund, uint8_t version,
                             dure_amount_t amount);

/* ---- line.c: which lots go first */
#define LINE_LOTS_MAX PARTY_PLACES_MAX
typedef struct {
    uint32_t cell;
    uint32_t rank; /* the program's priority, or the place among the named funds */
    uint32_t number;
    dure_day_t end_day;
} line_lot_t;
typedef struct {
    uint32_t count;
    dure_amount_t available; /* in all of them */
    line_lot_t lots[LINE_LOTS_MAX];
} line_t;
/* The lots of a citizen that are not over, of the funds named, or of all if none is. */
void ledger_line_up(const dure_ledger_t *ledger, line_t *line, uint32_t party,
                    const dure_fund_choice_t *funds, uint16_t funds_count);
/* Where the part that starts at `first` ends: the lots after it of which the program must answer
   alike.  sees_lot: the verb reads the lot itself too.  *has: what the part has, at most `most`. */
uint32_t ledger_part_end(const dure_ledger_t *ledger, const line_t *line, uint32_t first,
                         bool sees_lot, dure_amount_t most, dure_amount_t *has);
/* Whether a part is skipped because its fund is not open; *refusal keeps the first one. */
bool ledger_part_paused(const dure_ledger_t *ledger, dure_effect_t *effect, uint32_t fund,
                        dure_result_t *refusal);
/* DONE, FUND_UNKNOWN, OTHER_CITY or FUND_TWICE. */
dure_result_t ledger_funds_named(const dure_ledger_t *ledger, uint8_t city,
                                 const dure_fund_choice_t *funds, uint16_t funds_count);

/* ---- tally.c: counters, and what an event would add to them */
typedef struct {
    uint32_t party; /* cell; CELL_NONE: city-wide, in the fund's record */
    uint32_t fund;  /* index of the fund whose program counts */
    uint16_t under; /* fund index or FUND_SHARED */
    uint8_t period; /* dure_period_t */
    dure_mark_t identity;
    uint64_t value;
} tally_entry_t;

#define TALLY_MAX 256u
typedef struct {
    uint32_t count;
    tally_entry_t entries[TALLY_MAX];
} tally_t;

typedef struct question question_t;

/* Which counter an event of the question's parties means. */
tally_entry_t ledger_counter_named(const dure_yak_counter_t *counter, uint8_t by,
                                   const question_t *question);
/* The value of a counter in the present period, with what the tally would add. */
uint64_t ledger_counter_read(const dure_ledger_t *ledger, const tally_t *tally,
                             const tally_entry_t *which);
/* Adds what an accepted answer counts.  DONE, AMOUNT_TOO_LARGE or TABLE_FULL. */
DURE_MUST_USE dure_result_t ledger_tally_add(const dure_ledger_t *ledger, tally_t *tally,
                                             const question_t *question,
                                             const dure_yak_decision_t *decision);
DURE_MUST_USE dure_result_t ledger_tally_check(const dure_ledger_t *ledger, const tally_t *tally);
void ledger_tally_commit(dure_ledger_t *ledger, const tally_t *tally);
/* What of an event counts. */
typedef struct {
    bool event; /* the event itself, not only amounts of it */
    dure_amount_t amount, subsidy, reward;
} made_t;
/* Gives back what an event of `day` was counted with, or part of it, as far as a counter's period
   lasts.  The question says verb, program and parties. */
void ledger_counters_give_back(dure_ledger_t *ledger, const question_t *event, const made_t *made,
                               dure_day_t day);
/* Inserts a counter as it was recorded. */
void ledger_counter_insert(dure_ledger_t *ledger, uint32_t *head, const counter_t *counter);

/* ---- resolve.c: asking a program */
struct question {
    uint32_t fund; /* index */
    uint8_t version;
    uint8_t channel;
    dure_verb_t verb;
    dure_amount_t amount;
    uint32_t roles[DURE_ROLE_HOLDER + 1]; /* party cells; CELL_NONE */
    dure_role_t signer;                   /* the role of the one who is answered */
    const lot_t *lot;                     /* NULL where the verb has none */
    dure_day_t issue_day;                 /* for parameters fixed at issue */
    const tally_t *tally;                 /* NULL: nothing pending */
};

question_t ledger_question(uint32_t fund, uint8_t version, dure_verb_t verb, dure_amount_t amount);
/* Asks; `values` keeps what was read (DURE_YAK_INPUTS_MAX). */
void ledger_ask(const dure_ledger_t *ledger, const question_t *question,
                dure_yak_decision_t *decision, dure_yak_value_t *values);
/* The code of a refusal. */
dure_result_t ledger_refusal_code(const dure_yak_decision_t *decision);
/* The code of a refusal; names fund, rule and numbers in the effect. */
dure_result_t ledger_refusal(const dure_ledger_t *ledger, dure_effect_t *effect,
                             const question_t *question, const dure_yak_decision_t *decision,
                             const dure_yak_value_t *values);
/* A refusal that did not decide leaves no trace in the effect. */
void ledger_refusal_forget(dure_effect_t *effect);
/* Asks for a part; false: it is refused and skipped, *refusal keeps the first one. */
bool ledger_part_accepted(const dure_ledger_t *ledger, dure_effect_t *effect,
                          const question_t *question, dure_yak_decision_t *decision,
                          dure_result_t *refusal);
/* The value of a parameter on a day. */
int64_t ledger_parameter(const dure_ledger_t *ledger, uint32_t fund,
                         const dure_yak_program_t *program, uint32_t parameter, dure_day_t day);

/* ---- window.c */
typedef struct {
    uint32_t party; /* cell of the signer */
    uint32_t lane;  /* cell; CELL_NONE: the party's own window, or a lane not yet opened */
    bool service;
} signer_t;
DURE_MUST_USE dure_result_t ledger_window_check(const dure_ledger_t *ledger, const dure_tx_id_t *id,
                                                signer_t *signer);
void ledger_window_use(dure_ledger_t *ledger, const dure_tx_id_t *id, const signer_t *signer);

uint32_t ledger_lane_open(dure_ledger_t *ledger, uint64_t party, uint16_t lane);

/* ---- effect.c */
void ledger_effect_number(dure_effect_t *effect, dure_label_t label, uint64_t value);
void ledger_effect_move(dure_effect_t *effect, dure_move_t what, uint64_t fund, uint64_t party,
                        uint32_t lot, const dure_name_t *account, dure_amount_t amount);

/* ---- tx_*.c: gate 2 and 3 of one kind of transaction */
typedef struct {
    const dure_tx_t *tx;
    uint32_t signer; /* party cell */
    dure_effect_t *effect;
    const dure_effect_t *proven; /* of a refund: the payment's effect; else NULL */
} work_t;

bool ledger_has_role(const dure_ledger_t *ledger, uint32_t party, dure_service_t role);

/* ---- pay.c: what a payment and a collection do alike */
typedef struct {
    uint32_t payer, payee; /* cells of a citizen and of a merchant */
    dure_role_t signer;    /* PAYER or PAYEE: whose numbers a refusal tells */
    uint8_t channel;
    uint16_t funds_count; /* those to use, in this order; 0: as the programs' priorities say */
    const dure_fund_choice_t *funds;
    dure_amount_t amount;
} pay_t;

/* Checks, and if nothing stands against it, performs. */
dure_result_t ledger_pay(dure_ledger_t *ledger, const work_t *work, const pay_t *pay);

/* ---- merchant.c */
/* The city account that advances refunds and is repaid from a merchant's takings. */
extern const dure_name_t ledger_refund_reserve;
/* A merchant gets money of a fund that left others' hands, and repays what it owes in it: moves
   merchant_received, and debt_repaid with escrow_to_account.  Room for a balance was checked. */
void ledger_merchant_receive(dure_ledger_t *ledger, dure_effect_t *effect, uint32_t party,
                             uint32_t fund, dure_amount_t amount);
/* A city account takes its share of what a merchant was to get or to redeem: moves share_taken and
   escrow_to_account.  Where it was before, held or pending, is the caller's to lower. */
void ledger_share_take(dure_ledger_t *ledger, dure_effect_t *effect, uint32_t party, uint32_t fund,
                       const dure_name_t *account, dure_amount_t share);
/* Whether a merchant has so much of a fund that is not held: DONE, NOT_ENOUGH_MONEY or MONEY_HELD,
   with the numbers. */
dure_result_t ledger_merchant_has(const dure_ledger_t *ledger, dure_effect_t *effect,
                                  uint32_t party, uint32_t fund, dure_amount_t amount);

dure_result_t ledger_tick(dure_ledger_t *ledger, const work_t *work);
dure_result_t ledger_registration(dure_ledger_t *ledger, const work_t *work);
dure_result_t ledger_attest(dure_ledger_t *ledger, const work_t *work);
dure_result_t ledger_rotate(dure_ledger_t *ledger, const work_t *work);
dure_result_t ledger_propose(dure_ledger_t *ledger, const work_t *work);
dure_result_t ledger_approve(dure_ledger_t *ledger, const work_t *work);
dure_result_t ledger_deposit(dure_ledger_t *ledger, const work_t *work);
dure_result_t ledger_purchase_order(dure_ledger_t *ledger, const work_t *work);
dure_result_t ledger_purchase_credit(dure_ledger_t *ledger, const work_t *work);
dure_result_t ledger_purchase_void(dure_ledger_t *ledger, const work_t *work);
dure_result_t ledger_purchase_cancel(dure_ledger_t *ledger, const work_t *work);
dure_result_t ledger_payment(dure_ledger_t *ledger, const work_t *work);
dure_result_t ledger_redemption(dure_ledger_t *ledger, const work_t *work);
dure_result_t ledger_payout_result(dure_ledger_t *ledger, const work_t *work);
dure_result_t ledger_batch_rows(dure_ledger_t *ledger, const work_t *work);
dure_result_t ledger_remainder(dure_ledger_t *ledger, const work_t *work);
dure_result_t ledger_refund(dure_ledger_t *ledger, const work_t *work);
dure_result_t ledger_collection(dure_ledger_t *ledger, const work_t *work);
dure_result_t ledger_gift(dure_ledger_t *ledger, const work_t *work);
dure_result_t ledger_recirculation(dure_ledger_t *ledger, const work_t *work);
dure_result_t ledger_lapse(dure_ledger_t *ledger, const work_t *work);
dure_result_t ledger_tidy(dure_ledger_t *ledger, const work_t *work);
dure_result_t ledger_hold_place(dure_ledger_t *ledger, const work_t *work);
dure_result_t ledger_hold_release(dure_ledger_t *ledger, const work_t *work);
dure_result_t ledger_hold_appeal(dure_ledger_t *ledger, const work_t *work);
dure_result_t ledger_hold_uphold(dure_ledger_t *ledger, const work_t *work);

/* What a purchase ordered on `day` was counted with is given back. */
void ledger_purchase_uncount(dure_ledger_t *ledger, uint32_t party, uint32_t fund, uint8_t version,
                             dure_amount_t amount, dure_amount_t subsidy, dure_day_t day);

/* ---- tx_remainder.c: what cancelling and giving back the remainder have in common */
/* Whether a lot that is not over may go back: asks its program, unless its fund is open for full
   refund; the tally gets what it counts. */
dure_result_t ledger_lot_goes_back(const dure_ledger_t *ledger, const work_t *work,
                                   dure_verb_t verb, const lot_t *lot, tally_t *tally);
/* To the account that a version's purchases are subsidised from. */
void ledger_subsidy_return(dure_ledger_t *ledger, const work_t *work, uint32_t fund,
                           uint8_t version, dure_amount_t subsidy);

/* An attested entry that this kind of party may have, with a value of its vocabulary. */
dure_result_t ledger_entry_check(const dure_attribute_entry_t *entry, uint8_t kind);
bool ledger_may_attest(const dure_ledger_t *ledger, uint32_t signer, uint64_t what);

/* ---- act.c: what officers decide */
/* What a program's image takes of image_bytes_max. */
uint64_t ledger_image_space(size_t size);
dure_result_t ledger_act_check(dure_ledger_t *ledger, const work_t *work, const dure_act_t *act);
/* `proposal`: the id of the transaction that proposed it. */
void ledger_act_perform(dure_ledger_t *ledger, const work_t *work, const dure_tx_id_t *proposal,
                        const dure_act_t *act);
/* Whether the accounts that a program names are there; and whether its effects can be performed. */
bool ledger_accounts_exist(const dure_ledger_t *ledger, uint8_t city,
                           const dure_yak_program_t *program);
bool ledger_is_performable(const dure_yak_program_t *program);
/* Parses the image of a program cell into its place; false if it does not load. */
DURE_MUST_USE bool ledger_program_parse(dure_ledger_t *ledger, uint32_t program);

/* ---- act_program.c, act_batch.c, act_party.c */
dure_result_t ledger_version_check(dure_ledger_t *ledger, const work_t *work,
                                   const dure_act_version_t *act);
void ledger_version_perform(dure_ledger_t *ledger, const dure_tx_id_t *proposal,
                            const dure_act_version_t *act);
dure_result_t ledger_mode_check(const dure_ledger_t *ledger, const work_t *work,
                                const dure_act_mode_t *act);
void ledger_mode_perform(dure_ledger_t *ledger, const dure_act_mode_t *act);
dure_result_t ledger_batch_check(const dure_ledger_t *ledger, const work_t *work,
                                 const dure_act_batch_t *act);
void ledger_batch_perform(dure_ledger_t *ledger, const work_t *work, const dure_tx_id_t *proposal,
                          const dure_act_batch_t *act);
/* What a grant reserved and did not use goes back, and the record goes. */
void ledger_batch_end(dure_ledger_t *ledger, dure_effect_t *effect, uint32_t batch);
/* The account that a version's grants are paid from; CELL_NONE if it grants nothing. */
uint32_t ledger_grant_account(const dure_ledger_t *ledger, uint32_t fund, uint8_t version);
dure_result_t ledger_recover_check(const dure_ledger_t *ledger, const work_t *work,
                                   const dure_act_recover_t *act);
void ledger_recover_perform(dure_ledger_t *ledger, const dure_act_recover_t *act);
dure_result_t ledger_estate_check(const dure_ledger_t *ledger, const work_t *work,
                                  const dure_act_estate_t *act);
void ledger_estate_perform(dure_ledger_t *ledger, const work_t *work, const dure_act_estate_t *act);

/* Inserting what a record says; room was checked. */
uint32_t ledger_program_add(dure_ledger_t *ledger, const dure_record_program_t *record);
uint32_t ledger_order_add(dure_ledger_t *ledger, const dure_record_order_t *record);
uint32_t ledger_payout_add(dure_ledger_t *ledger, const dure_record_payout_t *record);
uint32_t ledger_fund_add(dure_ledger_t *ledger, uint64_t number);
void ledger_change_insert(dure_ledger_t *ledger, uint32_t fund,
                          const dure_parameter_change_t *entry);
uint32_t ledger_proposal_add(dure_ledger_t *ledger, const dure_record_proposal_t *record,
                             uint8_t city);
void ledger_proposal_remove(dure_ledger_t *ledger, uint32_t cell);

/* ---- table_batch.c, table_hold.c, table_refund.c: records that come and go */
uint32_t ledger_batch_add(dure_ledger_t *ledger, const dure_record_batch_t *record);
void ledger_batch_remove(dure_ledger_t *ledger, uint32_t cell);
void ledger_batch_write(const dure_ledger_t *ledger, uint32_t cell, dure_writer_t *out);
const char *ledger_batch_load(dure_ledger_t *ledger, dure_reader_t *reader);
/* Words of done-bits that so many rows take, and chunks. */
uint32_t ledger_batch_chunks(uint32_t rows);
uint32_t ledger_batch_words(uint32_t rows);

/* Linked to its subject, if that is there already. */
uint32_t ledger_hold_add(dure_ledger_t *ledger, const dure_record_hold_t *record);
void ledger_hold_remove(dure_ledger_t *ledger, uint32_t cell);
void ledger_hold_write(const dure_ledger_t *ledger, uint32_t cell, dure_writer_t *out,
                       dure_blind_t *blind);
const char *ledger_hold_load(dure_ledger_t *ledger, dure_reader_t *reader);
/* Links it to its subject, ascending by id; for loading, when all parties are there. */
void ledger_hold_link(dure_ledger_t *ledger, uint32_t cell);
/* Holds today: until its last day, or if it was appealed and not upheld, until the answer is due.
 */
bool ledger_hold_is_active(const dure_ledger_t *ledger, const hold_t *hold);
/* DONE, PARTY_FROZEN or PARTY_DEAD: whether the party may move its money out. */
dure_result_t ledger_may_send(const dure_ledger_t *ledger, uint32_t party);
/* DONE, PARTY_DEAD or PAYEE_SUSPENDED: whether it may get new money. */
dure_result_t ledger_may_receive(const dure_ledger_t *ledger, uint32_t party);
/* How much of a merchant's money of a fund is held. */
dure_amount_t ledger_money_held(const dure_ledger_t *ledger, uint32_t party, uint32_t fund);

uint32_t ledger_refund_add(dure_ledger_t *ledger, const dure_record_refund_t *record);
void ledger_refund_remove(dure_ledger_t *ledger, uint32_t cell);
void ledger_refund_write(const dure_ledger_t *ledger, uint32_t cell, dure_writer_t *out,
                         dure_blind_t *blind);
const char *ledger_refund_load(dure_ledger_t *ledger, dure_reader_t *reader);

/* ---- genesis.c */
const char *ledger_genesis_check(const dure_genesis_t *genesis, dure_zone_t *zone);
const char *ledger_genesis_fill(dure_ledger_t *ledger);

#endif
