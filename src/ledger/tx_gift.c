/* gift: a citizen gives money to a citizen.  Order of refusals: the giver's kind, whether it may
   send; itself; the receiver, its kind, its city, whether it may receive; the funds named; the
   rules and the money; room.

   Lots stand in line as in a payment.  Neighbours that the verb cannot tell apart form a part,
   which is asked as a whole; one that is refused, or whose fund is paused, is skipped.  What moves
   keeps its terms and its part of the price; nothing changes until all of the amount is found. */
#include "ledger/ledger_private.h"

#define GIVEN_MAX 36u /* lots of one gift: an effect has room for two moves of each */

typedef struct {
    uint32_t cell;
    dure_amount_t amount;
} given_t;

typedef struct {
    uint32_t receiver, given_count;
    dure_amount_t rest;    /* still to give */
    dure_result_t refusal; /* of the first part refused, or DONE */
    line_t line;
    given_t given[GIVEN_MAX];
    places_t places; /* in the receiver's wallet */
    tally_t tally;
} gift_plan_t;

/* ---- parts */
/* Notes what an accepted part gives of its lots; each takes a place of its own. */
static dure_result_t part_note(const dure_ledger_t *ledger, gift_plan_t *plan, uint32_t first,
                               dure_amount_t amount)
{
    plan->rest = dure_amount_minus(plan->rest, amount);
    for (uint32_t at = first; !dure_amount_is_zero(amount); at++) {
        if (plan->given_count == GIVEN_MAX) {
            return DURE_RESULT_TOO_MANY_LOTS;
        }
        const uint32_t cell = plan->line.lots[at].cell;
        const lot_t *lot = lot_at(ledger, cell);
        const dure_amount_t gives = dure_amount_min(amount, ledger_lot_left(lot));
        plan->given[plan->given_count++] = (given_t){.cell = cell, .amount = gives};
        ledger_places_want(&plan->places, lot->fund, 1);
        amount = dure_amount_minus(amount, gives);
    }
    return DURE_RESULT_DONE;
}

/* Asks for one part.  DONE also if it was refused and is skipped. */
static dure_result_t part_ask(const dure_ledger_t *ledger, const work_t *work, gift_plan_t *plan,
                              uint32_t first, dure_amount_t amount)
{
    const lot_t *lot = lot_at(ledger, plan->line.lots[first].cell);
    if (ledger_part_paused(ledger, work->effect, lot->fund, &plan->refusal)) {
        return DURE_RESULT_DONE;
    }
    question_t question =
        ledger_question(lot->fund, ledger_lot_version(ledger, lot), DURE_VERB_GIFT, amount);
    question.roles[DURE_ROLE_GIVER] = work->signer;
    question.roles[DURE_ROLE_RECEIVER] = plan->receiver;
    question.signer = DURE_ROLE_GIVER;
    question.lot = lot;
    question.issue_day = (dure_day_t)lot->issue_day;
    question.tally = &plan->tally;
    dure_yak_decision_t decision;
    if (!ledger_part_accepted(ledger, work->effect, &question, &decision, &plan->refusal)) {
        return DURE_RESULT_DONE;
    }
    const dure_result_t noted = part_note(ledger, plan, first, amount);
    return noted != DURE_RESULT_DONE ? noted
                                     : ledger_tally_add(ledger, &plan->tally, &question, &decision);
}

static dure_result_t not_covered(const work_t *work, const gift_plan_t *plan)
{
    const dure_amount_t asked = work->tx->body.gift.amount;
    const uint64_t covered = dure_amount_minus(asked, plan->rest).won;
    if (plan->refusal == DURE_RESULT_DONE) {
        ledger_effect_number(work->effect, DURE_LABEL_ASKED, asked.won);
        ledger_effect_number(work->effect, DURE_LABEL_AVAILABLE, plan->line.available.won);
    }
    ledger_effect_number(work->effect, DURE_LABEL_COVERED, covered);
    return plan->refusal != DURE_RESULT_DONE ? plan->refusal : DURE_RESULT_NOT_ENOUGH_MONEY;
}

static dure_result_t money_find(const dure_ledger_t *ledger, const work_t *work, gift_plan_t *plan)
{
    const dure_gift_t *body = &work->tx->body.gift;
    ledger_line_up(ledger, &plan->line, work->signer, body->funds, body->funds_count);
    plan->rest = body->amount;
    plan->refusal = DURE_RESULT_DONE;
    plan->given_count = 0;
    plan->places.count = 0;
    plan->tally.count = 0;
    for (uint32_t at = 0; at < plan->line.count && !dure_amount_is_zero(plan->rest);) {
        dure_amount_t amount;
        const uint32_t end = ledger_part_end(ledger, &plan->line, at, true, plan->rest, &amount);
        const dure_result_t code = part_ask(ledger, work, plan, at, amount);
        if (code != DURE_RESULT_DONE) {
            ledger_refusal_forget(work->effect);
            return code;
        }
        at = end;
    }
    if (!dure_amount_is_zero(plan->rest)) {
        return not_covered(work, plan);
    }
    ledger_refusal_forget(work->effect);
    return ledger_tally_check(ledger, &plan->tally);
}

/* ---- the whole */
static dure_result_t receiver_check(const dure_ledger_t *ledger, const work_t *work,
                                    gift_plan_t *plan)
{
    const uint64_t receiver = work->tx->body.gift.receiver;
    if (receiver == work->tx->id.party) {
        return DURE_RESULT_SELF_PAYMENT;
    }
    plan->receiver = ledger_party_find(ledger, receiver);
    if (plan->receiver == CELL_NONE) {
        return DURE_RESULT_SUBJECT_UNKNOWN;
    }
    const party_t *party = party_at(ledger, plan->receiver);
    if (party->kind != DURE_KIND_CITIZEN) {
        return DURE_RESULT_KIND_WRONG;
    }
    return party->city != party_at(ledger, work->signer)->city
               ? DURE_RESULT_OTHER_CITY
               : ledger_may_receive(ledger, plan->receiver);
}

static dure_result_t gift_check(const dure_ledger_t *ledger, const work_t *work, gift_plan_t *plan)
{
    const dure_gift_t *body = &work->tx->body.gift;
    const party_t *giver = party_at(ledger, work->signer);
    if (giver->kind != DURE_KIND_CITIZEN) {
        return DURE_RESULT_KIND_WRONG;
    }
    dure_result_t code = ledger_may_send(ledger, work->signer);
    code = code != DURE_RESULT_DONE ? code : receiver_check(ledger, work, plan);
    code = code != DURE_RESULT_DONE
               ? code
               : ledger_funds_named(ledger, giver->city, body->funds, body->funds_count);
    code = code != DURE_RESULT_DONE ? code : money_find(ledger, work, plan);
    code = code != DURE_RESULT_DONE ? code
                                    : ledger_places_check(ledger, plan->receiver, &plan->places);
    if (code == DURE_RESULT_LOTS_FULL) {
        ledger_effect_number(work->effect, DURE_LABEL_LIMIT, DURE_PARTY_LOTS_MAX);
    }
    return code;
}

/* The price goes with the face; a won that cannot be split stays with the giver. */
static void lot_move(dure_ledger_t *ledger, const work_t *work, const gift_plan_t *plan,
                     const given_t *given)
{
    lot_t *lot = lot_at(ledger, given->cell);
    const dure_amount_t paid =
        dure_amount_part(dure_amount(lot->paid), given->amount.won, lot->face);
    const uint32_t fund = lot->fund;
    const uint64_t number = fund_at(ledger, fund)->number;
    party_t *receiver = ledger_party_change(ledger, plan->receiver);
    const dure_lot_t new = {
        .fund = number,
        .number = receiver->lot_next++,
        .version = lot->version,
        .origin = lot->origin,
        .gifted = true,
        .face = given->amount,
        .left = given->amount,
        .paid = paid,
        .subsidy = dure_amount_minus(given->amount, paid),
        .order_day = (dure_day_t)lot->order_day,
        .issue_day = (dure_day_t)lot->issue_day,
        .end_day = (dure_day_t)lot->end_day,
    };
    ledger_effect_move(work->effect, DURE_MOVE_LOT_GIVEN, number, work->tx->id.party, lot->number,
                       NULL, given->amount);
    ledger_effect_move(work->effect, DURE_MOVE_LOT_RECEIVED, number, receiver->number, new.number,
                       NULL, given->amount);
    ledger_dirty(ledger, DURE_TABLE_PARTY, work->signer);
    ledger_touch(ledger, lot, sizeof *lot);
    lot->face = dure_amount_minus(dure_amount(lot->face), given->amount).won & LOT_WON_MASK;
    lot->paid = dure_amount_minus(dure_amount(lot->paid), paid).won & LOT_WON_MASK;
    ledger_lot_take(ledger, work->signer, given->cell, given->amount);
    ledger_lot_add(ledger, plan->receiver, &new, fund);
}

dure_result_t ledger_gift(dure_ledger_t *ledger, const work_t *work)
{
    gift_plan_t plan;
    const dure_result_t checked = gift_check(ledger, work, &plan);
    if (checked != DURE_RESULT_DONE) {
        return checked;
    }
    /* After this point the gift must succeed. */
    ledger_places_make(ledger, plan.receiver, &plan.places);
    for (uint32_t i = 0; i < plan.given_count; i++) {
        lot_move(ledger, work, &plan, &plan.given[i]);
    }
    ledger_tally_commit(ledger, &plan.tally);
    work->effect->fund =
        plan.places.count == 1 ? fund_at(ledger, plan.places.funds[0].fund)->number : 0;
    return DURE_RESULT_DONE;
}
