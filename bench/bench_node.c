/* A node on a real directory, embedded: signed payments, verified on all cores, durable before they
 * are answered. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"
#include "node/dure_node.h"
#include "trace/trace.h"
#include "yak/dure_yak.h"

#define CITIZENS  400u
#define MERCHANTS 40u
#define PAYMENTS  60000u
#define LONE      400u

bool bench_program(dure_trace_config_t *config, uint8_t *image, uint8_t *source)
{
    static dure_yak_diagnostics_t diagnostics;
    FILE *file = fopen("examples/gimpo/general.yak", "rb");
    size_t size = file == NULL ? 0 : fread(source, 1, DURE_YAK_SOURCE_SIZE_MAX, file);
    if (file != NULL) {
        fclose(file);
    }
    size_t workspace_size = dure_yak_workspace_size();
    size_t image_size = 0;
    void *workspace = aligned_alloc(64, (workspace_size + 63) / 64 * 64);
    bool compiled = workspace != NULL && size > 0 &&
                    dure_yak_compile(workspace, workspace_size, dure_bytes(source, size), image,
                                     &image_size, &diagnostics);
    free(workspace);
    config->image = dure_bytes(image, image_size);
    config->source = dure_bytes(source, size);
    return compiled;
}

typedef struct {
    dure_node_t *node;
    uint64_t answered, refused;
} client_t;

static void answer(void *user, uint64_t token, const dure_answer_t *answer)
{
    client_t *client = user;
    (void)token;
    client->answered++;
    client->refused += answer->code != DURE_RESULT_DONE ? 1 : 0;
}

static bool submit_all(client_t *client, const dure_bytes_t *wires, uint32_t count)
{
    dure_consensus_t *consensus = dure_node_consensus(client->node);
    uint64_t until = client->answered + count;
    uint32_t sent = 0;
    while (client->answered < until) {
        while (sent < count && dure_consensus_submit(consensus, wires[sent], sent)) {
            sent++;
        }
        if (dure_node_step(client->node, DURE_IO_FOREVER) != DURE_NODE_OK) {
            fprintf(stderr, "dure-bench: %s\n", dure_node_message(client->node));
            return false;
        }
    }
    return true;
}

/* One after another, each answered before the next is sent. */
static bool submit_each(client_t *client, const dure_bytes_t *wires, uint32_t count, double *times)
{
    for (uint32_t i = 0; i < count; i++) {
        uint64_t start = bench_now_ns();
        if (!submit_all(client, &wires[i], 1)) {
            return false;
        }
        times[i] = (double)(bench_now_ns() - start) / 1e6;
    }
    return true;
}

typedef struct {
    uint8_t *bytes;
    dure_bytes_t *wires;
    uint32_t count, capacity;
    size_t size, room;
} signed_t;

static void keep(signed_t *made, dure_bytes_t wire)
{
    DURE_ASSERT(made->count < made->capacity && made->size + wire.size <= made->room);
    memcpy(made->bytes + made->size, wire.data, wire.size);
    made->wires[made->count++] = dure_bytes(made->bytes + made->size, wire.size);
    made->size += wire.size;
}

static bool signed_new(signed_t *made, uint32_t capacity, size_t each)
{
    *made = (signed_t){.capacity = capacity, .room = capacity * each + 2 * DURE_TX_SIZE_MAX};
    made->bytes = malloc(made->room);
    made->wires = calloc(capacity, sizeof *made->wires);
    return made->bytes != NULL && made->wires != NULL;
}

static void make_setup(signed_t *made, dure_trace_t *trace)
{
    dure_bytes_t wire;
    while ((wire = dure_trace_setup(trace)).size > 0) {
        keep(made, wire);
    }
    for (uint32_t i = 0; i < CITIZENS + MERCHANTS; i++) {
        uint64_t party = i < CITIZENS ? dure_trace_citizen(i) : dure_trace_merchant(i - CITIZENS);
        dure_body_t body = dure_trace_registration(trace, party);
        keep(made, dure_trace_make(trace, DURE_TRACE_REGISTRAR, &body));
    }
    for (uint32_t i = 0; i < CITIZENS; i++) {
        dure_body_t order = dure_trace_order(500000);
        keep(made, dure_trace_make(trace, dure_trace_citizen(i), &order));
        dure_body_t credit = dure_trace_credit(dure_trace_last_id(trace), 470000);
        keep(made, dure_trace_make(trace, DURE_TRACE_BANK, &credit));
    }
}

/* Ed25519 payers only: the baseline verifies Ed25519. */
static void make_payments(signed_t *made, dure_trace_t *trace, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        uint32_t payer = i * 7 % CITIZENS;
        payer += payer % 8 == 0 ? 1 : 0;
        /* Every tenth merchant of the trace is of a kind that the rules refuse. */
        uint32_t shop = i % MERCHANTS;
        shop -= shop % 10 == 9 ? 1 : 0;
        dure_body_t body = dure_trace_payment(dure_trace_merchant(shop), 1 + i % 900);
        keep(made, dure_trace_make(trace, dure_trace_citizen(payer), &body));
    }
}

static bool write_genesis(const bench_t *bench, dure_bytes_t genesis, dure_io_t **io)
{
    char path[BENCH_PATH_SIZE + 16];
    snprintf(path, sizeof path, "%s/node", bench->folder);
    if (dure_io_linux_open(io, path, DURE_IO_EXCLUSIVE) != DURE_IO_OK) {
        return false;
    }
    static dure_io_entry_t entries[64];
    size_t count = 0;
    if (dure_io_list(*io, entries, &count, 64) != DURE_IO_OK) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (dure_io_unlink(*io, entries[i].name) != DURE_IO_OK) {
            return false;
        }
    }
    return dure_io_replace(*io, DURE_NODE_GENESIS, genesis.data, genesis.size) == DURE_IO_OK;
}

static bool measure(bench_t *bench, client_t *client, dure_trace_t *trace)
{
    static double times[LONE];
    signed_t setup, payments;
    if (!signed_new(&setup, 4096, 512) || !signed_new(&payments, PAYMENTS + LONE, 256)) {
        return false;
    }
    make_setup(&setup, trace);
    make_payments(&payments, trace, PAYMENTS + LONE);
    bool done = submit_all(client, setup.wires, setup.count);
    uint64_t start = bench_now_ns();
    done = done && submit_all(client, payments.wires, PAYMENTS);
    double rate = (double)PAYMENTS * 1e9 / (double)(bench_now_ns() - start);
    done = done && submit_each(client, payments.wires + PAYMENTS, LONE, times);
    free(setup.bytes);
    free(setup.wires);
    free(payments.bytes);
    free(payments.wires);
    if (!done || client->refused > 0) {
        fprintf(stderr, "dure-bench: %u transactions were refused\n", (unsigned)client->refused);
        return false;
    }
    bench_row(bench, "embedded", rate, "1/s", "verify_raw", bench->verify_raw);
    bench_row(bench, "lone_p50", bench_percentile(times, LONE, 50), "ms", "fdatasync",
              bench->fdatasync_us / 1000);
    bench_row(bench, "lone_p99", bench_percentile(times, LONE, 99), "ms", "fdatasync",
              bench->fdatasync_us / 1000);
    return true;
}

static bool play_node(bench_t *bench, dure_trace_t *trace, dure_io_t *io)
{
    client_t client = {0};
    dure_node_report_t report;
    dure_node_config_t config = dure_node_config_default();
    dure_listener_t listener = {.user = &client, .answer = answer};
    config.threads = bench->threads;
    bool done = dure_node_open(&client.node, &report, io, &config) == DURE_NODE_OK;
    if (done) {
        dure_consensus_listen(dure_node_consensus(client.node), &listener);
        done = measure(bench, &client, trace) && dure_node_stop(client.node) == DURE_NODE_OK;
    } else if (client.node != NULL) {
        fprintf(stderr, "dure-bench: %s\n", dure_node_message(client.node));
    }
    dure_node_close(client.node);
    if (!done) {
        return false;
    }
    uint64_t start = bench_now_ns();
    done = dure_node_open(&client.node, &report, io, &config) == DURE_NODE_OK;
    bench_row(bench, "restart", (double)(bench_now_ns() - start) / 1e6, "ms", NULL, 0);
    dure_node_close(client.node);
    return done;
}

bool bench_node(bench_t *bench)
{
    static uint8_t image[DURE_YAK_IMAGE_SIZE_MAX], source[DURE_YAK_SOURCE_SIZE_MAX];
    dure_trace_config_t config = {
        .clock = DURE_TRACE_CLOCK_DRIVEN, .citizens = CITIZENS, .merchants = MERCHANTS};
    dure_io_t *io = NULL;
    dure_trace_t *trace = bench_program(&config, image, source) ? dure_trace_new(&config) : NULL;
    bool played = trace != NULL && write_genesis(bench, dure_trace_genesis(trace), &io) &&
                  play_node(bench, trace, io);
    dure_io_close(io);
    dure_trace_free(trace);
    return played;
}
