/* The three gates of a transaction: admission, decision, change. */
#include "walk/model.h"

#include <string.h>

/* ---- used numbers */
static bool is_service(const model_party_t *party)
{
    return party->kind == DURE_KIND_SERVICE;
}

model_code_t model_window_check(model_t *model, const model_party_t *party, uint16_t lane,
                                uint64_t number)
{
    const model_lane_t *numbers = model_lane(model, party->number, lane);
    if (numbers == NULL) {
        return DURE_RESULT_DONE;
    }
    if (number + numbers->bits <= numbers->top) {
        return DURE_RESULT_NUMBER_TOO_OLD;
    }
    for (uint32_t i = 0; i < numbers->count; i++) {
        if (numbers->used[i] == number) {
            return DURE_RESULT_ALREADY_USED;
        }
    }
    return DURE_RESULT_DONE;
}

void model_window_use(model_t *model, const model_party_t *party, uint16_t lane, uint64_t number)
{
    model_lane_t *numbers = model_lane(model, party->number, lane);
    if (numbers == NULL) {
        DURE_ASSERT(model->lanes_count < MODEL_LANES);
        numbers = &model->lanes[model->lanes_count++];
        *numbers =
            (model_lane_t){.party = party->number,
                           .lane = lane,
                           .bits = is_service(party) ? DURE_WINDOW_SERVICE_BITS : DURE_WINDOW_BITS};
    }
    if (number > numbers->top) {
        numbers->top = number;
        uint32_t kept = 0;
        for (uint32_t i = 0; i < numbers->count; i++) {
            if (numbers->used[i] + numbers->bits > number) {
                numbers->used[kept++] = numbers->used[i];
            }
        }
        numbers->count = kept;
    }
    numbers->used[numbers->count++] = number;
}

/* ---- payments remembered */
model_paid_t *model_paid_find(model_t *model, const dure_tx_id_t *id)
{
    for (uint32_t i = 0; i < MODEL_PAID && i < model->paid_count; i++) {
        if (model_same_id(&model->paid[i].id, id)) {
            return &model->paid[i];
        }
    }
    return NULL;
}

model_paid_t *model_paid_add(model_t *model, const dure_tx_id_t *id)
{
    model_paid_t *paid = &model->paid[model->paid_count++ % MODEL_PAID];
    memset(paid, 0, sizeof *paid);
    paid->id = *id;
    return paid;
}

/* ---- the gates */
static model_code_t admit(model_t *model, const dure_tx_t *tx, const model_seal_t *seal)
{
    const model_party_t *party = model_party(model, tx->id.party);
    if (party == NULL) {
        return DURE_RESULT_PARTY_UNKNOWN;
    }
    if (tx->id.lane >= (is_service(party) ? DURE_SERVICE_LANES_MAX : 1u)) {
        return DURE_RESULT_LANE_WRONG;
    }
    bool has_key = false;
    for (uint32_t i = 0; i < party->keys_count; i++) {
        has_key = has_key || party->keys[i].slot == seal->slot;
    }
    if (!has_key) {
        return DURE_RESULT_KEY_UNKNOWN;
    }
    if (tx->valid_until < model->time) {
        return DURE_RESULT_EXPIRED;
    }
    if (tx->valid_until > model->time + DURE_TX_VALIDITY_MS_MAX) {
        return DURE_RESULT_VALID_UNTIL_TOO_FAR;
    }
    const model_code_t window = model_window_check(model, party, tx->id.lane, tx->id.number);
    if (window != DURE_RESULT_DONE) {
        return window;
    }
    if (!seal->signed_right) {
        return DURE_RESULT_SIGNATURE_WRONG;
    }
    return tx->body.kind == DURE_BODY_REFUND && !seal->witnessed ? DURE_RESULT_WITNESS_WRONG
                                                                 : DURE_RESULT_DONE;
}

typedef model_code_t decide_t(model_t *model, const model_work_t *work);

static decide_t *const kinds[] = {
    [DURE_BODY_TICK] = model_tick,
    [DURE_BODY_REGISTRATION] = model_registration,
    [DURE_BODY_ATTEST] = model_attest,
    [DURE_BODY_ROTATE] = model_rotate,
    [DURE_BODY_PROPOSE] = model_propose,
    [DURE_BODY_APPROVE] = model_approve,
    [DURE_BODY_DEPOSIT] = model_deposit,
    [DURE_BODY_BATCH_ROWS] = model_batch_rows,
    [DURE_BODY_PURCHASE_ORDER] = model_order,
    [DURE_BODY_PURCHASE_CREDIT] = model_credit,
    [DURE_BODY_PURCHASE_VOID] = model_void,
    [DURE_BODY_PURCHASE_CANCEL] = model_cancel,
    [DURE_BODY_REMAINDER] = model_remainder,
    [DURE_BODY_PAYMENT] = model_payment,
    [DURE_BODY_REFUND] = model_refund,
    [DURE_BODY_COLLECTION] = model_collection,
    [DURE_BODY_GIFT] = model_gift,
    [DURE_BODY_RECIRCULATION] = model_recirculation,
    [DURE_BODY_REDEMPTION] = model_redemption,
    [DURE_BODY_PAYOUT_RESULT] = model_payout_result,
    [DURE_BODY_LAPSE] = model_lapse,
    [DURE_BODY_TIDY] = model_tidy,
    [DURE_BODY_HOLD] = model_hold,
    [DURE_BODY_RELEASE] = model_release,
    [DURE_BODY_APPEAL] = model_appeal,
    [DURE_BODY_UPHOLD] = model_uphold,
};

model_code_t model_apply(model_t *model, const dure_tx_t *tx, const model_seal_t *seal)
{
    model->rows_count = 0;
    const model_code_t admitted = admit(model, tx, seal);
    if (admitted != DURE_RESULT_DONE) {
        return admitted;
    }
    model_party_t *signer = model_party(model, tx->id.party);
    model_window_use(model, signer, tx->id.lane, tx->id.number);
    const model_work_t work = {
        .tx = tx,
        .signer = signer,
        .proven = tx->body.kind == DURE_BODY_REFUND
                      ? model_paid_find(model, &tx->body.refund.payment)
                      : NULL,
        .mandate_signed = seal->mandate_signed,
    };
    return kinds[tx->body.kind](model, &work);
}
