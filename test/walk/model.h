/* A second ledger, as naive as possible: plain arrays, searched from end to end, and
   straightforward code written from the rules alone.  It shares nothing with src/ledger but the
   layouts; for the meaning of a program it asks the tree walker, with inputs that it finds by
   itself.

   model_apply says what must become of a transaction and, if it is done, does it. */
#ifndef DURE_WALK_MODEL_H
#define DURE_WALK_MODEL_H

#include "codec/dure_codec.h"
#include "merkle/dure_merkle.h"
#include "yak/dure_yak_tools.h"

#define MODEL_PARTIES  128u
#define MODEL_LOTS     1024u /* of one party */
#define MODEL_COUNTERS 256u
#define MODEL_FUNDS    16u
#define MODEL_ACCOUNTS 64u
#define MODEL_OPEN     1200u /* orders, payouts */
#define MODEL_LANES    256u
#define MODEL_PAID     256u /* transactions remembered, that a refund may name */
#define MODEL_PROGRAMS 16u
#define MODEL_ROWS     1024u /* of one batch */

typedef uint16_t model_code_t; /* dure_result_t */

typedef struct {
    uint64_t fund;
    uint32_t number;
    uint8_t version, origin;
    bool gifted;
    uint64_t face, left, paid;
    int order_day, issue_day, end_day;
} model_lot_t;

typedef struct {
    uint64_t fund, amount, owed;
} model_balance_t;

typedef struct {
    uint64_t fund; /* 0: shared by all of the city's */
    dure_mark_t identity;
    uint32_t period;
    uint64_t value;
} model_counter_t;

/* The numbers used of one lane; those that the window has left behind are forgotten. */
typedef struct {
    uint64_t party;
    uint16_t lane;
    uint32_t bits; /* how wide the window is */
    uint64_t top;
    uint32_t count;
    uint64_t used[DURE_WINDOW_SERVICE_BITS];
} model_lane_t;

typedef struct {
    uint64_t number;
    uint32_t city, roles;
    uint8_t kind;
    dure_blind_t blind;
    uint32_t lot_next;
    uint32_t keys_count, attributes_count, lots_count, balances_count, counters_count;
    dure_key_entry_t keys[DURE_PARTY_KEYS_MAX];
    dure_attribute_entry_t attributes[DURE_PARTY_ATTRIBUTES_MAX];
    model_balance_t balances[DURE_PARTY_FUNDS_MAX];
    model_counter_t counters[MODEL_COUNTERS];
    model_lot_t lots[MODEL_LOTS];
} model_party_t;

/* A program in all its forms; the same one may govern several funds. */
typedef struct {
    dure_bytes_t source, image;
    dure_hash_t source_hash;
    const dure_yak_tree_t *tree;
    dure_yak_program_t program;
} model_program_t;

typedef struct {
    const model_program_t *program;
    int opened;
    dure_hash_t report;
    dure_tx_id_t proposal;
} model_version_t;

typedef struct {
    uint64_t number, successor;
    uint32_t city;
    uint8_t mode;
    uint32_t versions_count, changes_count, counters_count;
    model_version_t versions[DURE_FUND_VERSIONS_MAX];
    dure_parameter_change_t changes[512];
    model_counter_t counters[DURE_FUND_COUNTERS_MAX];
    uint64_t ceiling, issued, ordered, held_citizens, held_merchants, pending, redeemed, refunded,
        lapsed, escrow;
} model_fund_t;

typedef struct {
    uint32_t city;
    dure_name_t name;
    uint64_t balance, reserved, deposited, received, spent;
} model_account_t;

typedef struct {
    uint32_t code;
    uint8_t threshold;
} model_city_t;

typedef struct {
    dure_tx_id_t id;
    uint64_t fund, face, price;
    uint8_t version;
    dure_name_t account;
    int day;
} model_order_t;

typedef struct {
    dure_tx_id_t id;
    uint64_t fund, amount, share; /* paid by the bank; its account's, then */
    uint8_t version, why;
    int day, hold_until;
    dure_name_t rule;
    uint32_t rejections;
} model_payout_t;

typedef struct {
    dure_tx_id_t id;
    uint32_t city;
    int day, until;
    uint32_t approvals_count;
    uint64_t approvals[16];
    dure_act_t act; /* what it borrows lives as long as the programs */
    uint32_t act_size;
} model_proposal_t;

/* Beside the record, what the walk must know to make the rows. */
typedef struct {
    dure_tx_id_t id;
    uint64_t fund, total, used;
    uint8_t what;
    uint32_t rows, chunks_done;
    dure_name_t account;
    int from, until;
    dure_hash_t root;
    bool done[64];
} model_batch_t;

typedef struct {
    dure_tx_id_t id;
    uint64_t subject, fund, amount;
    uint8_t what, reason;
    int day, until, appealed, answer_by;
    dure_hash_t evidence;
} model_hold_t;

typedef struct {
    dure_tx_id_t id;
    uint64_t payer, refunded;
    int until;
} model_refund_t;

typedef struct {
    model_lot_t lot; /* as it was before */
    uint64_t amount;
} model_taken_t;

typedef struct {
    uint64_t fund, amount, share, reward;
    uint8_t version;
    uint32_t reward_lot, first, count; /* of those taken */
} model_part_t;

/* What a payment was, for those that may want it back. */
typedef struct {
    dure_tx_id_t id;
    bool accepted;
    int day;
    uint64_t payer, payee, amount;
    uint32_t parts_count, taken_count;
    model_part_t parts[32];
    model_taken_t taken[64];
} model_paid_t;

typedef struct {
    dure_time_t time;
    int today;
    uint32_t parties_max;
    uint32_t cities_count, parties_count, funds_count, accounts_count, lanes_count, orders_count,
        payouts_count, proposals_count, batches_count, holds_count, refunds_count, programs_count,
        paid_count; /* the latest MODEL_PAID of them are kept */
    model_city_t cities[4];
    model_party_t parties[MODEL_PARTIES];
    model_fund_t funds[MODEL_FUNDS];
    model_account_t accounts[MODEL_ACCOUNTS];
    model_lane_t lanes[MODEL_LANES];
    model_order_t orders[MODEL_OPEN];
    model_payout_t payouts[MODEL_OPEN];
    model_proposal_t proposals[256];
    model_batch_t batches[256];
    model_hold_t holds[1100];
    model_refund_t refunds[4096];
    model_program_t programs[MODEL_PROGRAMS];
    model_paid_t paid[MODEL_PAID];
    /* What the last chunk of a batch came to, and what the last payment did. */
    uint32_t rows_count;
    dure_effect_row_t rows[256];
} model_t;

/* ---- model.c: finding, and the figures of funds and accounts */
model_party_t *model_party(model_t *model, uint64_t number);
model_fund_t *model_fund(model_t *model, uint64_t number);
model_city_t *model_city(model_t *model, uint32_t code);
model_account_t *model_account(model_t *model, uint32_t city, const dure_name_t *name);
/* The lane's numbers; NULL if none was ever used. */
model_lane_t *model_lane(model_t *model, uint64_t party, uint16_t lane);
bool model_same_id(const dure_tx_id_t *a, const dure_tx_id_t *b);
uint32_t model_officers(const model_t *model, uint32_t city);
model_program_t *model_program_of_image(model_t *model, dure_bytes_t image);

uint8_t model_version_today(const model_t *model, const model_fund_t *fund);
/* The version that governs a lot today. */
uint8_t model_lot_version(const model_t *model, const model_fund_t *fund, const model_lot_t *lot);
const dure_yak_program_t *model_rules(const model_fund_t *fund, uint8_t version);
int model_end_day(const dure_yak_program_t *program, int issue_day);

model_lot_t *model_lot(model_party_t *party, uint64_t fund, uint32_t number);
/* Puts it where its fund and number say. */
void model_lot_put(model_party_t *party, const model_lot_t *lot);
void model_lot_drop(model_party_t *party, uint64_t fund, uint32_t number);
/* A new lot; returns its number. */
uint32_t model_lot_issue(model_t *model, model_party_t *party, model_fund_t *fund, uint8_t version,
                         uint8_t origin, uint64_t face, uint64_t paid, int order_day);
/* Places for new lots of some funds: DONE, LOTS_FULL or TABLE_FULL.  Alike lots are merged where
   there is no other way. */
typedef struct {
    uint32_t count;
    uint64_t funds[MODEL_FUNDS];
    uint32_t lots[MODEL_FUNDS];
} model_places_t;
model_code_t model_places_make(model_t *model, model_party_t *party, const model_places_t *places);
/* Lots and open orders of a party: of one fund, or of all (0). */
uint32_t model_places_taken(const model_t *model, const model_party_t *party, uint64_t fund);
/* How many more lots there may be beside those that open orders will need. */
int64_t model_lots_room(const model_t *model);

model_balance_t *model_balance(model_party_t *party, uint64_t fund);
void model_balance_set(model_party_t *party, uint64_t fund, uint64_t amount, uint64_t owed);
bool model_balance_room(const model_t *model, model_party_t *party, uint32_t new_count);
/* A merchant receives of a fund and repays what it owes. */
void model_receive(model_t *model, model_party_t *party, model_fund_t *fund, uint64_t amount);

void model_spend(model_account_t *account, uint64_t amount);
void model_get_back(model_account_t *account, uint64_t amount);
model_code_t model_ceiling(const model_t *model, const model_fund_t *fund, uint64_t face);
bool model_ever_fits(const model_t *model, uint32_t city, uint64_t more);

/* Keeps two parties (the second may be NULL), all funds and all accounts as they are, so that what
   a refusal has changed on the way can be put back. */
void model_save(const model_t *model, const model_party_t *one, const model_party_t *two);
void model_restore(model_t *model);
void model_account_pays(model_fund_t *fund, model_account_t *account, uint64_t amount);

/* ---- model_ask.c: programs and counters */
typedef struct {
    model_fund_t *fund;
    uint8_t version, channel;
    dure_verb_t verb;
    uint64_t amount;
    model_party_t *roles[DURE_ROLE_HOLDER + 1];
    const model_lot_t *lot;
    int issue_day;
} model_question_t;

/* The code of the answer; *decision as the tree walker found it. */
model_code_t model_ask(model_t *model, const model_question_t *question,
                       dure_yak_decision_t *decision);
/* Counts an accepted event at once; `reward` is what was given. */
model_code_t model_count(model_t *model, const model_question_t *question, uint64_t subsidy,
                         uint64_t reward);
/* Takes back what an event of a day was counted with. */
typedef struct {
    uint64_t amount, subsidy, reward, events;
} model_back_t;
void model_count_back(model_t *model, const model_question_t *question, const model_back_t *back,
                      int day);
int64_t model_parameter(const model_fund_t *fund, const dure_yak_program_t *program, uint32_t index,
                        int day);
uint64_t model_wallet(const model_t *model, const model_party_t *party, const model_fund_t *fund,
                      bool all_funds);

/* ---- holds */
bool model_hold_active(const model_t *model, const model_hold_t *hold);
bool model_is_dead(const model_t *model, const model_party_t *party);
model_code_t model_may_send(const model_t *model, const model_party_t *party);
model_code_t model_may_receive(const model_t *model, const model_party_t *party);
uint64_t model_money_held(const model_t *model, const model_party_t *party, uint64_t fund);

/* ---- what each kind does; the signer's number is used up already */
typedef struct {
    const dure_tx_t *tx;
    model_party_t *signer;
    const model_paid_t *proven; /* of a refund */
    bool mandate_signed;        /* of a collection: the mandate's signature is right */
} model_work_t;

model_code_t model_tick(model_t *model, const model_work_t *work);
model_code_t model_registration(model_t *model, const model_work_t *work);
model_code_t model_attest(model_t *model, const model_work_t *work);
model_code_t model_rotate(model_t *model, const model_work_t *work);
model_code_t model_propose(model_t *model, const model_work_t *work);
model_code_t model_approve(model_t *model, const model_work_t *work);
model_code_t model_deposit(model_t *model, const model_work_t *work);
model_code_t model_batch_rows(model_t *model, const model_work_t *work);
model_code_t model_order(model_t *model, const model_work_t *work);
model_code_t model_credit(model_t *model, const model_work_t *work);
model_code_t model_void(model_t *model, const model_work_t *work);
model_code_t model_cancel(model_t *model, const model_work_t *work);
model_code_t model_remainder(model_t *model, const model_work_t *work);
model_code_t model_payment(model_t *model, const model_work_t *work);
model_code_t model_collection(model_t *model, const model_work_t *work);
model_code_t model_refund(model_t *model, const model_work_t *work);
model_code_t model_gift(model_t *model, const model_work_t *work);
model_code_t model_recirculation(model_t *model, const model_work_t *work);
model_code_t model_redemption(model_t *model, const model_work_t *work);
model_code_t model_payout_result(model_t *model, const model_work_t *work);
model_code_t model_lapse(model_t *model, const model_work_t *work);
model_code_t model_tidy(model_t *model, const model_work_t *work);
model_code_t model_hold(model_t *model, const model_work_t *work);
model_code_t model_release(model_t *model, const model_work_t *work);
model_code_t model_appeal(model_t *model, const model_work_t *work);
model_code_t model_uphold(model_t *model, const model_work_t *work);

/* The acts that stand in files of their own. */
model_code_t model_batch_check(model_t *model, const model_work_t *work,
                               const dure_act_batch_t *act);
void model_batch_perform(model_t *model, const dure_tx_id_t *proposal, const dure_act_batch_t *act);
void model_batch_remove(model_t *model, model_batch_t *batch);

/* ---- model_apply.c: the three gates */
typedef struct {
    uint8_t slot;
    bool signed_right;
    bool witnessed; /* the effect of the transaction that a refund names came along */
    bool mandate_signed;
} model_seal_t;
model_code_t model_apply(model_t *model, const dure_tx_t *tx, const model_seal_t *seal);
/* DONE, ALREADY_USED or NUMBER_TOO_OLD. */
model_code_t model_window_check(model_t *model, const model_party_t *party, uint16_t lane,
                                uint64_t number);
void model_window_use(model_t *model, const model_party_t *party, uint16_t lane, uint64_t number);
model_paid_t *model_paid_find(model_t *model, const dure_tx_id_t *id);
/* A place for one more; the oldest is forgotten. */
model_paid_t *model_paid_add(model_t *model, const dure_tx_id_t *id);

/* ---- model_records.c: the model's state as records */
typedef bool model_record_visit_t(void *context, uint8_t table, const dure_blind_t *blind,
                                  dure_bytes_t record);
/* Encodes each record; false as soon as the visitor says so. */
bool model_records(model_t *model, model_record_visit_t *visit, void *context);

#endif
