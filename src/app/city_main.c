/* dure-city: replays real months of a city on a real node, or plays a short demo and leaves the
 * node up. */
#include "app/city.h"
#include "app/city_mix.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <jansson.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

#define PATH_SIZE   1024u
#define CHAIN_FUNDS 64u

typedef struct {
    bool demo;
    const char *city, *fraction, *out, *data, *program, *paper, *youth;
    uint64_t seed;
    uint32_t months;     /* 0 = all */
    char bin[PATH_SIZE]; /* folder of this program; dured and dure stand beside it */
    char chain[PATH_SIZE + 16], socket[PATH_SIZE + 32], statement[PATH_SIZE + 32];
    pid_t node;
} run_t;

static const char usage[] =
    "usage: dure-city replay [--city 김포시] [--fraction 1] [--seed 1] [--out build/replay]\n"
    "       dure-city play --demo [--dir build/demo]\n"
    "\n"
    "replay plays a city's real months on a node of its own: everybody registers, buys, pays and "
    "cashes\n"
    "out with a real key, until each month's registered, charged and spent equal floor(real x "
    "fraction).\n"
    "What registered people may not buy under their limits is bought and paid by bearer cards.\n"
    "Then it stops the node and audits its log with dure verify. Results: OUT/summary.json.\n"
    "play --demo does the same with a few months, and leaves the node running for you to try.\n"
    "\n"
    "  --city NAME      a city of data/gyeonggi-monthly-2019-2021.csv; all: every one of them, on "
    "one chain\n"
    "  --fraction F     share of the real figures, above 0 and at most 1, such as 0.01\n"
    "  --seed N         another seed is another city with the same months\n"
    "  --months N       only the first N months\n"
    "  --out DIR        where the chain, the bank statement and the summary go; an earlier run is "
    "replaced\n"
    "  --data DIR       folder of the CSV files (default: data)\n"
    "  --program FILE   the general fund's rules (default: examples/gimpo/general.yak)\n"
    "  --paper FILE     those of bearer cards and paper (default: "
    "examples/gimpo/paper_and_bulk.yak)\n"
    "  --youth FILE     those of the youth dividend, of which each quarter is a fund of its own\n"
    "                   (default: examples/gimpo/youth_2026q1.yak)\n"
    "\n"
    "exit: 0 every figure is exact and the audit holds, 1 not so, 2 wrong usage, 3 the world "
    "failed\n";

/* ---- the node as a child process
 * ----------------------------------------------------------------------- */

static bool make_directory(const char *path)
{
    return mkdir(path, 0755) == 0 || errno == EEXIST;
}

static bool make_directories(const char *path)
{
    char part[PATH_SIZE + 16];
    snprintf(part, sizeof part, "%s", path);
    for (char *at = part + 1; *at != 0; at++) {
        if (*at == '/') {
            *at = 0;
            if (!make_directory(part)) {
                return false;
            }
            *at = '/';
        }
    }
    return make_directory(part);
}

/* Removes an earlier run's node directory.  Only a folder that dure-city made (it holds `played`)
   or an empty one is touched. */
static bool clear_chain(const run_t *run, char *problem)
{
    char path[PATH_SIZE + 300];
    DIR *folder = opendir(run->chain);
    if (folder == NULL) {
        return true;
    }
    snprintf(path, sizeof path, "%s/played", run->chain);
    bool ours = access(path, F_OK) == 0;
    bool cleared = true;
    struct dirent *entry;
    while ((entry = readdir(folder)) != NULL && cleared) {
        if (entry->d_name[0] == '.') {
            continue;
        }
        if (!ours) {
            city_problem(problem,
                         "%s holds something that dure-city did not make: give another --out",
                         run->chain);
            cleared = false;
        } else {
            snprintf(path, sizeof path, "%s/%s", run->chain, entry->d_name);
            cleared = unlink(path) == 0 || errno == EISDIR || errno == EPERM;
        }
    }
    closedir(folder);
    return cleared;
}

static bool node_answers(const run_t *run)
{
    dure_client_t *client = NULL;
    bool answers = dure_client_open(&client, run->socket);
    dure_client_close(client);
    return answers;
}

/* Ends the node that an earlier demo left running on this directory; its process number is in
 * `played`. */
static bool stop_earlier_node(const run_t *run, char *problem)
{
    char path[PATH_SIZE + 32];
    int process = 0;
    if (!node_answers(run)) {
        return true;
    }
    snprintf(path, sizeof path, "%s/played", run->chain);
    FILE *file = fopen(path, "r");
    if (file == NULL || fscanf(file, "%d", &process) != 1 || process <= 1) {
        process = 0;
    }
    if (file != NULL) {
        fclose(file);
    }
    if (process == 0 || kill(process, SIGTERM) != 0) {
        return city_problem(problem, "a node is running on %s: stop it first", run->chain);
    }
    fprintf(stderr, "stopping the node of an earlier run (process %d)\n", process);
    for (int tries = 0; tries < 200 && kill(process, 0) == 0; tries++) {
        nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
    }
    return kill(process, 0) != 0 ||
           city_problem(problem, "process %d does not stop: it uses %s", process, run->chain);
}

/* Leaves the process number for a later run. */
static bool note_process(const run_t *run)
{
    char path[PATH_SIZE + 32];
    snprintf(path, sizeof path, "%s/played", run->chain);
    FILE *file = fopen(path, "w");
    bool written = file != NULL && fprintf(file, "%d\n", (int)run->node) > 0;
    return file != NULL && fclose(file) == 0 && written;
}

static bool start_node(run_t *run, char *problem)
{
    char program[PATH_SIZE + 16], log[PATH_SIZE + 32];
    snprintf(program, sizeof program, "%s/dured", run->bin);
    snprintf(log, sizeof log, "%s/node.log", run->out);
    char *arguments[] = {program, run->chain, "--socket", run->socket, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log, O_WRONLY | O_CREAT | O_TRUNC,
                                     0644);
    posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
    /* Its own group, so that an interrupt at the terminal ends the player first. */
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    int error = posix_spawn(&run->node, program, &actions, &attributes, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    if (error != 0) {
        city_problem(problem, "cannot start %s: %s", program, strerror(error));
    }
    return error == 0;
}

static bool connect_node(run_t *run, city_world_t *world)
{
    for (int tries = 0; tries < 600; tries++) {
        int status = 0;
        if (waitpid(run->node, &status, WNOHANG) == run->node) {
            run->node = 0;
            city_problem(world->problem, "the node ended at once; its log is %s/node.log",
                         run->out);
            return false;
        }
        if (dure_client_open(&world->client, run->socket)) {
            return true;
        }
        dure_client_close(world->client);
        world->client = NULL;
        nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
    }
    city_problem(world->problem, "the node does not answer at %s", run->socket);
    return false;
}

/* Ends the node in order; its peak memory in bytes. */
static bool stop_node(run_t *run, uint64_t *peak_rss_bytes)
{
    struct rusage used = {0};
    int status = 0;
    if (run->node == 0) {
        return true;
    }
    kill(run->node, SIGTERM);
    bool ended = wait4(run->node, &status, 0, &used) == run->node;
    run->node = 0;
    *peak_rss_bytes = (uint64_t)used.ru_maxrss * 1024;
    return ended && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* ---- the audit
 * ------------------------------------------------------------------------------------------- */

/* Runs `dure verify` on the node's directory; its report goes to OUT/audit.json as well. */
static bool verify(const run_t *run, char report[PATH_SIZE + 32])
{
    char program[PATH_SIZE + 16], chain[PATH_SIZE + 16], statement[PATH_SIZE + 32];
    snprintf(report, PATH_SIZE + 32, "%s/audit.json", run->out);
    snprintf(program, sizeof program, "%s/dure", run->bin);
    snprintf(chain, sizeof chain, "%s", run->chain);
    snprintf(statement, sizeof statement, "%s", run->statement);
    char *arguments[] = {program,   "verify",   chain,  "--statement",
                         statement, "--report", report, NULL};
    pid_t child = 0;
    int status = 0;
    fprintf(stderr, "\n");
    fflush(stdout);
    return posix_spawn(&child, program, NULL, NULL, arguments, environ) == 0 &&
           waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool audit_replay(const run_t *run, city_world_t *world, double seconds,
                         uint64_t peak_rss_bytes)
{
    char report[PATH_SIZE + 32];
    json_error_t error;
    if (!verify(run, report)) {
        return city_problem(world->problem, "the audit does not hold");
    }
    json_t *audit = json_load_file(report, 0, &error);
    if (audit == NULL) {
        city_problem(world->problem, "%s: %s", report, error.text);
        return false;
    }
    char path[PATH_SIZE + 32];
    snprintf(path, sizeof path, "%s/summary.json", run->out);
    bool exact =
        city_report(world, path, audit, strtod(run->fraction, NULL), seconds, peak_rss_bytes);
    json_decref(audit);
    return exact;
}

/* ---- playing
 * --------------------------------------------------------------------------------------------- */

static bool prepare(run_t *run, city_world_t *world)
{
    if (!make_directories(run->out)) {
        city_problem(world->problem, "cannot make %s: %s", run->out, strerror(errno));
        return false;
    }
    if (!stop_earlier_node(run, world->problem) || !clear_chain(run, world->problem)) {
        return false;
    }
    char mark[PATH_SIZE + 32];
    snprintf(mark, sizeof mark, "%s/played", run->chain);
    FILE *file = make_directory(run->chain) ? fopen(mark, "w") : NULL;
    if (file == NULL || fclose(file) != 0 || !city_book_open(&world->book, run->statement)) {
        city_problem(world->problem, "cannot write in %s: %s", run->out, strerror(errno));
        return false;
    }
    return true;
}

/* The time before anything happened, and how many months there are. */
static void begin_calendar(city_world_t *world)
{
    int32_t first = INT32_MAX, end = 0;
    for (uint32_t i = 0; i < world->city_count; i++) {
        const city_data_t *data = &world->cities[i].data;
        int32_t month = data->months[0].year * 12 + data->months[0].month - 1;
        int32_t until = month + (int32_t)data->month_count;
        first = month < first ? month : first;
        end = until > end ? until : end;
    }
    world->first_month = first;
    world->month_count = end - first;
    world->zone = dure_zone_kst();
    bool exists = dure_day_from_date(&world->today, (dure_date_t){first / 12, first % 12 + 1, 1});
    DURE_ASSERT(exists);
    world->now = dure_zone_day_start(&world->zone, world->today);
}

static bool play(run_t *run, city_world_t *world)
{
    begin_calendar(world);
    if (!city_world_start(world)) {
        return false;
    }
    /* A chain has 64 funds: of many cities none has a youth dividend, of which each quarter is one.
     */
    const bool room = world->city_count * CITY_FUNDS <= CHAIN_FUNDS;
    for (uint32_t i = 0; i < world->city_count; i++) {
        if (!city_people_start(&world->cities[i]) ||
            !city_mix_start(&world->cities[i], room ? run->youth : NULL)) {
            return false;
        }
    }
    if (!prepare(run, world) || !city_found(world, run->chain) ||
        !start_node(run, world->problem) || !connect_node(run, world)) {
        return false;
    }
    for (uint32_t i = 0; i < world->city_count; i++) {
        const char *const programs[CITY_FUNDS] = {
            [CITY_GENERAL] = run->program,
            [CITY_PAPER] = run->paper,
        };
        if (!city_set_up(&world->cities[i], programs) || !city_mix_set_up(&world->cities[i]) ||
            !city_grant_opening(&world->cities[i])) {
            return false;
        }
    }
    world->started_ns = city_monotonic_ns();
    city_view_start(world);
    if (!city_world_play(world)) {
        return false;
    }
    return city_book_close(&world->book) ||
           city_problem(world->problem, "cannot write %s", run->statement);
}

static int replay(run_t *run, city_world_t *world)
{
    uint64_t peak_rss_bytes = 0;
    bool played = play(run, world);
    double seconds = (double)(city_monotonic_ns() - world->started_ns) / 1e9;
    dure_client_close(world->client);
    bool stopped = stop_node(run, &peak_rss_bytes);
    if (played && !stopped) {
        city_problem(world->problem, "the node did not stop in order; its log is %s/node.log",
                     run->out);
    }
    bool holds = played && stopped && audit_replay(run, world, seconds, peak_rss_bytes);
    if (!holds) {
        fprintf(stderr, "\ndure-city: %s\n", world->problem);
        return 1;
    }
    printf("\n%s: %d months, each equal to the data: registered, charged and spent.\n",
           world->city_count > 1 ? "all cities" : world->cities[0].data.city, world->month_count);
    return 0;
}

static int demo(run_t *run, city_world_t *world)
{
    uint64_t peak_rss_bytes = 0;
    char report[PATH_SIZE + 32];
    if (!play(run, world) || !verify(run, report)) {
        fprintf(stderr, "\ndure-city: %s\n", world->problem);
        dure_client_close(world->client);
        (void)stop_node(run, &peak_rss_bytes);
        return 1;
    }
    dure_client_close(world->client);
    city_t *city = &world->cities[0];
    const city_holder_t *citizen = &city->citizens.items[0];
    const city_shop_t *shop = &city->shops[0];
    for (uint64_t i = 0; i < city->citizens.count; i++) {
        const city_holder_t *other = &city->citizens.items[i];
        citizen = other->balance > citizen->balance ? other : citizen;
    }
    for (uint64_t i = 0; i < city->shop_count && shop->refused; i++) {
        shop = &city->shops[i];
    }
    if (!note_process(run) || !city_write_keys(city, run->chain, citizen, shop)) {
        fprintf(stderr, "dure-city: %s\n", world->problem);
        return 1;
    }
    printf("\nThe node is up (process %d, its log: %s/node.log). Try:\n\n", (int)run->node,
           run->out);
    printf("  export DURE_DIR=%s\n", run->chain);
    printf("  %s/dure show                                  # where the chain stands\n", run->bin);
    printf("  %s/dure show fund 1                           # the city's money\n", run->bin);
    printf("  %s/dure party show %" PRIu64 "    # a citizen's wallet\n", run->bin, citizen->party);
    printf("  %s/dure pay %" PRIu64 " 8,500원 --key %s/keys/citizen.key\n", run->bin, shop->party,
           run->chain);
    printf("  %s/dure redeem 1 8,500원 --key %s/keys/shop.key\n", run->bin, run->chain);
    printf("  %s/dure tail                                  # what happens, as it happens\n",
           run->bin);
    printf("  %s/dure verify %s             # the whole audit again\n\n", run->bin, run->chain);
    printf("To stop it: kill %d\n", (int)run->node);
    return 0;
}

/* ---- options
 * ---------------------------------------------------------------------------------------------- */

static bool parse_u64(uint64_t *out, const char *text)
{
    char *end = NULL;
    errno = 0;
    *out = strtoull(text, &end, 10);
    return *text >= '0' && *text <= '9' && *end == 0 && errno == 0;
}

/* Returns -1 to go on, else the exit code. */
static int parse_options(run_t *run, int argc, char **argv)
{
    static const struct option options[] = {{"city", required_argument, NULL, 'c'},
                                            {"fraction", required_argument, NULL, 'f'},
                                            {"seed", required_argument, NULL, 's'},
                                            {"months", required_argument, NULL, 'm'},
                                            {"out", required_argument, NULL, 'o'},
                                            {"dir", required_argument, NULL, 'o'},
                                            {"data", required_argument, NULL, 'd'},
                                            {"program", required_argument, NULL, 'p'},
                                            {"paper", required_argument, NULL, 'P'},
                                            {"youth", required_argument, NULL, 'Y'},
                                            {"demo", no_argument, NULL, 'D'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    bool wrong = false;
    uint64_t months = 0;
    int option;
    while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1 && !wrong) {
        if (option == 'c') {
            run->city = optarg;
        } else if (option == 'f') {
            run->fraction = optarg;
        } else if (option == 's') {
            wrong = !parse_u64(&run->seed, optarg);
        } else if (option == 'm') {
            wrong = !parse_u64(&months, optarg) || months == 0 || months > CITY_MONTHS_MAX;
            run->months = (uint32_t)months;
        } else if (option == 'o') {
            run->out = optarg;
        } else if (option == 'd') {
            run->data = optarg;
        } else if (option == 'p') {
            run->program = optarg;
        } else if (option == 'P') {
            run->paper = optarg;
        } else if (option == 'Y') {
            run->youth = optarg;
        } else if (option == 'D') {
            run->demo = true;
        } else {
            fputs(usage, option == 'h' ? stdout : stderr);
            return option == 'h' ? 0 : 2;
        }
    }
    if (wrong) {
        fprintf(stderr, "dure-city: \"%s\" is not a whole number in its range\n", optarg);
        return 2;
    }
    bool replaying = optind < argc && strcmp(argv[optind], "replay") == 0;
    bool playing = optind < argc && strcmp(argv[optind], "play") == 0 && run->demo;
    if (optind + 1 != argc || (!replaying && !playing)) {
        fputs(usage, stderr);
        return 2;
    }
    return -1;
}

static void place(run_t *run, const char *argv0)
{
    const char *slash = strrchr(argv0, '/');
    snprintf(run->bin, sizeof run->bin, "%.*s", slash == NULL ? 1 : (int)(slash - argv0),
             slash == NULL ? "." : argv0);
    snprintf(run->chain, sizeof run->chain, "%s/chain", run->out);
    snprintf(run->socket, sizeof run->socket, "%s/node.socket", run->chain);
    snprintf(run->statement, sizeof run->statement, "%s/bank-statement.csv", run->out);
}

/* All that the data have of the cities that are wanted. */
static bool read_cities(const run_t *run, city_world_t *world)
{
    static char names[DURE_CITIES_MAX][CITY_NAME_SIZE];
    world->city_count = 1;
    snprintf(names[0], sizeof names[0], "%s", run->city);
    if (strcmp(run->city, "all") == 0 &&
        !city_data_names(names, &world->city_count, run->data, world->problem)) {
        return false;
    }
    world->cities = calloc(world->city_count, sizeof *world->cities);
    if (world->cities == NULL) {
        return city_problem(world->problem, "out of memory for %u cities", world->city_count);
    }
    for (uint32_t i = 0; i < world->city_count; i++) {
        city_t *city = &world->cities[i];
        city->world = world;
        /* Each city has numbers of its own; the first one's are those that it has alone. */
        city->seed = run->seed + ((uint64_t)i << 32);
        city->random.state = city->seed;
        if (!city_data_read(&city->data, run->data, names[i], run->fraction, world->problem)) {
            return false;
        }
        if (run->months > 0 && run->months < city->data.month_count) {
            city->data.month_count = run->months;
        }
    }
    city_world_sort(world);
    return true;
}

int main(int argc, char **argv)
{
    static run_t run = {.city = "김포시",
                        .data = "data",
                        .program = "examples/gimpo/general.yak",
                        .paper = "examples/gimpo/paper_and_bulk.yak",
                        .youth = "examples/gimpo/youth_2026q1.yak",
                        .seed = 1};
    static city_world_t world;
    int usage_exit = parse_options(&run, argc, argv);
    if (usage_exit >= 0) {
        return usage_exit;
    }
    if (run.fraction == NULL) {
        run.fraction = run.demo ? "0.05" : "1";
    }
    if (run.out == NULL) {
        run.out = run.demo ? "build/demo" : "build/replay";
    }
    if (run.demo && run.months == 0) {
        run.months = 6;
    }
    place(&run, argv[0]);
    world.seed = run.seed;
    signal(SIGPIPE, SIG_IGN);
    if (!dure_crypto_init()) {
        fprintf(stderr, "dure-city: the cryptographic library does not start\n");
        return 3;
    }
    if (!read_cities(&run, &world)) {
        fprintf(stderr, "dure-city: %s\n", world.problem);
        return 2;
    }
    return run.demo ? demo(&run, &world) : replay(&run, &world);
}
