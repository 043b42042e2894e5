/* A city's node beside its checkpoints, and after its death: what a checkpoint under way adds to
   the time of an answer, and how long it takes to be back after an orderly stop and after kill -9
   under load.  Signatures count as right: they are no part of either. */
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench/bench.h"
#include "index/dure_index.h"
#include "node/dure_node.h"

#define SHOPS         7000u
#define START_MS      UINT64_C(1767571200000) /* 2026-01-05T00:00Z */
#define FIRST_CITIZEN UINT64_C(1000000)
#define FIRST_SHOP    UINT64_C(30000000)
#define TX_ROOM       512u
#define STEADY_RATE   4000u /* payments a second, each on its own */
#define STEADY_S      16u
#define STEADY_EACH   (3u << 20) /* bytes of blocks: so that there are some */
#define BUSY_RATE     20000u
#define KILLS         6u
#define SAMPLES       (STEADY_RATE * STEADY_S * 2u)

/* What the processes tell each other. */
typedef struct {
    _Atomic uint64_t next; /* payment to make */
    _Atomic bool is_loaded;
    bool is_good;
    struct {
        double p50, p99, most, gap;
        uint32_t count;
    } steady[2]; /* without and with a checkpoint under way, milliseconds */
    uint32_t checkpoints;
    double checkpoint_s, state_mb; /* the last one */
} shared_t;

typedef struct {
    bench_t *bench;
    shared_t *shared;
    dure_trace_t *trace;
    dure_public_key_t key;
    uint64_t numbers[2];
    dure_io_t *io;
    dure_index_t *index;
    dure_node_t *node;
    dure_node_report_t report;
    uint64_t answered, refused;
    uint64_t *sent_ns; /* by token */
    uint64_t last_ns;
    double *samples[2];
    uint32_t counts[2];
    double gaps[2];
    bool is_saving;
    uint64_t checkpoint_bytes; /* 0: as by default */
} city_t;

static uint32_t citizens(const city_t *city)
{
    return city->bench->citizens;
}

static dure_crypto_result_t all_right(const dure_public_key_t *key,
                                      const dure_signature_t *signature, const void *message,
                                      size_t message_size)
{
    (void)key;
    (void)signature;
    (void)message;
    (void)message_size;
    return DURE_CRYPTO_OK;
}

/* ---- the node ---------------------------------------------------------------------------------
 */

static void on_answer(void *user, uint64_t token, const dure_answer_t *answer)
{
    city_t *city = user;
    city->answered++;
    city->refused += answer->code != DURE_RESULT_DONE && !answer->repeated &&
                     answer->code != DURE_RESULT_ALREADY_USED;
    if (city->sent_ns == NULL) {
        return;
    }
    const uint64_t now = bench_now_ns();
    const uint32_t beside = city->is_saving;
    if (city->counts[beside] < SAMPLES) {
        city->samples[beside][city->counts[beside]++] = (double)(now - city->sent_ns[token]) / 1e6;
    }
    const double gap = city->last_ns == 0 ? 0 : (double)(now - city->last_ns) / 1e6;
    city->gaps[beside] = gap > city->gaps[beside] ? gap : city->gaps[beside];
    city->last_ns = now;
}

static void on_log(void *user, const char *line)
{
    city_t *city = user;
    unsigned long long height, bytes, ms;
    if (sscanf(line, "event=checkpoint result=ok height=%llu bytes=%llu ms=%llu", &height, &bytes,
               &ms) == 3) {
        city->shared->checkpoints++;
        city->shared->checkpoint_s = (double)ms / 1e3;
        city->shared->state_mb = (double)bytes / 1e6;
    }
    if (strstr(line, "event=checkpoint result=ok") == NULL) {
        fprintf(stderr, "  %s\n", line);
    }
}

/* As dured does it; the time it takes. */
static bool open_node(city_t *city, double *ms)
{
    char path[BENCH_PATH_SIZE + 32];
    bool is_rebuilt = false;
    const uint64_t start = bench_now_ns();
    const clock_t cpu = clock();
    snprintf(path, sizeof path, "%s/city", city->bench->folder);
    bool done = dure_io_linux_open(&city->io, path, DURE_IO_EXCLUSIVE) == DURE_IO_OK;
    snprintf(path, sizeof path, "%s/city/index.sqlite", city->bench->folder);
    done =
        done && dure_index_open(&city->index, path, &is_rebuilt) && dure_index_start(city->index);
    if (!done) {
        fprintf(stderr, "dure-bench: %s cannot be opened\n", path);
        return false;
    }
    dure_node_config_t config = dure_node_config_default();
    config.threads = city->bench->threads;
    config.history = dure_index_history(city->index);
    config.verify = all_right;
    if (city->checkpoint_bytes != 0) {
        config.checkpoint_bytes = city->checkpoint_bytes;
        config.checkpoint_share = 0;
    }
    config.log = on_log;
    config.log_user = city;
    const uint64_t indexed = bench_now_ns();
    done = dure_node_open(&city->node, &city->report, city->io, &config) == DURE_NODE_OK;
    const uint64_t end = bench_now_ns();
    *ms = (double)(end - start) / 1e6;
    if (getenv("DURE_BENCH_TELL") != NULL) {
        fprintf(stderr,
                "  processor %.0f ms: index %.0f ms, node %.0f ms, replayed %llu blocks, %llu "
                "transactions\n",
                (double)(clock() - cpu) * 1e3 / CLOCKS_PER_SEC, (double)(indexed - start) / 1e6,
                (double)(end - indexed) / 1e6, (unsigned long long)city->report.replayed,
                (unsigned long long)city->report.replayed_txs);
    }
    if (!done) {
        fprintf(stderr, "dure-bench: %s\n", dure_node_message(city->node));
        return false;
    }
    const dure_listener_t listener = {.user = city, .answer = on_answer};
    dure_consensus_listen(dure_node_consensus(city->node), &listener);
    return true;
}

static void close_node(city_t *city)
{
    dure_node_close(city->node);
    dure_index_close(city->index);
    dure_io_close(city->io);
}

static bool step(city_t *city, uint64_t wait_ns)
{
    const bool done = dure_node_step(city->node, wait_ns) == DURE_NODE_OK;
    city->is_saving = dure_node_is_saving(city->node);
    if (!done) {
        fprintf(stderr, "dure-bench: %s\n", dure_node_message(city->node));
    }
    return done;
}

static bool submit(city_t *city, dure_bytes_t wire, uint64_t token)
{
    while (!dure_consensus_submit(dure_node_consensus(city->node), wire, token)) {
        if (!step(city, DURE_IO_FOREVER)) {
            return false;
        }
    }
    return true;
}

static bool settle(city_t *city)
{
    while (dure_consensus_waiting(dure_node_consensus(city->node)) > 0) {
        if (!step(city, DURE_IO_FOREVER)) {
            return false;
        }
    }
    return true;
}

/* ---- the people -------------------------------------------------------------------------------
 */

static bool send(city_t *city, uint64_t party, uint64_t number, const dure_body_t *body,
                 uint64_t token)
{
    uint8_t wire[TX_ROOM];
    const dure_tx_t tx = {
        .version = 1, .id = {party, 0, number}, .valid_until = START_MS + 3600000, .body = *body};
    const dure_seal_t seal = {.slot = 0};
    dure_writer_t writer = dure_writer(wire, sizeof wire);
    dure_tx_encode(&writer, &tx);
    dure_seal_encode(&writer, &seal);
    return submit(city, dure_writer_bytes(&writer), token);
}

static bool enrol(city_t *city, uint64_t party, uint8_t kind)
{
    const dure_body_t body = bench_registration(&city->key, party, kind);
    return send(city, DURE_TRACE_REGISTRAR, city->numbers[0]++, &body, 0);
}

static bool buy(city_t *city)
{
    const dure_body_t deposit = dure_trace_deposit("budget", UINT64_C(100000000000));
    const dure_body_t order = dure_trace_order(45000);
    bool done = send(city, DURE_TRACE_BANK, city->numbers[1]++, &deposit, 0);
    for (uint32_t i = 0; done && i < citizens(city); i++) {
        const uint64_t citizen = FIRST_CITIZEN + i;
        const dure_body_t credit = dure_trace_credit((dure_tx_id_t){citizen, 0, 1}, 45000 - 2700);
        done = send(city, citizen, 1, &order, 0) &&
               send(city, DURE_TRACE_BANK, city->numbers[1]++, &credit, 0);
    }
    return done;
}

static bool raise_ceiling(city_t *city)
{
    dure_act_t act = {.kind = DURE_ACT_CEILING};
    act.ceiling = (dure_act_ceiling_t){.fund = DURE_TRACE_FUND,
                                       .ceiling = dure_amount(UINT64_C(1000000000000))};
    dure_body_t body = dure_trace_propose(20500, &act);
    if (!submit(city, dure_trace_make(city->trace, DURE_TRACE_OFFICER_1, &body), 0)) {
        return false;
    }
    body = dure_trace_approve(dure_trace_last_id(city->trace));
    return submit(city, dure_trace_make(city->trace, DURE_TRACE_OFFICER_2, &body), 0);
}

static bool fill(city_t *city)
{
    dure_bytes_t wire;
    bool done = true;
    while (done && (wire = dure_trace_setup(city->trace)).size > 0) {
        done = submit(city, wire, 0);
    }
    done = done && raise_ceiling(city);
    city->numbers[0] = city->numbers[1] = 1001;
    for (uint32_t i = 0; done && i < citizens(city); i++) {
        done = enrol(city, FIRST_CITIZEN + i, DURE_KIND_CITIZEN);
    }
    for (uint32_t i = 0; done && i < SHOPS; i++) {
        done = enrol(city, FIRST_SHOP + i, DURE_KIND_MERCHANT);
    }
    done = done && buy(city) && settle(city);
    if (city->refused > 0) {
        fprintf(stderr, "dure-bench: %u were refused\n", (unsigned)city->refused);
    }
    return done && city->refused == 0;
}

/* The next payment that nobody has made: every citizen pays in turn. */
static bool pay(city_t *city, uint64_t token)
{
    const uint64_t i = city->shared->next++;
    const uint32_t payer = (uint32_t)(i * 7919u % citizens(city));
    const dure_body_t body =
        dure_trace_payment(FIRST_SHOP + i % SHOPS - (i % SHOPS % 10 == 9), 1 + i % 3);
    return send(city, FIRST_CITIZEN + payer, 2 + i / citizens(city), &body, token);
}

/* ---- the processes ----------------------------------------------------------------------------
 */

static bool fill_and_stop(city_t *city)
{
    double ms;
    return open_node(city, &ms) && fill(city) && dure_node_stop(city->node) == DURE_NODE_OK;
}

/* Payments at a steady rate, each sent when its time comes whether others were answered or not; a
   checkpoint begins again and again. */
static bool steady(city_t *city)
{
    double ms;
    city->checkpoint_bytes = STEADY_EACH;
    bool done = open_node(city, &ms);
    city->sent_ns = calloc(SAMPLES, sizeof *city->sent_ns);
    city->samples[0] = calloc(SAMPLES, sizeof *city->samples[0]);
    city->samples[1] = calloc(SAMPLES, sizeof *city->samples[1]);
    if (!done || city->sent_ns == NULL || city->samples[0] == NULL || city->samples[1] == NULL) {
        return false;
    }
    const uint64_t each = UINT64_C(1000000000) / STEADY_RATE;
    const uint64_t start = bench_now_ns();
    for (uint64_t i = 0; done && i < (uint64_t)STEADY_RATE * STEADY_S;) {
        const uint64_t now = bench_now_ns();
        for (; done && start + i * each <= now && i < (uint64_t)STEADY_RATE * STEADY_S; i++) {
            city->sent_ns[i] = start + i * each;
            done = pay(city, i);
        }
        const uint64_t due = start + i * each;
        const uint64_t then = bench_now_ns();
        done = done && step(city, due > then ? due - then : 0);
    }
    done = done && settle(city);
    for (uint32_t i = 0; i < 2; i++) {
        const uint32_t count = city->counts[i];
        city->shared->steady[i].count = count;
        city->shared->steady[i].gap = city->gaps[i];
        if (count > 0) {
            city->shared->steady[i].p50 = bench_percentile(city->samples[i], count, 50);
            city->shared->steady[i].p99 = bench_percentile(city->samples[i], count, 99);
            city->shared->steady[i].most = city->samples[i][count - 1];
        }
    }
    return done && city->refused == 0 && dure_node_stop(city->node) == DURE_NODE_OK;
}

/* More payments a second than the machine could verify, until it is killed. */
static bool busy(city_t *city)
{
    double ms;
    bool done = open_node(city, &ms);
    city->shared->is_loaded = done;
    const uint64_t start = bench_now_ns();
    for (uint64_t i = 0; done;) {
        const uint64_t due = (bench_now_ns() - start) / 1000u * BUSY_RATE / 1000000u;
        for (; done && i < due; i++) {
            done = pay(city, 0);
        }
        done = done && step(city, 500000);
    }
    return false;
}

/* Runs it as a process of its own; after kill_ms of work it is killed, if that is not 0. */
static bool run(city_t *city, bool (*work)(city_t *city), uint32_t kill_ms)
{
    shared_t *shared = city->shared;
    shared->is_good = false;
    shared->is_loaded = false;
    fflush(NULL);
    const pid_t child = fork();
    if (child == 0) {
        shared->is_good = work(city);
        _exit(0);
    }
    if (kill_ms > 0) {
        while (!shared->is_loaded && waitpid(child, NULL, WNOHANG) == 0) {
            (void)nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
        }
        (void)nanosleep(&(struct timespec){.tv_sec = kill_ms / 1000,
                                           .tv_nsec = (long)(kill_ms % 1000) * 1000000},
                        NULL);
        (void)kill(child, SIGKILL);
    }
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return kill_ms > 0 ? WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL
                       : child > 0 && shared->is_good;
}

/* Opens it here and closes it without another word. */
static bool reopen(city_t *city, double *ms)
{
    const bool done = open_node(city, ms);
    close_node(city);
    return done;
}

static bool measure_kills(bench_t *bench, city_t *city)
{
    double worst = 0, sum = 0;
    uint64_t replayed = 0;
    for (uint32_t i = 0; i < KILLS; i++) {
        double ms = 0;
        if (!run(city, busy, 700 + i * 613) || !reopen(city, &ms)) {
            return false;
        }
        worst = ms > worst ? ms : worst;
        sum += ms;
        replayed = city->report.replayed_txs > replayed ? city->report.replayed_txs : replayed;
    }
    bench_row(bench, "restart_after_kill", worst, "ms", "average", sum / KILLS);
    fprintf(stderr, "  (the worst of %u; at most %llu transactions behind the checkpoint)\n", KILLS,
            (unsigned long long)replayed);
    return true;
}

static bool measure_all(bench_t *bench, city_t *city)
{
    const shared_t *shared = city->shared;
    double ms = 0;
    if (!run(city, fill_and_stop, 0) || !reopen(city, &ms)) {
        return false;
    }
    bench_row(bench, "restart", ms, "ms", "megabytes", shared->state_mb);
    city->shared->checkpoints = 0;
    if (!run(city, steady, 0)) {
        return false;
    }
    bench_row(bench, "checkpoint_pause", shared->steady[1].gap, "ms", "without",
              shared->steady[0].gap);
    bench_row(bench, "checkpoint_p99", shared->steady[1].p99, "ms", "without",
              shared->steady[0].p99);
    fprintf(stderr,
            "  (%u checkpoints of %.0f MB, the last in %.2f s; p50 %.2f against %.2f ms, the "
            "slowest %.2f against %.2f ms; %u and %u payments)\n",
            shared->checkpoints, shared->state_mb, shared->checkpoint_s, shared->steady[1].p50,
            shared->steady[0].p50, shared->steady[1].most, shared->steady[0].most,
            shared->steady[1].count, shared->steady[0].count);
    return shared->checkpoints > 1 && measure_kills(bench, city);
}

/* An empty directory with the genesis. */
static bool prepare(const bench_t *bench, dure_bytes_t genesis)
{
    char path[BENCH_PATH_SIZE + 16];
    static dure_io_entry_t entries[256];
    dure_io_t *io = NULL;
    size_t count = 0;
    snprintf(path, sizeof path, "%s/city", bench->folder);
    bool done = dure_io_linux_open(&io, path, DURE_IO_EXCLUSIVE) == DURE_IO_OK &&
                dure_io_list(io, entries, &count, 256) == DURE_IO_OK;
    for (size_t i = 0; done && i < count; i++) {
        done = dure_io_unlink(io, entries[i].name) == DURE_IO_OK;
    }
    done = done && dure_io_replace(io, DURE_NODE_GENESIS, genesis.data, genesis.size) == DURE_IO_OK;
    dure_io_close(io);
    return done;
}

bool bench_restart(bench_t *bench)
{
    static uint8_t image[DURE_YAK_IMAGE_SIZE_MAX], source[DURE_YAK_SOURCE_SIZE_MAX];
    dure_trace_config_t config = {.clock = DURE_TRACE_CLOCK_DRIVEN,
                                  .start = START_MS,
                                  .parties_max = bench->citizens + SHOPS + 64};
    const dure_secret_key_t secret = {.scheme = DURE_SCHEME_ED25519, .seed = {9}};
    city_t city = {.bench = bench};
    city.shared =
        mmap(NULL, sizeof *city.shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    city.trace = bench_program(&config, image, source) ? dure_trace_new(&config) : NULL;
    const bool done = city.shared != MAP_FAILED && city.trace != NULL &&
                      dure_public_key_of(&city.key, &secret) &&
                      prepare(bench, dure_trace_genesis(city.trace)) && measure_all(bench, &city);
    dure_trace_free(city.trace);
    return done;
}
