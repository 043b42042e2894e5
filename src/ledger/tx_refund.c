/* refund: the payee of a payment gives back all or part of it.  The payment is proven by its
   effect (work->proven), which also says what to undo.  Order of refusals: whether that was a
   payment, whether the signer is who got it, the time for refunds, what is left of the payment,
   then what covers it (the accounts), then room.

   A refund undoes the payment from its end: the last part first, in it the lot taken last.  What
   share and reward keep of a part is rounded down from what stays of it, so that the same is kept
   however the refunds of a payment are cut.  Holding limits, holds of the payer and a fund's mode
   never stand against it. */
#include "ledger/ledger_private.h"

#define LOTS_MAX  (sizeof((dure_effect_t *)0)->lots / sizeof(dure_effect_lot_t))
#define PARTS_MAX (sizeof((dure_effect_t *)0)->parts / sizeof(dure_effect_part_t))
#define MOVES_MAX (sizeof((dure_effect_t *)0)->moves / sizeof(dure_effect_move_t))

/* What comes back of one lot that was taken. */
typedef struct {
    uint32_t lot; /* of the payment's lots */
    uint32_t number;
    dure_amount_t amount;
    dure_amount_t withdrawn; /* of it again, for the reward */
} returned_t;

/* What is undone of one part. */
typedef struct {
    const dure_effect_part_t *of;
    uint32_t fund;
    uint32_t first, count;  /* of the lots that come back */
    dure_amount_t stayed;   /* of the part, before */
    dure_amount_t stays;    /* and from now on */
    dure_amount_t amount;   /* the difference */
    dure_amount_t share;    /* of it from the share's account */
    dure_amount_t reward;   /* that is taken back */
    dure_amount_t from_lot; /* of that, from the reward's own lot */
} undone_t;

/* What the shop and the reserve give in one fund. */
typedef struct {
    uint32_t fund;
    dure_amount_t returned; /* from the shop's balance */
    dure_amount_t advance;  /* from the reserve */
    dure_amount_t owed;     /* from now on */
} given_t;

typedef struct {
    uint32_t payer;           /* cell */
    uint32_t record;          /* of earlier refunds; CELL_NONE */
    uint32_t taken[LOTS_MAX]; /* the payment's moves lot_taken */
    uint32_t taken_count, parts_count, lots_count, given_count;
    dure_day_t day;             /* of the payment */
    dure_amount_t paid, before; /* of the payment; of earlier refunds */
    undone_t parts[PARTS_MAX];
    returned_t lots[LOTS_MAX];
    given_t given[PARTS_MAX];
} plan_t;

/* ---- the payment */
static const dure_yak_verb_t *verb_of(const dure_ledger_t *ledger, const undone_t *part)
{
    return &ledger_program(ledger, part->fund, part->of->version)->verbs[DURE_VERB_PAYMENT];
}

/* False if the effect does not tell the terms of all lots that were taken. */
static bool taken_read(const dure_effect_t *payment, plan_t *plan)
{
    plan->taken_count = 0;
    for (uint32_t i = 0; i < payment->moves_count; i++) {
        if (payment->moves[i].what != DURE_MOVE_LOT_TAKEN) {
            continue;
        }
        if (plan->taken_count == payment->lots_count) {
            return false;
        }
        plan->taken[plan->taken_count++] = i;
    }
    return plan->taken_count == payment->lots_count && plan->taken_count > 0;
}

/* False if the effect is none of a payment that was performed. */
static bool payment_read(const dure_ledger_t *ledger, const dure_effect_t *payment, plan_t *plan)
{
    if (payment->code != DURE_RESULT_DONE ||
        (payment->kind != DURE_BODY_PAYMENT && payment->kind != DURE_BODY_COLLECTION)) {
        return false;
    }
    if (!taken_read(payment, plan)) {
        return false;
    }
    plan->paid = DURE_AMOUNT_ZERO;
    for (uint32_t i = 0; i < payment->parts_count; i++) {
        plan->paid = dure_amount_plus(plan->paid, payment->parts[i].amount);
    }
    plan->payer = ledger_party_find(ledger, payment->moves[plan->taken[0]].party);
    DURE_ASSERT(plan->payer != CELL_NONE);
    plan->day = dure_zone_day(&ledger->zone, payment->time);
    plan->record = ledger_index_find(ledger, INDEX_REFUND, ledger_id(&payment->id));
    plan->before =
        plan->record == CELL_NONE ? DURE_AMOUNT_ZERO : refund_at(ledger, plan->record)->refunded;
    return true;
}

static bool is_payee(const dure_effect_t *payment, uint64_t party)
{
    for (uint32_t i = 0; i < payment->moves_count; i++) {
        const dure_effect_move_t *move = &payment->moves[i];
        if ((move->what == DURE_MOVE_MERCHANT_RECEIVED || move->what == DURE_MOVE_SHARE_TAKEN) &&
            move->party == party) {
            return true;
        }
    }
    return false;
}

/* ---- what is undone */
static dure_amount_t kept(dure_amount_t of, const undone_t *part, dure_amount_t stays)
{
    return dure_amount_part(of, stays.won, part->of->amount.won);
}

/* Cuts from a part's end what earlier refunds took (*skip), then what this one takes (*rest). */
static void part_undo(const dure_ledger_t *ledger, const dure_effect_t *payment, plan_t *plan,
                      const dure_effect_part_t *of, uint32_t end, dure_amount_t *skip,
                      dure_amount_t *rest)
{
    undone_t *part = &plan->parts[plan->parts_count];
    *part = (undone_t){.of = of,
                       .fund = ledger_fund_find(ledger, of->fund),
                       .first = plan->lots_count,
                       .stayed = of->amount};
    DURE_ASSERT(part->fund != CELL_NONE);
    for (uint32_t at = end; at > end - of->lots; at--) {
        const dure_effect_move_t *taken = &payment->moves[plan->taken[at - 1]];
        const dure_amount_t gone = dure_amount_min(*skip, taken->amount);
        *skip = dure_amount_minus(*skip, gone);
        part->stayed = dure_amount_minus(part->stayed, gone);
        const dure_amount_t back = dure_amount_min(*rest, dure_amount_minus(taken->amount, gone));
        if (dure_amount_is_zero(back)) {
            continue;
        }
        *rest = dure_amount_minus(*rest, back);
        part->amount = dure_amount_plus(part->amount, back);
        plan->lots[plan->lots_count++] =
            (returned_t){.lot = at - 1, .number = taken->lot, .amount = back};
        part->count++;
    }
    if (part->count == 0) {
        return;
    }
    part->stays = dure_amount_minus(part->stayed, part->amount);
    part->share =
        dure_amount_minus(kept(of->share, part, part->stayed), kept(of->share, part, part->stays));
    part->reward = dure_amount_minus(kept(of->reward, part, part->stayed),
                                     kept(of->reward, part, part->stays));
    plan->parts_count++;
}

/* What is left when more is asked than there is. */
static dure_amount_t payment_undo(const dure_ledger_t *ledger, const dure_effect_t *payment,
                                  plan_t *plan, dure_amount_t amount)
{
    dure_amount_t skip = plan->before;
    dure_amount_t rest = amount;
    uint32_t end = plan->taken_count;
    plan->parts_count = plan->lots_count = 0;
    for (uint32_t i = payment->parts_count; i > 0; i--) {
        const dure_effect_part_t *of = &payment->parts[i - 1];
        DURE_ASSERT(of->lots <= end);
        part_undo(ledger, payment, plan, of, end, &skip, &rest);
        end -= of->lots;
    }
    return rest;
}

/* The last day on which all that is touched may be refunded; 0: never. */
static dure_day_t latest_day(const dure_ledger_t *ledger, const plan_t *plan)
{
    dure_day_t latest = INT32_MAX;
    for (uint32_t i = 0; i < plan->parts_count; i++) {
        const undone_t *part = &plan->parts[i];
        const uint32_t days = ledger_program(ledger, part->fund, part->of->version)->refund_days;
        const dure_day_t its = days == 0 ? 0 : dure_day_add_days(plan->day, days);
        latest = its < latest ? its : latest;
    }
    return latest;
}

/* ---- what covers it */
static uint32_t reward_lot(const dure_ledger_t *ledger, const plan_t *plan, const undone_t *part)
{
    const uint32_t cell =
        ledger_lot_find(ledger, party_at(ledger, plan->payer), part->fund, part->of->reward_lot);
    return cell != CELL_NONE && lot_at(ledger, cell)->origin == DURE_ORIGIN_REWARD ? cell
                                                                                   : CELL_NONE;
}

/* Where each reward is taken back: from its own lot as far as that reaches, then from what comes
   back, the last first. */
static void rewards_find(const dure_ledger_t *ledger, plan_t *plan)
{
    for (uint32_t i = 0; i < plan->parts_count; i++) {
        undone_t *part = &plan->parts[i];
        const uint32_t cell = reward_lot(ledger, plan, part);
        dure_amount_t left = DURE_AMOUNT_ZERO;
        if (cell != CELL_NONE) {
            left = ledger_lot_left(lot_at(ledger, cell));
            for (uint32_t k = 0; k < i; k++) {
                if (reward_lot(ledger, plan, &plan->parts[k]) == cell) {
                    left = dure_amount_minus(left, plan->parts[k].from_lot);
                }
            }
        }
        part->from_lot = dure_amount_min(left, part->reward);
        dure_amount_t rest = dure_amount_minus(part->reward, part->from_lot);
        for (uint32_t k = part->first + part->count; k > part->first; k--) {
            returned_t *lot = &plan->lots[k - 1];
            lot->withdrawn = dure_amount_min(rest, lot->amount);
            rest = dure_amount_minus(rest, lot->withdrawn);
        }
        /* No reward is above its part, so rounded down neither is what of it is undone. */
        DURE_ASSERT(dure_amount_is_zero(rest));
    }
}

static given_t *given_in(plan_t *plan, uint32_t fund)
{
    uint32_t i = 0;
    while (i < plan->given_count && plan->given[i].fund != fund) {
        i++;
    }
    if (i == plan->given_count) {
        plan->given[plan->given_count++] = (given_t){.fund = fund};
    }
    return &plan->given[i];
}

/* What of each fund the shop has, and what the reserve must advance. */
static dure_result_t money_find(const dure_ledger_t *ledger, const work_t *work, plan_t *plan)
{
    plan->given_count = 0;
    for (uint32_t i = 0; i < plan->parts_count; i++) {
        const undone_t *part = &plan->parts[i];
        given_t *given = given_in(plan, part->fund);
        given->returned =
            dure_amount_plus(given->returned, dure_amount_minus(part->amount, part->share));
    }
    for (uint32_t i = 0; i < plan->given_count; i++) {
        given_t *given = &plan->given[i];
        const uint32_t cell =
            ledger_balance_find(ledger, party_at(ledger, work->signer), given->fund);
        const balance_t *balance = cell == CELL_NONE ? NULL : balance_at(ledger, cell);
        const dure_amount_t has = balance == NULL ? DURE_AMOUNT_ZERO : balance->amount;
        const dure_amount_t needs = given->returned;
        given->returned = dure_amount_min(has, needs);
        given->advance = dure_amount_minus(needs, given->returned);
        given->owed = balance == NULL ? DURE_AMOUNT_ZERO : balance->owed;
        if (!dure_amount_add(&given->owed, given->owed, given->advance)) {
            return DURE_RESULT_AMOUNT_TOO_LARGE;
        }
    }
    return DURE_RESULT_DONE;
}

static uint32_t account_of(const dure_ledger_t *ledger, uint32_t fund, const dure_name_t *name)
{
    return ledger_account_find(ledger, fund_at(ledger, fund)->city, name);
}

/* All that one account has to give for this refund. */
static dure_amount_t account_gives(const dure_ledger_t *ledger, const plan_t *plan, uint32_t cell)
{
    dure_amount_t sum = DURE_AMOUNT_ZERO;
    for (uint32_t i = 0; i < plan->parts_count; i++) {
        const undone_t *part = &plan->parts[i];
        if (!dure_amount_is_zero(part->share) &&
            account_of(ledger, part->fund, &verb_of(ledger, part)->share_to) == cell) {
            sum = dure_amount_plus(sum, part->share);
        }
    }
    for (uint32_t i = 0; i < plan->given_count; i++) {
        const given_t *given = &plan->given[i];
        if (!dure_amount_is_zero(given->advance) &&
            account_of(ledger, given->fund, &ledger_refund_reserve) == cell) {
            sum = dure_amount_plus(sum, given->advance);
        }
    }
    return sum;
}

static dure_result_t account_check(const dure_ledger_t *ledger, const work_t *work,
                                   const plan_t *plan, uint32_t fund, const dure_name_t *name)
{
    const uint32_t cell = account_of(ledger, fund, name);
    if (cell == CELL_NONE) {
        return DURE_RESULT_ACCOUNT_UNKNOWN;
    }
    const dure_amount_t asked = account_gives(ledger, plan, cell);
    const dure_amount_t has = account_at(ledger, cell)->balance;
    if (dure_amount_compare(asked, has) > 0) {
        ledger_effect_number(work->effect, DURE_LABEL_ASKED, asked.won);
        ledger_effect_number(work->effect, DURE_LABEL_AVAILABLE, has.won);
        return DURE_RESULT_ACCOUNT_EMPTY;
    }
    return DURE_RESULT_DONE;
}

/* Advances and shares come out of accounts and are issued once more. */
static dure_result_t accounts_check(const dure_ledger_t *ledger, const work_t *work,
                                    const plan_t *plan)
{
    dure_amount_t issued = DURE_AMOUNT_ZERO;
    dure_result_t code = DURE_RESULT_DONE;
    for (uint32_t i = 0; i < plan->given_count && code == DURE_RESULT_DONE; i++) {
        const given_t *given = &plan->given[i];
        if (!dure_amount_is_zero(given->advance)) {
            issued = dure_amount_plus(issued, given->advance);
            code = account_check(ledger, work, plan, given->fund, &ledger_refund_reserve);
        }
    }
    for (uint32_t i = 0; i < plan->parts_count && code == DURE_RESULT_DONE; i++) {
        const undone_t *part = &plan->parts[i];
        if (!dure_amount_is_zero(part->share)) {
            issued = dure_amount_plus(issued, part->share);
            code = account_check(ledger, work, plan, part->fund, &verb_of(ledger, part)->share_to);
        }
    }
    /* A payment's funds are all of one city. */
    if (code == DURE_RESULT_DONE &&
        !ledger_ever_fits(ledger, fund_at(ledger, plan->parts[0].fund)->city, issued)) {
        code = DURE_RESULT_AMOUNT_TOO_LARGE;
    }
    return code;
}

/* ---- where lots come back */
/* The lot that comes back, but for its number: what was taken, with days to spend it in if its own
   are over. */
static dure_lot_t lot_back(const dure_ledger_t *ledger, const work_t *work, const undone_t *part,
                           const returned_t *returned)
{
    const dure_effect_lot_t *terms = &work->proven->lots[returned->lot];
    dure_lot_t lot = {
        .fund = part->of->fund,
        .number = returned->number,
        .version = terms->version,
        .origin = terms->origin,
        .gifted = terms->gifted,
        .face = terms->face,
        .left = returned->amount,
        .paid = terms->paid,
        .subsidy = dure_amount_minus(terms->face, terms->paid),
        .order_day = terms->order_day,
        .issue_day = terms->issue_day,
        .end_day = terms->end_day,
    };
    if (lot.end_day < ledger->today) {
        const uint32_t grace = ledger_program(ledger, part->fund, part->of->version)->grace_days;
        lot.end_day = dure_day_add_days(ledger->today, grace);
    }
    return lot;
}

/* Whether a standing lot is the one that comes back: with the same terms, and with room in it. */
static bool takes_back(const dure_ledger_t *ledger, uint32_t cell, const dure_lot_t *lot)
{
    const lot_t *at = lot_at(ledger, cell);
    dure_amount_t left;
    return at->version == lot->version && at->origin == lot->origin && at->gifted == lot->gifted &&
           at->face == lot->face.won && at->paid == lot->paid.won &&
           (dure_day_t)at->order_day == lot->order_day &&
           (dure_day_t)at->issue_day == lot->issue_day && (dure_day_t)at->end_day == lot->end_day &&
           dure_amount_add(&left, ledger_lot_left(at), lot->left) &&
           dure_amount_compare(left, lot->face) <= 0;
}

/* The lot in the wallet into which one comes back, or CELL_NONE: its own if that still stands as it
   was, nothing if its number is free, else any of its terms, so that small refunds do not fill a
   wallet. */
static uint32_t lot_into(const dure_ledger_t *ledger, const plan_t *plan, uint32_t fund,
                         const dure_lot_t *lot)
{
    const party_t *owner = party_at(ledger, plan->payer);
    const uint32_t own = ledger_lot_find(ledger, owner, fund, lot->number);
    if (own == CELL_NONE || takes_back(ledger, own, lot)) {
        return own;
    }
    uint32_t at = owner->holdings;
    while (at != CELL_NONE && (lot_at(ledger, at)->fund != fund || !takes_back(ledger, at, lot))) {
        at = lot_at(ledger, at)->next;
    }
    return at;
}

/* ---- room */
static bool moves_fit(const plan_t *plan)
{
    uint32_t moves = plan->lots_count;
    for (uint32_t i = 0; i < plan->lots_count; i++) {
        moves += !dure_amount_is_zero(plan->lots[i].withdrawn);
    }
    for (uint32_t i = 0; i < plan->parts_count; i++) {
        const undone_t *part = &plan->parts[i];
        moves += !dure_amount_is_zero(part->share);
        moves += !dure_amount_is_zero(part->reward);
        moves += !dure_amount_is_zero(part->from_lot);
    }
    for (uint32_t i = 0; i < plan->given_count; i++) {
        moves += !dure_amount_is_zero(plan->given[i].returned);
        moves += dure_amount_is_zero(plan->given[i].advance) ? 0 : 2;
    }
    return moves <= MOVES_MAX;
}

static dure_result_t lots_check(const dure_ledger_t *ledger, const work_t *work, const plan_t *plan)
{
    uint32_t new_count = 0;
    for (uint32_t i = 0; i < plan->parts_count; i++) {
        const undone_t *part = &plan->parts[i];
        for (uint32_t k = part->first; k < part->first + part->count; k++) {
            const dure_lot_t lot = lot_back(ledger, work, part, &plan->lots[k]);
            const uint32_t own =
                ledger_lot_find(ledger, party_at(ledger, plan->payer), part->fund, lot.number);
            new_count += own == CELL_NONE || !takes_back(ledger, own, &lot);
        }
    }
    if (new_count == 0) {
        return DURE_RESULT_DONE;
    }
    if (ledger_places(ledger, plan->payer) + new_count > PARTY_PLACES_MAX) {
        return DURE_RESULT_LOTS_FULL;
    }
    const bool room =
        ledger_room(ledger, POOL_LOT) >= ledger->state->pools[POOL_ORDER].live + new_count &&
        party_at(ledger, plan->payer)->lot_next < UINT32_MAX - new_count;
    return room ? DURE_RESULT_DONE : DURE_RESULT_TABLE_FULL;
}

static dure_result_t room_check(const dure_ledger_t *ledger, const work_t *work, const plan_t *plan)
{
    if (!moves_fit(plan)) {
        return DURE_RESULT_TOO_MANY_LOTS;
    }
    const dure_result_t lots = lots_check(ledger, work, plan);
    if (lots != DURE_RESULT_DONE) {
        return lots;
    }
    uint32_t debts = 0;
    for (uint32_t i = 0; i < plan->given_count; i++) {
        debts += !dure_amount_is_zero(plan->given[i].advance) &&
                 ledger_balance_find(ledger, party_at(ledger, work->signer), plan->given[i].fund) ==
                     CELL_NONE;
    }
    const bool recorded = plan->record != CELL_NONE || ledger_room(ledger, POOL_REFUND) > 0;
    return recorded && ledger_balance_room(ledger, work->signer, debts) ? DURE_RESULT_DONE
                                                                        : DURE_RESULT_TABLE_FULL;
}

static dure_result_t refund_check(const dure_ledger_t *ledger, const work_t *work, plan_t *plan)
{
    const dure_amount_t amount = work->tx->body.refund.amount;
    if (!payment_read(ledger, work->proven, plan)) {
        return DURE_RESULT_NOT_A_PAYMENT;
    }
    if (!is_payee(work->proven, work->tx->id.party)) {
        return DURE_RESULT_NOT_PERMITTED;
    }
    const dure_amount_t over = payment_undo(ledger, work->proven, plan, amount);
    const dure_day_t latest = latest_day(ledger, plan);
    if (ledger->today > latest) {
        if (latest != 0) {
            ledger_effect_number(work->effect, DURE_LABEL_LATEST_DAY, (uint64_t)latest);
        }
        return DURE_RESULT_REFUND_TOO_LATE;
    }
    if (!dure_amount_is_zero(over)) {
        ledger_effect_number(work->effect, DURE_LABEL_ASKED, amount.won);
        ledger_effect_number(work->effect, DURE_LABEL_REFUNDED, plan->before.won);
        ledger_effect_number(work->effect, DURE_LABEL_AVAILABLE,
                             dure_amount_minus(plan->paid, plan->before).won);
        return DURE_RESULT_REFUND_TOO_MUCH;
    }
    dure_result_t code = money_find(ledger, work, plan);
    code = code != DURE_RESULT_DONE ? code : accounts_check(ledger, work, plan);
    if (code != DURE_RESULT_DONE) {
        return code;
    }
    rewards_find(ledger, plan);
    return room_check(ledger, work, plan);
}

/* ---- performing */
static void lot_return(dure_ledger_t *ledger, const work_t *work, const plan_t *plan,
                       const undone_t *part, const returned_t *returned)
{
    dure_lot_t lot = lot_back(ledger, work, part, returned);
    const uint32_t into = lot_into(ledger, plan, part->fund, &lot);
    if (into == CELL_NONE) {
        party_t *owner = ledger_party_change(ledger, plan->payer);
        if (ledger_lot_find(ledger, owner, part->fund, lot.number) != CELL_NONE) {
            lot.number = owner->lot_next++;
        }
        ledger_lot_add(ledger, plan->payer, &lot, part->fund);
    } else {
        ledger_dirty(ledger, DURE_TABLE_PARTY, plan->payer);
        lot_t *at = lot_at(ledger, into);
        ledger_touch(ledger, at, sizeof *at);
        at->left = dure_amount_plus(ledger_lot_left(at), lot.left).won & ((UINT64_C(1) << 50) - 1);
        lot.number = at->number;
    }
    ledger_effect_move(work->effect, DURE_MOVE_LOT_RETURNED, part->of->fund,
                       party_at(ledger, plan->payer)->number, lot.number, NULL, returned->amount);
    if (!dure_amount_is_zero(returned->withdrawn)) {
        const uint32_t cell =
            ledger_lot_find(ledger, party_at(ledger, plan->payer), part->fund, lot.number);
        ledger_effect_move(work->effect, DURE_MOVE_LOT_WITHDRAWN, part->of->fund,
                           party_at(ledger, plan->payer)->number, lot.number, NULL,
                           returned->withdrawn);
        ledger_lot_take(ledger, plan->payer, cell, returned->withdrawn);
    }
}

static void reward_take_back(dure_ledger_t *ledger, const work_t *work, const plan_t *plan,
                             const undone_t *part)
{
    if (dure_amount_is_zero(part->reward)) {
        return;
    }
    fund_t *fund = ledger_fund_change(ledger, part->fund);
    fund->held_citizens = dure_amount_minus(fund->held_citizens, part->reward);
    fund->refunded = dure_amount_plus(fund->refunded, part->reward);
    fund->escrow = dure_amount_minus(fund->escrow, part->reward);
    if (!dure_amount_is_zero(part->from_lot)) {
        ledger_effect_move(work->effect, DURE_MOVE_LOT_WITHDRAWN, fund->number,
                           party_at(ledger, plan->payer)->number, part->of->reward_lot, NULL,
                           part->from_lot);
        ledger_lot_take(ledger, plan->payer, reward_lot(ledger, plan, part), part->from_lot);
    }
    const dure_name_t *name = &verb_of(ledger, part)->reward_from;
    ledger_account_receive(ledger, account_of(ledger, part->fund, name), part->reward);
    ledger_effect_move(work->effect, DURE_MOVE_ESCROW_TO_ACCOUNT, fund->number, 0, 0, name,
                       part->reward);
}

/* What an account pays is issued once more: what it stands for was redeemed before. */
static void account_advance(dure_ledger_t *ledger, const work_t *work, uint32_t at,
                            const dure_name_t *name, dure_amount_t amount)
{
    if (dure_amount_is_zero(amount)) {
        return;
    }
    fund_t *fund = ledger_fund_change(ledger, at);
    fund->issued = dure_amount_plus(fund->issued, amount);
    fund->escrow = dure_amount_plus(fund->escrow, amount);
    ledger_account_spend(ledger, account_of(ledger, at, name), amount);
    ledger_effect_move(work->effect, DURE_MOVE_ADVANCE_TO_ESCROW, fund->number, 0, 0, name, amount);
}

static void shop_give(dure_ledger_t *ledger, const work_t *work, const given_t *given)
{
    const uint64_t number = fund_at(ledger, given->fund)->number;
    const uint64_t shop = work->tx->id.party;
    if (!dure_amount_is_zero(given->returned)) {
        fund_t *fund = ledger_fund_change(ledger, given->fund);
        fund->held_merchants = dure_amount_minus(fund->held_merchants, given->returned);
        ledger_balance_take(ledger, work->signer, given->fund, given->returned);
        ledger_effect_move(work->effect, DURE_MOVE_MERCHANT_RETURNED, number, shop, 0, NULL,
                           given->returned);
    }
    account_advance(ledger, work, given->fund, &ledger_refund_reserve, given->advance);
    if (!dure_amount_is_zero(given->advance)) {
        ledger_owed_set(ledger, work->signer, given->fund, given->owed);
        ledger_effect_move(work->effect, DURE_MOVE_DEBT_OPENED, number, shop, 0, NULL,
                           given->advance);
    }
}

static void part_perform(dure_ledger_t *ledger, const work_t *work, const plan_t *plan,
                         const undone_t *part)
{
    account_advance(ledger, work, part->fund, &verb_of(ledger, part)->share_to, part->share);
    fund_t *fund = ledger_fund_change(ledger, part->fund);
    fund->held_citizens = dure_amount_plus(fund->held_citizens, part->amount);
    for (uint32_t i = part->first; i < part->first + part->count; i++) {
        lot_return(ledger, work, plan, part, &plan->lots[i]);
    }
    reward_take_back(ledger, work, plan, part);
    question_t event =
        ledger_question(part->fund, part->of->version, DURE_VERB_PAYMENT, part->amount);
    event.roles[DURE_ROLE_PAYER] = plan->payer;
    event.roles[DURE_ROLE_PAYEE] = work->signer;
    const made_t made = {
        .event = dure_amount_is_zero(part->stays), .amount = part->amount, .reward = part->reward};
    ledger_counters_give_back(ledger, &event, &made, plan->day);
}

/* The record stays as long as any part may still be refunded. */
static void refund_note(dure_ledger_t *ledger, const work_t *work, const plan_t *plan,
                        dure_amount_t refunded)
{
    if (plan->record != CELL_NONE) {
        refund_t *record = refund_at(ledger, plan->record);
        ledger_dirty(ledger, DURE_TABLE_REFUND, plan->record);
        ledger_touch(ledger, record, sizeof *record);
        record->refunded = refunded;
        return;
    }
    uint32_t days = 0;
    for (uint32_t i = 0; i < work->proven->parts_count; i++) {
        const dure_effect_part_t *part = &work->proven->parts[i];
        const uint32_t fund = ledger_fund_find(ledger, part->fund);
        const uint32_t its = ledger_program(ledger, fund, part->version)->refund_days;
        days = its > days ? its : days;
    }
    const dure_record_refund_t record = {
        .id = work->tx->body.refund.payment,
        .payer = party_at(ledger, plan->payer)->number,
        .refunded = refunded,
        .until = dure_day_add_days(plan->day, days),
    };
    ledger_refund_add(ledger, &record);
}

dure_result_t ledger_refund(dure_ledger_t *ledger, const work_t *work)
{
    plan_t plan;
    const dure_result_t checked = refund_check(ledger, work, &plan);
    if (checked != DURE_RESULT_DONE) {
        return checked;
    }
    /* After this point the refund must succeed. */
    for (uint32_t i = 0; i < plan.given_count; i++) {
        shop_give(ledger, work, &plan.given[i]);
    }
    for (uint32_t i = 0; i < plan.parts_count; i++) {
        part_perform(ledger, work, &plan, &plan.parts[i]);
    }
    const dure_amount_t refunded = dure_amount_plus(plan.before, work->tx->body.refund.amount);
    refund_note(ledger, work, &plan, refunded);
    work->effect->fund = plan.given_count == 1 ? fund_at(ledger, plan.given[0].fund)->number : 0;
    ledger_effect_number(work->effect, DURE_LABEL_REFUNDED, refunded.won);
    return DURE_RESULT_DONE;
}
