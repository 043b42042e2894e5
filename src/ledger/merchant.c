/* Merchant money: what every way of getting it and giving it has in common. */
#include "ledger/ledger_private.h"

const dure_name_t ledger_refund_reserve = {"refund_reserve"};

void ledger_merchant_receive(dure_ledger_t *ledger, dure_effect_t *effect, uint32_t party,
                             uint32_t fund, dure_amount_t amount)
{
    if (dure_amount_is_zero(amount)) {
        return;
    }
    const party_t *owner = party_at(ledger, party);
    const uint32_t cell = ledger_balance_find(ledger, owner, fund);
    const dure_amount_t owed =
        cell == CELL_NONE ? DURE_AMOUNT_ZERO : balance_at(ledger, cell)->owed;
    const dure_amount_t repaid = dure_amount_min(owed, amount);
    const dure_amount_t kept = dure_amount_minus(amount, repaid);
    fund_t *at = ledger_fund_change(ledger, fund);
    at->held_merchants = dure_amount_plus(at->held_merchants, kept);
    ledger_balance_add(ledger, party, fund, kept);
    ledger_effect_move(effect, DURE_MOVE_MERCHANT_RECEIVED, at->number, owner->number, 0, NULL,
                       amount);
    if (dure_amount_is_zero(repaid)) {
        return;
    }
    const uint32_t reserve = ledger_account_find(ledger, at->city, &ledger_refund_reserve);
    DURE_ASSERT(reserve != CELL_NONE);
    ledger_owed_set(ledger, party, fund, dure_amount_minus(owed, repaid));
    at->refunded = dure_amount_plus(at->refunded, repaid);
    at->escrow = dure_amount_minus(at->escrow, repaid);
    ledger_account_receive(ledger, reserve, repaid);
    ledger_effect_move(effect, DURE_MOVE_DEBT_REPAID, at->number, owner->number, 0, NULL, repaid);
    ledger_effect_move(effect, DURE_MOVE_ESCROW_TO_ACCOUNT, at->number, 0, 0,
                       &ledger_refund_reserve, repaid);
}

void ledger_share_take(dure_ledger_t *ledger, dure_effect_t *effect, uint32_t party, uint32_t fund,
                       const dure_name_t *account, dure_amount_t share)
{
    if (dure_amount_is_zero(share)) {
        return;
    }
    fund_t *at = ledger_fund_change(ledger, fund);
    const uint32_t cell = ledger_account_find(ledger, at->city, account);
    DURE_ASSERT(cell != CELL_NONE);
    at->redeemed = dure_amount_plus(at->redeemed, share);
    at->escrow = dure_amount_minus(at->escrow, share);
    ledger_account_receive(ledger, cell, share);
    ledger_effect_move(effect, DURE_MOVE_SHARE_TAKEN, at->number, party_at(ledger, party)->number,
                       0, account, share);
    ledger_effect_move(effect, DURE_MOVE_ESCROW_TO_ACCOUNT, at->number, 0, 0, account, share);
}

dure_result_t ledger_merchant_has(const dure_ledger_t *ledger, dure_effect_t *effect,
                                  uint32_t party, uint32_t fund, dure_amount_t amount)
{
    const uint32_t cell = ledger_balance_find(ledger, party_at(ledger, party), fund);
    const dure_amount_t balance =
        cell == CELL_NONE ? DURE_AMOUNT_ZERO : balance_at(ledger, cell)->amount;
    const dure_amount_t held = ledger_money_held(ledger, party, fund);
    dure_amount_t available = DURE_AMOUNT_ZERO;
    const bool more_than_held = dure_amount_sub(&available, balance, held);
    if (more_than_held && dure_amount_compare(available, amount) >= 0) {
        return DURE_RESULT_DONE;
    }
    ledger_effect_number(effect, DURE_LABEL_ASKED, amount.won);
    ledger_effect_number(effect, DURE_LABEL_AVAILABLE, available.won);
    if (dure_amount_compare(balance, amount) < 0) {
        return DURE_RESULT_NOT_ENOUGH_MONEY;
    }
    ledger_effect_number(effect, DURE_LABEL_HELD, held.won);
    return DURE_RESULT_MONEY_HELD;
}
