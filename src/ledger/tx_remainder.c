/* remainder: what is left of a bought lot goes back.  Order of refusals: kind, whether the holder
   may send, fund, lot, its origin, its last day, the program, room.  While a fund is open for full
   refund its program is not asked.

   The holder's bank gets the part of the price that belongs to what is left, the account that
   subsidised the purchase gets the rest. */
#include "ledger/ledger_private.h"

typedef struct {
    uint32_t fund, cell;
    dure_amount_t left, price;
    tally_t tally;
} remainder_plan_t;

dure_result_t ledger_lot_goes_back(const dure_ledger_t *ledger, const work_t *work,
                                   dure_verb_t verb, const lot_t *lot, tally_t *tally)
{
    tally->count = 0;
    if ((dure_day_t)lot->end_day < ledger->today) {
        ledger_effect_number(work->effect, DURE_LABEL_LATEST_DAY, lot->end_day);
        return DURE_RESULT_DATES_WRONG;
    }
    if (fund_at(ledger, lot->fund)->mode == DURE_FUND_MODE_FULL_REFUND) {
        return DURE_RESULT_DONE;
    }
    question_t question =
        ledger_question(lot->fund, ledger_lot_version(ledger, lot), verb, ledger_lot_left(lot));
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
    const dure_result_t added = ledger_tally_add(ledger, tally, &question, &decision);
    return added != DURE_RESULT_DONE ? added : ledger_tally_check(ledger, tally);
}

void ledger_subsidy_return(dure_ledger_t *ledger, const work_t *work, uint32_t fund,
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

static dure_result_t remainder_check(const dure_ledger_t *ledger, const work_t *work,
                                     remainder_plan_t *plan)
{
    const dure_remainder_t *body = &work->tx->body.remainder;
    const party_t *party = party_at(ledger, work->signer);
    if (!kind_has_lots(party->kind)) {
        return DURE_RESULT_KIND_WRONG;
    }
    const dure_result_t may = ledger_may_send(ledger, work->signer);
    if (may != DURE_RESULT_DONE) {
        return may;
    }
    plan->fund = ledger_fund_find(ledger, body->fund);
    if (plan->fund == CELL_NONE) {
        return DURE_RESULT_FUND_UNKNOWN;
    }
    plan->cell = ledger_lot_find(ledger, party, plan->fund, body->lot);
    if (plan->cell == CELL_NONE) {
        return DURE_RESULT_LOT_UNKNOWN;
    }
    const lot_t *lot = lot_at(ledger, plan->cell);
    if (lot->origin != DURE_ORIGIN_PURCHASE) {
        return DURE_RESULT_LOT_NOT_BOUGHT;
    }
    const dure_result_t code =
        ledger_lot_goes_back(ledger, work, DURE_VERB_REMAINDER, lot, &plan->tally);
    if (code != DURE_RESULT_DONE) {
        return code;
    }
    plan->left = ledger_lot_left(lot);
    plan->price = dure_amount_part(dure_amount(lot->paid), lot->left, lot->face);
    return !dure_amount_is_zero(plan->price) && ledger_room(ledger, POOL_PAYOUT) == 0
               ? DURE_RESULT_TABLE_FULL
               : DURE_RESULT_DONE;
}

static void payout_open(dure_ledger_t *ledger, const work_t *work, uint64_t fund, uint8_t version,
                        dure_amount_t price)
{
    if (dure_amount_is_zero(price)) {
        return;
    }
    const dure_record_payout_t payout = {
        .id = work->tx->id,
        .fund = fund,
        .version = version,
        .why = PAYOUT_REMAINDER,
        .amount = price,
        .day = ledger->today,
    };
    ledger_payout_add(ledger, &payout);
    ledger_effect_move(work->effect, DURE_MOVE_PAYOUT_OPENED, fund, work->tx->id.party, 0, NULL,
                       price);
}

dure_result_t ledger_remainder(dure_ledger_t *ledger, const work_t *work)
{
    remainder_plan_t plan;
    const dure_result_t checked = remainder_check(ledger, work, &plan);
    if (checked != DURE_RESULT_DONE) {
        return checked;
    }
    /* After this point it must succeed. */
    const lot_t lot = *lot_at(ledger, plan.cell);
    const dure_amount_t rest = dure_amount_minus(plan.left, plan.price);
    fund_t *fund = ledger_fund_change(ledger, plan.fund);
    fund->held_citizens = dure_amount_minus(fund->held_citizens, plan.left);
    fund->pending = dure_amount_plus(fund->pending, plan.price);
    fund->refunded = dure_amount_plus(fund->refunded, rest);
    fund->escrow = dure_amount_minus(fund->escrow, rest);
    ledger_lot_take(ledger, work->signer, plan.cell, plan.left);
    ledger_tally_commit(ledger, &plan.tally);
    work->effect->fund = fund->number;
    ledger_effect_move(work->effect, DURE_MOVE_LOT_REMAINDERED, fund->number, work->tx->id.party,
                       lot.number, NULL, plan.left);
    ledger_subsidy_return(ledger, work, plan.fund, lot.version, rest);
    payout_open(ledger, work, fund->number, lot.version, plan.price);
    return DURE_RESULT_DONE;
}
