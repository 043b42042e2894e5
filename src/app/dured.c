/* dured: a node on a directory. */
#include "api/dure_api.h"
#include "index/dure_index.h"
#include "node/dure_node.h"

#include <errno.h>
#include <getopt.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define EXIT_USAGE    1
#define EXIT_START    2 /* it cannot start or go on; nothing is wrong with what is stored */
#define EXIT_FAILED   3 /* the disk, the log or the state cannot be trusted */
#define PATH_SIZE     4096u
#define PARTIES_LIMIT DURE_LEDGER_PARTIES_MAX

static const char usage[] =
    "usage: dured DIR [options]\n"
    "Runs a node on a directory that `dure init` made.\n"
    "\n"
    "  --socket PATH           where clients connect (DIR/node.socket)\n"
    "  --parties N             room in memory for so many parties (node.conf: parties_max), if "
    "more\n"
    "                          than the chain's own limit, for which there always is\n"
    "  --threads N             that check signatures (one for each processor)\n"
    "  --checkpoint-every N    blocks between two checkpoints\n"
    "  --accept-clock          the wall clock jumped and stopped the node; it is right now\n"
    "  --new-history           the index is lost and cannot be rebuilt: begin it at the "
    "checkpoint\n"
    "  --help                  this text\n"
    "\n"
    "Prints `ready socket=PATH height=N` on stdout when it takes clients, and one line for each\n"
    "event on stderr.  SIGTERM or SIGINT: answers what it has taken, writes a checkpoint, ends.\n"
    "Exit: 0 stopped in order, 1 wrong use, 2 cannot start, or stopped in order to be started "
    "again\n"
    "with more room, 3 the disk, the log or the state cannot be trusted: it stopped at once, and "
    "what\n"
    "it had acknowledged is on the disk.\n";

typedef struct {
    const char *directory;
    const char *socket;
    uint64_t parties; /* 0: not given */
    uint64_t threads;
    uint64_t checkpoint_every;
    bool has_threads, has_checkpoint_every;
    bool accept_clock, new_history;
} options_t;

typedef struct {
    options_t options;
    char socket[PATH_SIZE];
    dure_io_t *io;
    dure_io_t *archive, *archive_to, *archive_from;
    dure_index_t *index;
    dure_node_t *node;
    dure_api_t *api;
    pthread_t signals;
    bool has_signals;
    _Atomic bool is_stopping;
} dured_t;

/* ---- what it says ---------------------------------------------------------------------------- */

/* The city's time: the people who read this live by it. */
static void say(void *user, const char *line)
{
    const dured_t *self = user;
    uint64_t now = dure_io_wall_ms(self->io);
    dure_zone_t zone = dure_zone_kst();
    dure_date_t date = dure_day_to_date(dure_zone_day(&zone, now));
    uint32_t minute = dure_zone_minute(&zone, now);
    fprintf(stderr, "time=%04d-%02d-%02dT%02u:%02u:%02u.%03u+09:00 %s\n", date.year, date.month,
            date.day, minute / 60u, minute % 60u, (uint32_t)(now / 1000u % 60u),
            (uint32_t)(now % 1000u), line);
}

static void say_problem(dured_t *self, const char *event, const char *message)
{
    char line[1024];
    snprintf(line, sizeof line, "event=%s message=\"%s\"", event, message);
    say(self, line);
}

/* ---- options --------------------------------------------------------------------------------- */

static bool number(const char *text, uint64_t low, uint64_t high, uint64_t *out)
{
    char *end = NULL;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    *out = value;
    return errno == 0 && end != text && *end == 0 && text[0] != '-' && value >= low &&
           value <= high;
}

/* -1: go on; else the exit code. */
static int parse(options_t *options, int count, char **arguments)
{
    enum { SOCKET = 256, PARTIES, THREADS, EVERY, CLOCK, HISTORY, HELP };
    static const struct option known[] = {
        {"socket", required_argument, NULL, SOCKET},
        {"parties", required_argument, NULL, PARTIES},
        {"threads", required_argument, NULL, THREADS},
        {"checkpoint-every", required_argument, NULL, EVERY},
        {"accept-clock", no_argument, NULL, CLOCK},
        {"new-history", no_argument, NULL, HISTORY},
        {"help", no_argument, NULL, HELP},
        {NULL, 0, NULL, 0},
    };
    int option = 0;
    bool is_good = true;
    while (is_good && (option = getopt_long(count, arguments, "", known, NULL)) != -1) {
        switch (option) {
        case SOCKET:
            options->socket = optarg;
            break;
        case PARTIES:
            is_good = number(optarg, 1, PARTIES_LIMIT, &options->parties);
            break;
        case THREADS:
            options->has_threads = true;
            is_good = number(optarg, 0, 256, &options->threads);
            break;
        case EVERY:
            options->has_checkpoint_every = true;
            is_good = number(optarg, 0, UINT64_MAX, &options->checkpoint_every);
            break;
        case CLOCK:
            options->accept_clock = true;
            break;
        case HISTORY:
            options->new_history = true;
            break;
        case HELP:
            fputs(usage, stdout);
            return EXIT_SUCCESS;
        default:
            is_good = false;
        }
    }
    if (!is_good || optind != count - 1) {
        fputs(usage, stderr);
        return EXIT_USAGE;
    }
    options->directory = arguments[optind];
    return -1;
}

/* ---- signals --------------------------------------------------------------------------------- */

static void *wait_for_signal(void *user)
{
    dured_t *self = user;
    sigset_t set;
    int which = 0;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    if (sigwait(&set, &which) == 0) {
        atomic_store(&self->is_stopping, true);
        dure_io_wake(self->io);
    }
    return NULL;
}

/* One thread waits for the signals that stop the node; no other ever sees them. */
static bool take_signals(dured_t *self)
{
    self->has_signals = pthread_create(&self->signals, NULL, wait_for_signal, self) == 0;
    return self->has_signals;
}

/* ---- starting -------------------------------------------------------------------------------- */

static int start_io(dured_t *self)
{
    struct stat status;
    if (stat(self->options.directory, &status) != 0 || !S_ISDIR(status.st_mode)) {
        fprintf(stderr, "%s is no directory: make a chain with `dure init %s`\n",
                self->options.directory, self->options.directory);
        return EXIT_START;
    }
    dure_io_result_t result =
        dure_io_linux_open(&self->io, self->options.directory, DURE_IO_EXCLUSIVE);
    if (result == DURE_IO_OK) {
        return EXIT_SUCCESS;
    }
    fprintf(stderr, "%s: %s\n", self->options.directory,
            result == DURE_IO_LOCKED ? "another node runs on this directory"
            : self->io != NULL       ? dure_io_error_text(self->io)
                                     : "no memory");
    return EXIT_START;
}

static int configure(dured_t *self, dure_node_config_t *config)
{
    const options_t *options = &self->options;
    char message[DURE_NODE_MESSAGE_SIZE];
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    *config = dure_node_config_default();
    config->threads = processors > 0 ? (uint32_t)processors : 1u;
    if (dure_node_config_read(config, self->io, message) != DURE_NODE_OK) {
        say_problem(self, "config", message);
        return EXIT_USAGE;
    }
    if (options->parties != 0) {
        config->limits = dure_ledger_limits_for((uint32_t)options->parties);
    }
    if (options->has_threads) {
        config->threads = (uint32_t)options->threads;
    }
    if (options->has_checkpoint_every) {
        config->checkpoint_blocks = options->checkpoint_every;
    }
    config->accept_clock = options->accept_clock;
    config->new_history = options->new_history;
    config->log = say;
    config->log_user = self;
    return EXIT_SUCCESS;
}

static void on_event(void *user, const dure_io_event_t *event)
{
    dured_t *self = user;
    if (self->api != NULL) {
        dure_api_event(self->api, event);
    }
}

static void say_opened(dured_t *self, const dure_node_report_t *report, const options_t *options)
{
    char line[512];
    snprintf(line, sizeof line,
             "event=opened directory=%s height=%llu clean=%s checkpoint=%llu "
             "checkpoints_refused=%llu replayed_blocks=%llu replayed_txs=%llu cut_bytes=%llu "
             "index_rebuilt=%s",
             options->directory, (unsigned long long)report->store.head_height,
             report->store.was_clean ? "yes" : "no", (unsigned long long)report->checkpoint_height,
             (unsigned long long)report->checkpoints_refused, (unsigned long long)report->replayed,
             (unsigned long long)report->replayed_txs, (unsigned long long)report->store.cut_size,
             report->index_rebuilt ? "yes" : "no");
    say(self, line);
}

/* The archive is written by a thread of its own, so it and what it reads have an io of their own.
 */
static int start_archive(dured_t *self, dure_node_config_t *config)
{
    const char *path = config->archive_path;
    const char *problem = NULL;
    if (path[0] == 0) {
        return EXIT_SUCCESS;
    }
    dure_io_result_t result = dure_io_linux_open(&self->archive_to, path, DURE_IO_EXCLUSIVE);
    if (result == DURE_IO_LOCKED) {
        problem = "another node archives there";
    } else if (result != DURE_IO_OK) {
        problem = self->archive_to != NULL ? dure_io_error_text(self->archive_to) : "no memory";
    } else if (dure_io_linux_open(&self->archive, path, DURE_IO_READ_ONLY) != DURE_IO_OK ||
               dure_io_linux_open(&self->archive_from, self->options.directory,
                                  DURE_IO_READ_ONLY) != DURE_IO_OK) {
        problem = "it cannot be opened for reading";
    }
    if (problem != NULL) {
        char line[1024];
        snprintf(line, sizeof line, "event=archive result=failed path=%s message=\"%s\"", path,
                 problem);
        say(self, line);
        return EXIT_START;
    }
    config->archive = self->archive;
    config->archive_to = self->archive_to;
    config->archive_from = self->archive_from;
    return EXIT_SUCCESS;
}

static int start_node(dured_t *self)
{
    const options_t *options = &self->options;
    char path[PATH_SIZE];
    dure_node_config_t config;
    dure_node_report_t report;
    bool is_rebuilt = false;
    int code = configure(self, &config);
    if (code == EXIT_SUCCESS) {
        code = start_archive(self, &config);
    }
    if (code != EXIT_SUCCESS) {
        return code;
    }
    snprintf(path, sizeof path, "%s/%s", options->directory, DURE_NODE_GENESIS);
    if (access(path, F_OK) != 0) {
        say_problem(self, "no_genesis", "there is no genesis.dure: make one with `dure init`");
        return EXIT_START;
    }
    snprintf(path, sizeof path, "%s/index.sqlite", options->directory);
    if (!dure_index_open(&self->index, path, &is_rebuilt) || !dure_index_start(self->index)) {
        say_problem(self, "index", dure_index_problem(self->index));
        return EXIT_START;
    }
    config.history = dure_index_history(self->index);
    config.event = on_event;
    config.event_user = self;
    dure_node_result_t result = dure_node_open(&self->node, &report, self->io, &config);
    if (result != DURE_NODE_OK) {
        say_problem(self, "not_opened",
                    self->node != NULL ? dure_node_message(self->node) : "no memory");
        return result == DURE_NODE_FAILED ? EXIT_FAILED : EXIT_START;
    }
    say_opened(self, &report, options);
    return EXIT_SUCCESS;
}

static int start(dured_t *self)
{
    int code = start_io(self);
    if (code != EXIT_SUCCESS) {
        return code;
    }
    if (!take_signals(self)) {
        say_problem(self, "signals", "no thread for them");
        return EXIT_START;
    }
    code = start_node(self);
    if (code != EXIT_SUCCESS) {
        return code;
    }
    if (self->options.socket == NULL) {
        snprintf(self->socket, sizeof self->socket, "%s/node.socket", self->options.directory);
    } else {
        snprintf(self->socket, sizeof self->socket, "%s", self->options.socket);
    }
    dure_consensus_t *consensus = dure_node_consensus(self->node);
    if (!dure_api_open(&self->api, self->io, self->socket, consensus, self->index)) {
        say_problem(self, "socket", dure_io_error_text(self->io));
        return EXIT_START;
    }
    printf("ready socket=%s height=%llu\n", self->socket,
           (unsigned long long)dure_consensus_durable_height(consensus));
    fflush(stdout);
    return EXIT_SUCCESS;
}

/* ---- running --------------------------------------------------------------------------------- */

/* The officers raised the city's limit above the memory that was taken at the start. */
static void say_limit(dured_t *self, uint32_t parties)
{
    char message[128];
    snprintf(message, sizeof message,
             "the city's limit was raised to %u parties: start with --parties %u",
             (unsigned)parties, (unsigned)parties);
    say_problem(self, "limit_raised", message);
}

static int run(dured_t *self)
{
    dure_node_result_t result = DURE_NODE_OK;
    uint32_t needed = 0;
    while (result == DURE_NODE_OK && needed == 0 && !atomic_load(&self->is_stopping)) {
        result = dure_node_step(self->node, DURE_IO_FOREVER);
        needed = dure_node_parties_needed(self->node);
    }
    if (result == DURE_NODE_OK) {
        if (needed != 0) {
            say_limit(self, needed);
        }
        say(self, "event=stopping");
        dure_api_shut(self->api);
        result = dure_node_stop(self->node);
    }
    if (result != DURE_NODE_OK) {
        say_problem(self, "failed", dure_node_message(self->node));
        return EXIT_FAILED;
    }
    char line[64];
    snprintf(line, sizeof line, "event=stopped height=%llu",
             (unsigned long long)dure_consensus_durable_height(dure_node_consensus(self->node)));
    say(self, line);
    return needed != 0 ? EXIT_START : EXIT_SUCCESS;
}

static void finish(dured_t *self)
{
    dure_api_close(self->api);
    dure_node_close(self->node);
    dure_index_close(self->index);
    if (self->has_signals) {
        (void)pthread_kill(self->signals, SIGTERM);
        (void)pthread_join(self->signals, NULL);
    }
    dure_io_close(self->io);
    dure_io_close(self->archive);
    dure_io_close(self->archive_to);
    dure_io_close(self->archive_from);
}

int main(int count, char **arguments)
{
    static dured_t self;
    int code = parse(&self.options, count, arguments);
    if (code != -1) {
        return code;
    }
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    (void)pthread_sigmask(SIG_BLOCK, &set, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
    if (!dure_crypto_init()) {
        fputs("the cryptographic library cannot be initialised\n", stderr);
        return EXIT_START;
    }
    code = start(&self);
    if (code == EXIT_SUCCESS) {
        code = run(&self);
    }
    finish(&self);
    return code;
}
