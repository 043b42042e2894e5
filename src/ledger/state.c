/* Finding and changing what stands in the tables.  Who calls the changing functions has checked
   that there is room; they touch, change and mark dirty. */
#include "ledger/ledger_private.h"

#include <string.h>

uint32_t ledger_party_find(const dure_ledger_t *ledger, uint64_t number)
{
    return ledger_index_find(ledger, INDEX_PARTY, (record_id_t){.party = number});
}

uint32_t ledger_city_find(const dure_ledger_t *ledger, uint32_t code)
{
    for (uint32_t city = 0; city < ledger->state->pools[POOL_CITY].used; city++) {
        if (city_at(ledger, city)->code == code) {
            return city;
        }
    }
    return CELL_NONE;
}

uint32_t ledger_fund_find(const dure_ledger_t *ledger, uint64_t number)
{
    for (uint32_t fund = 0; fund < ledger->state->pools[POOL_FUND].used; fund++) {
        if (fund_at(ledger, fund)->number == number) {
            return fund;
        }
    }
    return CELL_NONE;
}

uint32_t ledger_account_find(const dure_ledger_t *ledger, uint8_t city, const dure_name_t *name)
{
    uint32_t at = city_at(ledger, city)->accounts;
    while (at != CELL_NONE && !dure_name_equal(&account_at(ledger, at)->name, name)) {
        at = account_at(ledger, at)->next;
    }
    return at;
}

const dure_yak_program_t *ledger_program(const dure_ledger_t *ledger, uint32_t fund,
                                         uint8_t version)
{
    DURE_ASSERT(version < fund_at(ledger, fund)->versions);
    return &ledger->programs[fund_at(ledger, fund)->programs[version]];
}

uint8_t ledger_fund_version(const dure_ledger_t *ledger, uint32_t fund)
{
    uint8_t version = fund_at(ledger, fund)->version;
    while (version > 0 &&
           program_at(ledger, fund_at(ledger, fund)->programs[version])->opened > ledger->today) {
        version--;
    }
    return version;
}

/* `follow if looser` keeps its own version until something proves a program looser. */
#define OLD_LOTS_FOLLOW 2u

uint8_t ledger_lot_version(const dure_ledger_t *ledger, const lot_t *lot)
{
    if (ledger_program(ledger, lot->fund, lot->version)->old_lots != OLD_LOTS_FOLLOW) {
        return lot->version;
    }
    const uint8_t newest = ledger_fund_version(ledger, lot->fund);
    return newest > lot->version ? newest : lot->version;
}

uint64_t ledger_list_what(const dure_ledger_t *ledger, const dure_yak_program_t *program,
                          uint16_t list)
{
    DURE_ASSERT(list < program->list_count);
    return ledger->list_whats[program - ledger->programs][list];
}

party_t *ledger_party_change(dure_ledger_t *ledger, uint32_t party)
{
    party_t *at = party_at(ledger, party);
    ledger_touch(ledger, at, offsetof(party_t, key)); /* the key only ledger_key_set changes */
    ledger_dirty(ledger, DURE_TABLE_PARTY, party);
    return at;
}

fund_t *ledger_fund_change(dure_ledger_t *ledger, uint32_t fund)
{
    fund_t *at = fund_at(ledger, fund);
    ledger_touch(ledger, at, sizeof *at);
    ledger_dirty(ledger, DURE_TABLE_FUND, fund);
    return at;
}

account_t *ledger_account_change(dure_ledger_t *ledger, uint32_t account)
{
    account_t *at = account_at(ledger, account);
    ledger_touch(ledger, at, sizeof *at);
    ledger_dirty(ledger, DURE_TABLE_ACCOUNT, account);
    return at;
}

void ledger_account_spend(dure_ledger_t *ledger, uint32_t account, dure_amount_t amount)
{
    account_t *at = ledger_account_change(ledger, account);
    at->balance = dure_amount_minus(at->balance, amount);
    at->spent = dure_amount_plus(at->spent, amount);
}

void ledger_account_receive(dure_ledger_t *ledger, uint32_t account, dure_amount_t amount)
{
    account_t *at = ledger_account_change(ledger, account);
    at->balance = dure_amount_plus(at->balance, amount);
    at->received = dure_amount_plus(at->received, amount);
}

void ledger_account_reserve(dure_ledger_t *ledger, uint32_t account, dure_amount_t amount)
{
    account_t *at = ledger_account_change(ledger, account);
    at->balance = dure_amount_minus(at->balance, amount);
    at->reserved = dure_amount_plus(at->reserved, amount);
}

void ledger_account_reserved_spend(dure_ledger_t *ledger, uint32_t account, dure_amount_t amount)
{
    account_t *at = ledger_account_change(ledger, account);
    at->reserved = dure_amount_minus(at->reserved, amount);
    at->spent = dure_amount_plus(at->spent, amount);
}

void ledger_account_reserved_return(dure_ledger_t *ledger, uint32_t account, dure_amount_t amount)
{
    account_t *at = ledger_account_change(ledger, account);
    at->reserved = dure_amount_minus(at->reserved, amount);
    at->balance = dure_amount_plus(at->balance, amount);
}

city_t *ledger_city_change(dure_ledger_t *ledger, uint32_t city)
{
    city_t *at = city_at(ledger, city);
    ledger_touch(ledger, at, sizeof *at);
    ledger_dirty(ledger, DURE_TABLE_CITY, city);
    return at;
}

void ledger_time_set(dure_ledger_t *ledger, dure_time_t now)
{
    ledger->now = now;
    ledger->today = dure_zone_day(&ledger->zone, now);
}

dure_time_t dure_ledger_time(const dure_ledger_t *ledger)
{
    return ledger->now;
}

bool ledger_has_role(const dure_ledger_t *ledger, uint32_t party, dure_service_t role)
{
    return (party_at(ledger, party)->roles & (unsigned)role) != 0;
}

/* ---- parties and keys
   ----------------------------------------------------------------------------- */
uint32_t ledger_party_add(dure_ledger_t *ledger, uint64_t number, uint8_t city, uint8_t kind,
                          uint8_t roles, const dure_blind_t *blind)
{
    ledger_dirty(ledger, DURE_TABLE_CHAIN, 0); /* counts the parties */
    const uint32_t cell = ledger_take(ledger, POOL_PARTY);
    *party_at(ledger, cell) = (party_t){
        .number = number,
        .blind = *blind,
        .lot_next = 1,
        .attributes = CELL_NONE,
        .counters = CELL_NONE,
        .holdings = CELL_NONE,
        .open = CELL_NONE,
        .holds = CELL_NONE,
        .keys = CELL_NONE,
        .city = city,
        .kind = kind,
        .roles = roles,
    };
    ledger_index_add(ledger, INDEX_PARTY, cell);
    ledger_dirty(ledger, DURE_TABLE_PARTY, cell);
    return cell;
}

static dure_public_key_t first_key(const party_t *party)
{
    const bool is_ed25519 = party->key_form == KEY_ED25519;
    dure_public_key_t key = {.scheme = is_ed25519 ? DURE_SCHEME_ED25519 : DURE_SCHEME_P256};
    if (is_ed25519) {
        memcpy(key.bytes, party->key, sizeof party->key);
    } else {
        key.bytes[0] = party->key_form == KEY_P256_EVEN ? 2 : 3;
        memcpy(key.bytes + 1, party->key, sizeof party->key);
    }
    return key;
}

/* The key has passed dure_public_key_check, so its form follows from the first bytes. */
static void first_key_set(party_t *party, uint8_t slot, const dure_public_key_t *key)
{
    const bool is_ed25519 = key->scheme == DURE_SCHEME_ED25519;
    DURE_ASSERT(is_ed25519 ? key->bytes[32] == 0 : key->bytes[0] == 2 || key->bytes[0] == 3);
    party->key_slot = slot & 15u;
    party->key_form = is_ed25519 ? KEY_ED25519 : key->bytes[0] == 2 ? KEY_P256_EVEN : KEY_P256_ODD;
    memcpy(party->key, key->bytes + (is_ed25519 ? 0 : 1), sizeof party->key);
}

static bool has_first_key(const party_t *party, uint8_t slot)
{
    return party->key_form != 0 && party->key_slot == slot;
}

static uint32_t further_key(const dure_ledger_t *ledger, const party_t *party, uint8_t slot)
{
    uint32_t at = party->keys;
    while (at != CELL_NONE && key_at(ledger, at)->slot != slot) {
        at = key_at(ledger, at)->next;
    }
    return at;
}

bool ledger_key_find(const dure_ledger_t *ledger, const party_t *party, uint8_t slot,
                     dure_public_key_t *key)
{
    if (has_first_key(party, slot)) {
        *key = first_key(party);
        return true;
    }
    const uint32_t cell = further_key(ledger, party, slot);
    if (cell != CELL_NONE) {
        *key = key_at(ledger, cell)->key;
    }
    return cell != CELL_NONE;
}

uint32_t ledger_keys(const dure_ledger_t *ledger, const party_t *party,
                     dure_key_entry_t entries[KEYS_MAX])
{
    uint32_t count = 0;
    if (party->key_form != 0) {
        entries[count++] = (dure_key_entry_t){.slot = party->key_slot, .key = first_key(party)};
    }
    for (uint32_t at = party->keys; at != CELL_NONE; at = key_at(ledger, at)->next) {
        DURE_ASSERT(count < KEYS_MAX);
        const party_key_t *key = key_at(ledger, at);
        entries[count++] = (dure_key_entry_t){.slot = key->slot, .key = key->key};
    }
    return count;
}

void ledger_keys_remove(dure_ledger_t *ledger, uint32_t party)
{
    ledger_dirty(ledger, DURE_TABLE_PARTY, party);
    party_t *owner = party_at(ledger, party);
    ledger_touch(ledger, owner, sizeof *owner);
    owner->key_form = 0;
    while (owner->keys != CELL_NONE) {
        ledger_unlink(ledger, POOL_KEY, &owner->keys, owner->keys);
    }
}

static void further_key_set(dure_ledger_t *ledger, party_t *owner, uint8_t slot,
                            const dure_public_key_t *new)
{
    uint32_t cell = further_key(ledger, owner, slot);
    if (cell == CELL_NONE) {
        uint32_t previous = CELL_NONE;
        for (uint32_t at = owner->keys; at != CELL_NONE && key_at(ledger, at)->slot < slot;
             at = key_at(ledger, at)->next) {
            previous = at;
        }
        cell = ledger_take(ledger, POOL_KEY);
        ledger_link(ledger, POOL_KEY, &owner->keys, previous, cell);
    }
    party_key_t *key = key_at(ledger, cell);
    ledger_touch(ledger, key, sizeof *key);
    key->slot = slot;
    key->key = *new;
}

void ledger_key_set(dure_ledger_t *ledger, uint32_t party, const dure_key_entry_t *entry)
{
    ledger_dirty(ledger, DURE_TABLE_PARTY, party);
    party_t *owner = party_at(ledger, party);
    if (owner->key_form != 0 && entry->slot > owner->key_slot) {
        further_key_set(ledger, owner, entry->slot, &entry->key);
    } else {
        if (owner->key_form != 0 && entry->slot < owner->key_slot) {
            const dure_public_key_t moved = first_key(owner);
            further_key_set(ledger, owner, owner->key_slot, &moved);
        }
        ledger_touch(ledger, owner, sizeof *owner);
        first_key_set(owner, entry->slot, &entry->key);
    }
}

bool dure_ledger_signer_key(const dure_ledger_t *ledger, uint64_t party, uint8_t slot,
                            dure_public_key_t *key)
{
    const uint32_t cell = ledger_party_find(ledger, party);
    if (cell == CELL_NONE) {
        return false;
    }
    return ledger_key_find(ledger, party_at(ledger, cell), slot, key);
}

/* ---- attributes
   -----------------------------------------------------------------------------------
   A membership's 64-bit name is interned, so that an entry stays small.  The table of interned
   names counts its users, so that it too is a function of the records. */
uint64_t ledger_attribute_what(const dure_ledger_t *ledger, const attribute_t *attribute)
{
    return attribute->what < LIST_BASE ? attribute->what
                                       : ledger->state->lists[attribute->what - LIST_BASE];
}

uint64_t ledger_attribute_value(const dure_ledger_t *ledger, const attribute_t *attribute)
{
    if (attribute->wide) {
        return *wide_at(ledger, attribute->value_low);
    }
    return attribute->value_low | (uint64_t)attribute->value_middle << 32 |
           (uint64_t)attribute->value_high << 39;
}

static void attribute_value_set(dure_ledger_t *ledger, attribute_t *attribute, uint64_t value)
{
    if (value >> ATTRIBUTE_VALUE_BITS != 0) {
        const uint32_t cell = ledger_take(ledger, POOL_WIDE);
        *wide_at(ledger, cell) = value;
        attribute->wide = 1;
        attribute->value_low = cell;
        return;
    }
    attribute->value_low = (uint32_t)value;
    attribute->value_middle = (uint32_t)(value >> 32) & 0x7fu;
    attribute->value_high = (uint32_t)(value >> 39) & 0x3fffu;
}

static uint32_t list_find(const dure_ledger_t *ledger, uint64_t what)
{
    uint32_t i = 0;
    while (i < LISTS_KEPT && ledger->state->lists[i] != what) {
        i++;
    }
    return i;
}

bool ledger_list_room(const dure_ledger_t *ledger, uint64_t what)
{
    return what < LIST_BASE || list_find(ledger, what) < LISTS_KEPT ||
           list_find(ledger, 0) < LISTS_KEPT;
}

static uint32_t list_take(dure_ledger_t *ledger, uint64_t what)
{
    uint32_t i = list_find(ledger, what);
    if (i == LISTS_KEPT) {
        i = list_find(ledger, 0);
        DURE_ASSERT(i < LISTS_KEPT);
    }
    state_head_t *state = ledger->state;
    ledger_touch(ledger, &state->lists[i], sizeof state->lists[i]);
    ledger_touch(ledger, &state->list_uses[i], sizeof state->list_uses[i]);
    state->lists[i] = what;
    state->list_uses[i]++;
    return LIST_BASE + i;
}

static void list_release(dure_ledger_t *ledger, uint32_t what)
{
    state_head_t *state = ledger->state;
    const uint32_t i = what - LIST_BASE;
    ledger_touch(ledger, &state->lists[i], sizeof state->lists[i]);
    ledger_touch(ledger, &state->list_uses[i], sizeof state->list_uses[i]);
    DURE_ASSERT(state->list_uses[i] > 0);
    if (--state->list_uses[i] == 0) {
        state->lists[i] = 0;
    }
}

uint32_t ledger_attribute_find(const dure_ledger_t *ledger, const party_t *party, uint64_t what)
{
    const dure_day_t today = ledger->today;
    for (uint32_t at = party->attributes; at != CELL_NONE; at = attribute_at(ledger, at)->next) {
        const attribute_t *attribute = attribute_at(ledger, at);
        if ((dure_day_t)attribute->from <= today && today <= (dure_day_t)attribute->until &&
            ledger_attribute_what(ledger, attribute) == what) {
            return at;
        }
    }
    return CELL_NONE;
}

static bool attribute_before(const dure_ledger_t *ledger, const attribute_t *attribute,
                             const dure_attribute_entry_t *entry)
{
    const uint64_t what = ledger_attribute_what(ledger, attribute);
    return what != entry->what ? what < entry->what : (dure_day_t)attribute->from < entry->from;
}

void ledger_attribute_add(dure_ledger_t *ledger, uint32_t party,
                          const dure_attribute_entry_t *entry)
{
    party_t *owner = party_at(ledger, party);
    uint32_t previous = CELL_NONE;
    for (uint32_t at = owner->attributes;
         at != CELL_NONE && attribute_before(ledger, attribute_at(ledger, at), entry);
         at = attribute_at(ledger, at)->next) {
        previous = at;
    }
    ledger_dirty(ledger, DURE_TABLE_PARTY, party);
    const uint32_t cell = ledger_take(ledger, POOL_ATTRIBUTE);
    attribute_t *attribute = attribute_at(ledger, cell);
    attribute->what =
        (entry->what < LIST_BASE ? (uint32_t)entry->what : list_take(ledger, entry->what)) & 0xffu;
    attribute_value_set(ledger, attribute, entry->value);
    attribute->from = (uint32_t)entry->from & 0x1ffffu;
    attribute->until = (uint32_t)entry->until & 0x1ffffu;
    ledger_link(ledger, POOL_ATTRIBUTE, &owner->attributes, previous, cell);
}

void ledger_attribute_remove(dure_ledger_t *ledger, uint32_t party, uint32_t cell)
{
    ledger_dirty(ledger, DURE_TABLE_PARTY, party);
    const attribute_t *attribute = attribute_at(ledger, cell);
    if (attribute->what >= LIST_BASE) {
        list_release(ledger, attribute->what);
    }
    if (attribute->wide) {
        ledger_release(ledger, POOL_WIDE, attribute->value_low);
    }
    ledger_unlink(ledger, POOL_ATTRIBUTE, &party_at(ledger, party)->attributes, cell);
}

/* ---- merchant money
   ------------------------------------------------------------------------------- */
uint32_t ledger_balance_find(const dure_ledger_t *ledger, const party_t *party, uint32_t fund)
{
    uint32_t at = party->kind == DURE_KIND_MERCHANT ? party->holdings : CELL_NONE;
    while (at != CELL_NONE && balance_at(ledger, at)->fund != fund) {
        at = balance_at(ledger, at)->next;
    }
    return at;
}

/* A rejected payout comes back as a balance, so each open redemption keeps a place free. */
bool ledger_balance_room(const dure_ledger_t *ledger, uint32_t party, uint32_t new_count)
{
    if (new_count == 0) {
        return true;
    }
    const party_t *owner = party_at(ledger, party);
    const uint32_t own = ledger_list_count(ledger, POOL_BALANCE, owner->holdings) +
                         ledger_list_count(ledger, POOL_PAYOUT, owner->open);
    return own + new_count <= DURE_PARTY_FUNDS_MAX &&
           ledger_room(ledger, POOL_BALANCE) >= new_count + ledger->state->redemptions_open;
}

void ledger_balance_add(dure_ledger_t *ledger, uint32_t party, uint32_t fund, dure_amount_t amount)
{
    ledger_dirty(ledger, DURE_TABLE_PARTY, party);
    party_t *owner = party_at(ledger, party);
    uint32_t cell = ledger_balance_find(ledger, owner, fund);
    if (cell == CELL_NONE) {
        const uint64_t number = fund_at(ledger, fund)->number;
        uint32_t previous = CELL_NONE;
        for (uint32_t at = owner->holdings;
             at != CELL_NONE && fund_at(ledger, balance_at(ledger, at)->fund)->number < number;
             at = balance_at(ledger, at)->next) {
            previous = at;
        }
        cell = ledger_take(ledger, POOL_BALANCE);
        balance_at(ledger, cell)->fund = fund;
        ledger_link(ledger, POOL_BALANCE, &owner->holdings, previous, cell);
    }
    balance_t *balance = balance_at(ledger, cell);
    ledger_touch(ledger, balance, sizeof *balance);
    balance->amount = dure_amount_plus(balance->amount, amount);
}

void ledger_balance_take(dure_ledger_t *ledger, uint32_t party, uint32_t fund, dure_amount_t amount)
{
    ledger_dirty(ledger, DURE_TABLE_PARTY, party);
    party_t *owner = party_at(ledger, party);
    const uint32_t cell = ledger_balance_find(ledger, owner, fund);
    DURE_ASSERT(cell != CELL_NONE);
    balance_t *balance = balance_at(ledger, cell);
    ledger_touch(ledger, balance, sizeof *balance);
    balance->amount = dure_amount_minus(balance->amount, amount);
    if (dure_amount_is_zero(balance->amount) && dure_amount_is_zero(balance->owed)) {
        ledger_unlink(ledger, POOL_BALANCE, &owner->holdings, cell);
    }
}

void ledger_owed_set(dure_ledger_t *ledger, uint32_t party, uint32_t fund, dure_amount_t owed)
{
    /* The entry may be there for the debt alone. */
    ledger_balance_add(ledger, party, fund, DURE_AMOUNT_ZERO);
    party_t *owner = party_at(ledger, party);
    const uint32_t cell = ledger_balance_find(ledger, owner, fund);
    balance_t *balance = balance_at(ledger, cell);
    ledger_touch(ledger, balance, sizeof *balance);
    balance->owed = owed;
    if (dure_amount_is_zero(balance->amount) && dure_amount_is_zero(owed)) {
        ledger_unlink(ledger, POOL_BALANCE, &owner->holdings, cell);
    }
}

/* ---- lots
   ----------------------------------------------------------------------------------------- */
dure_amount_t ledger_lot_left(const lot_t *lot)
{
    return dure_amount(lot->left);
}

uint32_t ledger_lot_find(const dure_ledger_t *ledger, const party_t *party, uint32_t fund,
                         uint32_t number)
{
    uint32_t at = kind_has_lots(party->kind) ? party->holdings : CELL_NONE;
    while (at != CELL_NONE &&
           (lot_at(ledger, at)->fund != fund || lot_at(ledger, at)->number != number)) {
        at = lot_at(ledger, at)->next;
    }
    return at;
}

static bool lot_before(const dure_ledger_t *ledger, uint32_t cell, uint64_t fund, uint32_t number)
{
    const lot_t *lot = lot_at(ledger, cell);
    const uint64_t its = fund_at(ledger, lot->fund)->number;
    return its < fund || (its == fund && lot->number < number);
}

uint32_t ledger_lot_add(dure_ledger_t *ledger, uint32_t party, const dure_lot_t *lot, uint32_t fund)
{
    party_t *owner = party_at(ledger, party);
    uint32_t previous = CELL_NONE;
    for (uint32_t at = owner->holdings;
         at != CELL_NONE && lot_before(ledger, at, lot->fund, lot->number);
         at = lot_at(ledger, at)->next) {
        previous = at;
    }
    ledger_dirty(ledger, DURE_TABLE_PARTY, party);
    const uint32_t cell = ledger_take(ledger, POOL_LOT);
    lot_t *new = lot_at(ledger, cell);
    new->number = lot->number;
    new->fund = fund & 0xffu;
    new->version = lot->version & 7u;
    new->origin = lot->origin & 7u;
    new->gifted = lot->gifted;
    new->face = lot->face.won &((UINT64_C(1) << 50) - 1);
    new->left = lot->left.won &((UINT64_C(1) << 50) - 1);
    new->paid = lot->paid.won &((UINT64_C(1) << 50) - 1);
    new->order_day = (uint32_t)lot->order_day & 0x1ffffu;
    new->issue_day = (uint32_t)lot->issue_day & 0x1ffffu;
    new->end_day = (uint32_t)lot->end_day & 0x1ffffu;
    ledger_link(ledger, POOL_LOT, &owner->holdings, previous, cell);
    return cell;
}

void ledger_lot_take(dure_ledger_t *ledger, uint32_t party, uint32_t cell, dure_amount_t amount)
{
    lot_t *lot = lot_at(ledger, cell);
    const dure_amount_t left = dure_amount_minus(ledger_lot_left(lot), amount);
    ledger_dirty(ledger, DURE_TABLE_PARTY, party);
    if (dure_amount_is_zero(left)) {
        ledger_unlink(ledger, POOL_LOT, &party_at(ledger, party)->holdings, cell);
        return;
    }
    ledger_touch(ledger, lot, sizeof *lot);
    lot->left = left.won & ((UINT64_C(1) << 50) - 1);
}

/* ---- open business
   -------------------------------------------------------------------------------- */
static const dure_tx_id_t *open_id(const dure_ledger_t *ledger, pool_t pool, uint32_t cell)
{
    return pool == POOL_ORDER ? &order_at(ledger, cell)->id : &payout_at(ledger, cell)->id;
}

void ledger_open_add(dure_ledger_t *ledger, pool_t pool, uint32_t party, uint32_t cell)
{
    party_t *owner = party_at(ledger, party);
    const uint64_t number = open_id(ledger, pool, cell)->number;
    uint32_t previous = CELL_NONE;
    for (uint32_t at = owner->open; at != CELL_NONE && open_id(ledger, pool, at)->number < number;
         at = ledger_next_cell(ledger, pool, at)) {
        previous = at;
    }
    ledger_dirty(ledger, DURE_TABLE_PARTY, party);
    ledger_link(ledger, pool, &owner->open, previous, cell);
}

void ledger_open_remove(dure_ledger_t *ledger, pool_t pool, uint32_t party, uint32_t cell)
{
    ledger_dirty(ledger, DURE_TABLE_PARTY, party);
    ledger_unlink(ledger, pool, &party_at(ledger, party)->open, cell);
}
