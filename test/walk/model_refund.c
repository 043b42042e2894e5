/* Refunds: a payment is undone from its end. */
#include "walk/model.h"

#include <string.h>

#define MOVES_MAX 72u

typedef struct {
    const model_paid_t *paid;
    model_party_t *payer, *shop;
    model_refund_t *record;
    uint64_t before; /* refunded so far */
    uint32_t parts_count, returned_count, moves, new_lots;
    struct {
        const model_part_t *of;
        uint32_t first, count; /* of those returned */
        uint64_t stayed, amount, share, reward, from_lot;
    } parts[32];
    struct {
        uint32_t taken;
        uint64_t amount, withdrawn; /* of it again, for the reward */
    } returned[64];
} undo_t;

static uint64_t kept(uint64_t of, uint64_t stays, uint64_t amount)
{
    return (uint64_t)((unsigned __int128)of * stays / amount);
}

/* What of each part comes back when so much was refunded before and `rest` is asked now.  Returns
   what is asked and not there. */
static uint64_t parts_undo(undo_t *undo, uint64_t rest)
{
    uint64_t gone = undo->before;
    for (uint32_t i = undo->paid->parts_count; i > 0; i--) {
        const model_part_t *of = &undo->paid->parts[i - 1];
        const uint64_t was = gone < of->amount ? gone : of->amount;
        gone -= was;
        const uint64_t stayed = of->amount - was;
        const uint64_t comes = rest < stayed ? rest : stayed;
        rest -= comes;
        if (comes == 0) {
            continue;
        }
        const uint32_t at = undo->parts_count++;
        undo->parts[at].of = of;
        undo->parts[at].stayed = stayed;
        undo->parts[at].amount = comes;
        undo->parts[at].share =
            kept(of->share, stayed, of->amount) - kept(of->share, stayed - comes, of->amount);
        undo->parts[at].reward =
            kept(of->reward, stayed, of->amount) - kept(of->reward, stayed - comes, of->amount);
        undo->parts[at].first = undo->returned_count;
        uint64_t skip = was;
        uint64_t back = comes;
        for (uint32_t k = of->first + of->count; k > of->first && back > 0; k--) {
            const uint64_t taken = undo->paid->taken[k - 1].amount;
            const uint64_t skips = skip < taken ? skip : taken;
            skip -= skips;
            const uint64_t returns = back < taken - skips ? back : taken - skips;
            back -= returns;
            if (returns > 0) {
                undo->returned[undo->returned_count].taken = k - 1;
                undo->returned[undo->returned_count++].amount = returns;
                undo->parts[at].count++;
            }
        }
    }
    return rest;
}

/* ---- money */
/* An account pays what is issued once more. */
static model_code_t pays_again(model_t *model, model_fund_t *fund, const dure_name_t *name,
                               uint64_t amount)
{
    model_account_t *account = model_account(model, fund->city, name);
    if (account == NULL) {
        return DURE_RESULT_ACCOUNT_UNKNOWN;
    }
    if (account->balance < amount) {
        return DURE_RESULT_ACCOUNT_EMPTY;
    }
    model_spend(account, amount);
    fund->issued += amount;
    fund->escrow += amount;
    return DURE_RESULT_DONE;
}

/* What one fund's parts take from the shop, shares apart. */
static uint64_t from_shop(const undo_t *undo, uint64_t fund)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < undo->parts_count; i++) {
        sum += undo->parts[i].of->fund == fund ? undo->parts[i].amount - undo->parts[i].share : 0;
    }
    return sum;
}

static bool is_first_of_fund(const undo_t *undo, uint32_t at)
{
    for (uint32_t i = 0; i < at; i++) {
        if (undo->parts[i].of->fund == undo->parts[at].of->fund) {
            return false;
        }
    }
    return true;
}

/* The shop gives what it has, the reserve advances the rest, share accounts give shares back. */
static model_code_t money_give(model_t *model, undo_t *undo)
{
    const dure_name_t reserve = {"refund_reserve"};
    model_code_t code = DURE_RESULT_DONE;
    for (uint32_t i = 0; i < undo->parts_count && code == DURE_RESULT_DONE; i++) {
        if (!is_first_of_fund(undo, i)) {
            continue;
        }
        model_fund_t *fund = model_fund(model, undo->parts[i].of->fund);
        const uint64_t needs = from_shop(undo, fund->number);
        const model_balance_t *balance = model_balance(undo->shop, fund->number);
        const uint64_t has = balance == NULL ? 0 : balance->amount;
        const uint64_t owed = balance == NULL ? 0 : balance->owed;
        const uint64_t gives = has < needs ? has : needs;
        if (needs > gives) {
            code = pays_again(model, fund, &reserve, needs - gives);
        }
        fund->held_merchants -= gives;
        model_balance_set(undo->shop, fund->number, has - gives, owed + needs - gives);
        undo->moves += (gives > 0) + (needs > gives ? 2u : 0u);
    }
    for (uint32_t i = 0; i < undo->parts_count && code == DURE_RESULT_DONE; i++) {
        model_fund_t *fund = model_fund(model, undo->parts[i].of->fund);
        const dure_yak_verb_t *verb =
            &model_rules(fund, undo->parts[i].of->version)->verbs[DURE_VERB_PAYMENT];
        if (undo->parts[i].share > 0) {
            code = pays_again(model, fund, &verb->share_to, undo->parts[i].share);
            undo->moves++;
        }
        fund->held_citizens += undo->parts[i].amount;
    }
    return code;
}

/* ---- lots */
static bool takes_back(const model_lot_t *at, const model_lot_t *lot)
{
    return at->fund == lot->fund && at->version == lot->version && at->origin == lot->origin &&
           at->gifted == lot->gifted && at->face == lot->face && at->paid == lot->paid &&
           at->order_day == lot->order_day && at->issue_day == lot->issue_day &&
           at->end_day == lot->end_day && at->left + lot->left <= lot->face;
}

/* The lot as it comes back, but for its number if another stands there. */
static model_lot_t lot_of(model_t *model, const undo_t *undo, const model_part_t *part, uint32_t at)
{
    model_lot_t lot = undo->paid->taken[undo->returned[at].taken].lot;
    lot.left = undo->returned[at].amount;
    if (lot.end_day < model->today) {
        const dure_yak_program_t *program = model_rules(model_fund(model, lot.fund), part->version);
        lot.end_day = dure_day_add_days(model->today, program->grace_days);
    }
    return lot;
}

/* Puts it into the wallet; returns the number that it stands under. */
static uint32_t lot_back(undo_t *undo, model_lot_t lot)
{
    model_party_t *payer = undo->payer;
    model_lot_t *own = model_lot(payer, lot.fund, lot.number);
    if (own == NULL) {
        model_lot_put(payer, &lot);
        return lot.number;
    }
    if (takes_back(own, &lot)) {
        own->left += lot.left;
        return own->number;
    }
    for (uint32_t i = 0; i < payer->lots_count; i++) {
        if (takes_back(&payer->lots[i], &lot)) {
            payer->lots[i].left += lot.left;
            return payer->lots[i].number;
        }
    }
    lot.number = payer->lot_next++;
    model_lot_put(payer, &lot);
    return lot.number;
}

static void lot_withdraw(model_party_t *party, uint64_t fund, uint32_t number, uint64_t amount)
{
    model_lot_t *lot = model_lot(party, fund, number);
    lot->left -= amount;
    if (lot->left == 0) {
        model_lot_drop(party, fund, number);
    }
}

/* A wallet's places for all that comes back, counted before anything does. */
static model_code_t lots_room(model_t *model, undo_t *undo)
{
    for (uint32_t i = 0; i < undo->parts_count; i++) {
        for (uint32_t k = 0; k < undo->parts[i].count; k++) {
            const model_lot_t lot =
                lot_of(model, undo, undo->parts[i].of, undo->parts[i].first + k);
            const model_lot_t *own = model_lot(undo->payer, lot.fund, lot.number);
            undo->new_lots += own == NULL || !takes_back(own, &lot);
        }
    }
    if (undo->new_lots == 0) {
        return DURE_RESULT_DONE;
    }
    if (model_places_taken(model, undo->payer, 0) + undo->new_lots > MODEL_LOTS) {
        return DURE_RESULT_LOTS_FULL;
    }
    return model_lots_room(model) < undo->new_lots ? DURE_RESULT_TABLE_FULL : DURE_RESULT_DONE;
}

static model_lot_t *reward_lot(undo_t *undo, uint32_t at)
{
    const model_part_t *of = undo->parts[at].of;
    model_lot_t *lot = model_lot(undo->payer, of->fund, of->reward_lot);
    return lot != NULL && lot->origin == DURE_ORIGIN_REWARD ? lot : NULL;
}

/* Where each part's reward is taken back, all of it found before anything moves: first from its own
   lot, as far as the parts before left that, then from what returns, the last first. */
static void rewards_plan(undo_t *undo)
{
    for (uint32_t i = 0; i < undo->parts_count; i++) {
        const model_lot_t *own = reward_lot(undo, i);
        uint64_t left = own == NULL ? 0 : own->left;
        for (uint32_t k = 0; k < i; k++) {
            left -= own != NULL && reward_lot(undo, k) == own ? undo->parts[k].from_lot : 0;
        }
        const uint64_t reward = undo->parts[i].reward;
        undo->parts[i].from_lot = left < reward ? left : reward;
        uint64_t rest = reward - undo->parts[i].from_lot;
        undo->moves += undo->parts[i].count;
        undo->moves += reward > 0;
        undo->moves += undo->parts[i].from_lot > 0;
        for (uint32_t k = undo->parts[i].count; k > 0; k--) {
            const uint32_t at = undo->parts[i].first + k - 1;
            const uint64_t amount = undo->returned[at].amount;
            undo->returned[at].withdrawn = rest < amount ? rest : amount;
            rest -= undo->returned[at].withdrawn;
            undo->moves += undo->returned[at].withdrawn > 0;
        }
    }
}

/* A part's lots return, its reward goes, its counters give back. */
static void part_back(model_t *model, undo_t *undo, uint32_t at)
{
    const model_part_t *of = undo->parts[at].of;
    model_fund_t *fund = model_fund(model, of->fund);
    const uint64_t reward = undo->parts[at].reward;
    for (uint32_t k = 0; k < undo->parts[at].count; k++) {
        const uint32_t returned = undo->parts[at].first + k;
        const uint32_t number = lot_back(undo, lot_of(model, undo, of, returned));
        if (undo->returned[returned].withdrawn > 0) {
            lot_withdraw(undo->payer, of->fund, number, undo->returned[returned].withdrawn);
        }
    }
    if (undo->parts[at].from_lot > 0) {
        lot_withdraw(undo->payer, of->fund, of->reward_lot, undo->parts[at].from_lot);
    }
    if (reward > 0) {
        const dure_yak_verb_t *verb = &model_rules(fund, of->version)->verbs[DURE_VERB_PAYMENT];
        fund->held_citizens -= reward;
        fund->refunded += reward;
        fund->escrow -= reward;
        model_get_back(model_account(model, fund->city, &verb->reward_from), reward);
    }
    const model_question_t event = {
        .fund = fund,
        .version = of->version,
        .verb = DURE_VERB_PAYMENT,
        .roles = {[DURE_ROLE_PAYER] = undo->payer, [DURE_ROLE_PAYEE] = undo->shop}};
    const model_back_t back = {.amount = undo->parts[at].amount,
                               .reward = reward,
                               .events = undo->parts[at].amount == undo->parts[at].stayed};
    model_count_back(model, &event, &back, undo->paid->day);
}

/* ---- the whole */
static bool is_in_time(model_t *model, const undo_t *undo)
{
    for (uint32_t i = 0; i < undo->parts_count; i++) {
        const model_part_t *of = undo->parts[i].of;
        const uint32_t days = model_rules(model_fund(model, of->fund), of->version)->refund_days;
        if (days == 0 || model->today > undo->paid->day + (int)days) {
            return false;
        }
    }
    return true;
}

static model_code_t refund_perform(model_t *model, undo_t *undo, uint64_t amount)
{
    model_code_t code = money_give(model, undo);
    if (code == DURE_RESULT_DONE &&
        !model_ever_fits(model, model_fund(model, undo->parts[0].of->fund)->city, 0)) {
        code = DURE_RESULT_AMOUNT_TOO_LARGE;
    }
    rewards_plan(undo);
    if (code == DURE_RESULT_DONE && undo->moves > MOVES_MAX) {
        code = DURE_RESULT_TOO_MANY_LOTS;
    }
    code = code != DURE_RESULT_DONE ? code : lots_room(model, undo);
    const uint32_t more = undo->record == NULL;
    if (code == DURE_RESULT_DONE && more > 0 &&
        model->refunds_count == 1024 + model->parties_max / 2) {
        code = DURE_RESULT_TABLE_FULL;
    }
    if (code != DURE_RESULT_DONE) {
        return code;
    }
    for (uint32_t i = 0; i < undo->parts_count; i++) {
        part_back(model, undo, i);
    }
    int until = 0;
    for (uint32_t i = 0; i < undo->paid->parts_count; i++) {
        const model_part_t *of = &undo->paid->parts[i];
        const int days = (int)model_rules(model_fund(model, of->fund), of->version)->refund_days;
        until = undo->paid->day + days > until ? undo->paid->day + days : until;
    }
    if (more > 0) {
        model->refunds[model->refunds_count++] =
            (model_refund_t){.id = undo->paid->id, .payer = undo->payer->number, .until = until};
        undo->record = &model->refunds[model->refunds_count - 1];
    }
    undo->record->refunded += amount;
    return DURE_RESULT_DONE;
}

model_code_t model_refund(model_t *model, const model_work_t *work)
{
    const uint64_t amount = work->tx->body.refund.amount.won;
    const model_paid_t *paid = work->proven;
    DURE_ASSERT(paid != NULL);
    if (!paid->accepted) {
        return DURE_RESULT_NOT_A_PAYMENT;
    }
    if (paid->payee != work->signer->number) {
        return DURE_RESULT_NOT_PERMITTED;
    }
    static undo_t undo;
    memset(&undo, 0, sizeof undo);
    undo.paid = paid;
    undo.payer = model_party(model, paid->payer);
    undo.shop = work->signer;
    for (uint32_t i = 0; i < model->refunds_count; i++) {
        if (model_same_id(&model->refunds[i].id, &paid->id)) {
            undo.record = &model->refunds[i];
            undo.before = undo.record->refunded;
        }
    }
    const uint64_t over = parts_undo(&undo, amount);
    if (!is_in_time(model, &undo)) {
        return DURE_RESULT_REFUND_TOO_LATE;
    }
    if (over > 0) {
        return DURE_RESULT_REFUND_TOO_MUCH;
    }
    model_save(model, undo.payer, undo.shop);
    const model_code_t code = refund_perform(model, &undo, amount);
    if (code != DURE_RESULT_DONE) {
        model_restore(model);
    }
    return code;
}
