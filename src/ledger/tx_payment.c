/* payment: a citizen pays a merchant.  Order of refusals: the payer's kind, self, whether it may
   send, the payee, its kind, then as pay.c says. */
#include "ledger/ledger_private.h"

<<<<<<< HEAD
dure_result_t ledger_payment(dure_ledger_t *ledger, const work_t *work)
=======
#define TAKEN_MAX 64u /* lots of one payment: an effect has room for their moves */
#define FUNDS_MAX 8u  /* funds of one payment */
#define LINE_MAX  (DURE_PARTY_LOTS_MAX * DURE_PARTY_FUNDS_MAX)

typedef struct {
    uint32_t cell;
    uint32_t rank; /* the program's priority, or the place among the named funds */
    uint32_t number;
    dure_day_t end_day;
} waiting_t;

typedef struct {
    uint32_t cell;
    dure_amount_t amount;
} taken_t;

typedef struct {
    uint32_t fund;
    dure_amount_t amount;
} received_t;

typedef struct {
    uint32_t payee;
    uint32_t line_count, taken_count, received_count;
    dure_amount_t rest;      /* still to pay */
    dure_amount_t available; /* in the line */
    dure_result_t refusal;   /* of the first part refused, or DONE */
    waiting_t line[LINE_MAX];
    taken_t taken[TAKEN_MAX];
    received_t received[FUNDS_MAX];
    tally_t tally;
} payment_plan_t;

/* ---- the line */
static bool stands_before(const waiting_t *a, const waiting_t *b)
{
    if (a->rank != b->rank) {
        return a->rank < b->rank;
    }
    return a->end_day != b->end_day ? a->end_day < b->end_day : a->number < b->number;
}

static void line_insert(payment_plan_t *plan, waiting_t new)
{
    uint32_t at = plan->line_count++;
    for (; at > 0 && stands_before(&new, &plan->line[at - 1]); at--) {
        plan->line[at] = plan->line[at - 1];
    }
    plan->line[at] = new;
}

/* False if the payer named funds and this is none of them. */
static bool rank_of(const dure_ledger_t *ledger, const dure_payment_t *body, const lot_t *lot,
                    uint32_t *rank)
{
    if (body->funds_count == 0) {
        *rank = ledger_program(ledger, lot->fund, ledger_lot_version(ledger, lot))->priority;
        return true;
    }
    const uint64_t number = fund_at(ledger, lot->fund)->number;
    for (uint16_t i = 0; i < body->funds_count; i++) {
        if (body->funds[i].fund == number) {
            *rank = i;
            return true;
        }
    }
    return false;
}

static void line_up(const dure_ledger_t *ledger, const work_t *work, payment_plan_t *plan)
{
    const dure_payment_t *body = &work->tx->body.payment;
    const party_t *payer = party_at(ledger, work->signer);
    plan->line_count = 0;
    plan->available = DURE_AMOUNT_ZERO;
    for (uint32_t at = payer->holdings; at != CELL_NONE; at = lot_at(ledger, at)->next) {
        const lot_t *lot = lot_at(ledger, at);
        waiting_t new = {.cell = at, .number = lot->number, .end_day = (dure_day_t)lot->end_day};
        if (new.end_day >= ledger->today && rank_of(ledger, body, lot, &new.rank)) {
            line_insert(plan, new);
            const dure_amount_t left = ledger_lot_left(lot);
            if (!dure_amount_add(&plan->available, plan->available, left)) {
                plan->available = dure_amount(DURE_AMOUNT_WON_MAX);
            }
        }
    }
}

/* ---- parts */
static bool same_fixed(const dure_ledger_t *ledger, const lot_t *a, const lot_t *b)
{
    if (a->issue_day == b->issue_day) {
        return true;
    }
    const dure_yak_program_t *program =
        ledger_program(ledger, a->fund, ledger_lot_version(ledger, a));
    for (uint32_t i = 0; i < program->parameter_count; i++) {
        if (program->parameters[i].fixed_at_issue &&
            ledger_parameter(ledger, a->fund, program, i, (dure_day_t)a->issue_day) !=
                ledger_parameter(ledger, a->fund, program, i, (dure_day_t)b->issue_day)) {
            return false;
        }
    }
    return true;
}

static bool answers_alike(const dure_ledger_t *ledger, const lot_t *a, const lot_t *b)
{
    return a->fund == b->fund && ledger_lot_version(ledger, a) == ledger_lot_version(ledger, b) &&
           same_fixed(ledger, a, b);
}

/* Where the part that starts at `first` ends, and what it has, at most what is still to pay. */
static uint32_t part_end(const dure_ledger_t *ledger, const payment_plan_t *plan, uint32_t first,
                         dure_amount_t *has)
{
    const lot_t *lot = lot_at(ledger, plan->line[first].cell);
    *has = DURE_AMOUNT_ZERO;
    uint32_t at = first;
    while (at < plan->line_count &&
           answers_alike(ledger, lot, lot_at(ledger, plan->line[at].cell))) {
        /* Lots of one fund: their sum is within what the fund issued. */
        *has = dure_amount_plus(*has, ledger_lot_left(lot_at(ledger, plan->line[at].cell)));
        at++;
    }
    *has = dure_amount_min(*has, plan->rest);
    return at;
}

static bool received_note(payment_plan_t *plan, uint32_t fund, dure_amount_t amount)
{
    uint32_t i = 0;
    while (i < plan->received_count && plan->received[i].fund != fund) {
        i++;
    }
    if (i == FUNDS_MAX) {
        return false;
    }
    if (i == plan->received_count) {
        plan->received[plan->received_count++] = (received_t){.fund = fund};
    }
    plan->received[i].amount = dure_amount_plus(plan->received[i].amount, amount);
    return true;
}

/* Notes what an accepted part takes from its lots. */
static dure_result_t part_note(const dure_ledger_t *ledger, payment_plan_t *plan, uint32_t first,
                               dure_amount_t amount)
{
    const uint32_t fund = lot_at(ledger, plan->line[first].cell)->fund;
    if (!received_note(plan, fund, amount)) {
        return DURE_RESULT_TOO_MANY_LOTS;
    }
    for (uint32_t at = first; !dure_amount_is_zero(amount); at++) {
        if (plan->taken_count == TAKEN_MAX) {
            return DURE_RESULT_TOO_MANY_LOTS;
        }
        const uint32_t cell = plan->line[at].cell;
        const dure_amount_t takes = dure_amount_min(amount, ledger_lot_left(lot_at(ledger, cell)));
        plan->taken[plan->taken_count++] = (taken_t){.cell = cell, .amount = takes};
        amount = dure_amount_minus(amount, takes);
        plan->rest = dure_amount_minus(plan->rest, takes);
    }
    return DURE_RESULT_DONE;
}

/* Asks for one part.  DONE also if it was refused and is skipped. */
static dure_result_t part_ask(const dure_ledger_t *ledger, const work_t *work, payment_plan_t *plan,
                              uint32_t first, dure_amount_t amount)
{
    const lot_t *lot = lot_at(ledger, plan->line[first].cell);
    question_t question =
        ledger_question(lot->fund, ledger_lot_version(ledger, lot), DURE_VERB_PAYMENT, amount);
    question.roles[DURE_ROLE_PAYER] = work->signer;
    question.roles[DURE_ROLE_PAYEE] = plan->payee;
    question.signer = DURE_ROLE_PAYER;
    question.channel = work->tx->body.payment.channel;
    question.issue_day = (dure_day_t)lot->issue_day;
    question.tally = &plan->tally;
    dure_yak_decision_t decision;
    dure_yak_value_t values[DURE_YAK_INPUTS_MAX];
    ledger_ask(ledger, &question, &decision, values);
    if (decision.outcome == DURE_YAK_REFUSED) {
        if (plan->refusal == DURE_RESULT_DONE) {
            plan->refusal = ledger_refusal(ledger, work->effect, &question, &decision, values);
        }
        return DURE_RESULT_DONE;
    }
    DURE_ASSERT(decision.outcome == DURE_YAK_ACCEPTED);
    const dure_result_t noted = part_note(ledger, plan, first, amount);
    if (noted != DURE_RESULT_DONE) {
        return noted;
    }
    return ledger_tally_add(ledger, &plan->tally, &question, &decision);
}

/* A refusal that did not decide leaves no trace in the effect. */
static void forget_refusal(dure_effect_t *effect)
{
    effect->fund = 0;
    effect->fund_version = 0;
    effect->rule = (dure_name_t){{0}};
    for (uint16_t i = 0; i < effect->numbers_count; i++) {
        effect->numbers[i] = (dure_effect_number_t){0};
    }
    effect->numbers_count = 0;
}

static dure_result_t money_find(const dure_ledger_t *ledger, const work_t *work,
                                payment_plan_t *plan)
{
    const dure_amount_t asked = work->tx->body.payment.amount;
    line_up(ledger, work, plan);
    plan->rest = asked;
    plan->refusal = DURE_RESULT_DONE;
    plan->taken_count = plan->received_count = 0;
    plan->tally.count = 0;
    dure_result_t code = DURE_RESULT_DONE;
    for (uint32_t at = 0; at < plan->line_count && !dure_amount_is_zero(plan->rest);) {
        dure_amount_t amount;
        const uint32_t end = part_end(ledger, plan, at, &amount);
        code = part_ask(ledger, work, plan, at, amount);
        if (code != DURE_RESULT_DONE) {
            forget_refusal(work->effect);
            return code;
        }
        at = end;
    }
    if (dure_amount_is_zero(plan->rest)) {
        forget_refusal(work->effect);
        return ledger_tally_check(ledger, &plan->tally);
    }
    if (plan->refusal != DURE_RESULT_DONE) {
        return plan->refusal;
    }
    ledger_effect_number(work->effect, DURE_LABEL_ASKED, asked.won);
    ledger_effect_number(work->effect, DURE_LABEL_AVAILABLE, plan->available.won);
    return DURE_RESULT_NOT_ENOUGH_MONEY;
}

/* ---- the whole */
static dure_result_t funds_check(const dure_ledger_t *ledger, const work_t *work)
{
    const dure_payment_t *body = &work->tx->body.payment;
    for (uint16_t i = 0; i < body->funds_count; i++) {
        const uint32_t fund = ledger_fund_find(ledger, body->funds[i].fund);
        if (fund == CELL_NONE) {
            return DURE_RESULT_FUND_UNKNOWN;
        }
        if (fund_at(ledger, fund)->city != party_at(ledger, work->signer)->city) {
            return DURE_RESULT_OTHER_CITY;
        }
        for (uint16_t before = 0; before < i; before++) {
            if (body->funds[before].fund == body->funds[i].fund) {
                return DURE_RESULT_FUND_TWICE;
            }
        }
    }
    return DURE_RESULT_DONE;
}

/* Room for each fund by itself, and for all that are new together. */
static bool balances_fit(const dure_ledger_t *ledger, const payment_plan_t *plan)
{
    const party_t *payee = party_at(ledger, plan->payee);
    uint32_t new = 0;
    for (uint32_t i = 0; i < plan->received_count; i++) {
        new += ledger_balance_find(ledger, payee, plan->received[i].fund) == CELL_NONE;
    }
    return ledger_balance_room(ledger, plan->payee, new);
}

static dure_result_t payment_check(const dure_ledger_t *ledger, const work_t *work,
                                   payment_plan_t *plan)
>>>>>>> 18189d7 (app: a refusal is told in the program's own words, in Korean, English and Chinese)
{
    const dure_payment_t *body = &work->tx->body.payment;
    if (party_at(ledger, work->signer)->kind != DURE_KIND_CITIZEN) {
        return DURE_RESULT_KIND_WRONG;
    }
    if (body->payee == work->tx->id.party) {
        return DURE_RESULT_SELF_PAYMENT;
    }
    const dure_result_t sends = ledger_may_send(ledger, work->signer);
    if (sends != DURE_RESULT_DONE) {
        return sends;
    }
    const uint32_t payee = ledger_party_find(ledger, body->payee);
    if (payee == CELL_NONE) {
        return DURE_RESULT_PAYEE_UNKNOWN;
    }
    if (party_at(ledger, payee)->kind != DURE_KIND_MERCHANT) {
        return DURE_RESULT_KIND_WRONG;
    }
    const pay_t pay = {
        .payer = work->signer,
        .payee = payee,
        .signer = DURE_ROLE_PAYER,
        .amount = body->amount,
        .channel = body->channel,
        .funds_count = body->funds_count,
        .funds = body->funds,
    };
    return ledger_pay(ledger, work, &pay);
}
