/* Paying: what a payment and a collection do alike.  Order of refusals: whether the payer may
   send and the payee receive, the funds named, then the rules and the money, then room.

   The payer's lots stand in line; neighbours that answer alike form a part, which is asked as a
   whole with the counters as the parts before left them.  A part that is refused, or whose fund is
   paused, is skipped.  Nothing changes until all of the amount is found. */
#include "ledger/ledger_private.h"

#define TAKEN_MAX 64u /* lots of one payment: an effect has room for their terms */
#define PARTS_MAX 32u
#define FUNDS_MAX 8u /* funds of one payment */

typedef struct {
    uint32_t cell;
    dure_amount_t amount;
} taken_t;

typedef struct {
    uint32_t fund;
    uint32_t lots; /* how many of those taken */
    uint8_t version;
    dure_amount_t amount;
    dure_amount_t share;  /* of it, to an account */
    dure_amount_t reward; /* besides, for the payer */
} part_t;

typedef struct {
    uint32_t fund;
    dure_amount_t amount, share;
} received_t;

typedef struct {
    uint32_t taken_count, parts_count, received_count;
    dure_amount_t rest;    /* still to pay */
    dure_result_t refusal; /* of the first part refused, or DONE */
    bool reward_cut;       /* less was there than the programs give */
    line_t line;
    taken_t taken[TAKEN_MAX];
    part_t parts[PARTS_MAX];
    received_t received[FUNDS_MAX];
    tally_t tally;
} plan_t;

/* ---- parts */
static bool received_note(plan_t *plan, const part_t *part)
{
    uint32_t i = 0;
    while (i < plan->received_count && plan->received[i].fund != part->fund) {
        i++;
    }
    if (i == FUNDS_MAX) {
        return false;
    }
    if (i == plan->received_count) {
        plan->received[plan->received_count++] = (received_t){.fund = part->fund};
    }
    received_t *received = &plan->received[i];
    received->amount = dure_amount_plus(received->amount, part->amount);
    received->share = dure_amount_plus(received->share, part->share);
    return true;
}

/* Notes what an accepted part takes from its lots. */
static dure_result_t part_note(const dure_ledger_t *ledger, plan_t *plan, uint32_t first,
                               part_t *part)
{
    if (plan->parts_count == PARTS_MAX || !received_note(plan, part)) {
        return DURE_RESULT_TOO_MANY_LOTS;
    }
    dure_amount_t rest = part->amount;
    for (uint32_t at = first; !dure_amount_is_zero(rest); at++) {
        if (plan->taken_count == TAKEN_MAX) {
            return DURE_RESULT_TOO_MANY_LOTS;
        }
        const uint32_t cell = plan->line.lots[at].cell;
        const dure_amount_t takes = dure_amount_min(rest, ledger_lot_left(lot_at(ledger, cell)));
        plan->taken[plan->taken_count++] = (taken_t){.cell = cell, .amount = takes};
        rest = dure_amount_minus(rest, takes);
        part->lots++;
    }
    plan->rest = dure_amount_minus(plan->rest, part->amount);
    return DURE_RESULT_DONE;
}

/* ---- rewards */
static const dure_yak_verb_t *verb_of(const dure_ledger_t *ledger, const part_t *part)
{
    return &ledger_program(ledger, part->fund, part->version)->verbs[DURE_VERB_PAYMENT];
}

static uint32_t reward_account(const dure_ledger_t *ledger, const part_t *part)
{
    const uint32_t account = ledger_account_find(ledger, fund_at(ledger, part->fund)->city,
                                                 &verb_of(ledger, part)->reward_from);
    DURE_ASSERT(account != CELL_NONE);
    return account;
}

static dure_amount_t at_most(dure_amount_t has, dure_amount_t goes)
{
    dure_amount_t rest = DURE_AMOUNT_ZERO;
    return dure_amount_sub(&rest, has, goes) ? rest : DURE_AMOUNT_ZERO;
}

static bool is_taken(const plan_t *plan, uint32_t cell)
{
    uint32_t i = 0;
    while (i < plan->taken_count && plan->taken[i].cell != cell) {
        i++;
    }
    return i < plan->taken_count;
}

/* A place for the reward's lot: an earlier part's, or a new one, or, if nothing more is taken from
   the wallet, that of an alike lot. */
static bool reward_fits(const dure_ledger_t *ledger, const pay_t *pay, const plan_t *plan,
                        const part_t *part)
{
    coming_t coming = {.come = 1, .come_of_fund = 1};
    for (uint32_t i = 0; i < plan->parts_count; i++) {
        const part_t *before = &plan->parts[i];
        if (dure_amount_is_zero(before->reward)) {
            continue;
        }
        if (before->fund == part->fund && before->version == part->version) {
            return true;
        }
        coming.come++;
        coming.come_of_fund += before->fund == part->fund;
    }
    for (uint32_t i = 0; i < plan->taken_count; i++) {
        const lot_t *lot = lot_at(ledger, plan->taken[i].cell);
        if (dure_amount_compare(plan->taken[i].amount, ledger_lot_left(lot)) == 0) {
            coming.go++;
            coming.go_of_fund += lot->fund == part->fund;
        }
    }
    const uint32_t alike = ledger_reward_lot_find(ledger, pay->payer, part->fund, part->version);
    return ledger_reward_place(ledger, pay->payer, part->fund, &coming) ||
           (alike != CELL_NONE && dure_amount_is_zero(plan->rest) && !is_taken(plan, alike));
}

/* What is given of a reward: as far as account, ceiling and wallet reach. */
static dure_amount_t reward_given(const dure_ledger_t *ledger, const pay_t *pay, const plan_t *plan,
                                  const part_t *part, dure_amount_t reward)
{
    if (dure_amount_is_zero(reward) || !reward_fits(ledger, pay, plan, part)) {
        return DURE_AMOUNT_ZERO;
    }
    const uint32_t account = reward_account(ledger, part);
    dure_amount_t has = account_at(ledger, account)->balance;
    dure_amount_t free = ledger_ceiling_free(ledger, part->fund);
    dure_amount_t all = DURE_AMOUNT_ZERO;
    for (uint32_t i = 0; i < plan->parts_count; i++) {
        const part_t *before = &plan->parts[i];
        if (dure_amount_is_zero(before->reward)) {
            continue;
        }
        all = dure_amount_plus(all, before->reward);
        if (reward_account(ledger, before) == account) {
            has = at_most(has, before->reward);
        }
        if (before->fund == part->fund) {
            free = at_most(free, before->reward);
        }
    }
    const dure_amount_t given = dure_amount_min(dure_amount_min(reward, has), free);
    const bool fits = dure_amount_add(&all, all, given) &&
                      ledger_ever_fits(ledger, fund_at(ledger, part->fund)->city, all);
    return fits ? given : DURE_AMOUNT_ZERO;
}

/* Asks for one part.  DONE also if it was refused and is skipped. */
static dure_result_t part_ask(const dure_ledger_t *ledger, const work_t *work, const pay_t *pay,
                              plan_t *plan, uint32_t first, dure_amount_t amount)
{
    const lot_t *lot = lot_at(ledger, plan->line.lots[first].cell);
    if (ledger_part_paused(ledger, work->effect, lot->fund, &plan->refusal)) {
        return DURE_RESULT_DONE;
    }
    question_t question =
        ledger_question(lot->fund, ledger_lot_version(ledger, lot), DURE_VERB_PAYMENT, amount);
    question.roles[DURE_ROLE_PAYER] = pay->payer;
    question.roles[DURE_ROLE_PAYEE] = pay->payee;
    question.signer = pay->signer;
    question.channel = pay->channel;
    question.issue_day = (dure_day_t)lot->issue_day;
    question.tally = &plan->tally;
    dure_yak_decision_t decision;
    if (!ledger_part_accepted(ledger, work->effect, &question, &decision, &plan->refusal)) {
        return DURE_RESULT_DONE;
    }
    part_t part = {
        .fund = lot->fund, .version = question.version, .amount = amount, .share = decision.share};
    const dure_result_t noted = part_note(ledger, plan, first, &part);
    if (noted != DURE_RESULT_DONE) {
        return noted;
    }
    part.reward = reward_given(ledger, pay, plan, &part, decision.reward);
    plan->reward_cut |= dure_amount_compare(part.reward, decision.reward) < 0;
    plan->parts[plan->parts_count++] = part;
    decision.reward = part.reward; /* what is given counts */
    return ledger_tally_add(ledger, &plan->tally, &question, &decision);
}

/* What a wallet has in line is the payer's alone to know. */
static dure_result_t not_covered(const work_t *work, const pay_t *pay, const plan_t *plan)
{
    const bool own = pay->signer == DURE_ROLE_PAYER;
    const uint64_t covered = dure_amount_minus(pay->amount, plan->rest).won;
    if (plan->refusal != DURE_RESULT_DONE) {
        if (own) {
            ledger_effect_number(work->effect, DURE_LABEL_COVERED, covered);
        }
        return plan->refusal;
    }
    ledger_effect_number(work->effect, DURE_LABEL_ASKED, pay->amount.won);
    if (own) {
        ledger_effect_number(work->effect, DURE_LABEL_AVAILABLE, plan->line.available.won);
        ledger_effect_number(work->effect, DURE_LABEL_COVERED, covered);
    }
    return DURE_RESULT_NOT_ENOUGH_MONEY;
}

static dure_result_t money_find(const dure_ledger_t *ledger, const work_t *work, const pay_t *pay,
                                plan_t *plan)
{
    ledger_line_up(ledger, &plan->line, pay->payer, pay->funds, pay->funds_count);
    plan->rest = pay->amount;
    plan->refusal = DURE_RESULT_DONE;
    plan->reward_cut = false;
    plan->taken_count = plan->parts_count = plan->received_count = 0;
    plan->tally.count = 0;
    for (uint32_t at = 0; at < plan->line.count && !dure_amount_is_zero(plan->rest);) {
        dure_amount_t amount;
        const uint32_t end = ledger_part_end(ledger, &plan->line, at, false, plan->rest, &amount);
        const dure_result_t code = part_ask(ledger, work, pay, plan, at, amount);
        if (code != DURE_RESULT_DONE) {
            ledger_refusal_forget(work->effect);
            return code;
        }
        at = end;
    }
    if (!dure_amount_is_zero(plan->rest)) {
        return not_covered(work, pay, plan);
    }
    ledger_refusal_forget(work->effect);
    return ledger_tally_check(ledger, &plan->tally);
}

/* ---- the whole */
/* Room for each fund by itself, and for all that are new together. */
static bool balances_fit(const dure_ledger_t *ledger, const pay_t *pay, const plan_t *plan)
{
    const party_t *payee = party_at(ledger, pay->payee);
    uint32_t new = 0;
    for (uint32_t i = 0; i < plan->received_count; i++) {
        const received_t *received = &plan->received[i];
        new += dure_amount_compare(received->share, received->amount) < 0 &&
               ledger_balance_find(ledger, payee, received->fund) == CELL_NONE;
    }
    return ledger_balance_room(ledger, pay->payee, new);
}

/* Whether the effect has room for every move. */
static bool moves_fit(const dure_ledger_t *ledger, const pay_t *pay, const plan_t *plan)
{
    uint32_t moves = plan->taken_count;
    for (uint32_t i = 0; i < plan->parts_count; i++) {
        moves += dure_amount_is_zero(plan->parts[i].share) ? 0 : 2;
        moves += dure_amount_is_zero(plan->parts[i].reward) ? 0 : 2;
    }
    const party_t *payee = party_at(ledger, pay->payee);
    for (uint32_t i = 0; i < plan->received_count; i++) {
        const uint32_t cell = ledger_balance_find(ledger, payee, plan->received[i].fund);
        const bool owes = cell != CELL_NONE && !dure_amount_is_zero(balance_at(ledger, cell)->owed);
        moves += owes ? 3 : 1;
    }
    return moves <= sizeof((dure_effect_t *)0)->moves / sizeof(dure_effect_move_t);
}

static dure_result_t pay_check(const dure_ledger_t *ledger, const work_t *work, const pay_t *pay,
                               plan_t *plan)
{
    const uint8_t city = party_at(ledger, pay->payer)->city;
    dure_result_t code = ledger_may_send(ledger, pay->payer);
    code = code != DURE_RESULT_DONE ? code : ledger_may_receive(ledger, pay->payee);
    code = code != DURE_RESULT_DONE
               ? code
               : ledger_funds_named(ledger, city, pay->funds, pay->funds_count);
    code = code != DURE_RESULT_DONE ? code : money_find(ledger, work, pay, plan);
    if (code != DURE_RESULT_DONE) {
        return code;
    }
    if (!moves_fit(ledger, pay, plan)) {
        return DURE_RESULT_TOO_MANY_LOTS;
    }
    return balances_fit(ledger, pay, plan) ? DURE_RESULT_DONE : DURE_RESULT_TABLE_FULL;
}

/* The effect keeps what a refund will need: the terms of each lot as they were before. */
static void lots_take(dure_ledger_t *ledger, dure_effect_t *effect, const pay_t *pay,
                      const plan_t *plan)
{
    const uint64_t payer = party_at(ledger, pay->payer)->number;
    for (uint32_t i = 0; i < plan->taken_count; i++) {
        const taken_t *taken = &plan->taken[i];
        const lot_t *lot = lot_at(ledger, taken->cell);
        effect->lots[effect->lots_count++] = (dure_effect_lot_t){
            .version = lot->version,
            .origin = lot->origin,
            .gifted = lot->gifted,
            .face = dure_amount(lot->face),
            .paid = dure_amount(lot->paid),
            .order_day = (dure_day_t)lot->order_day,
            .issue_day = (dure_day_t)lot->issue_day,
            .end_day = (dure_day_t)lot->end_day,
        };
        ledger_effect_move(effect, DURE_MOVE_LOT_TAKEN, fund_at(ledger, lot->fund)->number, payer,
                           lot->number, NULL, taken->amount);
        ledger_lot_take(ledger, pay->payer, taken->cell, taken->amount);
    }
}

static uint32_t reward_pay(dure_ledger_t *ledger, dure_effect_t *effect, const pay_t *pay,
                           const part_t *part)
{
    if (dure_amount_is_zero(part->reward)) {
        return 0;
    }
    const uint32_t account = reward_account(ledger, part);
    ledger_account_spend(ledger, account, part->reward);
    fund_t *fund = ledger_fund_change(ledger, part->fund);
    fund->issued = dure_amount_plus(fund->issued, part->reward);
    fund->held_citizens = dure_amount_plus(fund->held_citizens, part->reward);
    fund->escrow = dure_amount_plus(fund->escrow, part->reward);
    const uint32_t lot =
        ledger_reward_issue(ledger, pay->payer, part->fund, part->version, part->reward);
    ledger_effect_move(effect, DURE_MOVE_REWARD_TO_ESCROW, fund->number, 0, 0,
                       &account_at(ledger, account)->name, part->reward);
    ledger_effect_move(effect, DURE_MOVE_LOT_ISSUED, fund->number,
                       party_at(ledger, pay->payer)->number, lot, NULL, part->reward);
    return lot;
}

/* What each part gives to accounts and to the payer, and its entry in the effect. */
static void parts_perform(dure_ledger_t *ledger, dure_effect_t *effect, const pay_t *pay,
                          const plan_t *plan)
{
    dure_amount_t given = DURE_AMOUNT_ZERO;
    for (uint32_t i = 0; i < plan->parts_count; i++) {
        const part_t *part = &plan->parts[i];
        ledger_share_take(ledger, effect, pay->payee, part->fund, &verb_of(ledger, part)->share_to,
                          part->share);
        effect->parts[effect->parts_count++] = (dure_effect_part_t){
            .fund = fund_at(ledger, part->fund)->number,
            .version = part->version,
            .lots = (uint8_t)part->lots,
            .amount = part->amount,
            .share = part->share,
            .reward = part->reward,
            .reward_lot = reward_pay(ledger, effect, pay, part),
        };
        given = dure_amount_plus(given, part->reward);
    }
    if (plan->reward_cut) {
        ledger_effect_number(effect, DURE_LABEL_REWARD, given.won);
    }
}

static void pay_perform(dure_ledger_t *ledger, const work_t *work, const pay_t *pay,
                        const plan_t *plan)
{
    dure_effect_t *effect = work->effect;
    lots_take(ledger, effect, pay, plan);
    for (uint32_t i = 0; i < plan->received_count; i++) {
        const received_t *received = &plan->received[i];
        fund_t *fund = ledger_fund_change(ledger, received->fund);
        fund->held_citizens = dure_amount_minus(fund->held_citizens, received->amount);
        ledger_merchant_receive(ledger, effect, pay->payee, received->fund,
                                dure_amount_minus(received->amount, received->share));
    }
    parts_perform(ledger, effect, pay, plan);
    ledger_tally_commit(ledger, &plan->tally);
    effect->fund = plan->received_count == 1 ? fund_at(ledger, plan->received[0].fund)->number : 0;
}

dure_result_t ledger_pay(dure_ledger_t *ledger, const work_t *work, const pay_t *pay)
{
    plan_t plan;
    const dure_result_t checked = pay_check(ledger, work, pay, &plan);
    if (checked != DURE_RESULT_DONE) {
        return checked;
    }
    /* After this point the payment must succeed. */
    pay_perform(ledger, work, pay, &plan);
    return DURE_RESULT_DONE;
}
