/* A node on a real directory, embedded: signed payments, verified on all cores, durable before they
 * are answered. */
#include <dirent.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "api/dure_api.h"
#include "api/dure_client.h"
#include "bench/bench.h"
#include "index/dure_index.h"
#include "node/dure_node.h"
#include "trace/trace.h"
#include "yak/dure_yak.h"

#define CITIZENS  400u
#define MERCHANTS 40u
#define PAYMENTS  120000u
#define LONE      400u
#define SOCKET    61440u /* payments through the socket, */
#define BATCH     1024u  /* so many in one ask */

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
    dure_api_t *api;
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
        dure_secret_key_t secret;
        dure_trace_secret(trace, dure_trace_citizen(payer), &secret);
        payer = secret.scheme == DURE_SCHEME_ED25519 ? payer : (payer + 1) % CITIZENS;
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

/* ---- where the processor's time goes --------------------------------------------------------- */

#define THREAD_KINDS_MAX 16u

/* Threads of one name. */
typedef struct {
    char name[16];
    uint64_t cpu_ns;
} thread_kind_t;

static bool read_line(char *line, int size, const char *task, const char *what)
{
    char path[512];
    snprintf(path, sizeof path, "/proc/self/task/%s/%s", task, what);
    FILE *file = fopen(path, "r");
    bool done = file != NULL && fgets(line, size, file) != NULL;
    if (file != NULL) {
        fclose(file);
    }
    return done;
}

static uint32_t read_threads(thread_kind_t *kinds)
{
    uint32_t count = 0;
    DIR *tasks = opendir("/proc/self/task");
    struct dirent *task = NULL;
    while (tasks != NULL && (task = readdir(tasks)) != NULL) {
        char name[16] = "", times[128];
        if (task->d_name[0] == '.' || !read_line(name, sizeof name, task->d_name, "comm") ||
            !read_line(times, sizeof times, task->d_name, "schedstat")) {
            continue;
        }
        name[strcspn(name, "\n")] = 0;
        uint32_t i = 0;
        while (i < count && strcmp(kinds[i].name, name) != 0) {
            i++;
        }
        if (i == count && count < THREAD_KINDS_MAX) {
            kinds[count] = (thread_kind_t){.cpu_ns = 0};
            memcpy(kinds[count++].name, name, sizeof name);
        }
        kinds[i < count ? i : 0].cpu_ns += strtoull(times, NULL, 10);
    }
    if (tasks != NULL) {
        closedir(tasks);
    }
    return count;
}

/* Time of all processors that each payment took since `before`, in all and by kind of thread. */
static void cpu_rows(bench_t *bench, const char *prefix, const thread_kind_t *before,
                     uint32_t before_count, uint32_t payments)
{
    thread_kind_t now[THREAD_KINDS_MAX];
    uint32_t count = read_threads(now);
    double sum = 0;
    char name[64];
    for (uint32_t i = 0; i < count; i++) {
        uint64_t ns = now[i].cpu_ns;
        for (uint32_t k = 0; k < before_count; k++) {
            ns -= strcmp(before[k].name, now[i].name) == 0 ? before[k].cpu_ns : 0;
        }
        double each = (double)ns / 1e3 / payments;
        sum += each;
        snprintf(name, sizeof name, "%s_cpu_%.15s", prefix, now[i].name);
        bench_row(bench, name, each, "us", NULL, 0);
    }
    snprintf(name, sizeof name, "%s_cpu", prefix);
    bench_row(bench, name, sum, "us", "verify_raw", 1e6 * bench->threads / bench->verify_raw);
}

static bool measure(bench_t *bench, client_t *client, const signed_t *payments,
                    const dure_history_t *history)
{
    static double times[LONE];
    thread_kind_t before[THREAD_KINDS_MAX];
    (void)pthread_setname_np(pthread_self(), "loop");
    const uint32_t kinds = read_threads(before);
    uint64_t start = bench_now_ns();
    bool done = submit_all(client, payments->wires, PAYMENTS);
    double rate = (double)PAYMENTS * 1e9 / (double)(bench_now_ns() - start);
    /* The index may be behind: its whole work counts. */
    if (done && !history->sync(history->user)) {
        fprintf(stderr, "dure-bench: the index: %s\n", history->problem(history->user));
        done = false;
    }
    cpu_rows(bench, "embedded", before, kinds, PAYMENTS);
    done = done && submit_each(client, payments->wires + PAYMENTS, LONE, times);
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

/* ---- through the socket -----------------------------------------------------------------------
 */

/* A client in a thread of its own: one batch at the node, the next one ready. */
typedef struct {
    const char *path;
    const dure_bytes_t *wires;
    dure_io_t *io; /* the node's, to be woken at the end */
    uint64_t cpu_ns;
    _Atomic bool is_over;
    bool is_good;
} sender_t;

static bool send_all(const sender_t *sender, dure_client_t *client)
{
    static dure_answer_t answers[BATCH];
    uint64_t number = 0, last = 0;
    bool done = true;
    for (uint32_t first = 0; first < SOCKET + BATCH && done; first += BATCH) {
        last = number;
        done = first == SOCKET ||
               dure_client_submit_start(client, &number, sender->wires + first, BATCH);
        done = done && (first == 0 || dure_client_submit_finish(client, answers, last, BATCH));
        for (uint32_t i = 0; first > 0 && done && i < BATCH; i++) {
            done = answers[i].code == DURE_RESULT_DONE;
        }
    }
    return done;
}

static void *send_thread(void *argument)
{
    sender_t *sender = argument;
    dure_client_t *client = NULL;
    (void)pthread_setname_np(pthread_self(), "client");
    sender->is_good = dure_client_open(&client, sender->path) && send_all(sender, client);
    if (!sender->is_good) {
        fprintf(stderr, "dure-bench: %s\n", dure_client_problem(client));
    }
    struct timespec cpu;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &cpu);
    sender->cpu_ns = (uint64_t)cpu.tv_sec * UINT64_C(1000000000) + (uint64_t)cpu.tv_nsec;
    atomic_store(&sender->is_over, true);
    dure_io_wake(sender->io);
    dure_client_close(client);
    return NULL;
}

static void on_event(void *user, const dure_io_event_t *event)
{
    const client_t *client = user;
    if (client->api != NULL) {
        dure_api_event(client->api, event);
    }
}

static bool measure_socket(bench_t *bench, client_t *client, dure_io_t *io, dure_index_t *index,
                           const dure_bytes_t *wires)
{
    thread_kind_t before[THREAD_KINDS_MAX];
    char path[108];
    pthread_t thread;
    snprintf(path, sizeof path, "/tmp/dure-bench-%d.socket", (int)getpid());
    sender_t sender = {.path = path, .wires = wires, .io = io};
    if (!dure_api_open(&client->api, io, path, dure_node_consensus(client->node), index)) {
        fprintf(stderr, "dure-bench: %s\n", dure_io_error_text(io));
        return false;
    }
    const uint32_t kinds = read_threads(before);
    const uint64_t start = bench_now_ns();
    bool done = pthread_create(&thread, NULL, send_thread, &sender) == 0;
    while (done && !atomic_load(&sender.is_over)) {
        done = dure_node_step(client->node, DURE_IO_FOREVER) == DURE_NODE_OK;
    }
    const double rate = (double)SOCKET * 1e9 / (double)(bench_now_ns() - start);
    cpu_rows(bench, "socket", before, kinds, SOCKET);
    bench_row(bench, "socket_cpu_client", (double)sender.cpu_ns / 1e3 / SOCKET, "us", NULL, 0);
    bench_row(bench, "socket", rate, "1/s", "verify_raw", bench->verify_raw);
    dure_api_close(client->api);
    client->api = NULL;
    return pthread_join(thread, NULL) == 0 && done && sender.is_good;
}

static bool measure_all(bench_t *bench, client_t *client, dure_trace_t *trace, dure_io_t *io,
                        dure_index_t *index)
{
    const dure_history_t history = dure_index_history(index);
    signed_t setup, payments;
    if (!signed_new(&setup, 4096, 512) || !signed_new(&payments, PAYMENTS + LONE + SOCKET, 256)) {
        return false;
    }
    make_setup(&setup, trace);
    make_payments(&payments, trace, PAYMENTS + LONE + SOCKET);
    const bool done = submit_all(client, setup.wires, setup.count) &&
                      measure(bench, client, &payments, &history) &&
                      measure_socket(bench, client, io, index, payments.wires + PAYMENTS + LONE);
    free(setup.bytes);
    free(setup.wires);
    free(payments.bytes);
    free(payments.wires);
    return done;
}

/* The index was lost: all is replayed from the genesis into a new one, until that is on the disk.
 */
static bool measure_rebuild(bench_t *bench, dure_io_t *io, const dure_node_config_t *config,
                            const dure_index_t *index)
{
    dure_node_t *node = NULL;
    dure_node_report_t report;
    thread_kind_t before[THREAD_KINDS_MAX];
    const dure_history_t *history = &config->history;
    const uint64_t effects = dure_index_counts(index).effects;
    bool done = history->reset(history->user);
    const uint32_t kinds = read_threads(before);
    const uint64_t start = bench_now_ns();
    done = done && dure_node_open(&node, &report, io, config) == DURE_NODE_OK &&
           report.replayed_txs == effects && history->sync(history->user);
    bench_row(bench, "index_rebuild", (double)effects * 1e9 / (double)(bench_now_ns() - start),
              "1/s", NULL, 0);
    cpu_rows(bench, "index_rebuild", before, kinds, (uint32_t)effects);
    dure_node_close(node);
    return done;
}

static bool play_node(bench_t *bench, dure_trace_t *trace, dure_io_t *io, dure_index_t *index)
{
    client_t client = {0};
    dure_node_report_t report;
    dure_node_config_t config = dure_node_config_default();
    dure_listener_t listener = {.user = &client, .answer = answer};
    config.threads = bench->threads;
    config.history = dure_index_history(index);
    config.event = on_event;
    config.event_user = &client;
    bool done = dure_node_open(&client.node, &report, io, &config) == DURE_NODE_OK;
    if (done) {
        dure_consensus_listen(dure_node_consensus(client.node), &listener);
        done = measure_all(bench, &client, trace, io, index) &&
               dure_node_stop(client.node) == DURE_NODE_OK;
    } else if (client.node != NULL) {
        fprintf(stderr, "dure-bench: %s\n", dure_node_message(client.node));
    }
    dure_node_close(client.node);
    return done && measure_rebuild(bench, io, &config, index);
}

/* ---- the audit of what was written ----------------------------------------------------------- */

/* `dure verify` of the build that this program is of, with everything that belongs to it: a new
   process, its state, the log read twice. */
static bool run_verify(const char *node, const char *report)
{
    char program[BENCH_PATH_SIZE + 16];
    ssize_t size = readlink("/proc/self/exe", program, BENCH_PATH_SIZE);
    if (size <= 0) {
        return false;
    }
    program[size] = 0;
    char *slash = strrchr(program, '/');
    snprintf(slash + 1, sizeof program - (size_t)(slash + 1 - program), "dure");
    const pid_t child = fork();
    if (child == 0) {
        (void)freopen("/dev/null", "w", stdout);
        execl(program, program, "verify", node, "--report", report, (char *)NULL);
        _exit(127);
    }
    int status = 0;
    return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) &&
           WEXITSTATUS(status) == 0;
}

static bool measure_verify(bench_t *bench)
{
    char node[BENCH_PATH_SIZE + 32], path[BENCH_PATH_SIZE + 32];
    snprintf(node, sizeof node, "%s/node", bench->folder);
    snprintf(path, sizeof path, "%s/verify.json", bench->folder);
    json_t *report = run_verify(node, path) ? json_load_file(path, 0, NULL) : NULL;
    json_int_t payments = 0;
    double seconds = 0;
    const bool read = report != NULL && json_unpack(report, "{s:I, s:F}", "payments", &payments,
                                                    "seconds", &seconds) == 0;
    json_decref(report);
    if (!read || seconds <= 0) {
        fprintf(stderr, "dure-bench: dure verify %s does not end well\n", node);
        return false;
    }
    bench_row(bench, "verify_chain", (double)payments / seconds, "1/s", "verify_raw",
              bench->verify_raw);
    return true;
}

bool bench_node(bench_t *bench)
{
    static uint8_t image[DURE_YAK_IMAGE_SIZE_MAX], source[DURE_YAK_SOURCE_SIZE_MAX];
    dure_trace_config_t config = {
        .clock = DURE_TRACE_CLOCK_DRIVEN, .citizens = CITIZENS, .merchants = MERCHANTS};
    dure_io_t *io = NULL;
    dure_index_t *index = NULL;
    bool rebuilt = false;
    char path[BENCH_PATH_SIZE + 32];
    snprintf(path, sizeof path, "%s/node/index.sqlite", bench->folder);
    dure_trace_t *trace = bench_program(&config, image, source) ? dure_trace_new(&config) : NULL;
    bool played = trace != NULL && write_genesis(bench, dure_trace_genesis(trace), &io) &&
                  dure_index_open(&index, path, &rebuilt) && dure_index_start(index) &&
                  play_node(bench, trace, io, index);
    dure_index_close(index);
    dure_io_close(io);
    dure_trace_free(trace);
    return played && measure_verify(bench);
}
