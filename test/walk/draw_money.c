/* Drawing: what is bought, paid, given, refunded and cashed out. */
#include "walk/walk.h"

#include <string.h>

/* ---- buying */
static void draw_deposit(walk_t *walk, dure_tx_t *tx)
{
    const uint64_t won = walk_chance(walk, 2) ? DURE_AMOUNT_WON_MAX : walk_between(walk, 1, 60000);
    tx->id.party =
        walk_service(walk, DURE_SERVICE_BANK, walk_chance(walk, 85) ? WALK_GIMPO : WALK_GOYANG);
    tx->body = (dure_body_t){.kind = DURE_BODY_DEPOSIT,
                             .deposit = {.account = walk_account(walk), .amount = {won}}};
}

/* One who buys little and often: his wallet is full of lots. */
#define COLLECTOR UINT64_C(105)

static uint64_t sold_fund(walk_t *walk, uint32_t city)
{
    uint64_t number = walk_fund(walk, city);
    for (uint32_t i = 0; i < 4; i++) {
        const model_fund_t *fund = model_fund(walk->model, number);
        if (fund != NULL &&
            (model_rules(fund, 0)->verbs[DURE_VERB_PURCHASE].declared || walk_chance(walk, 3))) {
            break;
        }
        number = walk_fund(walk, city);
    }
    return number;
}

static void draw_order(walk_t *walk, dure_tx_t *tx)
{
    tx->id.party = walk_chance(walk, 33) ? COLLECTOR : walk_party(walk, DURE_KIND_CITIZEN);
    const model_party_t *party = model_party(walk->model, tx->id.party);
    const bool small = tx->id.party == COLLECTOR || walk_chance(walk, 5);
    const uint64_t face = walk_between(walk, 1, small ? 5 : 70000);
    tx->body = (dure_body_t){
        .kind = DURE_BODY_PURCHASE_ORDER,
        .purchase_order = {
            .fund = sold_fund(walk, party == NULL ? WALK_GIMPO : party->city),
            .face = {walk_chance(walk, 1) ? DURE_AMOUNT_WON_MAX : face},
            .price_max = {walk_chance(walk, 80) ? 0 : face - walk_roll(walk, face / 5 + 1)}}};
}

/* Somebody who has something to spend, mostly. */
static uint64_t draw_payer(walk_t *walk)
{
    uint64_t number = walk_party(walk, DURE_KIND_CITIZEN);
    for (uint32_t i = 0; i < 3 && !walk_chance(walk, 10); i++) {
        const model_party_t *party = model_party(walk->model, number);
        if (party == NULL || (party->lots_count > 0 && party->number != COLLECTOR)) {
            break;
        }
        number = walk_party(walk, DURE_KIND_CITIZEN);
    }
    return walk_roll(walk, 500) == 0 ? COLLECTOR : number;
}

static const model_order_t *order_of(walk_t *walk)
{
    const model_t *model = walk->model;
    return model->orders_count == 0 || walk_chance(walk, 3)
               ? NULL
               : &model->orders[walk_roll(walk, model->orders_count)];
}

static uint32_t city_of(walk_t *walk, uint64_t party)
{
    const model_party_t *found = model_party(walk->model, party);
    return found == NULL ? WALK_GIMPO : found->city;
}

static void draw_credit(walk_t *walk, dure_tx_t *tx)
{
    const model_order_t *order = order_of(walk);
    const dure_tx_id_t id = order == NULL ? (dure_tx_id_t){101, 0, 999} : order->id;
    tx->id.party = walk_service(walk, DURE_SERVICE_BANK, city_of(walk, id.party));
    tx->body = (dure_body_t){
        .kind = DURE_BODY_PURCHASE_CREDIT,
        .purchase_credit = {.order = id,
                            .price = {(order == NULL ? 1 : order->price) + walk_chance(walk, 5)}}};
}

static void draw_void(walk_t *walk, dure_tx_t *tx)
{
    const model_order_t *order = order_of(walk);
    const dure_tx_id_t id = order == NULL ? (dure_tx_id_t){101, 0, 999} : order->id;
    tx->id.party = walk_chance(walk, 50)
                       ? id.party
                       : walk_service(walk, DURE_SERVICE_BANK, city_of(walk, id.party));
    tx->body = (dure_body_t){.kind = DURE_BODY_PURCHASE_VOID, .purchase_void = {.order = id}};
}

/* A lot of somebody: touched or not, as is asked; else any. */
static void draw_lot(walk_t *walk, dure_tx_t *tx, bool touched, uint64_t *fund, uint32_t *number)
{
    *fund = walk_fund(walk, WALK_GIMPO);
    *number = (uint32_t)walk_between(walk, 1, 30);
    tx->id.party = walk_party(walk, DURE_KIND_CITIZEN);
    for (uint32_t i = 0; i < 30; i++) {
        const model_party_t *party =
            walk_known(walk, DURE_KIND_CITIZEN, walk_chance(walk, 95) ? WALK_GIMPO : WALK_GOYANG);
        if (party->lots_count == 0) {
            continue;
        }
        const model_lot_t *lot = &party->lots[walk_roll(walk, party->lots_count)];
        tx->id.party = party->number;
        *fund = lot->fund;
        *number = lot->number;
        if (lot->origin == DURE_ORIGIN_PURCHASE && touched == (lot->left < lot->face)) {
            return;
        }
    }
}

static void draw_back(walk_t *walk, dure_tx_t *tx, bool cancel)
{
    uint64_t fund;
    uint32_t lot;
    draw_lot(walk, tx, cancel == walk_chance(walk, 15), &fund, &lot);
    lot += walk_chance(walk, 2) ? 1000 : 0;
    fund = walk_chance(walk, 2) ? 77 : fund;
    if (walk_chance(walk, 2)) {
        tx->id.party = walk_party(walk, DURE_KIND_MERCHANT);
    }
    if (cancel) {
        tx->body = (dure_body_t){.kind = DURE_BODY_PURCHASE_CANCEL,
                                 .purchase_cancel = {.fund = fund, .lot = lot}};
    } else {
        tx->body =
            (dure_body_t){.kind = DURE_BODY_REMAINDER, .remainder = {.fund = fund, .lot = lot}};
    }
}

static void draw_redemption(walk_t *walk, dure_tx_t *tx)
{
    tx->id.party = walk_party(walk, DURE_KIND_MERCHANT);
    const model_party_t *party = model_party(walk->model, tx->id.party);
    uint64_t fund = walk_fund(walk, WALK_GIMPO);
    uint64_t amount = walk_between(walk, 1, 20000);
    if (party != NULL && party->balances_count > 0 && walk_chance(walk, 90)) {
        const model_balance_t *balance = &party->balances[walk_roll(walk, party->balances_count)];
        fund = balance->fund;
        amount = walk_chance(walk, 20) ? balance->amount + 1
                                       : walk_between(walk, 1, balance->amount + 1);
        amount -= walk_chance(walk, 50) && amount > 1;
    }
    if (walk_chance(walk, 2)) {
        fund = 77;
    }
    tx->body = (dure_body_t){.kind = DURE_BODY_REDEMPTION,
                             .redemption = {.fund = fund, .amount = {amount}}};
}

static void draw_result(walk_t *walk, dure_tx_t *tx)
{
    const model_t *model = walk->model;
    dure_tx_id_t id = {101, 0, 999};
    if (model->payouts_count > 0 && !walk_chance(walk, 2)) {
        id = model->payouts[walk_roll(walk, model->payouts_count)].id;
    }
    tx->id.party = walk_service(walk, DURE_SERVICE_BANK, city_of(walk, id.party));
    tx->body =
        (dure_body_t){.kind = DURE_BODY_PAYOUT_RESULT,
                      .payout_result = {.payout = id, .outcome = walk_chance(walk, 75) ? 1 : 2}};
}

bool walk_draw_money(walk_t *walk, dure_tx_t *tx)
{
    const uint64_t what = walk_roll(walk, 100);
    const bool orders = walk->model->orders_count > 0;
    if (!orders && what >= 38 && what < 66 && walk_chance(walk, 90)) {
        return false;
    }
    if (what < 6) {
        draw_deposit(walk, tx);
    } else if (what < 38) {
        draw_order(walk, tx);
    } else if (what < 62) {
        draw_credit(walk, tx);
    } else if (what < 66) {
        draw_void(walk, tx);
    } else if (what < 74) {
        draw_back(walk, tx, true);
    } else if (what < 82) {
        draw_back(walk, tx, false);
    } else if (what < 92) {
        draw_redemption(walk, tx);
    } else {
        draw_result(walk, tx);
    }
    return true;
}

/* ---- paying */
static uint64_t draw_amount(walk_t *walk, const model_party_t *party)
{
    uint64_t has = 0;
    for (uint32_t i = 0; party != NULL && i < party->lots_count; i++) {
        has += party->lots[i].end_day >= walk->model->today ? party->lots[i].left : 0;
    }
    const uint64_t what = walk_roll(walk, 10);
    if (party != NULL && party->number == COLLECTOR && !walk_chance(walk, 30)) {
        return has == 0 ? 1 : has; /* all of it, lot by lot */
    }
    if (what < 2 || has == 0) {
        return walk_between(walk, 1, 40);
    }
    if (what < 3) {
        return has + (walk_chance(walk, 50) ? walk_between(walk, 1, 5000) : 0);
    }
    if (what < 7) {
        return walk_between(walk, 1, has < 20000 ? has : 20000);
    }
    return walk_between(walk, 1, has);
}

static uint16_t draw_funds(walk_t *walk, const model_party_t *party, dure_fund_choice_t *funds)
{
    if (walk_chance(walk, 60)) {
        return 0;
    }
    const uint16_t count = (uint16_t)walk_between(walk, 1, 4);
    for (uint32_t i = 0; i < count; i++) {
        funds[i].fund = walk_fund(walk, party == NULL ? WALK_GIMPO : party->city);
        if (party != NULL && party->lots_count > 0 && walk_chance(walk, 70)) {
            funds[i].fund = party->lots[walk_roll(walk, party->lots_count)].fund;
        }
        for (uint32_t k = 0; k < i && !walk_chance(walk, 30); k++) {
            funds[i].fund =
                funds[k].fund == funds[i].fund ? walk_fund(walk, WALK_GIMPO) : funds[i].fund;
        }
    }
    return count;
}

static void draw_payment(walk_t *walk, dure_tx_t *tx)
{
    tx->id.party = draw_payer(walk);
    const model_party_t *party = model_party(walk->model, tx->id.party);
    dure_payment_t body = {.payee = walk_party(walk, DURE_KIND_MERCHANT),
                           .channel = (uint8_t)walk_between(walk, 1, 4)};
    body.amount = dure_amount(draw_amount(walk, party));
    body.funds_count = draw_funds(walk, party, body.funds);
    body.payee = walk_chance(walk, 1) ? tx->id.party : body.payee;
    tx->body = (dure_body_t){.kind = DURE_BODY_PAYMENT, .payment = body};
}

static void draw_gift(walk_t *walk, dure_tx_t *tx)
{
    tx->id.party = draw_payer(walk);
    const model_party_t *party = model_party(walk->model, tx->id.party);
    dure_gift_t body = {.receiver = walk_party(walk, DURE_KIND_CITIZEN)};
    body.amount = dure_amount(draw_amount(walk, party));
    body.funds_count = draw_funds(walk, party, body.funds);
    tx->body = (dure_body_t){.kind = DURE_BODY_GIFT, .gift = body};
}

static void draw_recirculation(walk_t *walk, dure_tx_t *tx)
{
    draw_redemption(walk, tx);
    const dure_redemption_t from = tx->body.redemption;
    tx->body = (dure_body_t){.kind = DURE_BODY_RECIRCULATION,
                             .recirculation = {.payee = walk_chance(walk, 2)
                                                            ? tx->id.party
                                                            : walk_party(walk, DURE_KIND_MERCHANT),
                                               .fund = from.fund,
                                               .amount = from.amount}};
}

static const walk_key_t *key_of(const walk_t *walk, const dure_public_key_t *key)
{
    for (uint32_t i = 0; i < WALK_KEYS; i++) {
        if (memcmp(&walk->keys[i].key, key, sizeof *key) == 0) {
            return &walk->keys[i];
        }
    }
    return NULL;
}

static void mandate_sign(walk_t *walk, const model_party_t *payer, dure_collection_t *body,
                         bool *right)
{
    *right = false;
    if (payer == NULL) {
        return;
    }
    const dure_key_entry_t *entry = &payer->keys[walk_roll(walk, payer->keys_count)];
    body->slot = walk_chance(walk, 3) ? 3 : entry->slot;
    const walk_key_t *with =
        walk_chance(walk, 4) ? &walk->keys[walk_roll(walk, WALK_KEYS)] : key_of(walk, &entry->key);
    uint8_t message[DURE_MANDATE_MESSAGE_SIZE];
    dure_mandate_message(message, dure_ledger_chain_id(walk->ledger), &body->mandate);
    const bool is_signed =
        with != NULL && dure_sign(&body->signature, &with->secret, message, sizeof message);
    for (uint32_t i = 0; i < payer->keys_count; i++) {
        *right = *right || (is_signed && payer->keys[i].slot == body->slot &&
                            memcmp(&payer->keys[i].key, &with->key, sizeof with->key) == 0);
    }
    if (walk_chance(walk, 2)) {
        body->mandate.amount_max.won ^= 1; /* not what was signed */
        body->mandate.amount_max.won += body->mandate.amount_max.won == 0 ? 2 : 0;
        *right = false;
    }
}

static void draw_collection(walk_t *walk, dure_tx_t *tx, model_seal_t *seal)
{
    tx->id.party = walk_party(walk, DURE_KIND_MERCHANT);
    dure_collection_t body = {.channel = (uint8_t)walk_between(walk, 1, 4)};
    dure_mandate_t *mandate = &body.mandate;
    mandate->payer = draw_payer(walk);
    const model_party_t *payer = model_party(walk->model, mandate->payer);
    body.amount = dure_amount(draw_amount(walk, payer));
    mandate->number = walk_next_number(walk, mandate->payer, 0);
    mandate->amount_max =
        dure_amount(walk_chance(walk, 92) ? body.amount.won + 10 : (body.amount.won + 1) / 2);
    mandate->until =
        walk->model->time + walk_roll(walk, 3600000) - (walk_chance(walk, 4) ? 7200000 : 0);
    mandate->payee = walk_chance(walk, 60) ? 0 : walk_chance(walk, 90) ? tx->id.party : 201;
    mandate_sign(walk, payer, &body, &seal->mandate_signed);
    tx->body = (dure_body_t){.kind = DURE_BODY_COLLECTION, .collection = body};
}

static bool may_refund(walk_t *walk, const model_paid_t *paid)
{
    for (uint32_t i = 0; i < paid->parts_count; i++) {
        const model_fund_t *fund = model_fund(walk->model, paid->parts[i].fund);
        if (model_rules(fund, paid->parts[i].version)->refund_days == 0) {
            return false;
        }
    }
    return true;
}

static void draw_refund(walk_t *walk, dure_tx_t *tx, model_seal_t *seal)
{
    const model_t *model = walk->model;
    const uint32_t known = model->paid_count < MODEL_PAID ? model->paid_count : MODEL_PAID;
    dure_tx_id_t id = {101, 0, 1000000};
    uint64_t amount = walk_between(walk, 1, 1000);
    tx->id.party = walk_party(walk, DURE_KIND_MERCHANT);
    if (known > 0) {
        /* The latest more often, so that days and lots are still there. */
        const uint32_t back =
            (uint32_t)walk_roll(walk, walk_chance(walk, 60) && known > 30 ? 30 : known);
        const model_paid_t *paid = &model->paid[(model->paid_count - 1 - back) % MODEL_PAID];
        for (uint32_t i = 0; i < 6; i++) {
            if (paid->accepted && paid->day + 12 >= model->today && may_refund(walk, paid)) {
                break;
            }
            paid = &model->paid[walk_roll(walk, known)];
        }
        id = paid->id;
        uint64_t rest = paid->amount;
        for (uint32_t i = 0; i < model->refunds_count; i++) {
            rest -= model_same_id(&model->refunds[i].id, &id) ? model->refunds[i].refunded : 0;
        }
        amount = walk_chance(walk, 30) ? rest : walk_between(walk, 1, rest + 1);
        amount = amount == 0 ? 1 : amount;
        tx->id.party = paid->accepted && walk_chance(walk, 97) ? paid->payee : tx->id.party;
    }
    seal->witnessed = known > 0 && !walk_chance(walk, 3);
    tx->body =
        (dure_body_t){.kind = DURE_BODY_REFUND, .refund = {.payment = id, .amount = {amount}}};
}

bool walk_draw_pay(walk_t *walk, dure_tx_t *tx, model_seal_t *seal)
{
    const uint64_t what = walk_roll(walk, 100);
    if (what < 40) {
        draw_payment(walk, tx);
    } else if (what < 52) {
        draw_collection(walk, tx, seal);
    } else if (what < 74) {
        draw_refund(walk, tx, seal);
    } else if (what < 90) {
        draw_gift(walk, tx);
    } else {
        draw_recirculation(walk, tx);
    }
    return true;
}
