/* Buying, giving back what was bought, cashing out, and what the bank reports. */
#include "walk/model.h"

static bool has_role(const model_work_t *work, uint32_t role)
{
    return (work->signer->roles & role) != 0;
}

model_code_t model_deposit(model_t *model, const model_work_t *work)
{
    const dure_deposit_t *body = &work->tx->body.deposit;
    if (!has_role(work, DURE_SERVICE_BANK)) {
        return DURE_RESULT_NOT_PERMITTED;
    }
    model_account_t *account = model_account(model, work->signer->city, &body->account);
    if (account == NULL) {
        return DURE_RESULT_ACCOUNT_UNKNOWN;
    }
    if (!model_ever_fits(model, work->signer->city, body->amount.won)) {
        return DURE_RESULT_AMOUNT_TOO_LARGE;
    }
    account->deposited += body->amount.won;
    account->balance += body->amount.won;
    return DURE_RESULT_DONE;
}

/* ---- orders */
/* What an order comes to when the program has agreed. */
static model_code_t order_money(model_t *model, const model_work_t *work, model_fund_t *fund,
                                uint8_t version, uint64_t subsidy)
{
    const dure_purchase_order_t *body = &work->tx->body.purchase_order;
    const uint64_t face = body->face.won;
    const model_code_t ceiling = model_ceiling(model, fund, face);
    if (ceiling != DURE_RESULT_DONE) {
        return ceiling;
    }
    const dure_name_t *from = &model_rules(fund, version)->verbs[DURE_VERB_PURCHASE].subsidy_from;
    model_account_t *account = subsidy == 0 ? NULL : model_account(model, fund->city, from);
    if (account != NULL && account->balance < subsidy) {
        return DURE_RESULT_ACCOUNT_EMPTY;
    }
    if (subsidy == face) {
        return DURE_RESULT_PRICE_ZERO;
    }
    if (body->price_max.won != 0 && face - subsidy > body->price_max.won) {
        return DURE_RESULT_PRICE_ABOVE_BOUND;
    }
    const model_places_t one = {.count = 1, .funds = {fund->number}, .lots = {1}};
    const model_code_t place = model_places_make(model, work->signer, &one);
    if (place != DURE_RESULT_DONE) {
        return place;
    }
    if (model->orders_count == 1024 + model->parties_max / 4) {
        return DURE_RESULT_TABLE_FULL;
    }
    model_order_t order = {.id = work->tx->id,
                           .fund = fund->number,
                           .face = face,
                           .price = face - subsidy,
                           .version = version,
                           .day = model->today};
    if (account != NULL) {
        order.account = account->name;
        account->balance -= subsidy;
        account->reserved += subsidy;
    }
    fund->ordered += face;
    model->orders[model->orders_count++] = order;
    return DURE_RESULT_DONE;
}

model_code_t model_order(model_t *model, const model_work_t *work)
{
    const dure_purchase_order_t *body = &work->tx->body.purchase_order;
    if (work->signer->kind != DURE_KIND_CITIZEN) {
        return DURE_RESULT_KIND_WRONG;
    }
    const model_code_t stopped = model_may_send(model, work->signer);
    if (stopped != DURE_RESULT_DONE) {
        return stopped;
    }
    model_fund_t *fund = model_fund(model, body->fund);
    if (fund == NULL) {
        return DURE_RESULT_FUND_UNKNOWN;
    }
    if (fund->city != work->signer->city) {
        return DURE_RESULT_OTHER_CITY;
    }
    if (fund->mode != DURE_FUND_MODE_OPEN) {
        return DURE_RESULT_FUND_PAUSED;
    }
    const uint8_t version = model_version_today(model, fund);
    if (model_end_day(model_rules(fund, version), model->today) < model->today) {
        return DURE_RESULT_DATES_WRONG;
    }
    const model_question_t question = {.fund = fund,
                                       .version = version,
                                       .channel = DURE_CHANNEL_ONLINE,
                                       .verb = DURE_VERB_PURCHASE,
                                       .amount = body->face.won,
                                       .roles = {[DURE_ROLE_BUYER] = work->signer},
                                       .issue_day = model->today};
    dure_yak_decision_t decision;
    model_code_t code = model_ask(model, &question, &decision);
    if (code != DURE_RESULT_DONE) {
        return code;
    }
    model_save(model, work->signer, NULL);
    code = model_count(model, &question, decision.subsidy.won, 0);
    if (code == DURE_RESULT_DONE) {
        code = order_money(model, work, fund, version, decision.subsidy.won);
    }
    if (code != DURE_RESULT_DONE) {
        model_restore(model);
    }
    return code;
}

static model_code_t order_find(model_t *model, const model_work_t *work, const dure_tx_id_t *id,
                               model_order_t **order)
{
    for (uint32_t i = 0; i < model->orders_count; i++) {
        if (model_same_id(&model->orders[i].id, id)) {
            *order = &model->orders[i];
            return model_party(model, id->party)->city == work->signer->city
                       ? DURE_RESULT_DONE
                       : DURE_RESULT_OTHER_CITY;
        }
    }
    return DURE_RESULT_ORDER_UNKNOWN;
}

model_code_t model_credit(model_t *model, const model_work_t *work)
{
    const dure_purchase_credit_t *body = &work->tx->body.purchase_credit;
    if (!has_role(work, DURE_SERVICE_BANK)) {
        return DURE_RESULT_NOT_PERMITTED;
    }
    model_order_t *at;
    const model_code_t found = order_find(model, work, &body->order, &at);
    if (found != DURE_RESULT_DONE) {
        return found;
    }
    if (at->price != body->price.won) {
        return DURE_RESULT_PRICE_DIFFERS;
    }
    const model_order_t order = *at;
    *at = model->orders[--model->orders_count];
    model_fund_t *fund = model_fund(model, order.fund);
    fund->ordered -= order.face;
    fund->issued += order.face;
    fund->held_citizens += order.face;
    fund->escrow += order.face;
    if (order.face > order.price) {
        model_account_t *account = model_account(model, fund->city, &order.account);
        account->reserved -= order.face - order.price;
        account->spent += order.face - order.price;
    }
    model_lot_issue(model, model_party(model, order.id.party), fund, order.version,
                    DURE_ORIGIN_PURCHASE, order.face, order.price, order.day);
    return DURE_RESULT_DONE;
}

/* What a purchase was counted with, on the day it was ordered. */
static void purchase_count_back(model_t *model, model_party_t *party, model_fund_t *fund,
                                uint8_t version, uint64_t face, uint64_t subsidy, int day)
{
    const model_question_t question = {.fund = fund,
                                       .version = version,
                                       .verb = DURE_VERB_PURCHASE,
                                       .roles = {[DURE_ROLE_BUYER] = party}};
    const model_back_t back = {.amount = face, .subsidy = subsidy, .events = 1};
    model_count_back(model, &question, &back, day);
}

model_code_t model_void(model_t *model, const model_work_t *work)
{
    model_order_t *at;
    const model_code_t found = order_find(model, work, &work->tx->body.purchase_void.order, &at);
    if (found != DURE_RESULT_DONE) {
        return found;
    }
    if (at->id.party != work->signer->number && !has_role(work, DURE_SERVICE_BANK)) {
        return DURE_RESULT_NOT_PERMITTED;
    }
    const model_order_t order = *at;
    *at = model->orders[--model->orders_count];
    model_fund_t *fund = model_fund(model, order.fund);
    const uint64_t subsidy = order.face - order.price;
    fund->ordered -= order.face;
    if (subsidy > 0) {
        model_account_t *account = model_account(model, fund->city, &order.account);
        account->reserved -= subsidy;
        account->balance += subsidy;
    }
    purchase_count_back(model, model_party(model, order.id.party), fund, order.version, order.face,
                        subsidy, order.day);
    return DURE_RESULT_DONE;
}

/* ---- what was bought goes back */
static void payout_put(model_t *model, const model_work_t *work, const model_fund_t *fund,
                       uint8_t version, uint8_t why, uint64_t amount)
{
    model->payouts[model->payouts_count++] = (model_payout_t){.id = work->tx->id,
                                                              .fund = fund->number,
                                                              .amount = amount,
                                                              .version = version,
                                                              .why = why,
                                                              .day = model->today};
}

static bool payout_room(const model_t *model)
{
    return model->payouts_count < 1024 + model->parties_max / 4;
}

/* The signer's own lot of a fund. */
static model_code_t own_lot(model_t *model, const model_work_t *work, uint64_t number, uint32_t lot,
                            model_fund_t **fund, model_lot_t **at)
{
    if (work->signer->kind != DURE_KIND_CITIZEN) {
        return DURE_RESULT_KIND_WRONG;
    }
    const model_code_t stopped = model_may_send(model, work->signer);
    if (stopped != DURE_RESULT_DONE) {
        return stopped;
    }
    *fund = model_fund(model, number);
    if (*fund == NULL) {
        return DURE_RESULT_FUND_UNKNOWN;
    }
    *at = model_lot(work->signer, number, lot);
    return *at == NULL ? DURE_RESULT_LOT_UNKNOWN : DURE_RESULT_DONE;
}

static model_code_t lot_ask(model_t *model, const model_work_t *work, model_fund_t *fund,
                            dure_verb_t verb, const model_lot_t *lot)
{
    if (lot->end_day < model->today) {
        return DURE_RESULT_DATES_WRONG;
    }
    if (fund->mode == DURE_FUND_MODE_FULL_REFUND) {
        return DURE_RESULT_DONE; /* then nothing is asked */
    }
    const model_question_t question = {.fund = fund,
                                       .version = model_lot_version(model, fund, lot),
                                       .verb = verb,
                                       .amount = lot->left,
                                       .roles = {[DURE_ROLE_HOLDER] = work->signer},
                                       .lot = lot,
                                       .issue_day = lot->issue_day};
    dure_yak_decision_t decision;
    const model_code_t code = model_ask(model, &question, &decision);
    return code != DURE_RESULT_DONE ? code : model_count(model, &question, 0, 0);
}

/* The subsidy's part of what goes back. */
static void subsidy_back(model_t *model, model_fund_t *fund, uint8_t version, uint64_t amount)
{
    fund->refunded += amount;
    fund->escrow -= amount;
    if (amount > 0) {
        model_get_back(
            model_account(model, fund->city,
                          &model_rules(fund, version)->verbs[DURE_VERB_PURCHASE].subsidy_from),
            amount);
    }
}

model_code_t model_cancel(model_t *model, const model_work_t *work)
{
    const dure_purchase_cancel_t *body = &work->tx->body.purchase_cancel;
    model_fund_t *fund;
    model_lot_t *at;
    const model_code_t found = own_lot(model, work, body->fund, body->lot, &fund, &at);
    if (found != DURE_RESULT_DONE) {
        return found;
    }
    if (at->origin != DURE_ORIGIN_PURCHASE || at->gifted) {
        return DURE_RESULT_LOT_NOT_BOUGHT;
    }
    if (at->left != at->face) {
        return DURE_RESULT_LOT_TOUCHED;
    }
    const model_code_t asked = lot_ask(model, work, fund, DURE_VERB_CANCEL, at);
    if (asked != DURE_RESULT_DONE) {
        return asked;
    }
    if (!payout_room(model)) {
        return DURE_RESULT_TABLE_FULL;
    }
    const model_lot_t lot = *at;
    model_lot_drop(work->signer, lot.fund, lot.number);
    fund->held_citizens -= lot.face;
    fund->pending += lot.paid;
    subsidy_back(model, fund, lot.version, lot.face - lot.paid);
    purchase_count_back(model, work->signer, fund, lot.version, lot.face, lot.face - lot.paid,
                        lot.order_day);
    payout_put(model, work, fund, lot.version, 2, lot.paid);
    return DURE_RESULT_DONE;
}

model_code_t model_remainder(model_t *model, const model_work_t *work)
{
    const dure_remainder_t *body = &work->tx->body.remainder;
    model_fund_t *fund;
    model_lot_t *at;
    const model_code_t found = own_lot(model, work, body->fund, body->lot, &fund, &at);
    if (found != DURE_RESULT_DONE) {
        return found;
    }
    if (at->origin != DURE_ORIGIN_PURCHASE) {
        return DURE_RESULT_LOT_NOT_BOUGHT;
    }
    const model_code_t asked = lot_ask(model, work, fund, DURE_VERB_REMAINDER, at);
    if (asked != DURE_RESULT_DONE) {
        return asked;
    }
    const model_lot_t lot = *at;
    const uint64_t price = (uint64_t)((unsigned __int128)lot.paid * lot.left / lot.face);
    if (price > 0 && !payout_room(model)) {
        return DURE_RESULT_TABLE_FULL;
    }
    model_lot_drop(work->signer, lot.fund, lot.number);
    fund->held_citizens -= lot.left;
    fund->pending += price;
    subsidy_back(model, fund, lot.version, lot.left - price);
    if (price > 0) {
        payout_put(model, work, fund, lot.version, 3, price);
    }
    return DURE_RESULT_DONE;
}

/* ---- merchants */
/* DONE, NOT_ENOUGH_MONEY or MONEY_HELD. */
static model_code_t has_free(model_t *model, model_party_t *party, uint64_t fund, uint64_t amount)
{
    const model_balance_t *balance = model_balance(party, fund);
    const uint64_t has = balance == NULL ? 0 : balance->amount;
    if (has < amount) {
        return DURE_RESULT_NOT_ENOUGH_MONEY;
    }
    return has < model_money_held(model, party, fund) + amount ? DURE_RESULT_MONEY_HELD
                                                               : DURE_RESULT_DONE;
}

static void balance_take(model_party_t *party, uint64_t fund, uint64_t amount)
{
    const model_balance_t *balance = model_balance(party, fund);
    model_balance_set(party, fund, balance->amount - amount, balance->owed);
}

model_code_t model_redemption(model_t *model, const model_work_t *work)
{
    const dure_redemption_t *body = &work->tx->body.redemption;
    const uint64_t amount = body->amount.won;
    if (work->signer->kind != DURE_KIND_MERCHANT) {
        return DURE_RESULT_KIND_WRONG;
    }
    model_code_t code = model_may_send(model, work->signer);
    if (code != DURE_RESULT_DONE) {
        return code;
    }
    model_fund_t *fund = model_fund(model, body->fund);
    if (fund == NULL) {
        return DURE_RESULT_FUND_UNKNOWN;
    }
    code = has_free(model, work->signer, fund->number, amount);
    if (code != DURE_RESULT_DONE) {
        return code;
    }
    const uint8_t version = model_version_today(model, fund);
    const model_question_t question = {.fund = fund,
                                       .version = version,
                                       .verb = DURE_VERB_REDEMPTION,
                                       .amount = amount,
                                       .roles = {[DURE_ROLE_HOLDER] = work->signer},
                                       .issue_day = model->today};
    dure_yak_decision_t decision;
    code = model_ask(model, &question, &decision);
    if (code != DURE_RESULT_DONE) {
        return code;
    }
    const uint64_t share = decision.share.won;
    if (share < amount && !payout_room(model)) {
        return DURE_RESULT_TABLE_FULL;
    }
    code = model_count(model, &question, 0, 0);
    const dure_yak_verb_t *verb = &model_rules(fund, version)->verbs[DURE_VERB_REDEMPTION];
    balance_take(work->signer, fund->number, amount);
    fund->held_merchants -= amount;
    if (share == amount) {
        fund->redeemed += share;
        fund->escrow -= share;
        model_get_back(model_account(model, fund->city, &verb->share_to), share);
        return code;
    }
    fund->pending += amount;
    payout_put(model, work, fund, version, 1, amount - share);
    model_payout_t *payout = &model->payouts[model->payouts_count - 1];
    payout->share = share;
    if (decision.outcome == DURE_YAK_HELD) {
        payout->hold_until = dure_day_add_days(model->today, decision.hold_days);
        payout->rule = verb->rules[decision.rule].name;
    }
    return code;
}

model_code_t model_recirculation(model_t *model, const model_work_t *work)
{
    const dure_recirculation_t *body = &work->tx->body.recirculation;
    const uint64_t amount = body->amount.won;
    if (work->signer->kind != DURE_KIND_MERCHANT) {
        return DURE_RESULT_KIND_WRONG;
    }
    model_code_t code = model_may_send(model, work->signer);
    code = code != DURE_RESULT_DONE ? code : model_may_receive(model, work->signer);
    if (code != DURE_RESULT_DONE) {
        return code;
    }
    if (body->payee == work->signer->number) {
        return DURE_RESULT_SELF_PAYMENT;
    }
    model_party_t *payee = model_party(model, body->payee);
    if (payee == NULL) {
        return DURE_RESULT_PAYEE_UNKNOWN;
    }
    if (payee->kind != DURE_KIND_MERCHANT) {
        return DURE_RESULT_KIND_WRONG;
    }
    if (payee->city != work->signer->city) {
        return DURE_RESULT_OTHER_CITY;
    }
    code = model_may_receive(model, payee);
    if (code != DURE_RESULT_DONE) {
        return code;
    }
    model_fund_t *fund = model_fund(model, body->fund);
    if (fund == NULL) {
        return DURE_RESULT_FUND_UNKNOWN;
    }
    if (fund->city != work->signer->city) {
        return DURE_RESULT_OTHER_CITY;
    }
    if (fund->mode != DURE_FUND_MODE_OPEN) {
        return DURE_RESULT_FUND_PAUSED;
    }
    code = has_free(model, work->signer, fund->number, amount);
    if (code != DURE_RESULT_DONE) {
        return code;
    }
    const model_question_t question = {
        .fund = fund,
        .version = model_version_today(model, fund),
        .verb = DURE_VERB_RECIRCULATION,
        .amount = amount,
        .roles = {[DURE_ROLE_PAYER] = work->signer, [DURE_ROLE_PAYEE] = payee},
        .issue_day = model->today};
    dure_yak_decision_t decision;
    code = model_ask(model, &question, &decision);
    if (code != DURE_RESULT_DONE) {
        return code;
    }
    if (!model_balance_room(model, payee, model_balance(payee, fund->number) == NULL)) {
        return DURE_RESULT_TABLE_FULL;
    }
    model_save(model, work->signer, payee);
    code = model_count(model, &question, 0, 0);
    if (code != DURE_RESULT_DONE) {
        model_restore(model);
        return code;
    }
    balance_take(work->signer, fund->number, amount);
    fund->held_merchants -= amount;
    model_receive(model, payee, fund, amount);
    return DURE_RESULT_DONE;
}

/* ---- the bank's answer */
model_code_t model_payout_result(model_t *model, const model_work_t *work)
{
    const dure_payout_result_t *body = &work->tx->body.payout_result;
    if (!has_role(work, DURE_SERVICE_BANK)) {
        return DURE_RESULT_NOT_PERMITTED;
    }
    uint32_t at = 0;
    while (at < model->payouts_count && !model_same_id(&model->payouts[at].id, &body->payout)) {
        at++;
    }
    if (at == model->payouts_count) {
        return DURE_RESULT_PAYOUT_UNKNOWN;
    }
    const model_payout_t payout = model->payouts[at];
    model_party_t *party = model_party(model, payout.id.party);
    if (party->city != work->signer->city) {
        return DURE_RESULT_OTHER_CITY;
    }
    const bool settled = body->outcome == 1;
    if (settled && model->today < payout.hold_until) {
        return DURE_RESULT_PAYOUT_HELD;
    }
    model_fund_t *fund = model_fund(model, payout.fund);
    if (!settled && payout.why != 1) {
        model->payouts[at].rejections += payout.rejections < UINT16_MAX;
        return DURE_RESULT_DONE;
    }
    model->payouts[at] = model->payouts[--model->payouts_count];
    const uint64_t gross = payout.amount + payout.share;
    fund->pending -= gross;
    if (!settled) {
        const model_balance_t *has = model_balance(party, payout.fund);
        fund->held_merchants += gross;
        model_balance_set(party, payout.fund, (has == NULL ? 0 : has->amount) + gross,
                          has == NULL ? 0 : has->owed);
        const model_question_t question = {.fund = fund,
                                           .version = payout.version,
                                           .verb = DURE_VERB_REDEMPTION,
                                           .roles = {[DURE_ROLE_HOLDER] = party}};
        model_count_back(model, &question, &(model_back_t){.amount = gross, .events = 1},
                         payout.day);
        return DURE_RESULT_DONE;
    }
    fund->escrow -= gross;
    if (payout.why == 1) {
        fund->redeemed += gross;
        if (payout.share > 0) {
            const dure_yak_program_t *rules = model_rules(fund, payout.version);
            model_get_back(
                model_account(model, fund->city, &rules->verbs[DURE_VERB_REDEMPTION].share_to),
                payout.share);
        }
    } else {
        fund->refunded += payout.amount;
    }
    return DURE_RESULT_DONE;
}
