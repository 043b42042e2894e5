/* purchase_cancel: an untouched bought lot goes back.  Order of refusals: kind, whether the holder
   may send, fund, lot, its origin, touched, its last day, the program, room.  While a fund is open
   for full refund its program is not asked. */
#include "ledger/ledger_private.h"

static dure_result_t cancel_check(const dure_ledger_t *ledger, const work_t *work, uint32_t *fund,
                                  uint32_t *cell, tally_t *tally)
{
    const dure_purchase_cancel_t *body = &work->tx->body.purchase_cancel;
    const party_t *party = party_at(ledger, work->signer);
    if (!kind_has_lots(party->kind)) {
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
    const dure_result_t code = ledger_lot_goes_back(ledger, work, DURE_VERB_CANCEL, lot, tally);
    if (code != DURE_RESULT_DONE) {
        return code;
    }
    return ledger_room(ledger, POOL_PAYOUT) == 0 ? DURE_RESULT_TABLE_FULL : DURE_RESULT_DONE;
}

dure_result_t ledger_purchase_cancel(dure_ledger_t *ledger, const work_t *work)
{
    uint32_t at;
    uint32_t cell;
    tally_t tally;
    const dure_result_t checked = cancel_check(ledger, work, &at, &cell, &tally);
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
    ledger_tally_commit(ledger, &tally);
    dure_effect_t *effect = work->effect;
    const uint64_t number = fund->number;
    const uint64_t party = work->tx->id.party;
    effect->fund = number;
    ledger_effect_move(effect, DURE_MOVE_LOT_CANCELLED, number, party, lot.number, NULL, face);
    ledger_subsidy_return(ledger, work, at, lot.version, subsidy);
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
