/* lapse: what expired in citizens' wallets goes where its program says; anyone may send it.  Order
   of refusals: for each party named, in turn, known, its city, something expired; then room in the
   effect.  All parties are swept or none; of one party alone, whose wallet may hold more than an
   effect can tell, what fits is swept, and the rest by the next sweep. */
#include "ledger/ledger_private.h"

#define MOVES_MAX 72u /* of an effect */

typedef struct {
    uint32_t fund, account;
    dure_amount_t amount;
} swept_t;

typedef struct {
    uint32_t lots, swept_count;
    swept_t swept[MOVES_MAX];
} lapse_plan_t;

/* The account of the program that governs a lot on the day it is swept. */
static uint32_t lapse_account(const dure_ledger_t *ledger, const lot_t *lot)
{
    const dure_yak_program_t *program =
        ledger_program(ledger, lot->fund, ledger_lot_version(ledger, lot));
    const uint32_t account =
        ledger_account_find(ledger, fund_at(ledger, lot->fund)->city, &program->lapse_to);
    DURE_ASSERT(account != CELL_NONE);
    return account;
}

/* False if there are more moves than an effect has room for. */
static bool lot_note(const dure_ledger_t *ledger, lapse_plan_t *plan, const lot_t *lot)
{
    const uint32_t account = lapse_account(ledger, lot);
    uint32_t i = 0;
    while (i < plan->swept_count &&
           (plan->swept[i].fund != lot->fund || plan->swept[i].account != account)) {
        i++;
    }
    if (plan->lots + 1 + plan->swept_count + (i == plan->swept_count) > MOVES_MAX) {
        return false;
    }
    plan->lots++;
    if (i == plan->swept_count) {
        plan->swept[plan->swept_count++] = (swept_t){.fund = lot->fund, .account = account};
    }
    /* Lots of one fund: their sum is within what the fund issued. */
    plan->swept[i].amount = dure_amount_plus(plan->swept[i].amount, ledger_lot_left(lot));
    return true;
}

static bool is_over(const dure_ledger_t *ledger, const lot_t *lot)
{
    return (dure_day_t)lot->end_day < ledger->today;
}

static uint32_t lots_of(const dure_ledger_t *ledger, uint32_t party)
{
    const party_t *owner = party_at(ledger, party);
    return kind_has_lots(owner->kind) ? owner->holdings : CELL_NONE;
}

static dure_result_t party_check(const dure_ledger_t *ledger, const work_t *work, uint64_t number,
                                 lapse_plan_t *plan)
{
    const uint32_t party = ledger_party_find(ledger, number);
    if (party == CELL_NONE) {
        return DURE_RESULT_SUBJECT_UNKNOWN;
    }
    if (party_at(ledger, party)->city != party_at(ledger, work->signer)->city) {
        return DURE_RESULT_OTHER_CITY;
    }
    const uint32_t before = plan->lots;
    for (uint32_t at = lots_of(ledger, party); at != CELL_NONE; at = lot_at(ledger, at)->next) {
        const lot_t *lot = lot_at(ledger, at);
        if (is_over(ledger, lot) && !lot_note(ledger, plan, lot)) {
            return work->tx->body.lapse.parties_count == 1 ? DURE_RESULT_DONE
                                                           : DURE_RESULT_TOO_MANY_LOTS;
        }
    }
    return plan->lots == before ? DURE_RESULT_NOTHING_EXPIRED : DURE_RESULT_DONE;
}

/* A list that names a party twice, or nobody, asks for what is not there. */
static dure_result_t lapse_check(const dure_ledger_t *ledger, const work_t *work,
                                 lapse_plan_t *plan)
{
    const dure_lapse_t *body = &work->tx->body.lapse;
    plan->lots = plan->swept_count = 0;
    dure_result_t code = body->parties_count == 0 ? DURE_RESULT_NOTHING_EXPIRED : DURE_RESULT_DONE;
    for (uint16_t i = 0; code == DURE_RESULT_DONE && i < body->parties_count; i++) {
        const uint64_t number = body->parties[i].party;
        code = i > 0 && number <= body->parties[i - 1].party
                   ? DURE_RESULT_NOTHING_EXPIRED
                   : party_check(ledger, work, number, plan);
    }
    return code;
}

/* Sweeps in the order in which the lots were noted, at most so many. */
static void party_sweep(dure_ledger_t *ledger, const work_t *work, uint64_t number, uint32_t most)
{
    const uint32_t party = ledger_party_find(ledger, number);
    uint32_t next;
    for (uint32_t at = lots_of(ledger, party); at != CELL_NONE && most > 0; at = next) {
        const lot_t lot = *lot_at(ledger, at);
        next = lot.next;
        if (is_over(ledger, &lot)) {
            ledger_effect_move(work->effect, DURE_MOVE_LOT_LAPSED,
                               fund_at(ledger, lot.fund)->number, number, lot.number, NULL,
                               ledger_lot_left(&lot));
            ledger_lot_take(ledger, party, at, ledger_lot_left(&lot));
            most--;
        }
    }
}

static void money_move(dure_ledger_t *ledger, const work_t *work, const swept_t *swept)
{
    fund_t *fund = ledger_fund_change(ledger, swept->fund);
    fund->held_citizens = dure_amount_minus(fund->held_citizens, swept->amount);
    fund->lapsed = dure_amount_plus(fund->lapsed, swept->amount);
    fund->escrow = dure_amount_minus(fund->escrow, swept->amount);
    ledger_account_receive(ledger, swept->account, swept->amount);
    ledger_effect_move(work->effect, DURE_MOVE_ESCROW_TO_ACCOUNT, fund->number, 0, 0,
                       &account_at(ledger, swept->account)->name, swept->amount);
}

dure_result_t ledger_lapse(dure_ledger_t *ledger, const work_t *work)
{
    const dure_lapse_t *body = &work->tx->body.lapse;
    lapse_plan_t plan;
    const dure_result_t checked = lapse_check(ledger, work, &plan);
    if (checked != DURE_RESULT_DONE) {
        return checked;
    }
    /* After this point the sweep must succeed. */
    for (uint16_t i = 0; i < body->parties_count; i++) {
        party_sweep(ledger, work, body->parties[i].party, plan.lots);
    }
    for (uint32_t i = 0; i < plan.swept_count; i++) {
        money_move(ledger, work, &plan.swept[i]);
    }
    work->effect->fund = plan.swept_count == 1 ? fund_at(ledger, plan.swept[0].fund)->number : 0;
    return DURE_RESULT_DONE;
}
