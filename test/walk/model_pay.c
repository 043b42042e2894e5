/* Paying and giving: lots stand in line, parts are asked in turn, all or nothing. */
#include "walk/model.h"

#include <string.h>

#define GIVEN_MAX 36u
#define TAKEN_MAX 64u
#define PARTS_MAX 32u
#define FUNDS_MAX 8u
#define MOVES_MAX 72u

/* ---- the line */
typedef struct {
    model_lot_t lot;
    uint32_t rank;
} waiting_t;

typedef struct {
    uint32_t count;
    waiting_t lots[MODEL_LOTS];
} line_t;

static line_t line;

static bool before(const waiting_t *a, const waiting_t *b)
{
    if (a->rank != b->rank) {
        return a->rank < b->rank;
    }
    return a->lot.end_day != b->lot.end_day ? a->lot.end_day < b->lot.end_day
                                            : a->lot.number < b->lot.number;
}

static void line_up(model_t *model, const model_party_t *party, const dure_fund_choice_t *funds,
                    uint32_t funds_count)
{
    line.count = 0;
    for (uint32_t i = 0; i < party->lots_count; i++) {
        const model_lot_t *lot = &party->lots[i];
        const model_fund_t *fund = model_fund(model, lot->fund);
        waiting_t new = {.lot = *lot};
        while (new.rank < funds_count && funds[new.rank].fund != lot->fund) {
            new.rank++;
        }
        if (lot->end_day < model->today || (funds_count > 0 && new.rank == funds_count)) {
            continue;
        }
        if (funds_count == 0) {
            new.rank = model_rules(fund, model_lot_version(model, fund, lot))->priority;
        }
        uint32_t at = line.count++;
        for (; at > 0 && before(&new, &line.lots[at - 1]); at--) {
            line.lots[at] = line.lots[at - 1];
        }
        line.lots[at] = new;
    }
}

static bool alike(model_t *model, const model_lot_t *a, const model_lot_t *b, bool by_facts)
{
    if (a->fund != b->fund || (by_facts && (a->origin != b->origin || a->gifted != b->gifted))) {
        return false;
    }
    const model_fund_t *fund = model_fund(model, a->fund);
    const uint8_t version = model_lot_version(model, fund, a);
    if (version != model_lot_version(model, fund, b)) {
        return false;
    }
    const dure_yak_program_t *program = model_rules(fund, version);
    for (uint32_t i = 0; i < program->parameter_count; i++) {
        if (program->parameters[i].fixed_at_issue &&
            model_parameter(fund, program, i, a->issue_day) !=
                model_parameter(fund, program, i, b->issue_day)) {
            return false;
        }
    }
    return true;
}

/* The place behind the part that starts at `first`; *amount: what it has of what is still needed.
 */
static uint32_t part_end(model_t *model, uint32_t first, bool by_facts, uint64_t rest,
                         uint64_t *amount)
{
    uint32_t end = first;
    *amount = 0;
    while (end < line.count && alike(model, &line.lots[first].lot, &line.lots[end].lot, by_facts)) {
        *amount += line.lots[end++].lot.left;
    }
    *amount = *amount < rest ? *amount : rest;
    return end;
}

static model_code_t funds_named(model_t *model, uint32_t city, const dure_fund_choice_t *funds,
                                uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        const model_fund_t *fund = model_fund(model, funds[i].fund);
        if (fund == NULL) {
            return DURE_RESULT_FUND_UNKNOWN;
        }
        if (fund->city != city) {
            return DURE_RESULT_OTHER_CITY;
        }
        for (uint32_t k = 0; k < i; k++) {
            if (funds[k].fund == funds[i].fund) {
                return DURE_RESULT_FUND_TWICE;
            }
        }
    }
    return DURE_RESULT_DONE;
}

/* ---- payments */
typedef struct {
    model_party_t *payer, *payee;
    const dure_fund_choice_t *funds;
    uint32_t funds_count, moves;
    uint64_t amount, rest;
    uint8_t channel;
    model_paid_t paid;
} pay_t;

static bool is_alike_reward(const model_t *model, const model_lot_t *lot, const model_fund_t *fund,
                            uint8_t version)
{
    return lot->fund == fund->number && lot->version == version &&
           lot->origin == DURE_ORIGIN_REWARD && !lot->gifted && lot->left == lot->face &&
           lot->paid == 0 && lot->issue_day == model->today && lot->order_day == model->today &&
           lot->end_day == model_end_day(model_rules(fund, version), model->today);
}

static model_lot_t *alike_reward(const model_t *model, model_party_t *party,
                                 const model_fund_t *fund, uint8_t version)
{
    for (uint32_t i = 0; i < party->lots_count; i++) {
        if (is_alike_reward(model, &party->lots[i], fund, version)) {
            return &party->lots[i];
        }
    }
    return NULL;
}

static bool is_taken(const pay_t *pay, const model_lot_t *lot)
{
    for (uint32_t i = 0; i < pay->paid.taken_count; i++) {
        if (pay->paid.taken[i].lot.fund == lot->fund &&
            pay->paid.taken[i].lot.number == lot->number) {
            return true;
        }
    }
    return false;
}

/* Whether the lot of a part's reward has a place beside those of the parts before. */
static bool reward_fits(model_t *model, const pay_t *pay, const model_fund_t *fund, uint8_t version)
{
    uint32_t new_count = 1;
    uint32_t new_of_fund = 1;
    for (uint32_t i = 0; i < pay->paid.parts_count; i++) {
        const model_part_t *part = &pay->paid.parts[i];
        if (part->reward > 0 && part->fund == fund->number && part->version == version) {
            return true;
        }
        new_count += part->reward > 0;
        new_of_fund += part->reward > 0 && part->fund == fund->number;
    }
    const model_lot_t *into = alike_reward(model, pay->payer, fund, version);
    return (model_places_taken(model, pay->payer, fund->number) + new_of_fund <= 64 &&
            model_places_taken(model, pay->payer, 0) + new_count <= MODEL_LOTS &&
            model_lots_room(model) >= new_count) ||
           (into != NULL && pay->rest == 0 && !is_taken(pay, into));
}

/* Pays a part's reward out of its account, as far as account, ceiling and wallet reach. */
static uint64_t reward_give(model_t *model, const pay_t *pay, model_fund_t *fund, uint8_t version,
                            uint64_t asked)
{
    if (asked == 0 || !reward_fits(model, pay, fund, version)) {
        return 0;
    }
    const dure_name_t *from = &model_rules(fund, version)->verbs[DURE_VERB_PAYMENT].reward_from;
    model_account_t *account = model_account(model, fund->city, from);
    const uint64_t out = fund->issued + fund->ordered - fund->refunded;
    const uint64_t free = fund->ceiling > out ? fund->ceiling - out : 0;
    uint64_t given = asked < account->balance ? asked : account->balance;
    given = given < free ? given : free;
    if (!model_ever_fits(model, fund->city, given)) {
        return 0;
    }
    model_account_pays(fund, account, given);
    return given;
}

/* An accepted part takes from its lots, in their order. */
static model_code_t part_take(pay_t *pay, uint32_t first, model_part_t *part)
{
    model_paid_t *paid = &pay->paid;
    uint32_t funds = 1;
    for (uint32_t i = 0; i < paid->parts_count; i++) {
        bool seen = paid->parts[i].fund == part->fund;
        for (uint32_t k = 0; k < i; k++) {
            seen = seen || paid->parts[k].fund == paid->parts[i].fund;
        }
        funds += !seen;
    }
    if (paid->parts_count == PARTS_MAX || funds > FUNDS_MAX) {
        return DURE_RESULT_TOO_MANY_LOTS;
    }
    uint64_t rest = part->amount;
    part->first = paid->taken_count;
    for (uint32_t at = first; rest > 0; at++) {
        if (paid->taken_count == TAKEN_MAX) {
            return DURE_RESULT_TOO_MANY_LOTS;
        }
        const model_lot_t *lot = &line.lots[at].lot;
        const uint64_t takes = rest < lot->left ? rest : lot->left;
        paid->taken[paid->taken_count++] = (model_taken_t){.lot = *lot, .amount = takes};
        rest -= takes;
        part->count++;
    }
    pay->rest -= part->amount;
    return DURE_RESULT_DONE;
}

static model_code_t part_pay(model_t *model, pay_t *pay, uint32_t first, uint64_t amount,
                             model_code_t *refusal)
{
    const model_lot_t *lot = &line.lots[first].lot;
    model_fund_t *fund = model_fund(model, lot->fund);
    const model_question_t question = {
        .fund = fund,
        .version = model_lot_version(model, fund, lot),
        .channel = pay->channel,
        .verb = DURE_VERB_PAYMENT,
        .amount = amount,
        .roles = {[DURE_ROLE_PAYER] = pay->payer, [DURE_ROLE_PAYEE] = pay->payee},
        .issue_day = lot->issue_day};
    dure_yak_decision_t decision;
    const model_code_t code = fund->mode != DURE_FUND_MODE_OPEN
                                  ? DURE_RESULT_FUND_PAUSED
                                  : model_ask(model, &question, &decision);
    if (code != DURE_RESULT_DONE) {
        *refusal = *refusal == DURE_RESULT_DONE ? code : *refusal;
        return DURE_RESULT_DONE;
    }
    model_part_t part = {.fund = fund->number,
                         .version = question.version,
                         .amount = amount,
                         .share = decision.share.won};
    const model_code_t taken = part_take(pay, first, &part);
    if (taken != DURE_RESULT_DONE) {
        return taken;
    }
    part.reward = reward_give(model, pay, fund, part.version, decision.reward.won);
    pay->paid.parts[pay->paid.parts_count++] = part;
    pay->moves += part.count + (part.share > 0 ? 2 : 0) + (part.reward > 0 ? 2 : 0);
    return model_count(model, &question, 0, part.reward);
}

/* What a fund's parts bring the payee, shares apart. */
static uint64_t received_of(const pay_t *pay, uint64_t fund)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < pay->paid.parts_count; i++) {
        const model_part_t *part = &pay->paid.parts[i];
        sum += part->fund == fund ? part->amount - part->share : 0;
    }
    return sum;
}

/* The first part of each fund stands for the fund. */
static bool is_first_of_fund(const pay_t *pay, uint32_t at)
{
    for (uint32_t i = 0; i < at; i++) {
        if (pay->paid.parts[i].fund == pay->paid.parts[at].fund) {
            return false;
        }
    }
    return true;
}

static model_code_t pay_room(model_t *model, pay_t *pay)
{
    uint32_t moves = pay->moves;
    uint32_t balances = 0;
    for (uint32_t i = 0; i < pay->paid.parts_count; i++) {
        if (is_first_of_fund(pay, i)) {
            const uint64_t fund = pay->paid.parts[i].fund;
            const model_balance_t *balance = model_balance(pay->payee, fund);
            moves += balance != NULL && balance->owed > 0 ? 3 : 1;
            balances += balance == NULL && received_of(pay, fund) > 0;
        }
    }
    if (moves > MOVES_MAX) {
        return DURE_RESULT_TOO_MANY_LOTS;
    }
    return model_balance_room(model, pay->payee, balances) ? DURE_RESULT_DONE
                                                           : DURE_RESULT_TABLE_FULL;
}

static void pay_perform(model_t *model, pay_t *pay)
{
    model_paid_t *paid = &pay->paid;
    for (uint32_t i = 0; i < paid->taken_count; i++) {
        model_taken_t *taken = &paid->taken[i];
        model_lot_t *lot = model_lot(pay->payer, taken->lot.fund, taken->lot.number);
        lot->left -= taken->amount;
        if (lot->left == 0) {
            model_lot_drop(pay->payer, taken->lot.fund, taken->lot.number);
        }
    }
    for (uint32_t i = 0; i < paid->parts_count; i++) {
        model_part_t *part = &paid->parts[i];
        model_fund_t *fund = model_fund(model, part->fund);
        const dure_yak_verb_t *verb = &model_rules(fund, part->version)->verbs[DURE_VERB_PAYMENT];
        if (is_first_of_fund(pay, i) && received_of(pay, part->fund) > 0) {
            model_receive(model, pay->payee, fund, received_of(pay, part->fund));
        }
        fund->held_citizens -= part->amount;
        fund->redeemed += part->share;
        fund->escrow -= part->share;
        if (part->share > 0) {
            model_get_back(model_account(model, fund->city, &verb->share_to), part->share);
        }
        if (part->reward > 0) {
            model_lot_t *into = alike_reward(model, pay->payer, fund, part->version);
            if (into == NULL) {
                part->reward_lot =
                    model_lot_issue(model, pay->payer, fund, part->version, DURE_ORIGIN_REWARD,
                                    part->reward, 0, model->today);
            } else {
                into->face += part->reward;
                into->left += part->reward;
                part->reward_lot = into->number;
            }
        }
    }
}

static model_code_t pay_find(model_t *model, pay_t *pay)
{
    model_code_t refusal = DURE_RESULT_DONE;
    line_up(model, pay->payer, pay->funds, pay->funds_count);
    pay->rest = pay->amount;
    for (uint32_t at = 0; at < line.count && pay->rest > 0;) {
        uint64_t amount;
        const uint32_t end = part_end(model, at, false, pay->rest, &amount);
        const model_code_t code = part_pay(model, pay, at, amount, &refusal);
        if (code != DURE_RESULT_DONE) {
            return code;
        }
        at = end;
    }
    if (pay->rest > 0) {
        return refusal != DURE_RESULT_DONE ? refusal : DURE_RESULT_NOT_ENOUGH_MONEY;
    }
    return pay_room(model, pay);
}

static model_code_t pay_all(model_t *model, const model_work_t *work, pay_t *pay)
{
    model_code_t code = model_may_send(model, pay->payer);
    code = code != DURE_RESULT_DONE ? code : model_may_receive(model, pay->payee);
    code = code != DURE_RESULT_DONE
               ? code
               : funds_named(model, pay->payer->city, pay->funds, pay->funds_count);
    if (code != DURE_RESULT_DONE) {
        return code;
    }
    model_save(model, pay->payer, pay->payee);
    code = pay_find(model, pay);
    if (code != DURE_RESULT_DONE) {
        model_restore(model);
        return code;
    }
    pay_perform(model, pay);
    model_paid_t *paid = model_paid_add(model, &work->tx->id);
    pay->paid.id = work->tx->id;
    pay->paid.accepted = true;
    pay->paid.day = model->today;
    pay->paid.payer = pay->payer->number;
    pay->paid.payee = pay->payee->number;
    pay->paid.amount = pay->amount;
    *paid = pay->paid;
    return DURE_RESULT_DONE;
}

model_code_t model_payment(model_t *model, const model_work_t *work)
{
    const dure_payment_t *body = &work->tx->body.payment;
    if (work->signer->kind != DURE_KIND_CITIZEN) {
        return DURE_RESULT_KIND_WRONG;
    }
    if (body->payee == work->signer->number) {
        return DURE_RESULT_SELF_PAYMENT;
    }
    const model_code_t stopped = model_may_send(model, work->signer);
    if (stopped != DURE_RESULT_DONE) {
        return stopped;
    }
    model_party_t *payee = model_party(model, body->payee);
    if (payee == NULL) {
        return DURE_RESULT_PAYEE_UNKNOWN;
    }
    if (payee->kind != DURE_KIND_MERCHANT) {
        return DURE_RESULT_KIND_WRONG;
    }
    static pay_t pay;
    memset(&pay, 0, sizeof pay);
    pay.payer = work->signer;
    pay.payee = payee;
    pay.funds = body->funds;
    pay.funds_count = body->funds_count;
    pay.amount = body->amount.won;
    pay.channel = body->channel;
    return pay_all(model, work, &pay);
}

model_code_t model_collection(model_t *model, const model_work_t *work)
{
    const dure_collection_t *body = &work->tx->body.collection;
    const dure_mandate_t *mandate = &body->mandate;
    if (work->signer->kind != DURE_KIND_MERCHANT) {
        return DURE_RESULT_KIND_WRONG;
    }
    if (mandate->payee != 0 && mandate->payee != work->signer->number) {
        return DURE_RESULT_MANDATE_PAYEE;
    }
    model_party_t *payer = model_party(model, mandate->payer);
    if (payer == NULL) {
        return DURE_RESULT_SUBJECT_UNKNOWN;
    }
    if (payer->kind != DURE_KIND_CITIZEN) {
        return DURE_RESULT_KIND_WRONG;
    }
    bool has_key = false;
    for (uint32_t i = 0; i < payer->keys_count; i++) {
        has_key = has_key || payer->keys[i].slot == body->slot;
    }
    if (!has_key || !work->mandate_signed) {
        return DURE_RESULT_MANDATE_SIGNATURE;
    }
    if (mandate->until < model->time) {
        return DURE_RESULT_MANDATE_EXPIRED;
    }
    if (model_window_check(model, payer, 0, mandate->number) != DURE_RESULT_DONE) {
        return DURE_RESULT_MANDATE_USED;
    }
    model_window_use(model, payer, 0, mandate->number);
    if (body->amount.won > mandate->amount_max.won) {
        return DURE_RESULT_MANDATE_AMOUNT;
    }
    static pay_t pay;
    memset(&pay, 0, sizeof pay);
    pay.payer = payer;
    pay.payee = work->signer;
    pay.amount = body->amount.won;
    pay.channel = body->channel;
    return pay_all(model, work, &pay);
}

/* ---- gifts */
typedef struct {
    model_party_t *giver, *receiver;
    uint64_t rest;
    uint32_t given_count;
    model_taken_t given[GIVEN_MAX];
    model_places_t places;
} gift_t;

static model_code_t part_give(model_t *model, gift_t *gift, uint32_t first, uint64_t amount,
                              model_code_t *refusal)
{
    const model_lot_t *lot = &line.lots[first].lot;
    model_fund_t *fund = model_fund(model, lot->fund);
    const model_question_t question = {
        .fund = fund,
        .version = model_lot_version(model, fund, lot),
        .verb = DURE_VERB_GIFT,
        .amount = amount,
        .roles = {[DURE_ROLE_GIVER] = gift->giver, [DURE_ROLE_RECEIVER] = gift->receiver},
        .lot = lot,
        .issue_day = lot->issue_day};
    dure_yak_decision_t decision;
    const model_code_t code = fund->mode != DURE_FUND_MODE_OPEN
                                  ? DURE_RESULT_FUND_PAUSED
                                  : model_ask(model, &question, &decision);
    if (code != DURE_RESULT_DONE) {
        *refusal = *refusal == DURE_RESULT_DONE ? code : *refusal;
        return DURE_RESULT_DONE;
    }
    gift->rest -= amount;
    for (uint32_t at = first; amount > 0; at++) {
        if (gift->given_count == GIVEN_MAX) {
            return DURE_RESULT_TOO_MANY_LOTS;
        }
        const uint64_t left = line.lots[at].lot.left;
        const uint64_t gives = amount < left ? amount : left;
        gift->given[gift->given_count++] =
            (model_taken_t){.lot = line.lots[at].lot, .amount = gives};
        amount -= gives;
        uint32_t place = 0;
        while (place < gift->places.count && gift->places.funds[place] != fund->number) {
            place++;
        }
        gift->places.funds[place] = fund->number;
        gift->places.lots[place]++;
        gift->places.count = place == gift->places.count ? place + 1 : gift->places.count;
    }
    return model_count(model, &question, 0, 0);
}

static model_code_t gift_find(model_t *model, const dure_gift_t *body, gift_t *gift)
{
    model_code_t refusal = DURE_RESULT_DONE;
    line_up(model, gift->giver, body->funds, body->funds_count);
    gift->rest = body->amount.won;
    for (uint32_t at = 0; at < line.count && gift->rest > 0;) {
        uint64_t amount;
        const uint32_t end = part_end(model, at, true, gift->rest, &amount);
        const model_code_t code = part_give(model, gift, at, amount, &refusal);
        if (code != DURE_RESULT_DONE) {
            return code;
        }
        at = end;
    }
    if (gift->rest > 0) {
        return refusal != DURE_RESULT_DONE ? refusal : DURE_RESULT_NOT_ENOUGH_MONEY;
    }
    return model_places_make(model, gift->receiver, &gift->places);
}

static void lot_give(gift_t *gift, const model_taken_t *given)
{
    model_lot_t *lot = model_lot(gift->giver, given->lot.fund, given->lot.number);
    model_lot_t new = *lot;
    new.number = gift->receiver->lot_next++;
    new.gifted = true;
    new.face = new.left = given->amount;
    new.paid = (uint64_t)((unsigned __int128)lot->paid * given->amount / lot->face);
    lot->face -= given->amount;
    lot->left -= given->amount;
    lot->paid -= new.paid;
    if (lot->left == 0) {
        model_lot_drop(gift->giver, given->lot.fund, given->lot.number);
    }
    model_lot_put(gift->receiver, &new);
}

model_code_t model_gift(model_t *model, const model_work_t *work)
{
    const dure_gift_t *body = &work->tx->body.gift;
    if (work->signer->kind != DURE_KIND_CITIZEN) {
        return DURE_RESULT_KIND_WRONG;
    }
    model_code_t code = model_may_send(model, work->signer);
    if (code != DURE_RESULT_DONE) {
        return code;
    }
    if (body->receiver == work->signer->number) {
        return DURE_RESULT_SELF_PAYMENT;
    }
    static gift_t gift;
    memset(&gift, 0, sizeof gift);
    gift.giver = work->signer;
    gift.receiver = model_party(model, body->receiver);
    if (gift.receiver == NULL) {
        return DURE_RESULT_SUBJECT_UNKNOWN;
    }
    if (gift.receiver->kind != DURE_KIND_CITIZEN) {
        return DURE_RESULT_KIND_WRONG;
    }
    if (gift.receiver->city != work->signer->city) {
        return DURE_RESULT_OTHER_CITY;
    }
    code = model_may_receive(model, gift.receiver);
    code = code != DURE_RESULT_DONE
               ? code
               : funds_named(model, work->signer->city, body->funds, body->funds_count);
    if (code != DURE_RESULT_DONE) {
        return code;
    }
    model_save(model, gift.giver, gift.receiver);
    code = gift_find(model, body, &gift);
    if (code != DURE_RESULT_DONE) {
        model_restore(model);
        return code;
    }
    for (uint32_t i = 0; i < gift.given_count; i++) {
        lot_give(&gift, &gift.given[i]);
    }
    return DURE_RESULT_DONE;
}
