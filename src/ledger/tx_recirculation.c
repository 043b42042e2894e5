/* recirculation: a merchant pays a merchant with money of one fund.  Order of refusals: the payer's
   kind, whether it may send, whether it is suspended or dead (then it may only redeem); itself; the
   payee, its kind, its city, whether it may receive; the fund, its city, its mode; the money, the
   program; room. */
#include "ledger/ledger_private.h"

typedef struct {
    uint32_t payee, fund;
    tally_t tally;
} recirculation_plan_t;

static dure_result_t payer_check(const dure_ledger_t *ledger, const work_t *work)
{
    if (party_at(ledger, work->signer)->kind != DURE_KIND_MERCHANT) {
        return DURE_RESULT_KIND_WRONG;
    }
    const dure_result_t sends = ledger_may_send(ledger, work->signer);
    return sends != DURE_RESULT_DONE ? sends : ledger_may_receive(ledger, work->signer);
}

static dure_result_t payee_check(const dure_ledger_t *ledger, const work_t *work,
                                 recirculation_plan_t *plan)
{
    const uint64_t payee = work->tx->body.recirculation.payee;
    if (payee == work->tx->id.party) {
        return DURE_RESULT_SELF_PAYMENT;
    }
    plan->payee = ledger_party_find(ledger, payee);
    if (plan->payee == CELL_NONE) {
        return DURE_RESULT_PAYEE_UNKNOWN;
    }
    const party_t *party = party_at(ledger, plan->payee);
    if (party->kind != DURE_KIND_MERCHANT) {
        return DURE_RESULT_KIND_WRONG;
    }
    return party->city != party_at(ledger, work->signer)->city
               ? DURE_RESULT_OTHER_CITY
               : ledger_may_receive(ledger, plan->payee);
}

static dure_result_t fund_check(const dure_ledger_t *ledger, const work_t *work,
                                recirculation_plan_t *plan)
{
    plan->fund = ledger_fund_find(ledger, work->tx->body.recirculation.fund);
    if (plan->fund == CELL_NONE) {
        return DURE_RESULT_FUND_UNKNOWN;
    }
    const fund_t *fund = fund_at(ledger, plan->fund);
    if (fund->city != party_at(ledger, work->signer)->city) {
        return DURE_RESULT_OTHER_CITY;
    }
    return fund->mode == DURE_FUND_MODE_OPEN ? DURE_RESULT_DONE : DURE_RESULT_FUND_PAUSED;
}

static dure_result_t rules_check(const dure_ledger_t *ledger, const work_t *work,
                                 recirculation_plan_t *plan)
{
    question_t question =
        ledger_question(plan->fund, ledger_fund_version(ledger, plan->fund),
                        DURE_VERB_RECIRCULATION, work->tx->body.recirculation.amount);
    question.roles[DURE_ROLE_PAYER] = work->signer;
    question.roles[DURE_ROLE_PAYEE] = plan->payee;
    question.signer = DURE_ROLE_PAYER;
    question.issue_day = ledger->today;
    dure_yak_decision_t decision;
    dure_yak_value_t values[DURE_YAK_INPUTS_MAX];
    ledger_ask(ledger, &question, &decision, values);
    if (decision.outcome == DURE_YAK_REFUSED) {
        return ledger_refusal(ledger, work->effect, &question, &decision, values);
    }
    plan->tally.count = 0;
    const dure_result_t added = ledger_tally_add(ledger, &plan->tally, &question, &decision);
    return added != DURE_RESULT_DONE ? added : ledger_tally_check(ledger, &plan->tally);
}

static dure_result_t recirculation_check(const dure_ledger_t *ledger, const work_t *work,
                                         recirculation_plan_t *plan)
{
    const dure_amount_t amount = work->tx->body.recirculation.amount;
    dure_result_t code = payer_check(ledger, work);
    code = code != DURE_RESULT_DONE ? code : payee_check(ledger, work, plan);
    code = code != DURE_RESULT_DONE ? code : fund_check(ledger, work, plan);
    code = code != DURE_RESULT_DONE
               ? code
               : ledger_merchant_has(ledger, work->effect, work->signer, plan->fund, amount);
    code = code != DURE_RESULT_DONE ? code : rules_check(ledger, work, plan);
    if (code != DURE_RESULT_DONE) {
        return code;
    }
    const bool is_new =
        ledger_balance_find(ledger, party_at(ledger, plan->payee), plan->fund) == CELL_NONE;
    return ledger_balance_room(ledger, plan->payee, is_new) ? DURE_RESULT_DONE
                                                            : DURE_RESULT_TABLE_FULL;
}

dure_result_t ledger_recirculation(dure_ledger_t *ledger, const work_t *work)
{
    const dure_recirculation_t *body = &work->tx->body.recirculation;
    recirculation_plan_t plan;
    const dure_result_t checked = recirculation_check(ledger, work, &plan);
    if (checked != DURE_RESULT_DONE) {
        return checked;
    }
    /* After this point it must succeed. */
    ledger_balance_take(ledger, work->signer, plan.fund, body->amount);
    fund_t *fund = ledger_fund_change(ledger, plan.fund);
    fund->held_merchants = dure_amount_minus(fund->held_merchants, body->amount);
    ledger_effect_move(work->effect, DURE_MOVE_MERCHANT_SENT, body->fund, work->tx->id.party, 0,
                       NULL, body->amount);
    ledger_merchant_receive(ledger, work->effect, plan.payee, plan.fund, body->amount);
    ledger_tally_commit(ledger, &plan.tally);
    work->effect->fund = body->fund;
    return DURE_RESULT_DONE;
}
