/* Primary keys, and what stands under them in the tree. */
#include "ledger/ledger_private.h"

#include <string.h>

dure_primary_key_t dure_key_chain(void)
{
    return (dure_primary_key_t){.table = DURE_TABLE_CHAIN};
}

static dure_primary_key_t key_of(dure_table_t table, uint8_t size)
{
    return (dure_primary_key_t){.table = (uint8_t)table, .size = size};
}

dure_primary_key_t dure_key_city(uint32_t city)
{
    dure_primary_key_t key = key_of(DURE_TABLE_CITY, 4);
    dure_put_u32(key.bytes, city);
    return key;
}

dure_primary_key_t dure_key_account(uint32_t city, const dure_name_t *name)
{
    dure_primary_key_t key = key_of(DURE_TABLE_ACCOUNT, 4 + DURE_NAME_SIZE);
    dure_put_u32(key.bytes, city);
    memcpy(key.bytes + 4, name->text, DURE_NAME_SIZE);
    return key;
}

dure_primary_key_t dure_key_fund(uint64_t fund)
{
    dure_primary_key_t key = key_of(DURE_TABLE_FUND, 8);
    dure_put_u64(key.bytes, fund);
    return key;
}

dure_primary_key_t dure_key_program(uint64_t fund, uint8_t version)
{
    dure_primary_key_t key = key_of(DURE_TABLE_PROGRAM, 9);
    dure_put_u64(key.bytes, fund);
    key.bytes[8] = version;
    return key;
}

dure_primary_key_t dure_key_party(uint64_t party)
{
    dure_primary_key_t key = key_of(DURE_TABLE_PARTY, 8);
    dure_put_u64(key.bytes, party);
    return key;
}

dure_primary_key_t dure_key_lane(uint64_t party, uint16_t lane)
{
    dure_primary_key_t key = key_of(DURE_TABLE_LANE, 10);
    dure_put_u64(key.bytes, party);
    dure_put_u16(key.bytes + 8, lane);
    return key;
}

dure_primary_key_t dure_key_made(dure_table_t table, const dure_tx_id_t *id)
{
    DURE_ASSERT(table >= DURE_TABLE_ORDER && table <= DURE_TABLE_REFUND);
    dure_primary_key_t key = key_of(table, 18);
    dure_put_u64(key.bytes, id->party);
    dure_put_u16(key.bytes + 8, id->lane);
    dure_put_u64(key.bytes + 10, id->number);
    return key;
}

void dure_state_key(dure_hash_t *key, const dure_primary_key_t *primary)
{
    uint8_t bytes[1 + DURE_PRIMARY_KEY_MAX];
    DURE_ASSERT(primary->size <= DURE_PRIMARY_KEY_MAX);
    bytes[0] = primary->table;
    memcpy(bytes + 1, primary->bytes, primary->size);
    dure_hash(key, DURE_TAG_STATE_KEY, bytes, 1u + primary->size);
}

void dure_state_value(dure_hash_t *value, const dure_blind_t *blind, dure_bytes_t record)
{
    dure_hasher_t hasher;
    dure_hasher_init(&hasher, DURE_TAG_STATE_VALUE);
    dure_hasher_update(&hasher, blind->bytes, sizeof blind->bytes);
    dure_hasher_update(&hasher, record.data, record.size);
    dure_hasher_final(&hasher, value);
}

static dure_tx_id_t id_in(const dure_primary_key_t *primary)
{
    return (dure_tx_id_t){.party = dure_get_u64(primary->bytes),
                          .lane = dure_get_u16(primary->bytes + 8),
                          .number = dure_get_u64(primary->bytes + 10)};
}

static uint32_t account_of(const dure_ledger_t *ledger, const dure_primary_key_t *primary)
{
    dure_name_t name;
    memcpy(name.text, primary->bytes + 4, DURE_NAME_SIZE);
    const uint32_t city = ledger_city_find(ledger, dure_get_u32(primary->bytes));
    return city == CELL_NONE ? CELL_NONE : ledger_account_find(ledger, (uint8_t)city, &name);
}

static uint32_t program_of(const dure_ledger_t *ledger, const dure_primary_key_t *primary)
{
    const uint32_t fund = ledger_fund_find(ledger, dure_get_u64(primary->bytes));
    const uint8_t version = primary->bytes[8];
    if (fund == CELL_NONE || version >= fund_at(ledger, fund)->versions) {
        return CELL_NONE;
    }
    return fund_at(ledger, fund)->programs[version];
}

static uint32_t record_find(const dure_ledger_t *ledger, const dure_primary_key_t *primary)
{
    const uint8_t *bytes = primary->bytes;
    const dure_tx_id_t id = id_in(primary);
    const record_id_t lane = {.party = id.party, .lane = id.lane};
    switch ((dure_table_t)primary->table) {
    case DURE_TABLE_CHAIN:
        return 0;
    case DURE_TABLE_CITY:
        return ledger_city_find(ledger, dure_get_u32(bytes));
    case DURE_TABLE_ACCOUNT:
        return account_of(ledger, primary);
    case DURE_TABLE_FUND:
        return ledger_fund_find(ledger, dure_get_u64(bytes));
    case DURE_TABLE_PROGRAM:
        return program_of(ledger, primary);
    case DURE_TABLE_PARTY:
        return ledger_party_find(ledger, dure_get_u64(bytes));
    case DURE_TABLE_LANE:
        return ledger_index_find(ledger, INDEX_LANE, lane);
    case DURE_TABLE_ORDER:
        return ledger_index_find(ledger, INDEX_ORDER, ledger_id(&id));
    case DURE_TABLE_PAYOUT:
        return ledger_index_find(ledger, INDEX_PAYOUT, ledger_id(&id));
    case DURE_TABLE_PROPOSAL:
        return ledger_index_find(ledger, INDEX_PROPOSAL, ledger_id(&id));
    case DURE_TABLE_BATCH:
        return ledger_index_find(ledger, INDEX_BATCH, ledger_id(&id));
    case DURE_TABLE_HOLD:
        return ledger_index_find(ledger, INDEX_HOLD, ledger_id(&id));
    case DURE_TABLE_REFUND:
        return ledger_index_find(ledger, INDEX_REFUND, ledger_id(&id));
    }
    return CELL_NONE;
}

bool dure_ledger_scan(const dure_ledger_t *ledger, dure_table_t table, uint64_t *cursor,
                      dure_blind_t *blind, dure_writer_t *out)
{
    DURE_ASSERT(table >= DURE_TABLE_CHAIN && table <= DURE_TABLE_REFUND);
    const uint32_t used = ledger->state->pools[table - 1].used;
    while (*cursor < used) {
        const uint32_t cell = (uint32_t)*cursor;
        *cursor += 1;
        if (ledger_record_write(ledger, table, cell, out, blind)) {
            return true;
        }
    }
    return false;
}

bool dure_ledger_record(const dure_ledger_t *ledger, const dure_primary_key_t *primary,
                        dure_writer_t *out, dure_blind_t *blind)
{
    const uint32_t cell = record_find(ledger, primary);
    return cell != CELL_NONE &&
           ledger_record_write(ledger, (dure_table_t)primary->table, cell, out, blind);
}
