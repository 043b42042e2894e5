/* Finding what the model keeps, and the few changes that many kinds have in common. */
#include "walk/model.h"

#include <string.h>

bool model_same_id(const dure_tx_id_t *a, const dure_tx_id_t *b)
{
    return a->party == b->party && a->lane == b->lane && a->number == b->number;
}

model_party_t *model_party(model_t *model, uint64_t number)
{
    for (uint32_t i = 0; i < model->parties_count; i++) {
        if (model->parties[i].number == number) {
            return &model->parties[i];
        }
    }
    return NULL;
}

model_fund_t *model_fund(model_t *model, uint64_t number)
{
    for (uint32_t i = 0; i < model->funds_count; i++) {
        if (model->funds[i].number == number) {
            return &model->funds[i];
        }
    }
    return NULL;
}

model_city_t *model_city(model_t *model, uint32_t code)
{
    for (uint32_t i = 0; i < model->cities_count; i++) {
        if (model->cities[i].code == code) {
            return &model->cities[i];
        }
    }
    return NULL;
}

model_account_t *model_account(model_t *model, uint32_t city, const dure_name_t *name)
{
    for (uint32_t i = 0; i < model->accounts_count; i++) {
        if (model->accounts[i].city == city && dure_name_equal(&model->accounts[i].name, name)) {
            return &model->accounts[i];
        }
    }
    return NULL;
}

model_lane_t *model_lane(model_t *model, uint64_t party, uint16_t lane)
{
    for (uint32_t i = 0; i < model->lanes_count; i++) {
        if (model->lanes[i].party == party && model->lanes[i].lane == lane) {
            return &model->lanes[i];
        }
    }
    return NULL;
}

uint32_t model_officers(const model_t *model, uint32_t city)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < model->parties_count; i++) {
        count +=
            model->parties[i].city == city && (model->parties[i].roles & DURE_SERVICE_OFFICER) != 0;
    }
    return count;
}

model_program_t *model_program_of_image(model_t *model, dure_bytes_t image)
{
    for (uint32_t i = 0; i < model->programs_count; i++) {
        if (dure_bytes_equal(model->programs[i].image, image)) {
            return &model->programs[i];
        }
    }
    return NULL;
}

/* ---- versions */
uint8_t model_version_today(const model_t *model, const model_fund_t *fund)
{
    uint8_t version = 0;
    for (uint32_t i = 0; i < fund->versions_count; i++) {
        if (fund->versions[i].opened <= model->today) {
            version = (uint8_t)i;
        }
    }
    return version;
}

const dure_yak_program_t *model_rules(const model_fund_t *fund, uint8_t version)
{
    return &fund->versions[version].program->program;
}

uint8_t model_lot_version(const model_t *model, const model_fund_t *fund, const model_lot_t *lot)
{
    const uint8_t today = model_version_today(model, fund);
    const bool follows = model_rules(fund, lot->version)->old_lots == 2;
    return follows && today > lot->version ? today : lot->version;
}

int model_end_day(const dure_yak_program_t *program, int issue_day)
{
    if (program->until != 0) {
        return program->until;
    }
    return program->validity_months != 0 ? dure_day_add_months(issue_day, program->validity_months)
                                         : dure_day_add_days(issue_day, program->validity_days);
}

/* ---- lots */
model_lot_t *model_lot(model_party_t *party, uint64_t fund, uint32_t number)
{
    for (uint32_t i = 0; i < party->lots_count; i++) {
        if (party->lots[i].fund == fund && party->lots[i].number == number) {
            return &party->lots[i];
        }
    }
    return NULL;
}

void model_lot_put(model_party_t *party, const model_lot_t *lot)
{
    DURE_ASSERT(party->lots_count < MODEL_LOTS);
    uint32_t at = party->lots_count++;
    for (; at > 0 &&
           (party->lots[at - 1].fund > lot->fund ||
            (party->lots[at - 1].fund == lot->fund && party->lots[at - 1].number > lot->number));
         at--) {
        party->lots[at] = party->lots[at - 1];
    }
    party->lots[at] = *lot;
}

void model_lot_drop(model_party_t *party, uint64_t fund, uint32_t number)
{
    const model_lot_t *lot = model_lot(party, fund, number);
    DURE_ASSERT(lot != NULL);
    const size_t at = (size_t)(lot - party->lots);
    memmove(&party->lots[at], &party->lots[at + 1],
            (party->lots_count - at - 1) * sizeof party->lots[0]);
    party->lots_count--;
}

uint32_t model_lot_issue(model_t *model, model_party_t *party, model_fund_t *fund, uint8_t version,
                         uint8_t origin, uint64_t face, uint64_t paid, int order_day)
{
    const model_lot_t lot = {.fund = fund->number,
                             .number = party->lot_next++,
                             .version = version,
                             .origin = origin,
                             .face = face,
                             .left = face,
                             .paid = paid,
                             .order_day = order_day,
                             .issue_day = model->today,
                             .end_day = model_end_day(model_rules(fund, version), model->today)};
    model_lot_put(party, &lot);
    return lot.number;
}

int64_t model_lots_room(const model_t *model)
{
    int64_t room = 1024 + 4 * (int64_t)model->parties_max - model->orders_count;
    for (uint32_t i = 0; i < model->parties_count; i++) {
        room -= model->parties[i].lots_count;
    }
    return room;
}

uint32_t model_places_taken(const model_t *model, const model_party_t *party, uint64_t fund)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < model->orders_count; i++) {
        count += model->orders[i].id.party == party->number &&
                 (fund == 0 || model->orders[i].fund == fund);
    }
    for (uint32_t i = 0; i < party->lots_count; i++) {
        count += fund == 0 || party->lots[i].fund == fund;
    }
    return count;
}

/* Alike in everything and both untouched: they can be one lot. */
static bool alike(const model_lot_t *a, const model_lot_t *b)
{
    return a->fund == b->fund && a->version == b->version && a->origin == b->origin &&
           a->gifted == b->gifted && a->order_day == b->order_day && a->issue_day == b->issue_day &&
           a->end_day == b->end_day && a->left == a->face && b->left == b->face &&
           (unsigned __int128)a->paid * b->face == (unsigned __int128)b->paid * a->face;
}

/* How many lots of a fund are left when alike ones are merged; does so if `really`. */
static uint32_t merged(model_party_t *party, uint64_t fund, bool really)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < party->lots_count; i++) {
        if (party->lots[i].fund != fund) {
            continue;
        }
        uint32_t first = 0;
        while (!alike(&party->lots[first], &party->lots[i]) && first < i) {
            first++;
        }
        if (first == i) {
            count++;
        } else if (really) {
            model_lot_t *into = &party->lots[first];
            into->face += party->lots[i].face;
            into->left += party->lots[i].left;
            into->paid += party->lots[i].paid;
            model_lot_drop(party, fund, party->lots[i].number);
            i--;
        }
    }
    return count;
}

static uint32_t lots_of(const model_party_t *party, uint64_t fund)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < party->lots_count; i++) {
        count += party->lots[i].fund == fund;
    }
    return count;
}

model_code_t model_places_make(model_t *model, model_party_t *party, const model_places_t *places)
{
    uint32_t all = model_places_taken(model, party, 0);
    uint32_t wanted = 0;
    for (uint32_t i = 0; i < places->count; i++) {
        const uint32_t taken = model_places_taken(model, party, places->funds[i]);
        const uint32_t saved =
            lots_of(party, places->funds[i]) - merged(party, places->funds[i], false);
        const bool tight = taken + places->lots[i] > DURE_PARTY_LOTS_MAX;
        if (tight && taken - saved + places->lots[i] > DURE_PARTY_LOTS_MAX) {
            return DURE_RESULT_LOTS_FULL;
        }
        all -= tight ? saved : 0;
        wanted += places->lots[i];
    }
    if (all + wanted > MODEL_LOTS) {
        return DURE_RESULT_LOTS_FULL;
    }
    if (model_lots_room(model) < wanted) {
        return DURE_RESULT_TABLE_FULL;
    }
    for (uint32_t i = 0; i < places->count; i++) {
        const uint32_t taken = model_places_taken(model, party, places->funds[i]);
        if (taken + places->lots[i] > DURE_PARTY_LOTS_MAX) {
            merged(party, places->funds[i], true);
        }
    }
    return DURE_RESULT_DONE;
}

/* ---- merchant money */
model_balance_t *model_balance(model_party_t *party, uint64_t fund)
{
    for (uint32_t i = 0; i < party->balances_count; i++) {
        if (party->balances[i].fund == fund) {
            return &party->balances[i];
        }
    }
    return NULL;
}

void model_balance_set(model_party_t *party, uint64_t fund, uint64_t amount, uint64_t owed)
{
    uint32_t at = 0;
    while (at < party->balances_count && party->balances[at].fund < fund) {
        at++;
    }
    const bool there = at < party->balances_count && party->balances[at].fund == fund;
    if (amount == 0 && owed == 0) {
        if (there) {
            memmove(&party->balances[at], &party->balances[at + 1],
                    (party->balances_count - at - 1) * sizeof party->balances[0]);
            party->balances_count--;
        }
        return;
    }
    if (!there) {
        memmove(&party->balances[at + 1], &party->balances[at],
                (party->balances_count - at) * sizeof party->balances[0]);
        party->balances_count++;
    }
    party->balances[at] = (model_balance_t){.fund = fund, .amount = amount, .owed = owed};
}

/* A rejected payout comes back as a balance: each open redemption keeps a place. */
bool model_balance_room(const model_t *model, model_party_t *party, uint32_t new_count)
{
    uint32_t open = 0;
    uint32_t all = 0;
    uint32_t balances = 0;
    for (uint32_t i = 0; i < model->payouts_count; i++) {
        if (model->payouts[i].why == 1) {
            open += model->payouts[i].id.party == party->number;
            all++;
        }
    }
    for (uint32_t i = 0; i < model->parties_count; i++) {
        balances += model->parties[i].balances_count;
    }
    return new_count == 0 || (party->balances_count + open + new_count <= DURE_PARTY_FUNDS_MAX &&
                              1024 + model->parties_max - balances >= new_count + all);
}

void model_receive(model_t *model, model_party_t *party, model_fund_t *fund, uint64_t amount)
{
    const model_balance_t *has = model_balance(party, fund->number);
    const uint64_t owed = has == NULL ? 0 : has->owed;
    const uint64_t repaid = owed < amount ? owed : amount;
    model_balance_set(party, fund->number, (has == NULL ? 0 : has->amount) + amount - repaid,
                      owed - repaid);
    fund->held_merchants += amount - repaid;
    fund->refunded += repaid;
    fund->escrow -= repaid;
    if (repaid > 0) {
        const dure_name_t reserve = {"refund_reserve"};
        model_get_back(model_account(model, fund->city, &reserve), repaid);
    }
}

/* ---- accounts and ceilings */
void model_spend(model_account_t *account, uint64_t amount)
{
    DURE_ASSERT(account->balance >= amount);
    account->balance -= amount;
    account->spent += amount;
}

void model_get_back(model_account_t *account, uint64_t amount)
{
    account->balance += amount;
    account->received += amount;
}

bool model_ever_fits(const model_t *model, uint32_t city, uint64_t more)
{
    uint64_t ever = more; /* of at most 80 amounts: does not wrap */
    for (uint32_t i = 0; i < model->funds_count; i++) {
        const model_fund_t *fund = &model->funds[i];
        ever += fund->city == city ? fund->issued + fund->ordered : 0;
    }
    for (uint32_t i = 0; i < model->accounts_count; i++) {
        ever += model->accounts[i].city == city ? model->accounts[i].deposited : 0;
    }
    return ever <= DURE_AMOUNT_WON_MAX;
}

model_code_t model_ceiling(const model_t *model, const model_fund_t *fund, uint64_t face)
{
    if (!model_ever_fits(model, fund->city, face)) {
        return DURE_RESULT_AMOUNT_TOO_LARGE;
    }
    return fund->issued + fund->ordered - fund->refunded + face > fund->ceiling
               ? DURE_RESULT_CEILING_REACHED
               : DURE_RESULT_DONE;
}

/* A won of an account becomes a won of the fund that a citizen holds. */
void model_account_pays(model_fund_t *fund, model_account_t *account, uint64_t amount)
{
    if (amount > 0) {
        model_spend(account, amount);
        fund->issued += amount;
        fund->held_citizens += amount;
        fund->escrow += amount;
    }
}

/* ---- putting back */
static struct {
    model_party_t parties[2];
    uint32_t at[2];
    model_fund_t funds[MODEL_FUNDS];
    model_account_t accounts[MODEL_ACCOUNTS];
} saved;

void model_save(const model_t *model, const model_party_t *one, const model_party_t *two)
{
    const model_party_t *const parties[2] = {one, two};
    for (uint32_t i = 0; i < 2; i++) {
        saved.at[i] = MODEL_PARTIES;
        if (parties[i] != NULL) {
            saved.at[i] = (uint32_t)(parties[i] - model->parties);
            saved.parties[i] = *parties[i];
        }
    }
    memcpy(saved.funds, model->funds, model->funds_count * sizeof saved.funds[0]);
    memcpy(saved.accounts, model->accounts, sizeof saved.accounts);
}

void model_restore(model_t *model)
{
    for (uint32_t i = 0; i < 2; i++) {
        if (saved.at[i] < MODEL_PARTIES) {
            model->parties[saved.at[i]] = saved.parties[i];
        }
    }
    memcpy(model->funds, saved.funds, model->funds_count * sizeof saved.funds[0]);
    memcpy(model->accounts, saved.accounts, sizeof saved.accounts);
}
