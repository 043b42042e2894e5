/* payout_result: the bank's definite answer.  Order of refusals: role, payout, city, hold.  With a
   settled redemption its share goes to the program's account.  A rejected one gives the merchant
   all its money back, and the period what the redemption was counted with; of a cancellation or a
   remainder the payout stays open, since the lot is gone and its holder is owed the price. */
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

/* What was pending: what the bank pays, and the share that waits with it. */
static dure_amount_t gross_of(const payout_t *payout)
{
    return dure_amount_plus(payout->amount, payout->share);
}

static void settle(dure_ledger_t *ledger, const work_t *work, uint32_t at, uint32_t cell,
                   uint32_t party)
{
    const payout_t payout = *payout_at(ledger, cell);
    fund_t *fund = ledger_fund_change(ledger, at);
    fund->pending = dure_amount_minus(fund->pending, gross_of(&payout));
    fund->escrow = dure_amount_minus(fund->escrow, payout.amount);
    payout_close(ledger, cell, party);
    if (payout.why != PAYOUT_REDEMPTION) {
        fund->refunded = dure_amount_plus(fund->refunded, payout.amount);
        ledger_effect_move(work->effect, DURE_MOVE_REFUND_SETTLED, payout.fund, payout.id.party, 0,
                           NULL, payout.amount);
        return;
    }
    fund->redeemed = dure_amount_plus(fund->redeemed, payout.amount);
    ledger_effect_move(work->effect, DURE_MOVE_PAYOUT_SETTLED, payout.fund, payout.id.party, 0,
                       NULL, payout.amount);
    const dure_yak_program_t *program = ledger_program(ledger, at, payout.version);
    ledger_share_take(ledger, work->effect, party, at,
                      &program->verbs[DURE_VERB_REDEMPTION].share_to, payout.share);
}

/* What the redemption was counted with, by the program and in the period in which it was asked. */
static void uncount(dure_ledger_t *ledger, uint32_t at, uint32_t party, const payout_t *payout)
{
    question_t event = ledger_question(at, payout->version, DURE_VERB_REDEMPTION, gross_of(payout));
    event.roles[DURE_ROLE_HOLDER] = party;
    const made_t made = {.event = true, .amount = gross_of(payout)};
    ledger_counters_give_back(ledger, &event, &made, payout->day);
}

static void reject(dure_ledger_t *ledger, const work_t *work, uint32_t at, uint32_t cell,
                   uint32_t party)
{
    payout_t *kept = payout_at(ledger, cell);
    const payout_t payout = *kept;
    const bool redeems = payout.why == PAYOUT_REDEMPTION;
    ledger_effect_move(work->effect,
                       redeems ? DURE_MOVE_PAYOUT_REJECTED : DURE_MOVE_REFUND_REJECTED, payout.fund,
                       payout.id.party, 0, NULL, gross_of(&payout));
    if (!redeems) {
        ledger_dirty(ledger, DURE_TABLE_PAYOUT, cell);
        ledger_touch(ledger, kept, sizeof *kept);
        kept->rejections = (uint16_t)(kept->rejections + (kept->rejections < UINT16_MAX));
        return;
    }
    fund_t *fund = ledger_fund_change(ledger, at);
    fund->pending = dure_amount_minus(fund->pending, gross_of(&payout));
    fund->held_merchants = dure_amount_plus(fund->held_merchants, gross_of(&payout));
    payout_close(ledger, cell, party);
    ledger_balance_add(ledger, party, at, gross_of(&payout));
    uncount(ledger, at, party, &payout);
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
    work->effect->fund = payout.fund;
    if (settled) {
        settle(ledger, work, fund, cell, party);
    } else {
        reject(ledger, work, fund, cell, party);
    }
    return DURE_RESULT_DONE;
}
