/* Comparing: every record of the ledger is the model's, byte for byte; and what must always hold
   follows from the ledger's own records, read back and added up from scratch. */
#include "walk/walk.h"

#include <stdarg.h>
#include <string.h>

static uint8_t bytes[DURE_RECORD_SIZE_MAX];

void walk_problem(walk_t *walk, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(walk->problem, sizeof walk->problem, format, arguments);
    va_end(arguments);
}

/* ---- the model's records are the ledger's */
typedef struct {
    walk_t *walk;
    uint32_t counts[16];
} comparison_t;

static dure_primary_key_t key_of(uint8_t table, dure_bytes_t record)
{
    static const uint8_t sizes[] = {[2] = 4,  [4] = 8,   [5] = 9,   [6] = 8,   [7] = 10, [8] = 18,
                                    [9] = 18, [10] = 18, [11] = 18, [12] = 18, [13] = 18};
    dure_primary_key_t key = {.table = table};
    if (table == DURE_TABLE_ACCOUNT) {
        /* city, then the name: on the wire its length stands before it */
        dure_name_t name = {{0}};
        memcpy(name.text, record.data + 5, record.data[4]);
        return dure_key_account(dure_get_u32(record.data), &name);
    }
    if (table != DURE_TABLE_CHAIN) {
        key.size = sizes[table];
        memcpy(key.bytes, record.data, key.size);
    }
    return key;
}

static void lots_tell(char *out, size_t size, dure_bytes_t record)
{
    static dure_record_party_t party;
    dure_reader_t reader = dure_reader(record);
    dure_record_party_decode(&reader, &party);
    int at = snprintf(out, size, "party %llu top %llu reserved %llu lots",
                      (unsigned long long)party.party, (unsigned long long)party.top,
                      (unsigned long long)party.reserved.won);
    dure_reader_t lots = dure_reader(party.lots.bytes);
    for (uint32_t i = 0; i < party.lots.count && at < (int)size - 60; i++) {
        dure_lot_t lot;
        dure_lot_decode(&lots, &lot);
        at += snprintf(out + at, size - (size_t)at, " %llu:%u v%u o%u %llu/%llu p%llu e%d",
                       (unsigned long long)lot.fund, lot.number, lot.version, lot.origin,
                       (unsigned long long)lot.left.won, (unsigned long long)lot.face.won,
                       (unsigned long long)lot.paid.won, lot.end_day);
    }
    for (uint32_t i = 0; i < party.balances_count && at < (int)size - 60; i++) {
        at += snprintf(out + at, size - (size_t)at, " balance %llu: %llu owes %llu",
                       (unsigned long long)party.balances[i].fund,
                       (unsigned long long)party.balances[i].amount.won,
                       (unsigned long long)party.balances[i].owed.won);
    }
    dure_reader_t counters = dure_reader(party.counters.bytes);
    for (uint32_t i = 0; i < party.counters.count && at < (int)size - 60; i++) {
        dure_counter_t counter;
        dure_counter_decode(&counters, &counter);
        at += snprintf(out + at, size - (size_t)at, " c%llu:%02x=%llu@%u",
                       (unsigned long long)counter.fund, counter.identity.bytes[0],
                       (unsigned long long)counter.value, counter.period);
    }
}

static void differ(walk_t *walk, uint8_t table, dure_bytes_t model, dure_bytes_t ledger)
{
    static char text[2][4000];
    if (table == DURE_TABLE_PARTY) {
        lots_tell(text[0], sizeof text[0], model);
        lots_tell(text[1], sizeof text[1], ledger);
        fprintf(stderr, "model:  %s\nledger: %s\n", text[0], text[1]);
    } else {
        fprintf(stderr, "model:  ");
        for (size_t i = 0; i < model.size && i < 400; i++) {
            fprintf(stderr, "%02x", model.data[i]);
        }
        fprintf(stderr, "\nledger: ");
        for (size_t i = 0; i < ledger.size && i < 400; i++) {
            fprintf(stderr, "%02x", ledger.data[i]);
        }
        fprintf(stderr, "\n");
    }
    walk_problem(walk, "a record of table %u differs", table);
}

static bool record_same(void *context, uint8_t table, const dure_blind_t *blind,
                        dure_bytes_t record)
{
    comparison_t *comparison = context;
    walk_t *walk = comparison->walk;
    const dure_primary_key_t key = key_of(table, record);
    dure_writer_t out = dure_writer(bytes, sizeof bytes);
    dure_blind_t its;
    comparison->counts[table]++;
    if (!dure_ledger_record(walk->ledger, &key, &out, &its)) {
        walk_problem(walk, "the ledger lacks a record of table %u", table);
        return false;
    }
    if (!dure_bytes_equal(record, dure_writer_bytes(&out)) ||
        memcmp(blind, &its, sizeof its) != 0) {
        differ(walk, table, record, dure_writer_bytes(&out));
        return false;
    }
    return true;
}

static bool counts_same(walk_t *walk, const uint32_t *counts)
{
    const dure_ledger_usage_t usage = dure_ledger_usage(walk->ledger);
    const uint32_t ledger[16] = {[4] = usage.funds,    [6] = usage.parties, [7] = usage.lanes,
                                 [8] = usage.orders,   [9] = usage.payouts, [10] = usage.proposals,
                                 [11] = usage.batches, [12] = usage.holds,  [13] = usage.refunds};
    for (uint32_t table = 4; table < 14; table++) {
        if (table != 5 && ledger[table] != counts[table]) {
            walk_problem(walk, "table %u has %u records, the model %u", table, ledger[table],
                         counts[table]);
            return false;
        }
    }
    return true;
}

/* ---- what must always hold, from the ledger's records alone */
typedef struct {
    uint64_t citizens, merchants, pending, ordered, promised;
} sums_t;

typedef struct {
    uint32_t funds_count, accounts_count;
    dure_record_fund_t funds[MODEL_FUNDS];
    sums_t sums[MODEL_FUNDS];
    dure_record_account_t accounts[MODEL_ACCOUNTS];
    uint64_t reserved[MODEL_ACCOUNTS];
} audit_t;

static audit_t audit;

static bool next(walk_t *walk, dure_table_t table, uint64_t *cursor, dure_reader_t *reader)
{
    dure_blind_t blind;
    dure_writer_t out = dure_writer(bytes, sizeof bytes);
    if (!dure_ledger_scan(walk->ledger, table, cursor, &blind, &out)) {
        return false;
    }
    *reader = dure_reader(dure_writer_bytes(&out));
    return true;
}

static sums_t *sums_of(uint64_t fund)
{
    for (uint32_t i = 0; i < audit.funds_count; i++) {
        if (audit.funds[i].fund == fund) {
            return &audit.sums[i];
        }
    }
    DURE_ASSERT(false && "money of a fund that is not there");
    return NULL;
}

static uint32_t city_of(uint64_t fund)
{
    return audit.funds[sums_of(fund) - audit.sums].city;
}

static void reserve(uint64_t fund, const dure_name_t *account, uint64_t amount)
{
    for (uint32_t i = 0; i < audit.accounts_count; i++) {
        if (audit.accounts[i].city == city_of(fund) &&
            dure_name_equal(&audit.accounts[i].name, account)) {
            audit.reserved[i] += amount;
        }
    }
}

static const char *parties_add(walk_t *walk)
{
    static dure_record_party_t party;
    uint64_t cursor = 0;
    dure_reader_t reader;
    while (next(walk, DURE_TABLE_PARTY, &cursor, &reader)) {
        dure_record_party_decode(&reader, &party);
        dure_reader_t lots = dure_reader(party.lots.bytes);
        uint64_t fund_before = 0;
        uint32_t number_before = 0;
        for (uint32_t i = 0; i < party.lots.count; i++) {
            dure_lot_t lot;
            dure_lot_decode(&lots, &lot);
            if (lot.fund < fund_before ||
                (lot.fund == fund_before && lot.number <= number_before)) {
                return "lots do not stand in their order";
            }
            fund_before = lot.fund;
            number_before = lot.number;
            const uint64_t left = lot.left.won;
            const uint64_t face = lot.face.won;
            const uint64_t paid = lot.paid.won;
            const uint64_t subsidy = lot.subsidy.won;
            if (left == 0 || left > face || paid + subsidy != face ||
                lot.number >= party.lot_next) {
                return "a lot contradicts itself";
            }
            sums_of(lot.fund)->citizens += left;
        }
        for (uint32_t i = 0; i < party.balances_count; i++) {
            const uint64_t amount = party.balances[i].amount.won;
            sums_of(party.balances[i].fund)->merchants += amount;
        }
    }
    return NULL;
}

static void open_add(walk_t *walk)
{
    uint64_t cursor = 0;
    dure_reader_t reader;
    while (next(walk, DURE_TABLE_ORDER, &cursor, &reader)) {
        dure_record_order_t order;
        dure_record_order_decode(&reader, &order);
        const uint64_t face = order.face.won;
        sums_of(order.fund)->ordered += face;
        reserve(order.fund, &order.account, order.subsidy.won);
    }
    cursor = 0;
    while (next(walk, DURE_TABLE_PAYOUT, &cursor, &reader)) {
        dure_record_payout_t payout;
        dure_record_payout_decode(&reader, &payout);
        const uint64_t amount = payout.amount.won + payout.share.won;
        sums_of(payout.fund)->pending += amount;
    }
    cursor = 0;
    while (next(walk, DURE_TABLE_BATCH, &cursor, &reader)) {
        static dure_record_batch_t batch;
        dure_record_batch_decode(&reader, &batch);
        const uint64_t total = batch.total.won;
        const uint64_t used = batch.used.won;
        if (batch.what == 1) {
            sums_of(batch.fund)->promised += total - used;
            reserve(batch.fund, &batch.account, total - used);
        }
    }
}

static const char *figures_check(void)
{
    for (uint32_t i = 0; i < audit.funds_count; i++) {
        const dure_record_fund_t *fund = &audit.funds[i];
        const sums_t *sums = &audit.sums[i];
        const uint64_t outside = sums->citizens + sums->merchants + sums->pending;
        const uint64_t gone[3] = {fund->redeemed.won, fund->refunded.won, fund->lapsed.won};
        if (fund->held_citizens.won != sums->citizens ||
            fund->held_merchants.won != sums->merchants || fund->pending.won != sums->pending) {
            return "a fund's figures are not the sums over its records";
        }
        if (fund->ordered.won != sums->ordered + sums->promised) {
            return "what is ordered is not what is open";
        }
        if (fund->issued.won != outside + gone[0] + gone[1] + gone[2]) {
            return "issued is not held + pending + redeemed + refunded + lapsed";
        }
        if (fund->escrow.won != outside) {
            return "escrow is not what is held and pending";
        }
    }
    for (uint32_t i = 0; i < audit.accounts_count; i++) {
        const dure_record_account_t *at = &audit.accounts[i];
        const uint64_t in[2] = {at->deposited.won, at->received.won};
        const uint64_t out[3] = {at->balance.won, at->reserved.won, at->spent.won};
        if (at->reserved.won != audit.reserved[i] || in[0] + in[1] != out[0] + out[1] + out[2]) {
            return "an account does not follow from what came and went";
        }
    }
    return NULL;
}

static const char *audit_all(walk_t *walk)
{
    uint64_t cursor = 0;
    dure_reader_t reader;
    memset(audit.sums, 0, sizeof audit.sums);
    memset(audit.reserved, 0, sizeof audit.reserved);
    audit.funds_count = audit.accounts_count = 0;
    while (next(walk, DURE_TABLE_FUND, &cursor, &reader)) {
        dure_record_fund_decode(&reader, &audit.funds[audit.funds_count++]);
    }
    cursor = 0;
    while (next(walk, DURE_TABLE_ACCOUNT, &cursor, &reader)) {
        dure_record_account_decode(&reader, &audit.accounts[audit.accounts_count++]);
    }
    const char *problem = parties_add(walk);
    open_add(walk);
    return problem != NULL ? problem : figures_check();
}

/* The walk in the order of the tree gives as many records as the model has. */
static bool all_records_counted(walk_t *walk, const uint32_t *counts)
{
    uint32_t found[16] = {0};
    dure_hash_t root;
    uint64_t cursor = 0;
    uint8_t table;
    dure_blind_t blind;
    dure_ledger_root(walk->ledger, &root);
    dure_writer_t out = dure_writer(bytes, sizeof bytes);
    while (dure_ledger_next(walk->ledger, &cursor, &table, &blind, &out)) {
        found[table]++;
        out = dure_writer(bytes, sizeof bytes);
    }
    if (memcmp(found, counts, sizeof found) != 0) {
        walk_problem(walk, "the tree does not have the model's records");
        return false;
    }
    return true;
}

bool walk_check(walk_t *walk, bool all)
{
    comparison_t comparison = {.walk = walk};
    if (!model_records(walk->model, record_same, &comparison) ||
        !counts_same(walk, comparison.counts)) {
        return false;
    }
    const char *problem = dure_ledger_invariants(walk->ledger);
    problem = problem != NULL ? problem : audit_all(walk);
    if (problem != NULL) {
        walk_problem(walk, "%s", problem);
        return false;
    }
    return !all || all_records_counted(walk, comparison.counts);
}
