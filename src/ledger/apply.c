/* The three gates.  The order of admission is documented in README.md and never changes. */
#include "ledger/ledger_private.h"

#include <string.h>

static bool signature_right(const dure_ledger_t *ledger, const dure_envelope_t *envelope,
                            const dure_hash_t *tx, const dure_public_key_t *key,
                            const dure_verdict_t *verdict)
{
    if (verdict != NULL && verdict->result == DURE_VERDICT_DECIDED) {
        return true;
    }
    if (verdict != NULL && dure_hash_equal(&verdict->tx, tx) &&
        memcmp(&verdict->key, key, sizeof *key) == 0) {
        return verdict->result == DURE_CRYPTO_OK;
    }
    uint8_t message[1 + sizeof(dure_hash_t) + DURE_TX_SIZE_MAX];
    DURE_ASSERT(envelope->body.size <= DURE_TX_SIZE_MAX);
    const size_t size = dure_tx_message(message, &ledger->chain_id, envelope->body);
    return dure_signature_verify(key, &envelope->seal.signature, message, size) == DURE_CRYPTO_OK;
}

static bool lane_fits(uint8_t kind, uint16_t lane)
{
    return kind == DURE_KIND_SERVICE ? lane < DURE_SERVICE_LANES_MAX : lane == 0;
}

/* Gate 1.  The signature comes last: it costs a thousand times the rest. */
static dure_result_t admit(const dure_ledger_t *ledger, const dure_envelope_t *envelope,
                           const dure_hash_t *tx, const dure_verdict_t *verdict, signer_t *signer)
{
    const dure_tx_id_t *id = &envelope->tx.id;
    signer->party = ledger_party_find(ledger, id->party);
    if (signer->party == CELL_NONE) {
        return DURE_RESULT_PARTY_UNKNOWN;
    }
    const party_t *party = party_at(ledger, signer->party);
    if (!lane_fits(party->kind, id->lane)) {
        return DURE_RESULT_LANE_WRONG;
    }
    dure_public_key_t key;
    if (!ledger_key_find(ledger, party, envelope->seal.slot, &key)) {
        return DURE_RESULT_KEY_UNKNOWN;
    }
    if (envelope->tx.valid_until < ledger->now) {
        return DURE_RESULT_EXPIRED;
    }
    if (envelope->tx.valid_until - ledger->now > DURE_TX_VALIDITY_MS_MAX) {
        return DURE_RESULT_VALID_UNTIL_TOO_FAR;
    }
    const dure_result_t window = ledger_window_check(ledger, id, signer);
    if (window != DURE_RESULT_DONE) {
        return window;
    }
    if (!signature_right(ledger, envelope, tx, &key, verdict)) {
        return DURE_RESULT_SIGNATURE_WRONG;
    }
    return DURE_RESULT_DONE;
}

dure_result_t dure_ledger_admit(const dure_ledger_t *ledger, const dure_envelope_t *envelope,
                                const dure_verdict_t *verdict)
{
    dure_hash_t tx;
    signer_t signer;
    dure_tx_hash(&tx, &ledger->chain_id, envelope->body);
    return admit(ledger, envelope, &tx, verdict, &signer);
}

/* Gates 2 and 3. */
static dure_result_t decide(dure_ledger_t *ledger, const work_t *work)
{
    switch ((dure_body_kind_t)work->tx->body.kind) {
    case DURE_BODY_TICK:
        return ledger_tick(ledger, work);
    case DURE_BODY_REGISTRATION:
        return ledger_registration(ledger, work);
    case DURE_BODY_ATTEST:
        return ledger_attest(ledger, work);
    case DURE_BODY_ROTATE:
        return ledger_rotate(ledger, work);
    case DURE_BODY_PROPOSE:
        return ledger_propose(ledger, work);
    case DURE_BODY_APPROVE:
        return ledger_approve(ledger, work);
    case DURE_BODY_DEPOSIT:
        return ledger_deposit(ledger, work);
    case DURE_BODY_PURCHASE_ORDER:
        return ledger_purchase_order(ledger, work);
    case DURE_BODY_PURCHASE_CREDIT:
        return ledger_purchase_credit(ledger, work);
    case DURE_BODY_PURCHASE_VOID:
        return ledger_purchase_void(ledger, work);
    case DURE_BODY_PURCHASE_CANCEL:
        return ledger_purchase_cancel(ledger, work);
    case DURE_BODY_PAYMENT:
        return ledger_payment(ledger, work);
    case DURE_BODY_REDEMPTION:
        return ledger_redemption(ledger, work);
    case DURE_BODY_PAYOUT_RESULT:
        return ledger_payout_result(ledger, work);
    case DURE_BODY_BATCH_ROWS:
        return ledger_batch_rows(ledger, work);
    case DURE_BODY_REMAINDER:
        return ledger_remainder(ledger, work);
    case DURE_BODY_REFUND:
        return ledger_refund(ledger, work);
    case DURE_BODY_COLLECTION:
        return ledger_collection(ledger, work);
    case DURE_BODY_GIFT:
        return ledger_gift(ledger, work);
    case DURE_BODY_RECIRCULATION:
        return ledger_recirculation(ledger, work);
    case DURE_BODY_LAPSE:
        return ledger_lapse(ledger, work);
    case DURE_BODY_TIDY:
        return ledger_tidy(ledger, work);
    case DURE_BODY_HOLD:
        return ledger_hold_place(ledger, work);
    case DURE_BODY_RELEASE:
        return ledger_hold_release(ledger, work);
    case DURE_BODY_APPEAL:
        return ledger_hold_appeal(ledger, work);
    case DURE_BODY_UPHOLD:
        return ledger_hold_uphold(ledger, work);
    }
    DURE_ASSERT(false && "the decoder let an unknown kind through");
    return DURE_RESULT_MALFORMED;
}

/* The highest number used tells a client that lost count where to go on. */
static void tell_highest(const dure_ledger_t *ledger, const signer_t *signer, dure_effect_t *effect)
{
    const uint64_t top =
        signer->service ? lane_at(ledger, signer->lane)->top : party_at(ledger, signer->party)->top;
    ledger_effect_number(effect, DURE_LABEL_HIGHEST_USED, top);
}

/* Its lists are long and seldom full: only their counts are set back. */
static void effect_clear(dure_effect_t *effect)
{
    effect->fund = 0;
    effect->fund_version = 0;
    effect->rule = (dure_name_t){{0}};
    effect->numbers_count = 0;
    effect->moves_count = 0;
    effect->parts_count = 0;
    effect->lots_count = 0;
    effect->rows = (dure_view_t){0};
}

/* Where a body names its signer and, if it is a payment, its payee. */
#define AT_SIGNER 1u
#define AT_KIND   27u
#define AT_PAYEE  28u

static void party_fetch(const dure_ledger_t *ledger, uint64_t number, unsigned step)
{
    const record_id_t id = {.party = number};
    if (step == 0) {
        ledger_index_fetch(ledger, INDEX_PARTY, id);
        return;
    }
    const uint32_t cell = ledger_index_guess(ledger, INDEX_PARTY, id);
    if (cell == CELL_NONE) {
        return;
    }
    const party_t *party = party_at(ledger, cell);
    if (step == 1) {
        ledger_party_fetch(party);
    } else {
        ledger_lists_fetch(ledger, party);
    }
}

void dure_ledger_fetch(const dure_ledger_t *ledger, dure_bytes_t wire, unsigned step)
{
    if (wire.size < AT_PAYEE + 8) {
        return;
    }
    party_fetch(ledger, dure_get_u64(wire.data + AT_SIGNER), step);
    if (wire.data[AT_KIND] == DURE_BODY_PAYMENT) {
        party_fetch(ledger, dure_get_u64(wire.data + AT_PAYEE), step);
    }
}

/* A refund needs the effect of the very transaction that it names; nothing else may bring one. */
static bool is_witnessed(const dure_body_t *body, const dure_effect_t *proven)
{
    if (body->kind != DURE_BODY_REFUND) {
        return proven == NULL;
    }
    const dure_tx_id_t *id = &body->refund.payment;
    return proven != NULL && proven->id.party == id->party && proven->id.lane == id->lane &&
           proven->id.number == id->number;
}

dure_result_t dure_ledger_apply_hashed(dure_ledger_t *ledger, const dure_envelope_t *envelope,
                                       const dure_hash_t *tx, const dure_verdict_t *verdict,
                                       const dure_effect_t *proven, dure_effect_t *effect)
{
    DURE_ASSERT(ledger->in_block);
    DURE_ASSERT(ledger->state->parties_max <= ledger->capacity);
    effect_clear(effect);
    effect->version = 1;
    effect->id = envelope->tx.id;
    effect->kind = envelope->tx.body.kind;
    effect->time = ledger->now;
    effect->tx = *tx;
    signer_t signer;
    dure_result_t code = admit(ledger, envelope, &effect->tx, verdict, &signer);
    if (code == DURE_RESULT_DONE && !is_witnessed(&envelope->tx.body, proven)) {
        code = DURE_RESULT_WITNESS_WRONG;
    }
    if (code == DURE_RESULT_DONE) {
        ledger_window_use(ledger, &envelope->tx.id, &signer);
        const work_t work = {
            .tx = &envelope->tx, .signer = signer.party, .effect = effect, .proven = proven};
        code = decide(ledger, &work);
        DURE_ASSERT(code == DURE_RESULT_DONE || code >= 200);
        DURE_ASSERT(code == DURE_RESULT_DONE || effect->moves_count == 0);
    } else if (code == DURE_RESULT_ALREADY_USED || code == DURE_RESULT_NUMBER_TOO_OLD) {
        tell_highest(ledger, &signer, effect);
    }
    effect->code = (uint16_t)code;
    return code;
}

dure_result_t dure_ledger_apply(dure_ledger_t *ledger, const dure_envelope_t *envelope,
                                const dure_verdict_t *verdict, const dure_effect_t *proven,
                                dure_effect_t *effect)
{
    dure_hash_t tx;
    dure_tx_hash(&tx, &ledger->chain_id, envelope->body);
    return dure_ledger_apply_hashed(ledger, envelope, &tx, verdict, proven, effect);
}
