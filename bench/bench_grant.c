/* A million rows of grants, four lists of 250,000, through the chain alone, on one processor:
   signatures checked before (the verdicts are given), blocks of 64 parts of 256 rows, each row
   asked under the program, each root hashed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"
#include "chain/dure_chain.h"
#include "trace/trace.h"

#define CITIZENS     250000u /* registering a million takes minutes: each key is checked */
#define LISTS        4u
#define CHUNK_ROWS   256u
#define CHUNKS       ((CITIZENS + CHUNK_ROWS - 1) / CHUNK_ROWS)
#define BLOCK_CHUNKS 64u
#define BLOCK_TXS    10000u
#define TX_ROOM      5120u
#define START_MS     UINT64_C(1767571200000) /* 2026-01-05T00:00Z */
#define TODAY        20458
#define FIRST        UINT64_C(1000000)
#define WON          UINT64_C(1000)

typedef struct {
    dure_chain_t *chain;
    void *memory;
    dure_trace_t *trace;
    dure_public_key_t key; /* every citizen's */
    uint8_t *wires, *rows;
    dure_chain_tx_t *txs;
    dure_verdict_t *verdicts;
    dure_hash_t *leaves; /* and as many for work */
    uint32_t count;
    uint64_t refused, ns;
    uint64_t first, second; /* the officers' next numbers */
} grant_t;

static void run_block(grant_t *grant)
{
    static dure_chain_update_t update;
    dure_chain_event_t event = {.kind = DURE_CHAIN_FINALIZE,
                                .height = dure_chain_head(grant->chain)->height + 1,
                                .time = START_MS + 1000,
                                .txs = grant->txs,
                                .tx_count = grant->count};
    const uint64_t start = bench_now_ns();
    dure_chain_status_t status = dure_chain_step(grant->chain, &update, &event);
    DURE_ASSERT(status == DURE_CHAIN_OK);
    for (uint32_t i = 0; i < update.result_count; i++) {
        grant->refused += update.results[i].code != DURE_RESULT_DONE ? 1 : 0;
    }
    event.kind = DURE_CHAIN_COMMIT;
    status = dure_chain_step(grant->chain, &update, &event);
    DURE_ASSERT(status == DURE_CHAIN_OK);
    grant->ns += bench_now_ns() - start;
    grant->count = 0;
}

static void push(grant_t *grant, uint64_t party, uint64_t number, const dure_body_t *body,
                 uint32_t block)
{
    static dure_tx_t tx;
    tx = (dure_tx_t){
        .version = 1, .id = {party, 1, number}, .valid_until = START_MS + 3600000, .body = *body};
    const dure_seal_t seal = {.slot = 0};
    dure_writer_t writer = dure_writer(grant->wires + (size_t)grant->count * TX_ROOM, TX_ROOM);
    dure_tx_encode(&writer, &tx);
    const dure_bytes_t encoded = dure_writer_bytes(&writer);
    dure_verdict_t *verdict = &grant->verdicts[grant->count];
    dure_tx_hash(&verdict->tx, dure_trace_chain_id(grant->trace), encoded);
    verdict->key = dure_trace_key(grant->trace, party);
    verdict->result = DURE_CRYPTO_OK;
    dure_seal_encode(&writer, &seal);
    DURE_ASSERT(!writer.overflow);
    grant->txs[grant->count] =
        (dure_chain_tx_t){.wire = dure_writer_bytes(&writer), .verdict = verdict};
    if (++grant->count == block) {
        run_block(grant);
    }
}

static void push_alone(grant_t *grant, uint64_t party, uint64_t *number, const dure_body_t *body)
{
    push(grant, party, (*number)++, body, 1);
}

static void register_all(grant_t *grant)
{
    static dure_body_t body;
    for (uint32_t i = 0; i < CITIZENS; i++) {
        body = (dure_body_t){.kind = DURE_BODY_REGISTRATION,
                             .registration = {.subject = FIRST + i,
                                              .kind = DURE_KIND_CITIZEN,
                                              .keys_count = 1,
                                              .keys = {{.key = grant->key}}}};
        dure_put_u64(body.registration.blind.bytes, FIRST + i);
        push(grant, DURE_TRACE_REGISTRAR, 1 + i, &body, BLOCK_TXS);
    }
}

static dure_view_t chunk_of(const grant_t *grant, uint32_t chunk)
{
    const uint32_t rest = CITIZENS - chunk * CHUNK_ROWS;
    const uint32_t count = rest < CHUNK_ROWS ? rest : CHUNK_ROWS;
    const uint8_t *rows = grant->rows + (size_t)chunk * CHUNK_ROWS * DURE_BATCH_ROW_SIZE;
    return (dure_view_t){.count = (uint16_t)count,
                         .bytes = dure_bytes(rows, (size_t)count * DURE_BATCH_ROW_SIZE)};
}

/* Encodes the list; its root. */
static dure_hash_t make_list(grant_t *grant)
{
    dure_writer_t out = dure_writer(grant->rows, (size_t)CITIZENS * DURE_BATCH_ROW_SIZE);
    for (uint32_t i = 0; i < CITIZENS; i++) {
        const dure_batch_row_t row = {.party = FIRST + i, .amount = dure_amount(WON)};
        dure_batch_row_encode(&out, &row);
    }
    for (uint32_t i = 0; i < CHUNKS; i++) {
        dure_batch_leaf(&grant->leaves[i], i, chunk_of(grant, i).bytes);
        grant->leaves[CHUNKS + i] = grant->leaves[i];
    }
    dure_hash_t root;
    dure_list_root(&root, DURE_TAG_BATCH_NODE, grant->leaves + CHUNKS, CHUNKS);
    return root;
}

/* The money for all lists, and the ceiling. */
static void fill_account(grant_t *grant)
{
    uint64_t bank = 1;
    dure_act_t act = {
        .kind = DURE_ACT_CEILING,
        .ceiling = {.fund = DURE_TRACE_FUND, .ceiling = {2 * LISTS * CITIZENS * WON}}};
    dure_body_t body = dure_trace_deposit("budget", LISTS * CITIZENS * WON);
    push_alone(grant, DURE_TRACE_BANK, &bank, &body);
    body = dure_trace_propose(TODAY + 10, &act);
    push_alone(grant, DURE_TRACE_OFFICER_1, &grant->first, &body);
    body = dure_trace_approve((dure_tx_id_t){DURE_TRACE_OFFICER_1, 1, grant->first - 1});
    push_alone(grant, DURE_TRACE_OFFICER_2, &grant->second, &body);
}

/* The list once more, as a batch of its own. */
static dure_tx_id_t approve(grant_t *grant, const dure_hash_t *root)
{
    const dure_act_t act = {.kind = DURE_ACT_BATCH,
                            .batch = {.what = 1,
                                      .fund = DURE_TRACE_FUND,
                                      .rows = CITIZENS,
                                      .total = {CITIZENS * WON},
                                      .root = *root,
                                      .from = TODAY,
                                      .until = TODAY + 10}};
    dure_body_t body = dure_trace_propose(TODAY + 10, &act);
    push_alone(grant, DURE_TRACE_OFFICER_1, &grant->first, &body);
    const dure_tx_id_t id = {DURE_TRACE_OFFICER_1, 1, grant->first - 1};
    body = dure_trace_approve(id);
    push_alone(grant, DURE_TRACE_OFFICER_2, &grant->second, &body);
    return id;
}

static void pay(grant_t *grant, dure_tx_id_t batch)
{
    static dure_body_t body;
    dure_hash_t path[DURE_LIST_DEPTH_MAX];
    for (uint32_t i = 0; i < CHUNKS; i++) {
        const uint32_t depth = dure_list_prove(path, DURE_TAG_BATCH_NODE, grant->leaves, CHUNKS, i,
                                               grant->leaves + CHUNKS);
        body = (dure_body_t){.kind = DURE_BODY_BATCH_ROWS,
                             .batch_rows = {.batch = batch,
                                            .chunk = i,
                                            .rows = chunk_of(grant, i),
                                            .path_count = (uint16_t)depth}};
        for (uint32_t k = 0; k < depth; k++) {
            body.batch_rows.path[k].hash = path[k];
        }
        push(grant, DURE_TRACE_OFFICER_1, grant->first++, &body, BLOCK_CHUNKS);
    }
    run_block(grant);
}

static bool set_up(grant_t *grant)
{
    static dure_chain_update_t update;
    const dure_ledger_limits_t limits = dure_ledger_limits_for(CITIZENS + 64);
    const size_t size = dure_chain_size(&limits);
    const dure_secret_key_t secret = {.scheme = DURE_SCHEME_ED25519, .seed = {9}};
    const char *problem = NULL;
    grant->memory = aligned_alloc(64, (size + 63) / 64 * 64);
    grant->wires = malloc((size_t)BLOCK_TXS * TX_ROOM);
    grant->rows = malloc((size_t)CITIZENS * DURE_BATCH_ROW_SIZE);
    grant->txs = calloc(BLOCK_TXS, sizeof *grant->txs);
    grant->verdicts = calloc(BLOCK_TXS, sizeof *grant->verdicts);
    grant->leaves = calloc(2 * CHUNKS, sizeof *grant->leaves);
    if (grant->memory == NULL || grant->wires == NULL || grant->rows == NULL ||
        grant->txs == NULL || grant->verdicts == NULL || grant->leaves == NULL ||
        !dure_public_key_of(&grant->key, &secret)) {
        return false;
    }
    grant->chain =
        dure_chain_init(grant->memory, size, &limits, dure_trace_genesis(grant->trace), &problem);
    if (grant->chain == NULL) {
        return false;
    }
    /* The account and the fund, as the trace's officers make them. */
    dure_bytes_t wire;
    while ((wire = dure_trace_setup(grant->trace)).size > 0) {
        dure_chain_tx_t tx = {.wire = wire};
        dure_chain_event_t event = {.kind = DURE_CHAIN_FINALIZE,
                                    .height = dure_chain_head(grant->chain)->height + 1,
                                    .time = START_MS,
                                    .txs = &tx,
                                    .tx_count = 1};
        if (dure_chain_step(grant->chain, &update, &event) != DURE_CHAIN_OK ||
            update.results[0].code != DURE_RESULT_DONE) {
            return false;
        }
        event.kind = DURE_CHAIN_COMMIT;
        if (dure_chain_step(grant->chain, &update, &event) != DURE_CHAIN_OK) {
            return false;
        }
    }
    return true;
}

bool bench_grant(bench_t *bench)
{
    static grant_t grant;
    const dure_trace_config_t config = {
        .clock = DURE_TRACE_CLOCK_REAL, .start = START_MS, .parties_max = CITIZENS + 64};
    grant.trace = dure_trace_new_from(&config, "test/trace/points.yak");
    bool is_good = grant.trace != NULL && set_up(&grant);
    if (is_good) {
        grant.first = grant.second = 1;
        register_all(&grant);
        fill_account(&grant);
        const dure_hash_t root = make_list(&grant);
        grant.ns = 0;
        for (uint32_t i = 0; i < LISTS; i++) {
            pay(&grant, approve(&grant, &root));
        }
        is_good = grant.refused == 0 &&
                  dure_ledger_usage(dure_chain_ledger(grant.chain)).lots == LISTS * CITIZENS;
    }
    if (is_good) {
        bench_row(bench, "grant_1m", (double)grant.ns / 1e9, "s", NULL, 0);
    } else {
        fprintf(stderr, "dure-bench: the grant of %u rows did not work\n", LISTS * CITIZENS);
    }
    dure_trace_free(grant.trace);
    free(grant.memory);
    free(grant.wires);
    free(grant.rows);
    free(grant.txs);
    free(grant.verdicts);
    free(grant.leaves);
    return is_good;
}
