/* A ledger goes from one operator to the next: as its records, and nothing else. */
#include "scenario/scenario.h"

/* The record of a party with `more` won in its first lot, written over its bytes. */
static void change_lot(dure_writer_t *out, uint64_t more)
{
    static dure_record_party_t record;
    static uint8_t lots[DURE_RECORD_SIZE_MAX];
    dure_reader_t reader = dure_reader(dure_writer_bytes(out));
    dure_record_party_decode(&reader, &record);
    assert_true(dure_reader_end(&reader) && record.lots.count > 0);
    dure_writer_t changed = dure_writer(lots, sizeof lots);
    dure_reader_t old = dure_reader(record.lots.bytes);
    for (uint32_t i = 0; i < record.lots.count; i++) {
        dure_lot_t lot;
        dure_lot_decode(&old, &lot);
        lot.left = i == 0 ? dure_amount_plus(lot.left, dure_amount(more)) : lot.left;
        dure_lot_encode(&changed, &lot);
    }
    record.lots.bytes = dure_writer_bytes(&changed);
    static uint8_t bytes[DURE_RECORD_SIZE_MAX];
    dure_writer_t whole = dure_writer(bytes, sizeof bytes);
    dure_record_party_encode(&whole, &record);
    assert_int_equal(whole.size, out->size);
    memcpy(out->data, bytes, whole.size);
}

/* True if `to` takes all records; `subject` has `more` won in them than it should. */
static bool carry(const dure_ledger_t *from, dure_ledger_t *to, uint64_t subject, uint64_t more,
                  uint32_t *count, const char **problem)
{
    static uint8_t bytes[DURE_RECORD_SIZE_MAX];
    dure_writer_t out = dure_writer(bytes, sizeof bytes);
    dure_blind_t blind;
    uint8_t table = 0;
    uint64_t cursor = 0;
    *count = 0;
    dure_ledger_load_begin(to);
    while (dure_ledger_next(from, &cursor, &table, &blind, &out)) {
        if (table == DURE_TABLE_PARTY && more > 0 && dure_get_u64(bytes) == subject) {
            change_lot(&out, more);
        }
        if (!dure_ledger_load_record(to, table, &blind, dure_writer_bytes(&out), problem)) {
            return false;
        }
        out = dure_writer(bytes, sizeof bytes);
        ++*count;
    }
    return dure_ledger_load_end(to, problem);
}

void scenario_move(scenario_t *scenario, const arg_t *args)
{
    (void)args;
    world_t *world = scenario->world;
    void *memory = NULL;
    uint32_t count = 0;
    const char *problem = NULL;
    dure_time_t now = dure_ledger_time(world->ledger);
    dure_hash_t before = world_root(world);
    dure_ledger_keep(world->ledger);
    dure_ledger_t *second = world_second(world, &memory);
    if (!carry(world->ledger, second, 0, 0, &count, &problem)) {
        scenario_problem(scenario, "%s", problem);
    }
    free(world->memory);
    world->memory = memory;
    world->ledger = second;
    dure_ledger_begin(world->ledger, now);
    dure_hash_t after = world_root(world);
    scenario_say(scenario, "    %u records taken over; the root is %s\n", (unsigned)count,
                 dure_hash_equal(&before, &after) ? "the same" : "another");
}

void scenario_forge(scenario_t *scenario, const arg_t *args)
{
    void *memory = NULL;
    uint32_t count = 0;
    const char *problem = NULL;
    dure_hash_t before = world_root(scenario->world);
    dure_ledger_t *second = world_second(scenario->world, &memory);
    bool taken = carry(scenario->world->ledger, second, args[0].thing->number, args[1].won, &count,
                       &problem);
    if (taken) {
        dure_hash_t after;
        dure_ledger_root(second, &after);
        bool same = dure_hash_equal(&before, &after);
        scenario_say(scenario, "    the sums fit; the root is %s\n", same ? "the same" : "another");
    } else {
        scenario_say(scenario, "    not taken over: %s\n", problem);
    }
    free(memory);
}

void scenario_prove(scenario_t *scenario, const arg_t *args)
{
    static uint8_t bytes[DURE_RECORD_SIZE_MAX];
    static dure_tree_proof_t proof;
    const dure_ledger_t *ledger = scenario->world->ledger;
    const dure_hash_t root = world_root(scenario->world);
    const dure_primary_key_t primary = dure_key_party(args[1].thing->number);
    dure_writer_t out = dure_writer(bytes, sizeof bytes);
    dure_blind_t blind;
    dure_hash_t key;
    dure_hash_t value;
    assert_true(dure_ledger_record(ledger, &primary, &out, &blind));
    dure_ledger_prove(ledger, &primary, &proof);
    dure_state_key(&key, &primary);
    dure_state_value(&value, &blind, dure_writer_bytes(&out));
    const bool holds = dure_tree_proof_check(&proof, &root, &key, &value);
    bytes[out.size - 1] ^= 1;
    dure_state_value(&value, &blind, dure_writer_bytes(&out));
    const bool forged = dure_tree_proof_check(&proof, &root, &key, &value);
    scenario_say(scenario, "    the proof leads to the root: %s; with one bit changed: %s\n",
                 holds ? "yes" : "no", forged ? "yes" : "no");
}
