/* The chain alone: a city of 217,000 parties, payments under examples/gimpo/general.yak whose
   signatures were checked before (the verdicts are given), in blocks of 10,000: windows, rules,
   counters, records, all three roots. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/bench.h"
#include "chain/dure_chain.h"
#include "io/dure_io.h"
#include "trace/trace.h"

#define CITIZENS       210000u
#define SHOPS          7000u
#define BLOCK_PAYMENTS 10000u
#define BLOCKS         40u
#define TX_ROOM        1024u
#define START_MS       UINT64_C(1767571200000) /* 2026-01-05T00:00Z */
#define FIRST_CITIZEN  UINT64_C(1000000)
#define FIRST_SHOP     UINT64_C(9000000)

typedef struct {
    dure_chain_t *chain;
    void *memory;
    dure_hash_t chain_id;
    dure_public_key_t key; /* every citizen's and shop's: only its bytes matter here */
    dure_trace_t *trace;   /* the services */
    uint8_t *wires;
    dure_chain_tx_t *txs;
    dure_verdict_t *verdicts;
    uint32_t count;
    uint64_t numbers[8]; /* next number of each service */
    uint64_t refused;
    uint64_t state; /* of the random numbers */
} city_t;

static uint32_t draw(city_t *city, uint32_t bound)
{
    city->state = city->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(((city->state >> 32) * bound) >> 32);
}

static void run_block(city_t *city)
{
    static dure_chain_update_t update;
    dure_chain_event_t event = {.kind = DURE_CHAIN_FINALIZE,
                                .height = dure_chain_head(city->chain)->height + 1,
                                .time = START_MS + 1000,
                                .txs = city->txs,
                                .tx_count = city->count};
    if (city->count == 0) {
        return;
    }
    dure_chain_status_t status = dure_chain_step(city->chain, &update, &event);
    DURE_ASSERT(status == DURE_CHAIN_OK);
    for (uint32_t i = 0; i < update.result_count; i++) {
        city->refused += update.results[i].code != DURE_RESULT_DONE ? 1 : 0;
    }
    event.kind = DURE_CHAIN_COMMIT;
    status = dure_chain_step(city->chain, &update, &event);
    DURE_ASSERT(status == DURE_CHAIN_OK);
    city->count = 0;
}

static void push(city_t *city, uint64_t party, uint64_t number, const dure_body_t *body)
{
    dure_tx_t tx = {
        .version = 1, .id = {party, 0, number}, .valid_until = START_MS + 3600000, .body = *body};
    dure_seal_t seal = {.slot = 0};
    uint8_t *wire = city->wires + (size_t)city->count * TX_ROOM;
    dure_writer_t writer = dure_writer(wire, TX_ROOM);
    dure_tx_encode(&writer, &tx);
    dure_bytes_t encoded = dure_writer_bytes(&writer);
    dure_verdict_t *verdict = &city->verdicts[city->count];
    dure_tx_hash(&verdict->tx, &city->chain_id, encoded);
    verdict->key = party < FIRST_CITIZEN ? dure_trace_key(city->trace, party) : city->key;
    verdict->result = DURE_CRYPTO_OK;
    dure_seal_encode(&writer, &seal);
    city->txs[city->count] =
        (dure_chain_tx_t){.wire = dure_writer_bytes(&writer), .verdict = verdict};
    if (++city->count == BLOCK_PAYMENTS) {
        run_block(city);
    }
}

static void push_registration(city_t *city, uint64_t party, uint8_t kind)
{
    const dure_body_t body = bench_registration(&city->key, party, kind);
    push(city, DURE_TRACE_REGISTRAR, city->numbers[0]++, &body);
}

static bool run_signed(city_t *city, dure_bytes_t wire)
{
    static dure_chain_update_t update;
    dure_chain_tx_t tx = {.wire = wire};
    dure_chain_event_t event = {.kind = DURE_CHAIN_FINALIZE,
                                .height = dure_chain_head(city->chain)->height + 1,
                                .time = START_MS,
                                .txs = &tx,
                                .tx_count = 1};
    bool done = dure_chain_step(city->chain, &update, &event) == DURE_CHAIN_OK &&
                update.results[0].code == DURE_RESULT_DONE;
    event.kind = DURE_CHAIN_COMMIT;
    return done && dure_chain_step(city->chain, &update, &event) == DURE_CHAIN_OK;
}

/* The account, its money, and the fund, as the trace's officers make them; then room for this many
 * people. */
static bool set_up(city_t *city, dure_trace_t *trace)
{
    dure_bytes_t wire;
    while ((wire = dure_trace_setup(trace)).size > 0) {
        if (!run_signed(city, wire)) {
            return false;
        }
    }
    dure_act_t act = {.kind = DURE_ACT_CEILING};
    act.ceiling = (dure_act_ceiling_t){.fund = DURE_TRACE_FUND,
                                       .ceiling = dure_amount(UINT64_C(100000000000))};
    dure_body_t body = dure_trace_propose(20500, &act);
    if (!run_signed(city, dure_trace_make(trace, DURE_TRACE_OFFICER_1, &body))) {
        return false;
    }
    body = dure_trace_approve(dure_trace_last_id(trace));
    return run_signed(city, dure_trace_make(trace, DURE_TRACE_OFFICER_2, &body));
}

static void buy(city_t *city)
{
    dure_body_t deposit = dure_trace_deposit("budget", UINT64_C(10000000000));
    push(city, DURE_TRACE_BANK, city->numbers[1]++, &deposit);
    dure_body_t order = dure_trace_order(45000);
    for (uint32_t i = 0; i < CITIZENS; i++) {
        uint64_t citizen = FIRST_CITIZEN + i;
        push(city, citizen, 1, &order);
        dure_body_t credit = dure_trace_credit((dure_tx_id_t){citizen, 0, 1}, 45000 - 2700);
        push(city, DURE_TRACE_BANK, city->numbers[1]++, &credit);
    }
    run_block(city);
}

static bool open_city(city_t *city, dure_trace_t *trace)
{
    dure_ledger_limits_t limits = dure_ledger_limits_for(CITIZENS + SHOPS + 64);
    size_t size = dure_chain_size(&limits);
    const char *problem = NULL;
    dure_secret_key_t secret = {.scheme = DURE_SCHEME_ED25519, .seed = {9}};
    city->memory = aligned_alloc(64, (size + 63) / 64 * 64);
    city->wires = malloc((size_t)BLOCK_PAYMENTS * TX_ROOM);
    city->txs = calloc(BLOCK_PAYMENTS, sizeof *city->txs);
    city->verdicts = calloc(BLOCK_PAYMENTS, sizeof *city->verdicts);
    if (city->memory == NULL || city->wires == NULL || city->txs == NULL ||
        city->verdicts == NULL || !dure_public_key_of(&city->key, &secret)) {
        return false;
    }
    dure_io_memory_prepare(city->memory, size); /* as a node does */
    city->chain = dure_chain_init(city->memory, size, &limits, dure_trace_genesis(trace), &problem);
    city->chain_id = *dure_trace_chain_id(trace);
    city->trace = trace;
    return city->chain != NULL;
}

static void measure(bench_t *bench, city_t *city)
{
    uint64_t *numbers = calloc(CITIZENS, sizeof *numbers);
    DURE_ASSERT(numbers != NULL);
    uint64_t spent_ns = 0;
    for (uint32_t block = 0; block < BLOCKS; block++) {
        /* Made outside the measured time: nine tenths of a block wait in arrays, the last one runs
         * it. */
        for (uint32_t i = 0; i < BLOCK_PAYMENTS; i++) {
            uint32_t payer = draw(city, CITIZENS);
            dure_body_t body =
                dure_trace_payment(FIRST_SHOP + draw(city, SHOPS), 1000 + draw(city, 9000));
            uint64_t number = 2 + numbers[payer]++;
            uint64_t start = bench_now_ns();
            push(city, FIRST_CITIZEN + payer, number, &body);
            spent_ns += i + 1 == BLOCK_PAYMENTS ? bench_now_ns() - start : 0;
        }
    }
    free(numbers);
    double rate = (double)BLOCKS * BLOCK_PAYMENTS * 1e9 / (double)spent_ns;
    bench_row(bench, "ledger_alone", rate, "1/s", "verify_raw", bench->verify_raw);
    fprintf(stderr, "  (%u of these %u payments were refused for want of money)\n",
            (unsigned)city->refused, BLOCKS * BLOCK_PAYMENTS);
}

bool bench_ledger(bench_t *bench)
{
    static city_t city;
    dure_trace_config_t config = {
        .clock = DURE_TRACE_CLOCK_REAL, .start = START_MS, .parties_max = CITIZENS + SHOPS + 64};
    static uint8_t image[DURE_YAK_IMAGE_SIZE_MAX], source[DURE_YAK_SOURCE_SIZE_MAX];
    if (!bench_program(&config, image, source)) {
        fprintf(stderr, "dure-bench: cannot compile examples/gimpo/general.yak\n");
        return false;
    }
    dure_trace_t *trace = dure_trace_new(&config);
    if (trace == NULL || !open_city(&city, trace) || !set_up(&city, trace)) {
        fprintf(stderr, "dure-bench: cannot set up a city of %u\n", CITIZENS);
        return false;
    }
    /* Services use lane 0 here; the trace's set-up used its first numbers. */
    city.numbers[0] = 1001;
    city.numbers[1] = 1001;
    double before = bench_resident();
    for (uint32_t i = 0; i < CITIZENS; i++) {
        push_registration(&city, FIRST_CITIZEN + i, DURE_KIND_CITIZEN);
    }
    for (uint32_t i = 0; i < SHOPS; i++) {
        push_registration(&city, FIRST_SHOP + i, DURE_KIND_MERCHANT);
    }
    run_block(&city);
    buy(&city);
    double after = bench_resident();
    DURE_ASSERT(city.refused == 0);
    bench_row(bench, "bytes_per_party_1_lot", (after - before) / (CITIZENS + SHOPS), "bytes", NULL,
              0);
    measure(bench, &city);
    dure_trace_free(trace);
    free(city.memory);
    free(city.wires);
    free(city.txs);
    free(city.verdicts);
    return true;
}
