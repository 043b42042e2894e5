/* oracle: what must hold of a node that has just recovered. */
#include "sim/sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char text[512];

/* The place in the list of the next logged transaction: whatever lies between must be what no block
   may hold. */
static bool advance(const workload_t *workload, uint32_t *matched, dure_bytes_t wire)
{
    uint32_t i = *matched;
    while (i < workload->count && !workload->items[i].is_final) {
        i++;
    }
    if (i == workload->count || !workload_is(wire, workload->items[i].wire)) {
        return false;
    }
    *matched = i + 1;
    return true;
}

const char *oracle_recovered(const workload_t *workload, dure_node_t *node, uint32_t *matched)
{
    dure_consensus_t *consensus = dure_node_consensus(node);
    const dure_chain_head_t *head = dure_chain_head(dure_consensus_chain(consensus));
    *matched = 0;
    if (head->height != dure_consensus_durable_height(consensus)) {
        return "after recovery the state is not at the end of the log";
    }
    for (uint64_t height = 1; height <= head->height; height++) {
        dure_bytes_t bytes;
        dure_bytes_t wire;
        dure_block_t block;
        const char *problem = "it cannot be read";
        size_t offset = 0;
        if (!dure_consensus_block(consensus, &bytes, height) ||
            !dure_block_decode(&block, bytes, &problem)) {
            (void)snprintf(text, sizeof text, "block %llu: %s", (unsigned long long)height,
                           problem);
            return text;
        }
        while (dure_block_next(&block, &offset, &wire)) {
            if (!advance(workload, matched, wire)) {
                (void)snprintf(text, sizeof text,
                               "block %llu holds what was not submitted, or twice, or out of order "
                               "(after %u transactions)",
                               (unsigned long long)height, *matched);
                return text;
            }
        }
        if (height == head->height && !dure_hash_equal(&block.hash, &head->block_hash)) {
            return "the last block is not the chain's head";
        }
    }
    if (*matched > 0 && !dure_hash_equal(&workload->items[*matched - 1].root, &head->ledger_root)) {
        (void)snprintf(text, sizeof text,
                       "the ledger root at height %llu is not a clean run's after %u transactions",
                       (unsigned long long)head->height, *matched);
        return text;
    }
    const char *broken = dure_ledger_invariants(dure_chain_ledger(dure_consensus_chain(consensus)));
    if (broken != NULL) {
        (void)snprintf(text, sizeof text, "an invariant is broken: %s", broken);
        return text;
    }
    return NULL;
}

/* ---- proofs ---------------------------------------------------------------------------------- */

static bool key_of_made(dure_primary_key_t *key, dure_table_t table, dure_bytes_t record)
{
    dure_tx_id_t id;
    dure_reader_t reader = dure_reader(record);
    dure_tx_id_decode(&reader, &id);
    *key = dure_key_made(table, &id);
    return dure_reader_ok(&reader);
}

/* The primary key that a record's bytes begin with: docs/formats/layouts.md. */
static bool key_of(dure_primary_key_t *key, uint8_t table, dure_bytes_t record)
{
    dure_reader_t reader = dure_reader(record);
    uint64_t number = 0;
    dure_name_t name;
    switch ((dure_table_t)table) {
    case DURE_TABLE_CHAIN:
        *key = dure_key_chain();
        break;
    case DURE_TABLE_CITY:
        *key = dure_key_city((uint32_t)dure_read_uint(&reader, "city", 4, 0, UINT32_MAX));
        break;
    case DURE_TABLE_ACCOUNT:
        number = dure_read_uint(&reader, "city", 4, 0, UINT32_MAX);
        dure_read_name(&reader, "name", &name, false);
        *key = dure_key_account((uint32_t)number, &name);
        break;
    case DURE_TABLE_FUND:
        *key = dure_key_fund(dure_read_uint(&reader, "fund", 8, 0, UINT64_MAX));
        break;
    case DURE_TABLE_PROGRAM:
        number = dure_read_uint(&reader, "fund", 8, 0, UINT64_MAX);
        *key = dure_key_program(number, (uint8_t)dure_read_uint(&reader, "version", 1, 0, 255));
        break;
    case DURE_TABLE_PARTY:
        *key = dure_key_party(dure_read_uint(&reader, "party", 8, 0, UINT64_MAX));
        break;
    case DURE_TABLE_LANE:
        number = dure_read_uint(&reader, "party", 8, 0, UINT64_MAX);
        *key = dure_key_lane(number, (uint16_t)dure_read_uint(&reader, "lane", 2, 0, 65535));
        break;
    case DURE_TABLE_ORDER:
    case DURE_TABLE_PAYOUT:
    case DURE_TABLE_PROPOSAL:
    case DURE_TABLE_BATCH:
    case DURE_TABLE_HOLD:
    case DURE_TABLE_REFUND:
        return key_of_made(key, (dure_table_t)table, record);
    }
    return dure_reader_ok(&reader);
}

const char *oracle_proofs(const dure_ledger_t *ledger, const dure_hash_t *root)
{
    static uint8_t record[DURE_RECORD_SIZE_MAX];
    static dure_tree_proof_t proof;
    uint64_t cursor = 0;
    uint8_t table = 0;
    dure_blind_t blind;
    dure_writer_t out = dure_writer(record, sizeof record);
    while (dure_ledger_next(ledger, &cursor, &table, &blind, &out)) {
        dure_primary_key_t primary;
        dure_hash_t key, value;
        dure_bytes_t bytes = dure_writer_bytes(&out);
        if (!key_of(&primary, table, bytes)) {
            return "a record is not of its table's layout";
        }
        dure_state_key(&key, &primary);
        dure_state_value(&value, &blind, bytes);
        dure_ledger_prove(ledger, &primary, &proof);
        if (!dure_tree_proof_check(&proof, root, &key, &value)) {
            (void)snprintf(text, sizeof text, "a record of table %u is not under the ledger root",
                           table);
            return text;
        }
        out = dure_writer(record, sizeof record);
    }
    return NULL;
}
