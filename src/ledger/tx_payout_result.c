/* payout_result: the bank's definite answer.  Order of refusals: role, payout, city, hold.  A
   rejected redemption gives the merchant its money back; of a cancellation or a remainder it stays
   open, since the lot is gone and its holder is owed the price. */
#include "ledger/ledger_private.h"

static void payout_close(dure_ledger_t *ledger, uint32_t cell, uint32_t party)
{
    ledger_dirty(ledger, DURE_TABLE_PAYOUT, cell);
    ledger_index_remove(ledger, INDEX_PAYOUT, cell);
    if (payout_at(ledger, cell)->why == PAYOUT_REDEMPTION) {
        ledger_touch(ledger, &ledger->state->redemptions_open,
                     sizeof ledger->state->redemptions_open);
        ledger->state->redemptions_open--;
        ledger_open_remove(ledger, POOL_PAYOUT, party, cell);
    } else {
        ledger_release(ledger, POOL_PAYOUT, cell);
    }
}

static void settle(dure_ledger_t *ledger, fund_t *fund, uint32_t cell, uint32_t party)
{
    const payout_t *payout = payout_at(ledger, cell);
    fund->pending = dure_amount_minus(fund->pending, payout->amount);
    fund->escrow = dure_amount_minus(fund->escrow, payout->amount);
    if (payout->why == PAYOUT_REDEMPTION) {
        fund->redeemed = dure_amount_plus(fund->redeemed, payout->amount);
    } else {
        fund->refunded = dure_amount_plus(fund->refunded, payout->amount);
    }
    payout_close(ledger, cell, party);
}

static void reject(dure_ledger_t *ledger, uint32_t fund, uint32_t cell, uint32_t party)
{
    payout_t *payout = payout_at(ledger, cell);
    if (payout->why != PAYOUT_REDEMPTION) {
        ledger_touch(ledger, payout, sizeof *payout);
        payout->rejections = (uint16_t)(payout->rejections + (payout->rejections < UINT16_MAX));
        ledger_dirty(ledger, DURE_TABLE_PAYOUT, cell);
        return;
    }
    const dure_amount_t amount = payout->amount;
    fund_t *owed = ledger_fund_change(ledger, fund);
    owed->pending = dure_amount_minus(owed->pending, amount);
    owed->held_merchants = dure_amount_plus(owed->held_merchants, amount);
    payout_close(ledger, cell, party);
    ledger_balance_add(ledger, party, fund, amount);
}

/* The effect itself says which kind of payout it was, so that it can be added up alone. */
static dure_move_t move_of(const payout_t *payout, bool settled)
{
    if (payout->why != PAYOUT_REDEMPTION) {
        return settled ? DURE_MOVE_REFUND_SETTLED : DURE_MOVE_REFUND_REJECTED;
    }
    return settled ? DURE_MOVE_PAYOUT_SETTLED : DURE_MOVE_PAYOUT_REJECTED;
}

dure_result_t ledger_payout_result(dure_ledger_t *ledger, const work_t *work)
{
    const dure_payout_result_t *body = &work->tx->body.payout_result;
    if (!ledger_has_role(ledger, work->signer, DURE_SERVICE_BANK)) {
        return DURE_RESULT_NOT_PERMITTED;
    }
    const uint32_t cell = ledger_index_find(ledger, INDEX_PAYOUT, ledger_id(&body->payout));
    if (cell == CELL_NONE) {
        return DURE_RESULT_PAYOUT_UNKNOWN;
    }
    const payout_t payout = *payout_at(ledger, cell);
    const uint32_t party = ledger_party_find(ledger, payout.id.party);
    if (party_at(ledger, party)->city != party_at(ledger, work->signer)->city) {
        return DURE_RESULT_OTHER_CITY;
    }
    const bool settled = body->outcome == 1;
    if (settled && ledger->today < payout.hold_until) {
        ledger_effect_number(work->effect, DURE_LABEL_EARLIEST_DAY, (uint64_t)payout.hold_until);
        return DURE_RESULT_PAYOUT_HELD;
    }
    /* After this point the result must succeed. */
    const uint32_t fund = ledger_fund_find(ledger, payout.fund);
    if (settled) {
        settle(ledger, ledger_fund_change(ledger, fund), cell, party);
    } else {
        reject(ledger, fund, cell, party);
    }
    work->effect->fund = payout.fund;
    ledger_effect_move(work->effect, move_of(&payout, settled), payout.fund, payout.id.party, 0,
                       NULL, payout.amount);
    return DURE_RESULT_DONE;
}
