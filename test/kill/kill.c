/* kill: processes, the client, and what must hold in the end. */
#include "kill/kill.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "api/dure_client.h"
#include "sim/sim.h"

#define PATH_SIZE       512u
#define BATCH_MAX       16u
#define READY_WAIT_MS   30000
#define PROGRESS_WAIT_S 30u

/* What the client was told, in memory that both processes see. */
typedef struct {
    bool is_answered;
    bool is_repeated;
    uint16_t code;
    uint64_t height;
    uint32_t index;
} heard_t;

typedef struct {
    _Atomic uint32_t answered;
    _Atomic bool is_wrong;
    _Atomic bool asks_again; /* everything once more, from the first */
    _Atomic bool is_done;
    char problem[256];
    heard_t heard[];
} shared_t;

typedef struct {
    const workload_t *workload;
    shared_t *shared;
    char directory[PATH_SIZE];
    char socket[PATH_SIZE];
    char program[PATH_SIZE];
    pid_t node, client;
    uint64_t random;
} run_t;

static uint32_t roll(run_t *run, uint32_t below)
{
    run->random = run->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)((run->random >> 33) % below);
}

static void rest(uint32_t microseconds)
{
    struct timespec time = {microseconds / 1000000u, (long)(microseconds % 1000000u) * 1000};
    (void)nanosleep(&time, NULL);
}

static bool tell(const char *what, const char *detail)
{
    printf("# kill test: %s: %s\n", what, detail);
    fflush(stdout);
    return false;
}

/* ---- the client process ---------------------------------------------------------------------- */

static void wrong(shared_t *shared, const char *what, uint32_t index)
{
    if (!shared->is_wrong) {
        (void)snprintf(shared->problem, sizeof shared->problem, "%s (transaction %u)", what, index);
        shared->is_wrong = true;
    }
}

static void hear(run_t *run, uint32_t index, const dure_answer_t *answer)
{
    shared_t *shared = run->shared;
    heard_t *heard = &shared->heard[index];
    const item_t *item = &run->workload->items[index];
    const item_t *expected = item->repeats >= 0 ? &run->workload->items[item->repeats] : item;
    if (!expected->is_final) {
        if (answer->recorded || dure_result_is_final(answer->code)) {
            wrong(shared, "what no block may hold was recorded", index);
        }
    } else if (!answer->recorded || answer->code != expected->code ||
               !dure_bytes_equal(answer->effect, expected->effect)) {
        wrong(shared, "the answer is not a clean run's", index);
    } else if (heard->is_answered && (!answer->repeated || answer->height != heard->height ||
                                      answer->index != heard->index)) {
        wrong(shared, "the second answer is not the first", index);
    }
    heard->height = answer->height;
    heard->index = answer->index;
    heard->code = answer->code;
    if (!heard->is_answered) {
        heard->is_answered = true;
        shared->answered++;
    }
}

/* Submits in order until the connection ends.  True: everything was answered. */
static bool work(run_t *run, dure_client_t *client, uint32_t first)
{
    dure_bytes_t wires[BATCH_MAX];
    dure_answer_t answers[BATCH_MAX];
    uint32_t next = first;
    while (next < run->workload->count) {
        uint32_t count = 1 + roll(run, BATCH_MAX);
        if (count > run->workload->count - next) {
            count = run->workload->count - next;
        }
        for (uint32_t i = 0; i < count; i++) {
            wires[i] = run->workload->items[next + i].wire;
        }
        if (!dure_client_submit(client, answers, wires, count)) {
            return false;
        }
        for (uint32_t i = 0; i < count; i++) {
            hear(run, next + i, &answers[i]);
        }
        next += count;
    }
    return true;
}

static uint32_t first_unanswered(const run_t *run)
{
    uint32_t i = 0;
    while (i < run->workload->count && run->shared->heard[i].is_answered) {
        i++;
    }
    return i;
}

_Noreturn static void run_client(run_t *run)
{
    bool is_again = false;
    while (!run->shared->is_wrong) {
        dure_client_t *client = NULL;
        uint32_t first = is_again ? 0 : first_unanswered(run);
        bool is_finished = dure_client_open(&client, run->socket) && work(run, client, first);
        dure_client_close(client);
        if (is_finished && is_again) {
            run->shared->is_done = true;
            break;
        }
        is_again = is_finished && run->shared->asks_again;
        rest(is_finished ? 2000 : 300);
    }
    _exit(0);
}

/* ---- the node's process ---------------------------------------------------------------------- */

static bool wait_ready(int from)
{
    char text[256] = {0};
    size_t size = 0;
    while (size + 1 < sizeof text && strchr(text, '\n') == NULL) {
        struct pollfd wait = {.fd = from, .events = POLLIN};
        if (poll(&wait, 1, READY_WAIT_MS) <= 0) {
            return false;
        }
        ssize_t got = read(from, text + size, sizeof text - 1 - size);
        if (got <= 0) {
            return false;
        }
        size += (size_t)got;
    }
    return strncmp(text, "ready ", 6) == 0;
}

static bool start_node(run_t *run, const char *log)
{
    int ready[2];
    if (pipe2(ready, O_CLOEXEC) != 0) {
        return tell("pipe", strerror(errno));
    }
    run->node = fork();
    if (run->node == 0) {
        int file = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
        (void)dup2(ready[1], STDOUT_FILENO);
        (void)dup2(file, STDERR_FILENO);
        execl(run->program, run->program, run->directory, "--parties", "64", "--threads", "2",
              "--checkpoint-every", "20", (char *)NULL);
        _exit(127);
    }
    (void)close(ready[1]);
    bool is_ready = wait_ready(ready[0]);
    (void)close(ready[0]);
    return is_ready || tell("dured did not become ready; its messages are in", log);
}

/* Lets the client get on by some answers, so that the blow falls into the traffic. */
static bool let_work(run_t *run, uint32_t answers)
{
    uint32_t target = run->shared->answered + answers;
    if (target > run->workload->count) {
        target = run->workload->count;
    }
    for (uint32_t i = 0; run->shared->answered < target; i++) {
        if (run->shared->is_wrong) {
            return tell("the client", run->shared->problem);
        }
        if (i > PROGRESS_WAIT_S * 5000u) {
            return tell("the client", "gets no answers");
        }
        rest(200);
    }
    rest(roll(run, 3000));
    return true;
}

static bool kill_node(run_t *run)
{
    int status = 0;
    (void)kill(run->node, SIGKILL);
    (void)waitpid(run->node, &status, 0);
    run->node = 0;
    return (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) ||
           tell("dured", "ended before it was killed");
}

static bool stop_node(run_t *run)
{
    int status = 0;
    (void)kill(run->node, SIGTERM);
    (void)waitpid(run->node, &status, 0);
    run->node = 0;
    return (WIFEXITED(status) && WEXITSTATUS(status) == 0) ||
           tell("dured", "did not stop in order");
}

/* ---- what must hold -------------------------------------------------------------------------- */

/* True if the first segment is in the archive alone. */
static bool is_pruned(const run_t *run)
{
    char path[PATH_SIZE + 64];
    (void)snprintf(path, sizeof path, "%.480s/log-00000001.dure", run->directory);
    const bool is_here = access(path, F_OK) == 0;
    (void)snprintf(path, sizeof path, "%.480s/archive/log-00000001.dure", run->directory);
    return !is_here && access(path, F_OK) == 0;
}

/* The log holds the list's final transactions, each once, in order; their roots are a clean run's;
   and every answer's block and place is where the transaction stands. */
static bool check_log(const run_t *run)
{
    dure_io_t *io = NULL;
    dure_node_t *node = NULL;
    dure_node_report_t report;
    dure_node_config_t config = dure_node_config_default();
    uint32_t matched = 0;
    config.limits = run->workload->limits;
    config.threads = 0;
    char archive[PATH_SIZE + 16];
    (void)snprintf(archive, sizeof archive, "%.480s/archive", run->directory);
    bool is_good = dure_io_linux_open(&io, run->directory, DURE_IO_EXCLUSIVE) == DURE_IO_OK &&
                   dure_io_linux_open(&config.archive, archive, DURE_IO_READ_ONLY) == DURE_IO_OK &&
                   dure_node_open(&node, &report, io, &config) == DURE_NODE_OK;
    if (!is_good) {
        (void)tell("opening", node != NULL ? dure_node_message(node) : "no");
    } else {
        const char *broken = oracle_recovered(run->workload, node, &matched);
        is_good = broken == NULL || tell("the log", broken);
    }
    for (uint32_t i = matched; is_good && i < run->workload->count; i++) {
        is_good = !run->workload->items[i].is_final || tell("the log", "a transaction is missing");
    }
    printf("# segments pruned: %s\n", is_pruned(run) ? "yes" : "no, the lives were too short");
    dure_node_close(node);
    dure_io_close(io);
    dure_io_close(config.archive);
    return is_good;
}

static bool check_root(const run_t *run)
{
    dure_client_t *client = NULL;
    dure_tell_head_t head;
    bool is_good = dure_client_open(&client, run->socket) && dure_client_head(client, &head);
    is_good = is_good ? dure_hash_equal(&head.ledger_root,
                                        &run->workload->items[run->workload->count - 1].root) ||
                            tell("the ledger root", "is not a clean run's")
                      : tell("asking for the head", dure_client_problem(client));
    dure_client_close(client);
    return is_good;
}

/* ---- the run --------------------------------------------------------------------------------- */

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *where)
{
    (void)status;
    (void)kind;
    (void)where;
    return remove(path);
}

/* Checkpoints come often; small segments, archived and removed as soon as it may be: so kills fall
 * into that, too. */
static bool write_config(const run_t *run)
{
    char path[PATH_SIZE + 32];
    (void)snprintf(path, sizeof path, "%s/%s", run->directory, DURE_NODE_CONFIG);
    FILE *file = fopen(path, "wb");
    const bool is_written =
        file != NULL &&
        fprintf(file,
                "segment_size = 16384\ncheckpoint_memory = 1000000\narchive = %s/archive\n"
                "keep_blocks = 1\n",
                run->directory) > 0;
    if (file != NULL) {
        (void)fclose(file);
    }
    return is_written || tell(path, strerror(errno));
}

static bool prepare(run_t *run)
{
    char path[PATH_SIZE + 32];
    ssize_t size = readlink("/proc/self/exe", run->program, sizeof run->program - 8);
    if (size <= 0) {
        return tell("the program", "its own place is unknown");
    }
    run->program[size] = 0;
    char *slash = strrchr(run->program, '/');
    memcpy(slash + 1, "dured", sizeof "dured");
    (void)snprintf(run->directory, sizeof run->directory, "%s/dure-kill-XXXXXX",
                   getenv("TMPDIR") != NULL ? getenv("TMPDIR") : "/tmp");
    if (mkdtemp(run->directory) == NULL) {
        return tell(run->directory, strerror(errno));
    }
    (void)snprintf(run->socket, sizeof run->socket, "%.480s/node.socket", run->directory);
    (void)snprintf(path, sizeof path, "%s/%s", run->directory, DURE_NODE_GENESIS);
    FILE *file = fopen(path, "wb");
    dure_bytes_t genesis = run->workload->genesis;
    bool is_written = file != NULL && fwrite(genesis.data, 1, genesis.size, file) == genesis.size;
    if (file != NULL) {
        (void)fclose(file);
    }
    return is_written ? write_config(run) : tell(path, strerror(errno));
}

static bool kills_in_traffic(run_t *run, uint32_t kills, const char *log)
{
    uint32_t each = run->workload->count / kills;
    for (uint32_t i = 0; i < kills; i++) {
        /* Sometimes at once, while it recovers or before the first answer. */
        uint32_t answers = roll(run, 5) == 0 ? 0 : 1 + roll(run, 2 * each);
        if (!start_node(run, log) || !let_work(run, answers) || !kill_node(run)) {
            return false;
        }
    }
    return true;
}

static bool finish(run_t *run, const char *log)
{
    if (!start_node(run, log) || !let_work(run, run->workload->count)) {
        return false;
    }
    run->shared->asks_again = true;
    for (uint32_t i = 0; !run->shared->is_done; i++) {
        if (run->shared->is_wrong) {
            return tell("the client, asking again", run->shared->problem);
        }
        if (i > PROGRESS_WAIT_S * 5000u) {
            return tell("the client, asking again", "gets no answers");
        }
        rest(200);
    }
    return check_root(run) && stop_node(run) && check_log(run);
}

bool kill_run(uint32_t kills, uint32_t count)
{
    run_t run = {.random = kills};
    char log[PATH_SIZE + 16];
    workload_t *workload = workload_new(count);
    size_t size = sizeof(shared_t) + count * sizeof(heard_t);
    run.workload = workload;
    run.shared = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (workload == NULL || run.shared == MAP_FAILED || !prepare(&run)) {
        return false;
    }
    (void)snprintf(log, sizeof log, "%s/stderr", run.directory);
    fflush(NULL);
    run.client = fork();
    if (run.client == 0) {
        run_client(&run);
    }
    bool is_good = kills_in_traffic(&run, kills, log) && finish(&run, log);
    if (run.node > 0) {
        (void)kill(run.node, SIGKILL);
        (void)waitpid(run.node, NULL, 0);
    }
    (void)kill(run.client, SIGKILL);
    (void)waitpid(run.client, NULL, 0);
    printf("# kills %u transactions %u\n", kills, count);
    if (is_good) {
        (void)nftw(run.directory, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    } else {
        printf("# the directory is left at %s\n", run.directory);
    }
    (void)munmap(run.shared, size);
    workload_free(workload);
    return is_good;
}
