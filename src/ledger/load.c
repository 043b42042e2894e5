/* From records back to tables.  They come in the order of the tree, so a party can come before the
   fund its lots are of: such a fund is named first and filled when its record comes. */
#include "ledger/ledger_private.h"

#include <string.h>

static const char *const FULL = "the tables are too small for these records";

static uint32_t fund_named(dure_ledger_t *ledger, uint64_t number)
{
    const uint32_t fund = ledger_fund_find(ledger, number);
    if (fund != CELL_NONE || ledger_space(ledger, POOL_FUND) == 0) {
        return fund;
    }
    return ledger_fund_add(ledger, number);
}

/* Cities may come after what names them: they are known from the genesis. */
static uint32_t city_named(dure_ledger_t *ledger, uint32_t code)
{
    const dure_genesis_t *genesis = &ledger->genesis;
    while (ledger->state->pools[POOL_CITY].used < genesis->cities_count) {
        const uint32_t cell = ledger_take(ledger, POOL_CITY);
        city_t *city = city_at(ledger, cell);
        city->code = genesis->cities[cell].city;
        city->accounts = CELL_NONE;
    }
    return ledger_city_find(ledger, code);
}

static const char *load_chain(dure_ledger_t *ledger, dure_reader_t *reader)
{
    dure_record_chain_t record;
    dure_record_chain_decode(reader, &record);
    if (!dure_reader_end(reader)) {
        return "the chain record is not canonical";
    }
    if (record.clock != ledger->genesis.clock || record.cities != ledger->genesis.cities_count ||
        (record.clock == 1 && record.time != 0) || ledger->state->pools[POOL_CHAIN].used != 0) {
        return "the chain record contradicts the genesis";
    }
    if (record.parties_max < ledger->genesis.parties_max) {
        return "the chain's parties_max lies below the genesis's";
    }
    if (record.parties_max > ledger->capacity) {
        return FULL;
    }
    ledger_take(ledger, POOL_CHAIN);
    ledger->state->time = record.time;
    ledger->state->parties_max = record.parties_max;
    if (record.clock == 2) {
        if (record.time < ledger->genesis.time) {
            return "the chain's time lies before the genesis";
        }
        ledger_time_set(ledger, record.time);
    }
    ledger_dirty(ledger, DURE_TABLE_CHAIN, 0);
    return NULL;
}

static const char *load_city(dure_ledger_t *ledger, dure_reader_t *reader)
{
    dure_record_city_t record;
    dure_record_city_decode(reader, &record);
    if (!dure_reader_end(reader)) {
        return "a city record is not canonical";
    }
    const uint32_t cell = city_named(ledger, record.city);
    if (cell == CELL_NONE || city_at(ledger, cell)->threshold != 0 ||
        record.officers < record.threshold) {
        return "a city record contradicts the genesis, another record or itself";
    }
    city_at(ledger, cell)->threshold = record.threshold;
    city_at(ledger, cell)->officers = record.officers;
    ledger_dirty(ledger, DURE_TABLE_CITY, cell);
    return NULL;
}

static const char *load_account(dure_ledger_t *ledger, dure_reader_t *reader)
{
    dure_record_account_t record;
    dure_record_account_decode(reader, &record);
    if (!dure_reader_end(reader)) {
        return "an account record is not canonical";
    }
    const uint32_t city = city_named(ledger, record.city);
    if (city == CELL_NONE ||
        ledger_account_find(ledger, (uint8_t)city, &record.name) != CELL_NONE) {
        return "an account of no city, or one that came twice";
    }
    if (ledger_space(ledger, POOL_ACCOUNT) == 0) {
        return FULL;
    }
    const uint32_t cell = ledger_take(ledger, POOL_ACCOUNT);
    account_t *account = account_at(ledger, cell);
    account->city = (uint8_t)city;
    account->name = record.name;
    account->balance = record.balance;
    account->reserved = record.reserved;
    account->deposited = record.deposited;
    account->received = record.received;
    account->spent = record.spent;
    ledger_link(ledger, POOL_ACCOUNT, &city_at(ledger, city)->accounts, CELL_NONE, cell);
    ledger_dirty(ledger, DURE_TABLE_ACCOUNT, cell);
    return NULL;
}

static const char *load_counter(dure_ledger_t *ledger, uint32_t *head, const dure_counter_t *entry)
{
    const uint32_t fund = entry->fund == 0 ? FUND_SHARED : fund_named(ledger, entry->fund);
    if (fund == CELL_NONE || ledger_space(ledger, POOL_COUNTER) == 0) {
        return FULL;
    }
    if (!dure_amount_is_valid(entry->value)) {
        return "a counter above what can be counted";
    }
    const counter_t counter = {.period = entry->period,
                               .identity = entry->identity,
                               .value = entry->value,
                               .fund = (uint16_t)fund};
    ledger_counter_insert(ledger, head, &counter);
    return NULL;
}

static const char *load_changes(dure_ledger_t *ledger, uint32_t fund, dure_view_t changes)
{
    if (changes.count > DURE_FUND_PARAMETERS_MAX * DURE_PARAMETER_CHANGES_MAX) {
        return FULL;
    }
    dure_reader_t reader = dure_reader(changes.bytes);
    dure_parameter_change_t before = {0};
    for (uint16_t i = 0; i < changes.count; i++) {
        dure_parameter_change_t change;
        dure_parameter_change_decode(&reader, &change);
        const int order = memcmp(&before.parameter, &change.parameter, sizeof change.parameter);
        if (i > 0 && (order > 0 || (order == 0 && change.from <= before.from))) {
            return "a fund's parameter changes are not ascending";
        }
        ledger_change_insert(ledger, fund, &change);
        before = change;
    }
    return NULL;
}

static void fund_fill(dure_ledger_t *ledger, uint32_t cell, const dure_record_fund_t *record)
{
    fund_t *fund = fund_at(ledger, cell);
    fund->loaded = 1;
    fund->version = record->version;
    fund->mode = record->mode;
    fund->successor = record->successor;
    fund->ceiling = record->ceiling;
    fund->issued = record->issued;
    fund->ordered = record->ordered;
    fund->held_citizens = record->held_citizens;
    fund->held_merchants = record->held_merchants;
    fund->pending = record->pending;
    fund->redeemed = record->redeemed;
    fund->refunded = record->refunded;
    fund->lapsed = record->lapsed;
    fund->escrow = record->escrow;
}

static const char *load_fund(dure_ledger_t *ledger, dure_reader_t *reader)
{
    dure_record_fund_t record;
    dure_record_fund_decode(reader, &record);
    if (!dure_reader_end(reader)) {
        return "a fund record is not canonical";
    }
    const uint32_t city = city_named(ledger, record.city);
    const uint32_t cell = fund_named(ledger, record.fund);
    if (cell == CELL_NONE) {
        return FULL;
    }
    if (city == CELL_NONE || fund_at(ledger, cell)->loaded) {
        return "a fund of no city, or one that came twice";
    }
    fund_at(ledger, cell)->city = (uint8_t)city;
    fund_fill(ledger, cell, &record);
    ledger_dirty(ledger, DURE_TABLE_FUND, cell);
    for (uint16_t i = 0; i < record.counters_count; i++) {
        if (i > 0 && memcmp(&record.counters[i].identity, &record.counters[i - 1].identity,
                            sizeof record.counters[i].identity) <= 0) {
            return "a fund's counters are not ascending";
        }
        const char *problem =
            load_counter(ledger, &fund_at(ledger, cell)->counters, &record.counters[i]);
        if (problem != NULL) {
            return problem;
        }
    }
    return load_changes(ledger, cell, record.changes);
}

static const char *load_program(dure_ledger_t *ledger, dure_reader_t *reader)
{
    dure_record_program_t record;
    dure_record_program_decode(reader, &record);
    if (!dure_reader_end(reader)) {
        return "a program record is not canonical";
    }
    const uint32_t cell = fund_named(ledger, record.fund);
    if (cell == CELL_NONE || ledger_space(ledger, POOL_PROGRAM) == 0 ||
        ledger->limits.image_bytes_max - ledger->state->image_used <
            ledger_image_space(record.image.size)) {
        return FULL;
    }
    fund_t *fund = fund_at(ledger, cell);
    if (record.version >= DURE_FUND_VERSIONS_MAX || fund->programs[record.version] != CELL_NONE) {
        return "a program's version is not possible, or came twice";
    }
    const uint32_t program = ledger_program_add(ledger, &record);
    fund->programs[record.version] = program;
    fund->versions++;
    return ledger_program_parse(ledger, program) ? NULL : "a program does not pass the verifier";
}

/* ---- party */
static const char *load_keys(dure_ledger_t *ledger, uint32_t party,
                             const dure_record_party_t *record)
{
    if (record->keys_count == 0) {
        return "a party without a key";
    }
    if (ledger_space(ledger, POOL_KEY) < record->keys_count - 1u) {
        return FULL;
    }
    for (uint16_t i = 0; i < record->keys_count; i++) {
        if (i > 0 && record->keys[i].slot <= record->keys[i - 1].slot) {
            return "a party's keys are not ascending";
        }
        ledger_key_set(ledger, party, &record->keys[i]);
    }
    return NULL;
}

/* What attest keeps: see there. */
static bool follows(const dure_attribute_entry_t *before, const dure_attribute_entry_t *entry,
                    bool third)
{
    return entry->what > before->what ||
           (entry->what == before->what && entry->from > before->until && !third);
}

static const char *load_attributes(dure_ledger_t *ledger, uint32_t party,
                                   const dure_record_party_t *record)
{
    if (ledger_space(ledger, POOL_ATTRIBUTE) < record->attributes_count) {
        return FULL;
    }
    for (uint16_t i = 0; i < record->attributes_count; i++) {
        const dure_attribute_entry_t *entry = &record->attributes[i];
        const bool third = i > 1 && record->attributes[i - 2].what == entry->what;
        if ((i > 0 && !follows(&record->attributes[i - 1], entry, third)) ||
            entry->until < entry->from) {
            return "a party's attributes are not ascending, or their days meet";
        }
        if (ledger_entry_check(entry, record->kind) != DURE_RESULT_DONE) {
            return "an attribute that this kind of party cannot have";
        }
        if (!ledger_list_room(ledger, entry->what)) {
            return FULL;
        }
        ledger_attribute_add(ledger, party, entry);
    }
    return NULL;
}

static bool lot_is_sound(const dure_lot_t *lot)
{
    dure_amount_t cost;
    return dure_amount_add(&cost, lot->paid, lot->subsidy) &&
           dure_amount_compare(cost, lot->face) == 0 && !dure_amount_is_zero(lot->left) &&
           dure_amount_compare(lot->left, lot->face) <= 0 && lot->version < DURE_FUND_VERSIONS_MAX;
}

static const char *load_lots(dure_ledger_t *ledger, uint32_t party,
                             const dure_record_party_t *record)
{
    if (record->lots.count > 0 && !kind_has_lots(record->kind)) {
        return "lots in the hands of somebody who is neither citizen nor bearer";
    }
    if (ledger_space(ledger, POOL_LOT) < record->lots.count) {
        return FULL;
    }
    dure_reader_t reader = dure_reader(record->lots.bytes);
    dure_lot_t before = {0};
    for (uint16_t i = 0; i < record->lots.count; i++) {
        dure_lot_t lot;
        dure_lot_decode(&reader, &lot);
        if (lot.fund < before.fund || (lot.fund == before.fund && lot.number <= before.number)) {
            return "a party's lots are not ascending";
        }
        if (!lot_is_sound(&lot) || lot.number >= record->lot_next) {
            return "a lot contradicts itself or its party";
        }
        const uint32_t fund = fund_named(ledger, lot.fund);
        if (fund == CELL_NONE) {
            return FULL;
        }
        ledger_lot_add(ledger, party, &lot, fund);
        before = lot;
    }
    return NULL;
}

static const char *load_balances(dure_ledger_t *ledger, uint32_t party,
                                 const dure_record_party_t *record)
{
    if (record->balances_count > 0 && record->kind != DURE_KIND_MERCHANT) {
        return "merchant money in the hands of somebody who is no merchant";
    }
    if (ledger_space(ledger, POOL_BALANCE) < record->balances_count) {
        return FULL;
    }
    for (uint16_t i = 0; i < record->balances_count; i++) {
        const dure_balance_t *balance = &record->balances[i];
        if ((i > 0 && balance->fund <= record->balances[i - 1].fund) ||
            (dure_amount_is_zero(balance->amount) && dure_amount_is_zero(balance->owed))) {
            return "a party's balances are not ascending, or empty";
        }
        const uint32_t fund = fund_named(ledger, balance->fund);
        if (fund == CELL_NONE) {
            return FULL;
        }
        ledger_balance_add(ledger, party, fund, balance->amount);
        ledger_owed_set(ledger, party, fund, balance->owed);
    }
    return NULL;
}

static const char *load_counters(dure_ledger_t *ledger, uint32_t party,
                                 const dure_record_party_t *record)
{
    dure_reader_t reader = dure_reader(record->counters.bytes);
    dure_counter_t before = {0};
    for (uint16_t i = 0; i < record->counters.count; i++) {
        dure_counter_t counter;
        dure_counter_decode(&reader, &counter);
        const int order = memcmp(&before.identity, &counter.identity, sizeof counter.identity);
        if (i > 0 && (counter.fund < before.fund || (counter.fund == before.fund && order >= 0))) {
            return "a party's counters are not ascending";
        }
        const char *problem = load_counter(ledger, &party_at(ledger, party)->counters, &counter);
        if (problem != NULL) {
            return problem;
        }
        before = counter;
    }
    return NULL;
}

static const char *load_party(dure_ledger_t *ledger, dure_reader_t *reader,
                              const dure_blind_t *blind)
{
    dure_record_party_t record;
    dure_record_party_decode(reader, &record);
    if (!dure_reader_end(reader)) {
        return "a party record is not canonical";
    }
    const uint32_t city = city_named(ledger, record.city);
    if (city == CELL_NONE || ledger_party_find(ledger, record.party) != CELL_NONE) {
        return "a party of no city, or one that came twice";
    }
    if (record.kind != DURE_KIND_SERVICE && record.roles != 0) {
        return "roles of a party that is no service";
    }
    if (ledger_space(ledger, POOL_PARTY) == 0) {
        return FULL;
    }
    const uint32_t cell = ledger_party_add(ledger, record.party, (uint8_t)city, record.kind,
                                           (uint8_t)record.roles, blind);
    party_t *party = party_at(ledger, cell);
    const bool forgets = ledger->bug == DURE_LEDGER_BUG_WINDOW_NOT_RESTORED;
    party->top = forgets ? 0 : record.top;
    party->window = forgets ? 0 : record.window;
    party->lot_next = record.lot_next;
    const char *problem = load_keys(ledger, cell, &record);
    problem = problem != NULL ? problem : load_attributes(ledger, cell, &record);
    problem = problem != NULL ? problem : load_lots(ledger, cell, &record);
    problem = problem != NULL ? problem : load_balances(ledger, cell, &record);
    return problem != NULL ? problem : load_counters(ledger, cell, &record);
}

/* ---- the tables that hang on a party: linked at the end, when all parties are there */
static const char *load_lane(dure_ledger_t *ledger, dure_reader_t *reader)
{
    dure_record_lane_t record;
    dure_record_lane_decode(reader, &record);
    if (!dure_reader_end(reader) || record.window_count != DURE_WINDOW_SERVICE_BITS / 64) {
        return "a lane record is not canonical";
    }
    const record_id_t id = {.party = record.party, .lane = record.lane};
    if (ledger_index_find(ledger, INDEX_LANE, id) != CELL_NONE) {
        return "a lane came twice";
    }
    if (ledger_space(ledger, POOL_LANE) == 0) {
        return FULL;
    }
    const uint32_t cell = ledger_lane_open(ledger, record.party, record.lane);
    lane_t *lane = lane_at(ledger, cell);
    const bool forgets = ledger->bug == DURE_LEDGER_BUG_WINDOW_NOT_RESTORED;
    lane->top = forgets ? 0 : record.top;
    for (uint32_t i = 0; i < DURE_WINDOW_SERVICE_BITS / 64; i++) {
        lane->window[i] = forgets ? 0 : record.window[i].bits;
    }
    ledger_dirty(ledger, DURE_TABLE_LANE, cell);
    return NULL;
}

static const char *load_order(dure_ledger_t *ledger, dure_reader_t *reader)
{
    dure_record_order_t record;
    dure_record_order_decode(reader, &record);
    if (!dure_reader_end(reader)) {
        return "an order record is not canonical";
    }
    if (ledger_index_find(ledger, INDEX_ORDER, ledger_id(&record.id)) != CELL_NONE) {
        return "an order came twice";
    }
    if (ledger_space(ledger, POOL_ORDER) == 0) {
        return FULL;
    }
    ledger_order_add(ledger, &record);
    return NULL;
}

static const char *load_payout(dure_ledger_t *ledger, dure_reader_t *reader)
{
    dure_record_payout_t record;
    dure_record_payout_decode(reader, &record);
    if (!dure_reader_end(reader)) {
        return "a payout record is not canonical";
    }
    if (ledger_index_find(ledger, INDEX_PAYOUT, ledger_id(&record.id)) != CELL_NONE) {
        return "a payout came twice";
    }
    if (ledger_space(ledger, POOL_PAYOUT) == 0) {
        return FULL;
    }
    ledger_payout_add(ledger, &record);
    ledger->state->redemptions_open += record.why == PAYOUT_REDEMPTION;
    return NULL;
}

static const char *load_proposal(dure_ledger_t *ledger, dure_reader_t *reader)
{
    dure_record_proposal_t record;
    dure_record_proposal_decode(reader, &record);
    dure_reader_t act_reader = dure_reader(record.act);
    dure_act_t act;
    dure_act_decode(&act_reader, &act);
    if (!dure_reader_end(reader) || !dure_reader_end(&act_reader)) {
        return "a proposal record is not canonical";
    }
    const uint32_t city = city_named(ledger, record.city);
    if (city == CELL_NONE || record.approvals_count == 0 ||
        ledger_index_find(ledger, INDEX_PROPOSAL, ledger_id(&record.id)) != CELL_NONE) {
        return "a proposal of no city, without approval, or one that came twice";
    }
    if (ledger_space(ledger, POOL_PROPOSAL) == 0 ||
        ledger_space(ledger, POOL_CHUNK) < (record.act.size + CHUNK_BYTES - 1) / CHUNK_BYTES) {
        return FULL;
    }
    ledger_proposal_add(ledger, &record, (uint8_t)city);
    return NULL;
}

static const char *load_one(dure_ledger_t *ledger, dure_table_t table, const dure_blind_t *blind,
                            dure_reader_t *reader)
{
    switch (table) {
    case DURE_TABLE_CHAIN:
        return load_chain(ledger, reader);
    case DURE_TABLE_CITY:
        return load_city(ledger, reader);
    case DURE_TABLE_ACCOUNT:
        return load_account(ledger, reader);
    case DURE_TABLE_FUND:
        return load_fund(ledger, reader);
    case DURE_TABLE_PROGRAM:
        return load_program(ledger, reader);
    case DURE_TABLE_PARTY:
        return load_party(ledger, reader, blind);
    case DURE_TABLE_LANE:
        return load_lane(ledger, reader);
    case DURE_TABLE_ORDER:
        return load_order(ledger, reader);
    case DURE_TABLE_PAYOUT:
        return load_payout(ledger, reader);
    case DURE_TABLE_PROPOSAL:
        return load_proposal(ledger, reader);
    case DURE_TABLE_BATCH:
        return ledger_batch_load(ledger, reader);
    case DURE_TABLE_HOLD:
        return ledger_hold_load(ledger, reader);
    case DURE_TABLE_REFUND:
        return ledger_refund_load(ledger, reader);
    }
    return "no such table";
}

void dure_ledger_load_fetch(const dure_ledger_t *ledger, uint8_t table, dure_bytes_t record)
{
    if (table == DURE_TABLE_PARTY && record.size >= sizeof(uint64_t)) {
        ledger_index_fetch(ledger, INDEX_PARTY, (record_id_t){.party = dure_get_u64(record.data)});
    }
}

bool dure_ledger_load_record(dure_ledger_t *ledger, uint8_t table, const dure_blind_t *blind,
                             dure_bytes_t record, const char **problem)
{
    dure_reader_t reader = dure_reader(record);
    *problem = load_one(ledger, (dure_table_t)table, blind, &reader);
    ledger_load_sync(ledger);
    return *problem == NULL;
}
