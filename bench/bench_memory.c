/* What a party takes: the growth of resident memory over a million citizens with one key, five
   attributes and two lots, loaded as a checkpoint's records are; tables, index, tree and all that
   loading leaves behind counted, and the fixed parts shared out among them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/bench.h"
#include "ledger/dure_ledger.h"
#include "trace/trace.h"

#define PARTIES  1000000u
#define LOTS     2u
#define FACE     UINT64_C(50000)
#define PAID     UINT64_C(47000)
#define FIRST    UINT64_C(1000000)
#define START_MS UINT64_C(1767571200000) /* 2026-01-05T00:00Z */
#define TODAY    20458
#define LIST     (UINT64_C(1) << 63) /* memberships from here on */

typedef struct {
    dure_ledger_t *ledger;
    void *memory;
    const char *problem;
} tables_t;

static bool tables_open(tables_t *tables, const dure_trace_t *trace)
{
    const dure_ledger_limits_t limits = dure_ledger_limits_for(PARTIES + 64);
    const size_t size = dure_ledger_size(&limits);
    tables->memory = aligned_alloc(64, (size + 63) / 64 * 64);
    tables->ledger = tables->memory == NULL
                         ? NULL
                         : dure_ledger_init(tables->memory, size, &limits,
                                            dure_trace_genesis(trace), &tables->problem);
    return tables->ledger != NULL;
}

/* The account and the fund, as the trace's officers make them. */
static bool set_up(tables_t *tables, dure_trace_t *trace)
{
    static dure_effect_t effect;
    dure_bytes_t wire;
    dure_hash_t root;
    bool done = true;
    dure_ledger_begin(tables->ledger, START_MS);
    while (done && (wire = dure_trace_setup(trace)).size > 0) {
        dure_envelope_t envelope;
        done =
            dure_envelope_decode(&envelope, wire, NULL) == DURE_RESULT_DONE &&
            dure_ledger_apply(tables->ledger, &envelope, NULL, NULL, &effect) == DURE_RESULT_DONE;
    }
    dure_ledger_root(tables->ledger, &root);
    dure_ledger_keep(tables->ledger);
    return done;
}

static bool give(tables_t *tables, uint8_t table, const dure_blind_t *blind,
                 const dure_writer_t *out)
{
    DURE_ASSERT(!out->overflow);
    return dure_ledger_load_record(tables->ledger, table, blind, dure_bytes(out->data, out->size),
                                   &tables->problem);
}

/* The records of the founding; the fund's says what the citizens below hold. */
static bool copy_founding(tables_t *to, const tables_t *from)
{
    static uint8_t bytes[DURE_RECORD_SIZE_MAX], changed[DURE_RECORD_SIZE_MAX];
    const dure_amount_t held = dure_amount((uint64_t)PARTIES * LOTS * FACE);
    uint64_t cursor = 0;
    uint8_t table;
    dure_blind_t blind;
    dure_writer_t out = dure_writer(bytes, sizeof bytes);
    bool done = true;
    while (done && dure_ledger_next(from->ledger, &cursor, &table, &blind, &out)) {
        if (table == DURE_TABLE_FUND) {
            dure_record_fund_t fund;
            dure_reader_t reader = dure_reader(dure_writer_bytes(&out));
            dure_record_fund_decode(&reader, &fund);
            fund.issued = fund.held_citizens = fund.escrow = held;
            out = dure_writer(changed, sizeof changed);
            dure_record_fund_encode(&out, &fund);
        }
        done = give(to, table, &blind, &out);
        out = dure_writer(bytes, sizeof bytes);
    }
    return done;
}

static bool give_citizen(tables_t *tables, uint32_t index, const dure_public_key_t *key)
{
    static dure_record_party_t record;
    static uint8_t bytes[4096], lots[LOTS * 128];
    dure_writer_t lots_out = dure_writer(lots, sizeof lots);
    for (uint32_t i = 0; i < LOTS; i++) {
        const dure_lot_t lot = {.fund = DURE_TRACE_FUND,
                                .number = i + 1,
                                .origin = DURE_ORIGIN_PURCHASE,
                                .face = {FACE},
                                .left = {FACE},
                                .paid = {PAID},
                                .subsidy = {FACE - PAID},
                                .order_day = TODAY - 3,
                                .issue_day = TODAY - 3,
                                .end_day = TODAY + 1825};
        dure_lot_encode(&lots_out, &lot);
    }
    record = (dure_record_party_t){
        .party = FIRST + index,
        .city = DURE_TRACE_CITY,
        .kind = DURE_KIND_CITIZEN,
        .top = 7,
        .window = 127,
        .lot_next = LOTS + 1,
        .keys_count = 1,
        .keys = {{.key = *key}},
        .attributes_count = 5,
        .attributes = {{DURE_ATTRIBUTE_RESIDENCE, DURE_TRACE_CITY, TODAY, DURE_DAY_MAX},
                       {DURE_ATTRIBUTE_BIRTH_YEAR, 1940 + index % 65, TODAY, DURE_DAY_MAX},
                       {LIST + 1, 1, TODAY, DURE_DAY_MAX},
                       {LIST + 2, 1, TODAY, DURE_DAY_MAX},
                       {LIST + 3, 1, TODAY, DURE_DAY_MAX}},
        .lots = {.count = LOTS, .bytes = dure_writer_bytes(&lots_out)},
    };
    dure_blind_t blind = {{0}};
    dure_put_u64(blind.bytes, FIRST + index);
    dure_writer_t out = dure_writer(bytes, sizeof bytes);
    dure_record_party_encode(&out, &record);
    return give(tables, DURE_TABLE_PARTY, &blind, &out);
}

static bool fill(tables_t *tables, const tables_t *founding)
{
    const dure_secret_key_t secret = {.scheme = DURE_SCHEME_ED25519, .seed = {9}};
    dure_public_key_t key;
    dure_hash_t root;
    dure_ledger_load_begin(tables->ledger);
    bool done = dure_public_key_of(&key, &secret) && copy_founding(tables, founding);
    for (uint32_t i = 0; done && i < PARTIES; i++) {
        done = give_citizen(tables, i, &key);
    }
    done = done && dure_ledger_load_end(tables->ledger, &tables->problem);
    dure_ledger_root(tables->ledger, &root);
    const dure_ledger_usage_t usage = dure_ledger_usage(tables->ledger);
    return done && usage.lots == PARTIES * LOTS && usage.attributes == PARTIES * 5;
}

bool bench_memory(bench_t *bench)
{
    static uint8_t image[DURE_YAK_IMAGE_SIZE_MAX], source[DURE_YAK_SOURCE_SIZE_MAX];
    dure_trace_config_t config = {
        .clock = DURE_TRACE_CLOCK_REAL, .start = START_MS, .parties_max = PARTIES + 64};
    dure_trace_t *trace = bench_program(&config, image, source) ? dure_trace_new(&config) : NULL;
    tables_t founding = {.problem = "no memory"};
    tables_t tables = {.problem = "no memory"};
    bool is_good = trace != NULL && tables_open(&founding, trace) && set_up(&founding, trace);
    const double before = bench_resident();
    is_good = is_good && tables_open(&tables, trace) && fill(&tables, &founding);
    if (is_good) {
        bench_row(bench, "bytes_per_party", (bench_resident() - before) / PARTIES, "bytes", NULL,
                  0);
    } else {
        fprintf(stderr, "dure-bench: %u parties could not be loaded: %s\n", PARTIES,
                tables.problem);
    }
    dure_trace_free(trace);
    free(founding.memory);
    free(tables.memory);
    return is_good;
}
