/* redemption: merchant money becomes a payout.  The share that the program gives to a city account
   waits with it and is taken when the bank has paid, so that a rejection gives the merchant all of
   it back; a share of everything leaves the bank nothing to do and is taken at once.  Order of
   refusals: kind, whether it may send, fund, balance, what of it is held, the program, room. */
#include "ledger/ledger_private.h"

uint32_t ledger_payout_add(dure_ledger_t *ledger, const dure_record_payout_t *record)
{
    const uint32_t cell = ledger_take(ledger, POOL_PAYOUT);
    *payout_at(ledger, cell) = (payout_t){
        .next = CELL_NONE,
        .day = record->day,
        .id = record->id,
        .fund = record->fund,
        .amount = record->amount,
        .share = record->share,
        .rule = record->rule,
        .hold_until = record->hold_until,
        .rejections = record->rejections,
        .version = record->version,
        .why = record->why,
    };
    ledger_index_add(ledger, INDEX_PAYOUT, cell);
    ledger_dirty(ledger, DURE_TABLE_PAYOUT, cell);
    return cell;
}

static dure_result_t redemption_check(const dure_ledger_t *ledger, const work_t *work,
                                      uint32_t *fund, dure_yak_decision_t *decision, tally_t *tally)
{
    const dure_redemption_t *body = &work->tx->body.redemption;
    const party_t *party = party_at(ledger, work->signer);
    if (party->kind != DURE_KIND_MERCHANT) {
        return DURE_RESULT_KIND_WRONG;
    }
    const dure_result_t sends = ledger_may_send(ledger, work->signer);
    if (sends != DURE_RESULT_DONE) {
        return sends;
    }
    *fund = ledger_fund_find(ledger, body->fund);
    if (*fund == CELL_NONE) {
        return DURE_RESULT_FUND_UNKNOWN;
    }
    const dure_result_t has =
        ledger_merchant_has(ledger, work->effect, work->signer, *fund, body->amount);
    if (has != DURE_RESULT_DONE) {
        return has;
    }
    question_t question = ledger_question(*fund, ledger_fund_version(ledger, *fund),
                                          DURE_VERB_REDEMPTION, body->amount);
    question.roles[DURE_ROLE_HOLDER] = work->signer;
    question.signer = DURE_ROLE_HOLDER;
    question.issue_day = ledger->today;
    dure_yak_value_t values[DURE_YAK_INPUTS_MAX];
    ledger_ask(ledger, &question, decision, values);
    if (decision->outcome == DURE_YAK_REFUSED) {
        return ledger_refusal(ledger, work->effect, &question, decision, values);
    }
    tally->count = 0;
    dure_result_t counted = ledger_tally_add(ledger, tally, &question, decision);
    counted = counted != DURE_RESULT_DONE ? counted : ledger_tally_check(ledger, tally);
    if (counted != DURE_RESULT_DONE) {
        return counted;
    }
    const bool pays = dure_amount_compare(decision->share, body->amount) < 0;
    return pays && ledger_room(ledger, POOL_PAYOUT) == 0 ? DURE_RESULT_TABLE_FULL
                                                         : DURE_RESULT_DONE;
}

static void hold(const dure_ledger_t *ledger, const work_t *work, uint32_t fund,
                 const dure_yak_decision_t *decision, dure_record_payout_t *payout)
{
    const dure_yak_program_t *program = ledger_program(ledger, fund, payout->version);
    payout->hold_until = dure_day_add_days(ledger->today, decision->hold_days);
    payout->rule = program->verbs[DURE_VERB_REDEMPTION].rules[decision->rule].name;
    work->effect->rule = payout->rule;
    ledger_effect_number(work->effect, DURE_LABEL_EARLIEST_DAY, (uint64_t)payout->hold_until);
}

/* `amount` is for the bank to pay; the decision's share waits with it. */
static void payout_open(dure_ledger_t *ledger, const work_t *work, uint32_t at,
                        const dure_yak_decision_t *decision, dure_amount_t amount)
{
    const dure_amount_t gross = work->tx->body.redemption.amount;
    fund_t *fund = ledger_fund_change(ledger, at);
    fund->pending = dure_amount_plus(fund->pending, gross);
    dure_record_payout_t payout = {
        .id = work->tx->id,
        .fund = fund->number,
        .version = ledger_fund_version(ledger, at),
        .why = PAYOUT_REDEMPTION,
        .amount = amount,
        .share = decision->share,
        .day = ledger->today,
    };
    if (decision->outcome == DURE_YAK_HELD) {
        hold(ledger, work, at, decision, &payout);
    }
    ledger_open_add(ledger, POOL_PAYOUT, work->signer, ledger_payout_add(ledger, &payout));
    ledger_touch(ledger, &ledger->state->redemptions_open, sizeof ledger->state->redemptions_open);
    ledger->state->redemptions_open++;
    ledger_effect_move(work->effect, DURE_MOVE_PAYOUT_OPENED, fund->number, work->tx->id.party, 0,
                       NULL, gross);
}

dure_result_t ledger_redemption(dure_ledger_t *ledger, const work_t *work)
{
    const dure_amount_t amount = work->tx->body.redemption.amount;
    uint32_t at;
    dure_yak_decision_t decision;
    tally_t tally;
    const dure_result_t checked = redemption_check(ledger, work, &at, &decision, &tally);
    if (checked != DURE_RESULT_DONE) {
        return checked;
    }
    /* After this point the redemption must succeed. */
    ledger_balance_take(ledger, work->signer, at, amount);
    fund_t *fund = ledger_fund_change(ledger, at);
    fund->held_merchants = dure_amount_minus(fund->held_merchants, amount);
    work->effect->fund = fund->number;
    ledger_effect_move(work->effect, DURE_MOVE_MERCHANT_REDEEMED, fund->number, work->tx->id.party,
                       0, NULL, amount);
    const dure_amount_t paid = dure_amount_minus(amount, decision.share);
    if (dure_amount_is_zero(paid)) {
        const dure_yak_program_t *program =
            ledger_program(ledger, at, ledger_fund_version(ledger, at));
        ledger_share_take(ledger, work->effect, work->signer, at,
                          &program->verbs[DURE_VERB_REDEMPTION].share_to, decision.share);
    } else {
        payout_open(ledger, work, at, &decision, paid);
    }
    ledger_tally_commit(ledger, &tally);
    return DURE_RESULT_DONE;
}
