/* One step: a transaction is drawn, both decide, what they say is compared. */
#include "walk/walk.h"

#include <string.h>

#define LOOK_EACH 47u /* steps: before and after these the roots are compared */

uint64_t walk_next_number(walk_t *walk, uint64_t party, uint16_t lane)
{
    const model_lane_t *numbers = model_lane(walk->model, party, lane);
    const uint64_t top = numbers == NULL ? 0 : numbers->top;
    const uint64_t what = walk_roll(walk, 100);
    if (what < 3) {
        return top + 1 + walk_roll(walk, 5);
    }
    const model_party_t *signer = model_party(walk->model, party);
    if (walk_roll(walk, 300) == 0 && signer != NULL && signer->kind == DURE_KIND_SERVICE) {
        return top + DURE_WINDOW_SERVICE_BITS - walk_roll(walk, 100);
    }
    if (what < 5 && top > 0) {
        return 1 + top - walk_roll(walk, top < 64 ? top : 64);
    }
    return top + 1;
}

/* Everything about a transaction but its body may be wrong too. */
static void draw_frame(walk_t *walk, dure_tx_t *tx, model_seal_t *seal)
{
    const model_party_t *party = model_party(walk->model, tx->id.party);
    if (walk_chance(walk, 2)) {
        tx->id.party =
            walk_chance(walk, 20)
                ? WALK_NOBODY
                : walk->model->parties[walk_roll(walk, walk->model->parties_count)].number;
        party = model_party(walk->model, tx->id.party);
    }
    tx->version = 1;
    if (party != NULL && party->kind == DURE_KIND_SERVICE) {
        tx->id.lane = (uint16_t)(walk_chance(walk, 90) ? 0 : walk_roll(walk, 3));
    }
    if (walk_roll(walk, 200) == 0) {
        tx->id.lane = (uint16_t)(walk_chance(walk, 50) ? 1 : 64);
    }
    tx->id.number = walk_next_number(walk, tx->id.party, tx->id.lane);
    tx->valid_until = walk->model->time + walk_roll(walk, 3600000);
    const uint64_t what = walk_roll(walk, 400);
    if (what == 0) {
        tx->valid_until = walk->model->time - 1;
    } else if (what == 1) {
        tx->valid_until = walk->model->time + DURE_TX_VALIDITY_MS_MAX + 1;
    } else if (what == 2) {
        tx->id.number = 1;
    } else if (what == 3) {
        tx->valid_until = walk->model->time + DURE_TX_VALIDITY_MS_MAX;
    } else if (what == 4) {
        tx->valid_until = walk->model->time;
    }
    seal->slot = party == NULL || walk_roll(walk, 200) == 0
                     ? (uint8_t)walk_roll(walk, 4)
                     : party->keys[walk_roll(walk, party->keys_count)].slot;
    seal->signed_right = walk_roll(walk, 150) != 0;
}

bool walk_draw(walk_t *walk, dure_tx_t *tx, model_seal_t *seal)
{
    memset(tx, 0, sizeof *tx);
    memset(seal, 0, sizeof *seal);
    const uint64_t what = walk_roll(walk, 100);
    bool drawn;
    if (what < 10) {
        drawn = walk_draw_people(walk, tx);
    } else if (what < 42) {
        drawn = walk_draw_money(walk, tx);
    } else if (what < 78) {
        drawn = walk_draw_pay(walk, tx, seal);
    } else if (what < 86) {
        drawn = walk_draw_hold(walk, tx);
    } else if (what < 96) {
        drawn = walk_draw_acts(walk, tx);
    } else {
        drawn = walk_draw_batch_rows(walk, tx);
    }
    if (!drawn) {
        return false;
    }
    draw_frame(walk, tx, seal);
    if (tx->body.kind == DURE_BODY_PROPOSE && tx->body.propose.act.kind == DURE_ACT_BATCH) {
        walk->batches[(walk->batches_count - 1) % 64].id = tx->id;
    }
    return true;
}

/* ---- telling */
const char *walk_kind_name(uint32_t kind)
{
    static const char *const names[WALK_KINDS] = {
        [DURE_BODY_TICK] = "tick",
        [DURE_BODY_REGISTRATION] = "registration",
        [DURE_BODY_ATTEST] = "attest",
        [DURE_BODY_ROTATE] = "rotate",
        [DURE_BODY_PROPOSE] = "propose",
        [DURE_BODY_APPROVE] = "approve",
        [DURE_BODY_DEPOSIT] = "deposit",
        [DURE_BODY_BATCH_ROWS] = "batch_rows",
        [DURE_BODY_PURCHASE_ORDER] = "purchase_order",
        [DURE_BODY_PURCHASE_CREDIT] = "purchase_credit",
        [DURE_BODY_PURCHASE_VOID] = "purchase_void",
        [DURE_BODY_PURCHASE_CANCEL] = "purchase_cancel",
        [DURE_BODY_REMAINDER] = "remainder",
        [DURE_BODY_PAYMENT] = "payment",
        [DURE_BODY_REFUND] = "refund",
        [DURE_BODY_COLLECTION] = "collection",
        [DURE_BODY_GIFT] = "gift",
        [DURE_BODY_RECIRCULATION] = "recirculation",
        [DURE_BODY_REDEMPTION] = "redemption",
        [DURE_BODY_PAYOUT_RESULT] = "payout_result",
        [DURE_BODY_LAPSE] = "lapse",
        [DURE_BODY_TIDY] = "tidy",
        [DURE_BODY_HOLD] = "hold",
        [DURE_BODY_RELEASE] = "release",
        [DURE_BODY_APPEAL] = "appeal",
        [DURE_BODY_UPHOLD] = "uphold",
        [WALK_ACT + DURE_ACT_ACCOUNT] = "act_account",
        [WALK_ACT + DURE_ACT_FUND] = "act_fund",
        [WALK_ACT + DURE_ACT_PARAMETER] = "act_parameter",
        [WALK_ACT + DURE_ACT_CEILING] = "act_ceiling",
        [WALK_ACT + DURE_ACT_ROLES] = "act_roles",
        [WALK_ACT + DURE_ACT_THRESHOLD] = "act_threshold",
        [WALK_ACT + DURE_ACT_LIMIT] = "act_limit",
        [WALK_ACT + DURE_ACT_VERSION] = "act_version",
        [WALK_ACT + DURE_ACT_BATCH] = "act_batch",
        [WALK_ACT + DURE_ACT_MODE] = "act_mode",
        [WALK_ACT + DURE_ACT_RECOVER] = "act_recover",
        [WALK_ACT + DURE_ACT_ESTATE] = "act_estate",
        [WALK_GRANT] = "grant_row",
        [WALK_RECALL] = "recall_row",
    };
    return kind < WALK_KINDS ? names[kind] : NULL;
}

#define U(value) (unsigned long long)(value)

static void tell_id(char *out, size_t size, const dure_tx_id_t *id)
{
    snprintf(out, size, "about %llu/%u/%llu", U(id->party), id->lane, U(id->number));
}

static void tell_payment(char *out, size_t size, const dure_body_t *body)
{
    if (body->kind == DURE_BODY_PAYMENT) {
        snprintf(out, size, "payee %llu amount %llu channel %u funds %u", U(body->payment.payee),
                 U(body->payment.amount.won), body->payment.channel, body->payment.funds_count);
    } else if (body->kind == DURE_BODY_COLLECTION) {
        snprintf(out, size, "payer %llu amount %llu number %llu", U(body->collection.mandate.payer),
                 U(body->collection.amount.won), U(body->collection.mandate.number));
    } else if (body->kind == DURE_BODY_GIFT) {
        snprintf(out, size, "receiver %llu amount %llu funds %u", U(body->gift.receiver),
                 U(body->gift.amount.won), body->gift.funds_count);
    } else if (body->kind == DURE_BODY_RECIRCULATION) {
        snprintf(out, size, "payee %llu fund %llu amount %llu", U(body->recirculation.payee),
                 U(body->recirculation.fund), U(body->recirculation.amount.won));
    } else if (body->kind == DURE_BODY_REDEMPTION) {
        snprintf(out, size, "fund %llu amount %llu", U(body->redemption.fund),
                 U(body->redemption.amount.won));
    } else if (body->kind == DURE_BODY_REFUND) {
        snprintf(out, size, "of %llu/%llu amount %llu", U(body->refund.payment.party),
                 U(body->refund.payment.number), U(body->refund.amount.won));
    }
}

static void tell_body(char *out, size_t size, const dure_body_t *body)
{
    out[0] = 0;
    switch (body->kind) {
    case DURE_BODY_TICK:
        snprintf(out, size, "time %llu", U(body->tick.time));
        break;
    case DURE_BODY_REGISTRATION:
        snprintf(out, size, "subject %llu kind %u", U(body->registration.subject),
                 body->registration.kind);
        break;
    case DURE_BODY_ATTEST:
        snprintf(out, size, "subject %llu what %llx value %llu from %d until %d",
                 U(body->attest.subject), U(body->attest.entry.what), U(body->attest.entry.value),
                 body->attest.entry.from, body->attest.entry.until);
        break;
    case DURE_BODY_PROPOSE:
        snprintf(out, size, "%s until %d", walk_kind_name(WALK_ACT + body->propose.act.kind),
                 body->propose.until);
        break;
    case DURE_BODY_DEPOSIT:
        snprintf(out, size, "%s %llu", body->deposit.account.text, U(body->deposit.amount.won));
        break;
    case DURE_BODY_BATCH_ROWS:
        snprintf(out, size, "batch %llu/%llu chunk %u rows %u", U(body->batch_rows.batch.party),
                 U(body->batch_rows.batch.number), body->batch_rows.chunk,
                 body->batch_rows.rows.count);
        break;
    case DURE_BODY_PURCHASE_ORDER:
        snprintf(out, size, "fund %llu face %llu at most %llu", U(body->purchase_order.fund),
                 U(body->purchase_order.face.won), U(body->purchase_order.price_max.won));
        break;
    case DURE_BODY_PURCHASE_CANCEL:
    case DURE_BODY_REMAINDER:
        snprintf(out, size, "fund %llu lot %u", U(body->remainder.fund), body->remainder.lot);
        break;
    case DURE_BODY_HOLD:
        snprintf(out, size, "subject %llu what %u reason %u fund %llu amount %llu until %d",
                 U(body->hold.subject), body->hold.what, body->hold.reason, U(body->hold.fund),
                 U(body->hold.amount.won), body->hold.until);
        break;
    case DURE_BODY_PURCHASE_CREDIT:
    case DURE_BODY_PURCHASE_VOID:
    case DURE_BODY_PAYOUT_RESULT:
    case DURE_BODY_APPROVE:
    case DURE_BODY_RELEASE:
    case DURE_BODY_APPEAL:
    case DURE_BODY_UPHOLD: /* each of them begins with the id that it is about */
        tell_id(out, size, &body->approve.proposal);
        break;
    default:
        tell_payment(out, size, body);
        break;
    }
}

static void tell(walk_t *walk, const dure_tx_t *tx, int model_says, int ledger_says)
{
    char what[160];
    tell_body(what, sizeof what, &tx->body);
    char *line = walk->tail[walk->step % WALK_TAIL];
    snprintf(line, sizeof walk->tail[0], "step %u day %d: %llu/%u/%llu %s %s: model %d, ledger %d",
             walk->step, walk->model->today, U(tx->id.party), tx->id.lane, U(tx->id.number),
             walk_kind_name(tx->body.kind), what, model_says, ledger_says);
    if (walk->told) {
        printf("%s\n", line);
    }
}

/* ---- deciding */
static const walk_key_t *signing_key(const walk_t *walk, const dure_tx_t *tx, uint8_t slot)
{
    const model_party_t *party = model_party(walk->model, tx->id.party);
    for (uint32_t i = 0; party != NULL && i < party->keys_count; i++) {
        for (uint32_t k = 0; k < WALK_KEYS; k++) {
            if (party->keys[i].slot == slot &&
                memcmp(&walk->keys[k].key, &party->keys[i].key, sizeof(dure_public_key_t)) == 0) {
                return &walk->keys[k];
            }
        }
    }
    return NULL;
}

/* The wire bytes.  One in a hundred is really signed, so that the ledger verifies; for the others a
   verdict says that somebody did. */
static size_t seal_tx(walk_t *walk, const dure_tx_t *tx, const model_seal_t *seal,
                      const walk_key_t *key, bool really)
{
    dure_writer_t out = dure_writer(walk->wire, sizeof walk->wire);
    if (really && key != NULL) {
        const bool sealed =
            dure_tx_seal(&out, tx, dure_ledger_chain_id(walk->ledger), seal->slot, &key->secret);
        DURE_ASSERT(sealed);
        if (!seal->signed_right) {
            walk->wire[out.size - 1 - (dure_tx_has_witness(tx->body.kind) ? 4 : 0)] ^= 1;
        }
        return out.size;
    }
    dure_tx_encode(&out, tx);
    const dure_seal_t sealed = {.slot = seal->slot};
    dure_seal_encode(&out, &sealed);
    if (dure_tx_has_witness(tx->body.kind)) {
        dure_write_uint(&out, 4, 0);
    }
    DURE_ASSERT(!out.overflow);
    return out.size;
}

static dure_result_t ask_ledger(walk_t *walk, const dure_tx_t *tx, const model_seal_t *seal)
{
    const walk_key_t *key = signing_key(walk, tx, seal->slot);
    const bool really = walk_roll(walk, 100) == 0;
    const size_t size = seal_tx(walk, tx, seal, key, really);
    static dure_envelope_t envelope;
    const dure_result_t decoded =
        dure_envelope_decode(&envelope, dure_bytes(walk->wire, size), NULL);
    if (decoded != DURE_RESULT_DONE) {
        return decoded;
    }
    dure_verdict_t verdict = {.result =
                                  seal->signed_right ? DURE_CRYPTO_OK : DURE_CRYPTO_R_NOT_ON_CURVE};
    dure_tx_hash(&verdict.tx, dure_ledger_chain_id(walk->ledger), envelope.body);
    if (key != NULL) {
        verdict.key = key->key;
    }
    const dure_effect_t *proven = NULL;
    if (seal->witnessed) {
        const model_paid_t *paid = model_paid_find(walk->model, &tx->body.refund.payment);
        proven = paid == NULL ? NULL : &walk->proven[paid - walk->model->paid];
    }
    return dure_ledger_apply(walk->ledger, &envelope, really ? NULL : &verdict, proven,
                             &walk->effect);
}

/* What the model wrote down of a payment is what the effect tells. */
static bool same_payment(walk_t *walk, const model_paid_t *paid)
{
    const dure_effect_t *effect = &walk->effect;
    bool same = effect->parts_count == paid->parts_count && effect->lots_count == paid->taken_count;
    for (uint32_t i = 0; same && i < paid->parts_count; i++) {
        const dure_effect_part_t *part = &effect->parts[i];
        const model_part_t *its = &paid->parts[i];
        same = part->fund == its->fund && part->version == its->version &&
               part->lots == its->count && part->amount.won == its->amount &&
               part->share.won == its->share && part->reward.won == its->reward &&
               part->reward_lot == its->reward_lot;
    }
    for (uint32_t i = 0; same && i < paid->taken_count; i++) {
        const dure_effect_lot_t *lot = &effect->lots[i];
        const model_lot_t *its = &paid->taken[i].lot;
        same = lot->version == its->version && lot->origin == its->origin &&
               lot->gifted == its->gifted && lot->face.won == its->face &&
               lot->paid.won == its->paid && lot->order_day == its->order_day &&
               lot->issue_day == its->issue_day && lot->end_day == its->end_day &&
               effect->moves[i].what == DURE_MOVE_LOT_TAKEN &&
               effect->moves[i].lot == its->number &&
               effect->moves[i].amount.won == paid->taken[i].amount;
    }
    return same;
}

static bool same_rows(const walk_t *walk)
{
    const model_t *model = walk->model;
    dure_reader_t reader = dure_reader(walk->effect.rows.bytes);
    bool same = walk->effect.rows.count == model->rows_count;
    for (uint32_t i = 0; same && i < model->rows_count; i++) {
        dure_effect_row_t row;
        dure_effect_row_decode(&reader, &row);
        same = row.code == model->rows[i].code && row.lot == model->rows[i].lot &&
               row.amount.won == model->rows[i].amount.won;
    }
    return same;
}

/* Remembers what a refund may name: payments, and now and then what is none. */
static bool remember(walk_t *walk, const dure_tx_t *tx, dure_result_t code, uint32_t paid_before)
{
    const bool pays = tx->body.kind == DURE_BODY_PAYMENT || tx->body.kind == DURE_BODY_COLLECTION;
    if (walk->model->paid_count > paid_before) {
        const uint32_t at = paid_before % MODEL_PAID;
        walk->proven[at] = walk->effect;
        walk->proven[at].rows = (dure_view_t){0};
        if (!same_payment(walk, &walk->model->paid[at])) {
            walk_problem(walk, "the effect does not tell the payment as it was");
            return false;
        }
    } else if (code >= 200 && pays && walk_roll(walk, 60) == 0 &&
               model_paid_find(walk->model, &tx->id) == NULL) {
        const model_paid_t *paid = model_paid_add(walk->model, &tx->id);
        walk->proven[paid - walk->model->paid] = walk->effect;
        walk->proven[paid - walk->model->paid].rows = (dure_view_t){0};
    }
    return true;
}

/* What was stopped at the gate left the tree as it was; what was decided did not. */
static bool root_is_right(walk_t *walk, dure_result_t code, const dure_hash_t *before)
{
    dure_hash_t root;
    dure_ledger_root(walk->ledger, &root);
    const bool stopped = code >= 100 && code < 200;
    if (dure_hash_equal(&root, before) != stopped) {
        walk_problem(walk, "the root %s after %d", stopped ? "changed" : "is the same", (int)code);
        return false;
    }
    return true;
}

/* The kind of act that a proposal or approval is about; 0: none. */
static uint8_t act_of(const walk_t *walk, const dure_tx_t *tx)
{
    if (tx->body.kind == DURE_BODY_PROPOSE) {
        return tx->body.propose.act.kind;
    }
    for (uint32_t i = 0; i < walk->model->proposals_count; i++) {
        if (tx->body.kind == DURE_BODY_APPROVE &&
            model_same_id(&walk->model->proposals[i].id, &tx->body.approve.proposal)) {
            return walk->model->proposals[i].act.kind;
        }
    }
    return 0;
}

static uint8_t batch_of(const walk_t *walk, const dure_tx_t *tx)
{
    for (uint32_t i = 0; i < walk->model->batches_count; i++) {
        if (tx->body.kind == DURE_BODY_BATCH_ROWS &&
            model_same_id(&walk->model->batches[i].id, &tx->body.batch_rows.batch)) {
            return walk->model->batches[i].what;
        }
    }
    return 0;
}

static void count(walk_t *walk, const dure_tx_t *tx, uint8_t act, uint8_t batch_what, uint32_t code)
{
    walk->table[tx->body.kind * WALK_CODES + code]++;
    if (act != 0 && (code == 0 || code >= 200)) {
        walk->table[(WALK_ACT + act) * WALK_CODES + code]++;
    }
    for (uint32_t i = 0; i < walk->model->rows_count; i++) {
        const uint32_t kind = batch_what == 1 ? WALK_GRANT : WALK_RECALL;
        walk->table[kind * WALK_CODES + walk->model->rows[i].code]++;
    }
}

bool walk_apply(walk_t *walk, const dure_tx_t *tx, const model_seal_t *seal)
{
    const uint32_t paid_before = walk->model->paid_count;
    model_seal_t real = *seal;
    real.witnessed = tx->body.kind == DURE_BODY_REFUND && seal->witnessed &&
                     model_paid_find(walk->model, &tx->body.refund.payment) != NULL;
    const uint8_t act = act_of(walk, tx);
    const uint8_t batch_what = batch_of(walk, tx);
    dure_hash_t before;
    const bool looks = walk->step % LOOK_EACH == 0;
    if (looks) {
        dure_ledger_root(walk->ledger, &before);
    }
    /* The ledger first: the model may forget what the refund needs. */
    const dure_result_t code = ask_ledger(walk, tx, &real);
    const bool root_right = !looks || root_is_right(walk, code, &before);
    const model_code_t says = model_apply(walk->model, tx, &real);
    tell(walk, tx, says, (int)code);
    count(walk, tx, act, batch_what, (uint32_t)code);
    if (code != says) {
        walk_problem(walk, "the model says %u, the ledger %u", says, (unsigned)code);
        return false;
    }
    if (!root_right) {
        return false;
    }
    if (!same_rows(walk)) {
        walk_problem(walk, "the rows of the batch came to something else");
        return false;
    }
    return remember(walk, tx, code, paid_before);
}

bool walk_step(walk_t *walk)
{
    static dure_tx_t tx;
    model_seal_t seal;
    while (!walk_draw(walk, &tx, &seal)) {
    }
    walk->step++;
    if (!walk_apply(walk, &tx, &seal)) {
        return false;
    }
    if (walk->step % 1000 == 0) {
        if (!walk_check(walk, true)) {
            return false;
        }
        dure_ledger_keep(walk->ledger);
        dure_ledger_begin(walk->ledger, walk->model->time);
        return true;
    }
    return walk->effect.code == DURE_RESULT_DONE || walk_check(walk, false);
}
