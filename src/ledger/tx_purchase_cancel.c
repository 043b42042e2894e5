/* purchase_cancel: an untouched bought lot goes back.  Order of refusals: kind, holds, fund, lot,
   its origin, touched, the program, room. */
#include "ledger/ledger_private.h"

static dure_result_t cancel_check(const dure_ledger_t *ledger, const work_t *work, uint32_t *fund,
                                  uint32_t *cell)
{
    const dure_purchase_cancel_t *body = &work->tx->body.purchase_cancel;
    const party_t *party = party_at(ledger, work->signer);
    if (party->kind != DURE_KIND_CITIZEN) {
        return DURE_RESULT_KIND_WRONG;
    }
    const dure_result_t stopped = ledger_may_send(ledger, work->signer);
    if (stopped != DURE_RESULT_DONE) {
        return stopped;
    }
    *fund = ledger_fund_find(ledger, body->fund);
    if (*fund == CELL_NONE) {
        return DURE_RESULT_FUND_UNKNOWN;
    }
    *cell = ledger_lot_find(ledger, party, *fund, body->lot);
    if (*cell == CELL_NONE) {
        return DURE_RESULT_LOT_UNKNOWN;
    }
    const lot_t *lot = lot_at(ledger, *cell);
    if (lot->origin != DURE_ORIGIN_PURCHASE || lot->gifted) {
        return DURE_RESULT_LOT_NOT_BOUGHT;
    }
    if (lot->left != lot->face) {
        return DURE_RESULT_LOT_TOUCHED;
    }
    question_t question = ledger_question(*fund, ledger_lot_version(ledger, lot), DURE_VERB_CANCEL,
                                          ledger_lot_left(lot));
    question.roles[DURE_ROLE_HOLDER] = work->signer;
    question.signer = DURE_ROLE_HOLDER;
    question.lot = lot;
    question.issue_day = (dure_day_t)lot->issue_day;
    dure_yak_decision_t decision;
    dure_yak_value_t values[DURE_YAK_INPUTS_MAX];
    ledger_ask(ledger, &question, &decision, values);
    if (decision.outcome == DURE_YAK_REFUSED) {
        return ledger_refusal(ledger, work->effect, &question, &decision, values);
    }
    return ledger_room(ledger, POOL_PAYOUT) == 0 ? DURE_RESULT_TABLE_FULL : DURE_RESULT_DONE;
}

static void subsidy_return(dure_ledger_t *ledger, const work_t *work, uint32_t fund,
                           uint8_t version, dure_amount_t subsidy)
{
    if (dure_amount_is_zero(subsidy)) {
        return;
    }
    const dure_yak_program_t *program = ledger_program(ledger, fund, version);
    const uint32_t cell = ledger_account_find(ledger, fund_at(ledger, fund)->city,
                                              &program->verbs[DURE_VERB_PURCHASE].subsidy_from);
    DURE_ASSERT(cell != CELL_NONE);
    ledger_account_receive(ledger, cell, subsidy);
    ledger_effect_move(work->effect, DURE_MOVE_SUBSIDY_RETURNED, fund_at(ledger, fund)->number, 0,
                       0, &account_at(ledger, cell)->name, subsidy);
}

dure_result_t ledger_purchase_cancel(dure_ledger_t *ledger, const work_t *work)
{
    uint32_t at;
    uint32_t cell;
    const dure_result_t checked = cancel_check(ledger, work, &at, &cell);
    if (checked != DURE_RESULT_DONE) {
        return checked;
    }
    /* After this point the cancellation must succeed. */
    const lot_t lot = *lot_at(ledger, cell);
    const dure_amount_t face = dure_amount(lot.face);
    const dure_amount_t paid = dure_amount(lot.paid);
    const dure_amount_t subsidy = dure_amount_minus(face, paid);
    fund_t *fund = ledger_fund_change(ledger, at);
    fund->held_citizens = dure_amount_minus(fund->held_citizens, face);
    fund->pending = dure_amount_plus(fund->pending, paid);
    fund->refunded = dure_amount_plus(fund->refunded, subsidy);
    fund->escrow = dure_amount_minus(fund->escrow, subsidy);
    ledger_lot_take(ledger, work->signer, cell, face);
    ledger_purchase_uncount(ledger, work->signer, at, lot.version, face, subsidy,
                            (dure_day_t)lot.order_day);
    dure_effect_t *effect = work->effect;
    const uint64_t number = fund->number;
    const uint64_t party = work->tx->id.party;
    effect->fund = number;
    ledger_effect_move(effect, DURE_MOVE_LOT_CANCELLED, number, party, lot.number, NULL, face);
    subsidy_return(ledger, work, at, lot.version, subsidy);
    const dure_record_payout_t payout = {
        .id = work->tx->id,
        .fund = number,
        .version = lot.version,
        .why = PAYOUT_CANCEL,
        .amount = paid,
        .day = ledger->today,
    };
    ledger_payout_add(ledger, &payout);
    ledger_effect_move(effect, DURE_MOVE_PAYOUT_OPENED, number, party, 0, NULL, paid);
    return DURE_RESULT_DONE;
}
