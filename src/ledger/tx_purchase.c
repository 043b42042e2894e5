/* purchase_order, purchase_credit, purchase_void: a citizen buys.  The program decides once, when
   ordered; face, subsidy and counters stay reserved until the bank answers. */
#include "ledger/ledger_private.h"

#include <string.h>

/* ---- order */
typedef struct {
    uint32_t fund;
    uint8_t version;
    dure_amount_t face, subsidy, price;
    uint32_t account; /* that pays the subsidy; CELL_NONE if there is none */
    bool merges;      /* alike lots must be merged to make room */
    tally_t tally;
} order_plan_t;

static dure_result_t order_decide(const dure_ledger_t *ledger, const work_t *work,
                                  order_plan_t *plan)
{
    question_t question =
        ledger_question(plan->fund, plan->version, DURE_VERB_PURCHASE, plan->face);
    question.roles[DURE_ROLE_BUYER] = work->signer;
    question.signer = DURE_ROLE_BUYER;
    question.channel = DURE_CHANNEL_ONLINE;
    question.issue_day = ledger->today;
    dure_yak_decision_t decision;
    dure_yak_value_t values[DURE_YAK_INPUTS_MAX];
    ledger_ask(ledger, &question, &decision, values);
    if (decision.outcome == DURE_YAK_REFUSED) {
        return ledger_refusal(ledger, work->effect, &question, &decision, values);
    }
    plan->subsidy = decision.subsidy;
    plan->price = dure_amount_minus(plan->face, decision.subsidy);
    plan->tally.count = 0;
    const dure_result_t added = ledger_tally_add(ledger, &plan->tally, &question, &decision);
    return added != DURE_RESULT_DONE ? added : ledger_tally_check(ledger, &plan->tally);
}

static dure_result_t subsidy_check(const dure_ledger_t *ledger, order_plan_t *plan,
                                   dure_effect_t *effect)
{
    plan->account = CELL_NONE;
    if (dure_amount_is_zero(plan->subsidy)) {
        return DURE_RESULT_DONE;
    }
    const dure_yak_program_t *program = ledger_program(ledger, plan->fund, plan->version);
    plan->account = ledger_account_find(ledger, fund_at(ledger, plan->fund)->city,
                                        &program->verbs[DURE_VERB_PURCHASE].subsidy_from);
    DURE_ASSERT(plan->account != CELL_NONE);
    const account_t *account = account_at(ledger, plan->account);
    if (dure_amount_compare(account->balance, plan->subsidy) < 0) {
        ledger_effect_number(effect, DURE_LABEL_SUBSIDY, plan->subsidy.won);
        ledger_effect_number(effect, DURE_LABEL_AVAILABLE, account->balance.won);
        return DURE_RESULT_ACCOUNT_EMPTY;
    }
    return DURE_RESULT_DONE;
}

static dure_result_t price_check(const order_plan_t *plan, dure_amount_t price_max,
                                 dure_effect_t *effect)
{
    if (dure_amount_is_zero(plan->price)) {
        return DURE_RESULT_PRICE_ZERO;
    }
    if (!dure_amount_is_zero(price_max) && dure_amount_compare(plan->price, price_max) > 0) {
        ledger_effect_number(effect, DURE_LABEL_PRICE, plan->price.won);
        ledger_effect_number(effect, DURE_LABEL_MAXIMUM, price_max.won);
        return DURE_RESULT_PRICE_ABOVE_BOUND;
    }
    return DURE_RESULT_DONE;
}

static dure_result_t places_check(const dure_ledger_t *ledger, const work_t *work,
                                  order_plan_t *plan)
{
    dure_result_t code;
    if (!ledger_lot_place(ledger, work->signer, plan->fund, &plan->merges, &code)) {
        if (code == DURE_RESULT_LOTS_FULL) {
            ledger_effect_number(work->effect, DURE_LABEL_LIMIT, DURE_PARTY_LOTS_MAX);
        }
        return code;
    }
    return ledger_room(ledger, POOL_ORDER) == 0 ? DURE_RESULT_TABLE_FULL : DURE_RESULT_DONE;
}

static dure_result_t order_check(const dure_ledger_t *ledger, const work_t *work,
                                 order_plan_t *plan)
{
    const dure_purchase_order_t *body = &work->tx->body.purchase_order;
    const party_t *party = party_at(ledger, work->signer);
    if (!kind_has_lots(party->kind)) {
        return DURE_RESULT_KIND_WRONG;
    }
    const dure_result_t stopped = ledger_may_send(ledger, work->signer);
    if (stopped != DURE_RESULT_DONE) {
        return stopped;
    }
    plan->fund = ledger_fund_find(ledger, body->fund);
    if (plan->fund == CELL_NONE) {
        return DURE_RESULT_FUND_UNKNOWN;
    }
    const fund_t *fund = fund_at(ledger, plan->fund);
    if (fund->city != party->city) {
        return DURE_RESULT_OTHER_CITY;
    }
    if (fund->mode != DURE_FUND_MODE_OPEN) {
        return DURE_RESULT_FUND_PAUSED;
    }
    plan->version = ledger_fund_version(ledger, plan->fund);
    plan->face = body->face;
    const dure_day_t last =
        ledger_end_day(ledger_program(ledger, plan->fund, plan->version), ledger->today);
    if (last < ledger->today) {
        ledger_effect_number(work->effect, DURE_LABEL_LATEST_DAY, (uint64_t)last);
        return DURE_RESULT_DATES_WRONG;
    }
    dure_result_t code = order_decide(ledger, work, plan);
    code = code != DURE_RESULT_DONE
               ? code
               : ledger_ceiling_check(ledger, plan->fund, work->effect, plan->face);
    code = code != DURE_RESULT_DONE ? code : subsidy_check(ledger, plan, work->effect);
    code = code != DURE_RESULT_DONE ? code : price_check(plan, body->price_max, work->effect);
    return code != DURE_RESULT_DONE ? code : places_check(ledger, work, plan);
}

uint32_t ledger_order_add(dure_ledger_t *ledger, const dure_record_order_t *record)
{
    const uint32_t cell = ledger_take(ledger, POOL_ORDER);
    *order_at(ledger, cell) = (order_t){
        .next = CELL_NONE,
        .day = record->day,
        .id = record->id,
        .fund = record->fund,
        .face = record->face,
        .price = record->price,
        .subsidy = record->subsidy,
        .account = record->account,
        .version = record->version,
    };
    ledger_index_add(ledger, INDEX_ORDER, cell);
    ledger_dirty(ledger, DURE_TABLE_ORDER, cell);
    return cell;
}

static void order_open(dure_ledger_t *ledger, const work_t *work, const order_plan_t *plan)
{
    dure_record_order_t record = {
        .id = work->tx->id,
        .fund = fund_at(ledger, plan->fund)->number,
        .version = plan->version,
        .face = plan->face,
        .price = plan->price,
        .subsidy = plan->subsidy,
        .day = ledger->today,
    };
    if (plan->account != CELL_NONE) {
        ledger_account_reserve(ledger, plan->account, plan->subsidy);
        record.account = account_at(ledger, plan->account)->name;
    }
    fund_t *fund = ledger_fund_change(ledger, plan->fund);
    fund->ordered = dure_amount_plus(fund->ordered, plan->face);
    ledger_tally_commit(ledger, &plan->tally);
    ledger_open_add(ledger, POOL_ORDER, work->signer, ledger_order_add(ledger, &record));
}

dure_result_t ledger_purchase_order(dure_ledger_t *ledger, const work_t *work)
{
    order_plan_t plan;
    const dure_result_t checked = order_check(ledger, work, &plan);
    if (checked != DURE_RESULT_DONE) {
        return checked;
    }
    /* After this point the order must succeed. */
    if (plan.merges) {
        ledger_lots_merge(ledger, work->signer, plan.fund);
    }
    order_open(ledger, work, &plan);
    dure_effect_t *effect = work->effect;
    effect->fund = fund_at(ledger, plan.fund)->number;
    ledger_effect_number(effect, DURE_LABEL_PRICE, plan.price.won);
    ledger_effect_number(effect, DURE_LABEL_SUBSIDY, plan.subsidy.won);
    ledger_effect_move(effect, DURE_MOVE_ORDER_OPENED, effect->fund, work->tx->id.party, 0, NULL,
                       plan.face);
    return DURE_RESULT_DONE;
}

/* ---- credit */
static dure_result_t order_of(const dure_ledger_t *ledger, const work_t *work,
                              const dure_tx_id_t *id, uint32_t *cell, uint32_t *party)
{
    *cell = ledger_index_find(ledger, INDEX_ORDER, ledger_id(id));
    if (*cell == CELL_NONE) {
        return DURE_RESULT_ORDER_UNKNOWN;
    }
    *party = ledger_party_find(ledger, id->party);
    DURE_ASSERT(*party != CELL_NONE);
    return party_at(ledger, *party)->city == party_at(ledger, work->signer)->city
               ? DURE_RESULT_DONE
               : DURE_RESULT_OTHER_CITY;
}

static void order_close(dure_ledger_t *ledger, uint32_t cell, uint32_t party)
{
    ledger_dirty(ledger, DURE_TABLE_ORDER, cell);
    ledger_index_remove(ledger, INDEX_ORDER, cell);
    ledger_open_remove(ledger, POOL_ORDER, party, cell);
}

/* The account's won leave the reservation: into escrow, or back. */
static void reservation_end(dure_ledger_t *ledger, const order_t *order, uint8_t city, bool back)
{
    if (dure_amount_is_zero(order->subsidy)) {
        return;
    }
    const uint32_t cell = ledger_account_find(ledger, city, &order->account);
    DURE_ASSERT(cell != CELL_NONE);
    if (back) {
        ledger_account_reserved_return(ledger, cell, order->subsidy);
    } else {
        ledger_account_reserved_spend(ledger, cell, order->subsidy);
    }
}

static void credit_perform(dure_ledger_t *ledger, const work_t *work, uint32_t cell, uint32_t party)
{
    const order_t order = *order_at(ledger, cell);
    const uint32_t at = ledger_fund_find(ledger, order.fund);
    fund_t *fund = ledger_fund_change(ledger, at);
    fund->ordered = dure_amount_minus(fund->ordered, order.face);
    fund->issued = dure_amount_plus(fund->issued, order.face);
    fund->held_citizens = dure_amount_plus(fund->held_citizens, order.face);
    fund->escrow = dure_amount_plus(fund->escrow, order.face);
    reservation_end(ledger, &order, fund->city, false);
    order_close(ledger, cell, party);
    const uint32_t lot = ledger_lot_issue(ledger, party, at, order.version, DURE_ORIGIN_PURCHASE,
                                          order.face, order.price, order.day);
    dure_effect_t *effect = work->effect;
    const uint64_t owner = order.id.party;
    effect->fund = order.fund;
    ledger_effect_move(effect, DURE_MOVE_PRICE_TO_ESCROW, order.fund, owner, 0, NULL, order.price);
    if (!dure_amount_is_zero(order.subsidy)) {
        ledger_effect_move(effect, DURE_MOVE_SUBSIDY_TO_ESCROW, order.fund, 0, 0, &order.account,
                           order.subsidy);
    }
    ledger_effect_move(effect, DURE_MOVE_LOT_ISSUED, order.fund, owner, lot, NULL, order.face);
}

dure_result_t ledger_purchase_credit(dure_ledger_t *ledger, const work_t *work)
{
    const dure_purchase_credit_t *body = &work->tx->body.purchase_credit;
    if (!ledger_has_role(ledger, work->signer, DURE_SERVICE_BANK)) {
        return DURE_RESULT_NOT_PERMITTED;
    }
    uint32_t cell;
    uint32_t party;
    const dure_result_t found = order_of(ledger, work, &body->order, &cell, &party);
    if (found != DURE_RESULT_DONE) {
        return found;
    }
    const dure_amount_t price = order_at(ledger, cell)->price;
    if (dure_amount_compare(price, body->price) != 0) {
        ledger_effect_number(work->effect, DURE_LABEL_EXPECTED, price.won);
        ledger_effect_number(work->effect, DURE_LABEL_GIVEN, body->price.won);
        return DURE_RESULT_PRICE_DIFFERS;
    }
    /* After this point the credit must succeed. */
    credit_perform(ledger, work, cell, party);
    return DURE_RESULT_DONE;
}

/* ---- void */
void ledger_purchase_uncount(dure_ledger_t *ledger, uint32_t party, uint32_t fund, uint8_t version,
                             dure_amount_t amount, dure_amount_t subsidy, dure_day_t day)
{
    question_t event = ledger_question(fund, version, DURE_VERB_PURCHASE, amount);
    event.roles[DURE_ROLE_BUYER] = party;
    const made_t made = {.event = true, .amount = amount, .subsidy = subsidy};
    ledger_counters_give_back(ledger, &event, &made, day);
}

dure_result_t ledger_purchase_void(dure_ledger_t *ledger, const work_t *work)
{
    uint32_t cell;
    uint32_t party;
    const dure_tx_id_t *id = &work->tx->body.purchase_void.order;
    const dure_result_t found = order_of(ledger, work, id, &cell, &party);
    if (found != DURE_RESULT_DONE) {
        return found;
    }
    if (party != work->signer && !ledger_has_role(ledger, work->signer, DURE_SERVICE_BANK)) {
        return DURE_RESULT_NOT_PERMITTED;
    }
    /* After this point it must succeed. */
    const order_t order = *order_at(ledger, cell);
    const uint32_t at = ledger_fund_find(ledger, order.fund);
    fund_t *fund = ledger_fund_change(ledger, at);
    fund->ordered = dure_amount_minus(fund->ordered, order.face);
    reservation_end(ledger, &order, fund->city, true);
    ledger_purchase_uncount(ledger, party, at, order.version, order.face, order.subsidy, order.day);
    order_close(ledger, cell, party);
    work->effect->fund = order.fund;
    ledger_effect_move(work->effect, DURE_MOVE_ORDER_CLOSED, order.fund, order.id.party, 0, NULL,
                       order.face);
    return DURE_RESULT_DONE;
}
