/* The act `batch`: officers approve a grant to many citizens, or a recall from many, as the root of
   a list of rows.  Order of refusals: the fund, its city, its mode, the days, then of a grant
   whether the program gives at all, the account that pays, the ceiling; then room.

   What a grant may give at most is reserved when it is approved, and goes back when all its chunks
   are done or its last day has passed. */
#include "ledger/ledger_private.h"

static dure_result_t days_check(const dure_ledger_t *ledger, const work_t *work,
                                const dure_act_batch_t *act)
{
    if (act->from < ledger->today || act->until < act->from) {
        return DURE_RESULT_DATES_WRONG;
    }
    const dure_day_t earliest = dure_day_add_days(ledger->today, RECALL_NOTICE_DAYS);
    if (act->what == BATCH_RECALL && act->from < earliest) {
        ledger_effect_number(work->effect, DURE_LABEL_EARLIEST_DAY, (uint64_t)earliest);
        return DURE_RESULT_NOTICE_TOO_SHORT;
    }
    return DURE_RESULT_DONE;
}

uint32_t ledger_grant_account(const dure_ledger_t *ledger, uint32_t fund, uint8_t version)
{
    const dure_yak_verb_t *verb = &ledger_program(ledger, fund, version)->verbs[DURE_VERB_GRANT];
    return verb->give_from.text[0] == 0
               ? CELL_NONE
               : ledger_account_find(ledger, fund_at(ledger, fund)->city, &verb->give_from);
}

static dure_result_t grant_check(const dure_ledger_t *ledger, const work_t *work, uint32_t fund,
                                 const dure_act_batch_t *act)
{
    const uint8_t version = ledger_fund_version(ledger, fund);
    const uint32_t account = ledger_grant_account(ledger, fund, version);
    if (account == CELL_NONE) {
        return DURE_RESULT_RULE_NOT_DECLARED;
    }
    const dure_day_t last = ledger_end_day(ledger_program(ledger, fund, version), act->from);
    if (last < act->from) {
        ledger_effect_number(work->effect, DURE_LABEL_LATEST_DAY, (uint64_t)last);
        return DURE_RESULT_DATES_WRONG;
    }
    const dure_amount_t has = account_at(ledger, account)->balance;
    if (dure_amount_compare(act->total, has) > 0) {
        ledger_effect_number(work->effect, DURE_LABEL_ASKED, act->total.won);
        ledger_effect_number(work->effect, DURE_LABEL_AVAILABLE, has.won);
        return DURE_RESULT_ACCOUNT_EMPTY;
    }
    return ledger_ceiling_check(ledger, fund, work->effect, act->total);
}

dure_result_t ledger_batch_check(const dure_ledger_t *ledger, const work_t *work,
                                 const dure_act_batch_t *act)
{
    const uint32_t fund = ledger_fund_find(ledger, act->fund);
    if (fund == CELL_NONE) {
        return DURE_RESULT_FUND_UNKNOWN;
    }
    if (fund_at(ledger, fund)->city != party_at(ledger, work->signer)->city) {
        return DURE_RESULT_OTHER_CITY;
    }
    const bool grants = act->what == BATCH_GRANT;
    if (grants && fund_at(ledger, fund)->mode != DURE_FUND_MODE_OPEN) {
        return DURE_RESULT_FUND_PAUSED;
    }
    dure_result_t code = days_check(ledger, work, act);
    if (code == DURE_RESULT_DONE && grants) {
        code = grant_check(ledger, work, fund, act);
    }
    if (code == DURE_RESULT_DONE && ledger_room(ledger, POOL_BATCH) == 0) {
        code = DURE_RESULT_TABLE_FULL;
    }
    return code;
}

void ledger_batch_perform(dure_ledger_t *ledger, const work_t *work, const dure_tx_id_t *proposal,
                          const dure_act_batch_t *act)
{
    dure_record_batch_t record = {
        .id = *proposal,
        .fund = act->fund,
        .what = act->what,
        .rows = act->rows,
        .total = act->total,
        .from = act->from,
        .until = act->until,
        .root = act->root,
        .done_count = (uint16_t)ledger_batch_words(act->rows),
    };
    work->effect->fund = act->fund;
    if (act->what == BATCH_GRANT) {
        const uint32_t index = ledger_fund_find(ledger, act->fund);
        const uint8_t version = ledger_fund_version(ledger, index);
        const uint32_t account = ledger_grant_account(ledger, index, version);
        record.account = account_at(ledger, account)->name;
        ledger_account_reserve(ledger, account, act->total);
        fund_t *fund = ledger_fund_change(ledger, index);
        fund->ordered = dure_amount_plus(fund->ordered, act->total);
        ledger_effect_move(work->effect, DURE_MOVE_BATCH_RESERVED, act->fund, 0, 0, &record.account,
                           act->total);
    }
    ledger_batch_add(ledger, &record);
}

void ledger_batch_end(dure_ledger_t *ledger, dure_effect_t *effect, uint32_t cell)
{
    const batch_t *batch = batch_at(ledger, cell);
    const dure_amount_t rest = dure_amount_minus(batch->total, batch->used);
    if (batch->what == BATCH_GRANT && !dure_amount_is_zero(rest)) {
        const uint32_t index = ledger_fund_find(ledger, batch->fund);
        fund_t *fund = ledger_fund_change(ledger, index);
        fund->ordered = dure_amount_minus(fund->ordered, rest);
        ledger_account_reserved_return(
            ledger, ledger_account_find(ledger, fund->city, &batch->account), rest);
        ledger_effect_move(effect, DURE_MOVE_BATCH_RELEASED, batch->fund, 0, 0, &batch->account,
                           rest);
    }
    ledger_batch_remove(ledger, cell);
}
