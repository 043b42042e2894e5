/* grant: the commands as officers type them, and blows in their middle. */
#include "kill/grant.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "api/dure_client.h"
#include "app/dure_key_file.h"

#define PATH_SIZE     512u
#define READY_WAIT_MS 120000
#define CITY          "41570"
#define FIRST         UINT64_C(2000001)
#define WON           UINT64_C(250000)
#define FUND          UINT64_C(3)
#define SUBMITTED     2048u /* registrations at a time */
#define WIRE_SIZE     512u

static const dure_tx_id_t proposal = {.party = 11, .lane = 0, .number = 3};

typedef struct {
    uint32_t rows;
    char directory[PATH_SIZE]; /* of everything */
    char city[PATH_SIZE];
    char beside[PATH_SIZE]; /* where the programs are, with a slash */
    pid_t node;
    uint64_t random;
    uint32_t midway;  /* blows that found the list done in part */
    uint32_t ends[4]; /* how often `dure grant run` ended with which exit code */
} run_t;

static const char program[] =
    "fund youth {\n  issuer city " CITY "\n  currency KRW\n  validity 90 days\n"
    "  lapse to issuer.youth\n  priority 10\n  old lots keep\n"
    "  counter given = count ever on grant by receiver\n"
    "  grant {\n    allow when receiver is citizen and receiver.birth_year = 2002\n"
    "    deny again when given >= 1\n    give 250,000 won from issuer.youth\n  }\n"
    "  payment { allow when payee is merchant }\n"
    "  redemption { allow when holder is merchant }\n"
    "  words {\n"
    "    youth ko \"청년기본소득\" en \"youth dividend\" zh \"青年基本所得\"\n"
    "    given ko \"받은 횟수\" en \"times received\" zh \"領取次數\"\n"
    "    again ko \"이미 받으셨습니다\" en \"already received\" zh \"已領取\"\n"
    "  }\n}\n";

static bool tell(const char *what, const char *detail)
{
    printf("# grant test: %s: %s\n", what, detail);
    fflush(stdout);
    return false;
}

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

static void path_of(char out[PATH_SIZE], const run_t *run, const char *name)
{
    (void)snprintf(out, PATH_SIZE, "%.400s/%.100s", run->directory, name);
}

/* ---- commands -------------------------------------------------------------------------------- */

/* Starts `dure` with these words, ended by NULL; --dir is put behind,
   except of the audit. */
static pid_t start_dure(const run_t *run, const char *const *words)
{
    char name[PATH_SIZE + 8], log[PATH_SIZE];
    const char *arguments[24] = {"dure"};
    uint32_t count = 1;
    (void)snprintf(name, sizeof name, "%sdure", run->beside);
    path_of(log, run, "commands");
    for (; *words != NULL; words++) {
        arguments[count++] = *words;
    }
    if (strcmp(arguments[1], "verify") != 0) {
        arguments[count++] = "--dir";
        arguments[count++] = run->city;
    }
    fflush(NULL);
    const pid_t pid = fork();
    if (pid == 0) {
        const int file = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
        (void)dup2(file, STDOUT_FILENO);
        (void)dup2(file, STDERR_FILENO);
        /* execv does not write to them. */
        execv(name, (char *const *)(uintptr_t)arguments);
        _exit(127);
    }
    return pid;
}

/* The exit code; -1 if it did not end by itself. */
static int end_of(pid_t pid)
{
    int status = 0;
    (void)waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

#define DURE(run, ...)                                                                             \
    (end_of(start_dure(run, (const char *const[]){__VA_ARGS__, NULL})) == 0 ||                     \
     tell("a command failed; see the file commands", (const char *const[]){__VA_ARGS__, NULL}[1]))

/* ---- the node -------------------------------------------------------------------------------- */

static bool wait_ready(int from)
{
    char text[256] = {0};
    size_t size = 0;
    while (size + 1 < sizeof text && strchr(text, '\n') == NULL) {
        struct pollfd wait = {.fd = from, .events = POLLIN};
        if (poll(&wait, 1, READY_WAIT_MS) <= 0) {
            return false;
        }
        const ssize_t got = read(from, text + size, sizeof text - 1 - size);
        if (got <= 0) {
            return false;
        }
        size += (size_t)got;
    }
    return strncmp(text, "ready ", 6) == 0;
}

static bool start_node(run_t *run)
{
    char name[PATH_SIZE + 8], log[PATH_SIZE];
    int ready[2];
    (void)snprintf(name, sizeof name, "%sdured", run->beside);
    path_of(log, run, "node");
    if (pipe2(ready, O_CLOEXEC) != 0) {
        return tell("pipe", strerror(errno));
    }
    fflush(NULL);
    run->node = fork();
    if (run->node == 0) {
        const int file = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
        (void)dup2(ready[1], STDOUT_FILENO);
        (void)dup2(file, STDERR_FILENO);
        execl(name, name, run->city, "--threads", "2", "--checkpoint-every", "64", (char *)NULL);
        _exit(127);
    }
    (void)close(ready[1]);
    const bool is_ready = wait_ready(ready[0]);
    (void)close(ready[0]);
    return is_ready || tell("dured did not become ready", "see the file node");
}

static bool end_node(run_t *run, int how)
{
    int status = 0;
    (void)kill(run->node, how);
    (void)waitpid(run->node, &status, 0);
    run->node = 0;
    return (how == SIGKILL ? WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL
                           : WIFEXITED(status) && WEXITSTATUS(status) == 0) ||
           tell("dured", "did not end as it should");
}

static dure_client_t *connect_to(const run_t *run)
{
    char socket[PATH_SIZE + 16];
    dure_client_t *client = NULL;
    (void)snprintf(socket, sizeof socket, "%s/node.socket", run->city);
    if (!dure_client_open(&client, socket)) {
        (void)tell("connecting", dure_client_problem(client));
        dure_client_close(client);
        return NULL;
    }
    return client;
}

/* ---- the city -------------------------------------------------------------------------------- */

static bool write_file(const run_t *run, const char *name, const char *text)
{
    char path[PATH_SIZE];
    path_of(path, run, name);
    FILE *file = fopen(path, "w");
    if (file == NULL || fputs(text, file) < 0 || fclose(file) != 0) {
        return tell(path, strerror(errno));
    }
    return true;
}

static bool write_list(const run_t *run)
{
    char path[PATH_SIZE];
    path_of(path, run, "list.csv");
    FILE *file = fopen(path, "w");
    if (file == NULL) {
        return tell(path, strerror(errno));
    }
    for (uint32_t i = run->rows; i > 0; i--) {
        fprintf(file, "%" PRIu64 "\n", FIRST + i - 1);
    }
    return fclose(file) == 0 || tell(path, strerror(errno));
}

static bool prepare(run_t *run)
{
    const ssize_t size = readlink("/proc/self/exe", run->beside, sizeof run->beside - 1);
    if (size <= 0) {
        return tell("the program", "its own place is unknown");
    }
    run->beside[size] = 0;
    strrchr(run->beside, '/')[1] = 0;
    (void)snprintf(run->directory, sizeof run->directory, "%.300s/dure-grant-XXXXXX",
                   getenv("TMPDIR") != NULL ? getenv("TMPDIR") : "/tmp");
    if (mkdtemp(run->directory) == NULL) {
        return tell(run->directory, strerror(errno));
    }
    path_of(run->city, run, "city");
    return write_file(run, "youth.yak", program) && write_list(run);
}

static bool register_some(const run_t *run, dure_client_t *client, const dure_key_file_t *key,
                          const dure_tell_head_t *head, uint32_t first, uint32_t count)
{
    static uint8_t wires[SUBMITTED][WIRE_SIZE];
    static dure_answer_t answers[SUBMITTED];
    static dure_tx_t tx;
    dure_bytes_t bytes[SUBMITTED];
    (void)run;
    for (uint32_t i = 0; i < count; i++) {
        tx =
            (dure_tx_t){.version = 1,
                        .id = {.party = key->party, .number = first + i + 1},
                        .valid_until = head->time + 3600000,
                        .body = {.kind = DURE_BODY_REGISTRATION,
                                 .registration = {.subject = FIRST + first + i,
                                                  .kind = DURE_KIND_CITIZEN,
                                                  .keys_count = 1,
                                                  .keys = {{.key = key->public_key}},
                                                  .attributes_count = 1,
                                                  .attributes = {{.what = DURE_ATTRIBUTE_BIRTH_YEAR,
                                                                  .value = 2002,
                                                                  .until = DURE_DAY_MAX}}}}};
        dure_put_u64(tx.body.registration.blind.bytes, FIRST + first + i);
        dure_writer_t out = dure_writer(wires[i], WIRE_SIZE);
        if (!dure_tx_seal(&out, &tx, &head->chain_id, key->slot, &key->secret)) {
            return tell("a registration", "cannot be signed");
        }
        bytes[i] = dure_writer_bytes(&out);
    }
    if (!dure_client_submit(client, answers, bytes, count)) {
        return tell("registering", dure_client_problem(client));
    }
    for (uint32_t i = 0; i < count; i++) {
        if (answers[i].code != DURE_RESULT_DONE) {
            return tell("a registration is refused", dure_result_text(answers[i].code)->en);
        }
    }
    return true;
}

static bool register_all(const run_t *run)
{
    char path[PATH_SIZE + 32], problem[DURE_KEY_FILE_PROBLEM_SIZE];
    dure_key_file_t key;
    dure_tell_head_t head;
    (void)snprintf(path, sizeof path, "%s/keys/registrar.key", run->city);
    if (!dure_key_file_read(&key, path, problem)) {
        return tell("the key", problem);
    }
    dure_client_t *client = connect_to(run);
    bool is_good = client != NULL && dure_client_head(client, &head);
    for (uint32_t at = 0; is_good && at < run->rows; at += SUBMITTED) {
        const uint32_t rest_of = run->rows - at;
        is_good =
            register_some(run, client, &key, &head, at, rest_of < SUBMITTED ? rest_of : SUBMITTED);
    }
    dure_client_close(client);
    return is_good;
}

/* The city with its citizens, and the list approved as 11:0:3. */
static bool found(run_t *run)
{
    char parties[32], money[32], yak[PATH_SIZE], list[PATH_SIZE];
    (void)snprintf(parties, sizeof parties, "%u", run->rows + 64);
    (void)snprintf(money, sizeof money, "%" PRIu64, (run->rows + 1) * WON);
    path_of(yak, run, "youth.yak");
    path_of(list, run, "list.csv");
    /* `dure init` takes its directory by --dir, too. */
    return DURE(run, "init", "--city", CITY, "--clock", "driven", "--start", "2026-03-02",
                "--parties", parties) &&
           start_node(run) && DURE(run, "city", "account", "youth") &&
           DURE(run, "city", "approve", "11:0:1") &&
           DURE(run, "city", "fund", yak, "--number", "3", "--ceiling", money) &&
           DURE(run, "city", "approve", "11:0:2") && DURE(run, "deposit", "youth", money) &&
           register_all(run) && DURE(run, "grant", "check", "3", list) &&
           DURE(run, "grant", "propose", "3", list) && DURE(run, "city", "approve", "11:0:3") &&
           end_node(run, SIGTERM) && /* with a checkpoint: what follows begins there */
           start_node(run);
}

/* ---- blows ----------------------------------------------------------------------------------- */

/* Chunks that are done; UINT32_MAX if the batch is over or the node cannot be asked. */
static uint32_t chunks_done(dure_client_t *client)
{
    static dure_record_batch_t batch;
    bool is_found = false;
    return dure_client_batch(client, &is_found, &batch, &proposal) && is_found ? batch.chunks_done
                                                                               : UINT32_MAX;
}

static uint32_t chunks_of(const run_t *run)
{
    return (run->rows + 255) / 256;
}

/* Waits until the list has come on by so much, at most some seconds. */
static void let_work(dure_client_t *client, uint32_t target)
{
    for (uint32_t i = 0; i < 20000; i++) {
        const uint32_t done = chunks_done(client);
        if (done == UINT32_MAX || done >= target) {
            return;
        }
        rest(100);
    }
}

static bool blow(run_t *run, uint32_t left)
{
    char list[PATH_SIZE];
    path_of(list, run, "list.csv");
    dure_client_t *client = connect_to(run);
    if (client == NULL) {
        return false;
    }
    const uint32_t before = chunks_done(client);
    if (before == UINT32_MAX) {
        dure_client_close(client);
        return true; /* it is over: further blows find nothing to hit */
    }
    const uint32_t each = (chunks_of(run) - before) / (left + 1);
    const pid_t command =
        start_dure(run, (const char *const[]){"grant", "run", "11:0:3", list, NULL});
    /* Sometimes before anything is done, else in the middle of the work. */
    let_work(client, roll(run, 6) == 0 ? before : before + 1 + roll(run, each + 1));
    rest(roll(run, 400));
    if (roll(run, 3) == 0) {
        (void)kill(command, SIGKILL);
    }
    dure_client_close(client);
    const bool is_killed = end_node(run, SIGKILL);
    const int end = end_of(command);
    run->ends[end >= 0 && end < 4 ? end : 2] += end != -1;
    if (end != -1 && end != 0 && end != 3) {
        return tell("dure grant run", "ended neither done nor because the node was gone");
    }
    if (!is_killed || !start_node(run)) {
        return false;
    }
    client = connect_to(run);
    const uint32_t after = client == NULL ? UINT32_MAX : chunks_done(client);
    dure_client_close(client);
    run->midway += after != UINT32_MAX && after > 0;
    return client != NULL;
}

/* ---- what must hold -------------------------------------------------------------------------- */

static bool check_report(const run_t *run, const char *path)
{
    FILE *file = fopen(path, "r");
    char line[256], expected[64];
    uint32_t row = 0;
    if (file == NULL || fgets(line, sizeof line, file) == NULL) {
        return tell("the report", "is missing");
    }
    while (fgets(line, sizeof line, file) != NULL) {
        (void)snprintf(expected, sizeof expected, "%" PRIu64 ",done,%" PRIu64 ",1,\n", FIRST + row,
                       WON);
        if (strcmp(line, expected) != 0) {
            (void)fclose(file);
            return tell("a row of the report", line);
        }
        row++;
    }
    (void)fclose(file);
    return row == run->rows || tell("the report", "has not all rows");
}

static bool check_party(const dure_record_party_t *party)
{
    dure_reader_t reader = dure_reader(party->lots.bytes);
    dure_lot_t lot;
    if (party->lots.count != 1) {
        return tell("a citizen", "has not exactly one lot");
    }
    dure_lot_decode(&reader, &lot);
    return (dure_reader_end(&reader) && lot.fund == FUND && lot.face.won == WON &&
            lot.left.won == WON && lot.origin == DURE_ORIGIN_GRANT) ||
           tell("a citizen", "has another lot");
}

/* All citizens, each seen once: nothing changes meanwhile. */
static bool check_parties(const run_t *run, dure_client_t *client)
{
    static dure_record_party_t party;
    uint64_t cursor = 0;
    uint32_t seen = 0;
    do {
        dure_view_t page;
        if (!dure_client_scan(client, &cursor, &page, DURE_TABLE_PARTY)) {
            return tell("scanning", dure_client_problem(client));
        }
        dure_reader_t reader = dure_reader(page.bytes);
        for (uint32_t i = 0; i < page.count; i++) {
            dure_scanned_t scanned;
            dure_scanned_decode(&reader, &scanned);
            dure_reader_t record = dure_reader(scanned.record);
            dure_record_party_decode(&record, &party);
            if (!dure_reader_end(&record)) {
                return tell("a party", "cannot be read");
            }
            if (party.kind == DURE_KIND_CITIZEN) {
                seen++;
                if (!check_party(&party)) {
                    return false;
                }
            }
        }
    } while (cursor != 0);
    return seen == run->rows || tell("citizens", "not as many as there were");
}

static bool check_money(const run_t *run, dure_client_t *client)
{
    dure_record_account_t account;
    static dure_record_fund_t fund;
    dure_name_t name;
    bool is_found = false;
    bool is_open = true;
    static dure_record_batch_t batch;
    const uint64_t sum = run->rows * WON;
    if (!dure_name_from(&name, "youth", 5) ||
        !dure_client_account(client, &is_found, &account, 41570, &name) || !is_found ||
        !dure_client_fund(client, &is_found, &fund, FUND) || !is_found ||
        !dure_client_batch(client, &is_open, &batch, &proposal)) {
        return tell("reading", dure_client_problem(client));
    }
    return (account.spent.won == sum && account.balance.won == WON && account.reserved.won == 0 &&
            fund.issued.won == sum && fund.held_citizens.won == sum && fund.ordered.won == 0 &&
            fund.escrow.won == sum && !is_open) ||
           tell("the sums", "are not exactly the list's");
}

static bool finish(run_t *run)
{
    char list[PATH_SIZE], report[PATH_SIZE];
    path_of(list, run, "list.csv");
    path_of(report, run, "report.csv");
    if (!DURE(run, "grant", "run", "11:0:3", list, "--report", report) ||
        !check_report(run, report)) {
        return false;
    }
    dure_client_t *client = connect_to(run);
    const bool is_good = client != NULL && check_parties(run, client) && check_money(run, client);
    dure_client_close(client);
    return is_good && DURE(run, "verify", run->city) && end_node(run, SIGTERM);
}

/* ---- the run --------------------------------------------------------------------------------- */

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *where)
{
    (void)status;
    (void)kind;
    (void)where;
    return remove(path);
}

bool grant_killed(uint32_t rows, uint32_t kills, uint32_t midway)
{
    static run_t run;
    run = (run_t){.rows = rows, .random = rows + kills};
    bool is_good = prepare(&run) && found(&run);
    for (uint32_t i = 0; i < kills && is_good; i++) {
        is_good = blow(&run, kills - i);
    }
    is_good = is_good && finish(&run);
    if (run.node > 0) {
        (void)kill(run.node, SIGKILL);
        (void)waitpid(run.node, NULL, 0);
    }
    printf("# rows %u kills %u, in the middle of the list %u; the command was done %u times, lost "
           "the node %u times\n",
           rows, kills, run.midway, run.ends[0], run.ends[3]);
    if (is_good && run.midway < midway) {
        is_good = tell("the blows", "did not hit the list in its middle often enough");
    }
    if (is_good) {
        (void)nftw(run.directory, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    } else {
        printf("# the directory is left at %s\n", run.directory);
    }
    return is_good;
}
