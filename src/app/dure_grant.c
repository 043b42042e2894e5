/* dure_grant: giving to many citizens and calling back from many: a list is tried out, proposed,
   approved, carried out, looked at.  Grants and recalls differ in one word. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "app/dure_list.h"

#define GRANT         1u
#define RECALL        2u
#define NOTICE_DAYS   7  /* of a recall */
#define OPEN_DAYS     30 /* unless --until says otherwise */
#define TWICE         UINT16_MAX
#define DIFFERS       (UINT16_MAX - 1)
#define SENTENCE_SIZE 256u

static uint8_t what_of(const args_t *args)
{
    return args->command->words[0] == 'g' ? GRANT : RECALL;
}

static const char *word_of(uint8_t what)
{
    return what == GRANT ? "grant" : "recall";
}

/* ---- trying out */
typedef struct {
    session_t *session;
    list_t *list; /* sorted */
    uint8_t what;
    uint64_t fund;
    dure_record_fund_t record;
    dure_tried_row_t *tried; /* owned; by row; code TWICE and DIFFERS are our own */
    uint32_t *first;         /* owned; of a row that comes again: the line of the first */
    uint32_t good, bad;
    dure_amount_t total; /* of the good ones */
    dure_name_t account; /* of a grant: that pays */
    dure_amount_t balance;
} trial_t;

static void trial_free(trial_t *trial)
{
    free(trial->tried);
    free(trial->first);
}

static int trial_new(trial_t *trial)
{
    trial->tried = calloc(trial->list->count, sizeof *trial->tried);
    trial->first = calloc(trial->list->count, sizeof *trial->first);
    if (trial->tried == NULL || trial->first == NULL) {
        return complain(EXIT_WORLD, "no memory for the list");
    }
    bool found = false;
    if (!dure_client_fund(trial->session->client, &found, &trial->record, trial->fund)) {
        return session_failed(trial->session);
    }
    return found ? EXIT_DONE
                 : complain(EXIT_USAGE, "there is no fund %" PRIu64 "; see dure show funds",
                            trial->fund);
}

/* The account that grants of the fund are paid from today, and what it has. */
static int read_account(trial_t *trial)
{
    static dure_yak_program_t program;
    dure_record_program_t record;
    dure_record_account_t account;
    session_t *session = trial->session;
    const dure_day_t today = dure_zone_day(&session->zone, session->time);
    bool found = true;
    for (uint32_t version = trial->record.version;; version--) {
        if (!dure_client_program(session->client, &found, &record, trial->fund, (uint8_t)version) ||
            !found) {
            return session_failed(session);
        }
        if (record.opened <= today || version == 0) {
            break;
        }
    }
    if (dure_yak_load(&program, record.image) != DURE_YAK_LOAD_OK ||
        program.verbs[DURE_VERB_GRANT].give_from.text[0] == 0) {
        return complain(EXIT_REFUSED, "the program of %s grants nothing",
                        fund_label(session, trial->fund).text);
    }
    trial->account = program.verbs[DURE_VERB_GRANT].give_from;
    if (!dure_client_account(session->client, &found, &account, trial->record.city,
                             &trial->account)) {
        return session_failed(session);
    }
    trial->balance = found ? account.balance : DURE_AMOUNT_ZERO;
    return EXIT_DONE;
}

static int try_page(trial_t *trial, uint32_t at, uint32_t count)
{
    uint8_t bytes[LIST_CHUNK_ROWS * DURE_BATCH_ROW_SIZE];
    dure_writer_t out = dure_writer(bytes, sizeof bytes);
    for (uint32_t i = at; i < at + count; i++) {
        const dure_batch_row_t row = {.party = trial->list->rows[i].party,
                                      .amount = trial->list->rows[i].amount};
        dure_batch_row_encode(&out, &row);
    }
    const dure_ask_try_t ask = {
        .city = trial->record.city,
        .what = trial->what,
        .fund = trial->fund,
        .rows = {.count = (uint16_t)count, .bytes = dure_writer_bytes(&out)}};
    dure_view_t tried;
    if (!dure_client_try(trial->session->client, &tried, &ask)) {
        return session_failed(trial->session);
    }
    dure_reader_t reader = dure_reader(tried.bytes);
    for (uint32_t i = at; i < at + count; i++) {
        dure_tried_row_decode(&reader, &trial->tried[i]);
    }
    return dure_reader_end(&reader) ? EXIT_DONE
                                    : complain(EXIT_WORLD, "the node's answer is malformed");
}

/* What the node does not know: rows that come again, amounts that the program sets otherwise. */
static void judge(trial_t *trial)
{
    const list_row_t *rows = trial->list->rows;
    trial->total = DURE_AMOUNT_ZERO;
    for (uint32_t i = 0; i < trial->list->count; i++) {
        dure_tried_row_t *tried = &trial->tried[i];
        if (i > 0 && rows[i].party == rows[i - 1].party) {
            trial->first[i] = trial->first[i - 1] != 0 ? trial->first[i - 1] : rows[i - 1].line;
            tried->code = TWICE;
        } else if (tried->code == DURE_RESULT_DONE && trial->what == GRANT &&
                   !dure_amount_is_zero(rows[i].amount) &&
                   dure_amount_compare(rows[i].amount, tried->amount) != 0) {
            tried->code = DIFFERS;
        }
        if (tried->code == DURE_RESULT_DONE &&
            !dure_amount_add(&trial->total, trial->total, tried->amount)) {
            tried->code = DURE_RESULT_AMOUNT_TOO_LARGE;
        }
        trial->good += tried->code == DURE_RESULT_DONE;
    }
    trial->bad = trial->list->count - trial->good;
}

static int trial_run(trial_t *trial)
{
    int code = trial_new(trial);
    if (code == EXIT_DONE && trial->what == GRANT) {
        code = read_account(trial);
    }
    for (uint32_t at = 0; code == EXIT_DONE && at < trial->list->count; at += LIST_CHUNK_ROWS) {
        const uint32_t rest = trial->list->count - at;
        code = try_page(trial, at, rest < LIST_CHUNK_ROWS ? rest : LIST_CHUNK_ROWS);
    }
    if (code == EXIT_DONE) {
        judge(trial);
    }
    return code;
}

/* ---- telling */
static void say_why(char out[SENTENCE_SIZE], const trial_t *trial, uint32_t i)
{
    const dure_tried_row_t *tried = &trial->tried[i];
    if (tried->code == TWICE) {
        snprintf(out, SENTENCE_SIZE, "stands on line %u, too", (unsigned)trial->first[i]);
    } else if (tried->code == DIFFERS) {
        text_t gives = amount_text(tried->amount);
        text_t asked = amount_text(trial->list->rows[i].amount);
        snprintf(out, SENTENCE_SIZE, "the program gives %s, not %s", gives.text, asked.text);
    } else if (tried->rule.text[0] != 0) {
        snprintf(out, SENTENCE_SIZE, "%s: rule %s",
                 result_sentence(trial->session->args, tried->code), tried->rule.text);
    } else {
        snprintf(out, SENTENCE_SIZE, "%s", result_sentence(trial->session->args, tried->code));
    }
}

static const char *name_of(uint16_t code)
{
    const dure_result_text_t *text = dure_result_text(code);
    return code == TWICE ? "twice" : code == DIFFERS ? "differs" : text == NULL ? "?" : text->name;
}

static int by_line(const void *a, const void *b)
{
    const uint32_t *x = a;
    const uint32_t *y = b;
    return x[0] < y[0] ? -1 : x[0] > y[0];
}

/* The rows that would be refused, in the order of the file. */
static int tell_bad(const trial_t *trial)
{
    uint32_t(*order)[2] = calloc((size_t)trial->bad + 1, sizeof *order);
    if (order == NULL) {
        return complain(EXIT_WORLD, "no memory for the list");
    }
    uint32_t count = 0;
    for (uint32_t i = 0; i < trial->list->count; i++) {
        if (trial->tried[i].code != DURE_RESULT_DONE) {
            order[count][0] = trial->list->rows[i].line;
            order[count++][1] = i;
        }
    }
    qsort(order, count, sizeof *order, by_line);
    for (uint32_t k = 0; k < count; k++) {
        char why[SENTENCE_SIZE];
        const uint32_t i = order[k][1];
        const list_row_t *row = &trial->list->rows[i];
        say_why(why, trial, i);
        if (trial->session->args->json) {
            print_json(json_pack("{s:i, s:o, s:s, s:s, s:o}", "line", (int)row->line, "party",
                                 json_u64(row->party), "result", name_of(trial->tried[i].code),
                                 "sentence", why, "rule", json_text(trial->tried[i].rule.text)));
        } else {
            printf("line %u: party %" PRIu64 ": %s\n", (unsigned)row->line, row->party, why);
        }
    }
    free(order);
    return EXIT_DONE;
}

/* What the ceiling leaves; 0 if nothing. */
static dure_amount_t ceiling_free(const dure_record_fund_t *fund)
{
    dure_amount_t taken =
        dure_amount_minus(dure_amount_plus(fund->issued, fund->ordered), fund->refunded);
    dure_amount_t free = DURE_AMOUNT_ZERO;
    return dure_amount_sub(&free, fund->ceiling, taken) ? free : DURE_AMOUNT_ZERO;
}

/* Whether account and ceiling reach; complains. */
static bool budget_reaches(const trial_t *trial)
{
    if (trial->what != GRANT) {
        return true;
    }
    const dure_amount_t free = ceiling_free(&trial->record);
    text_t total = amount_text(trial->total);
    bool reaches = true;
    if (dure_amount_compare(trial->total, trial->balance) > 0) {
        complain(EXIT_REFUSED, "account %s has %s, which is less than %s", trial->account.text,
                 amount_text(trial->balance).text, total.text);
        reaches = false;
    }
    if (dure_amount_compare(trial->total, free) > 0) {
        complain(EXIT_REFUSED, "the fund's ceiling leaves room for %s, which is less than %s",
                 amount_text(free).text, total.text);
        reaches = false;
    }
    return reaches;
}

static void tell_sum(const trial_t *trial)
{
    text_t good = number_text(trial->good), bad = number_text(trial->bad);
    text_t count = number_text(trial->list->count), total = amount_text(trial->total);
    printf("%s rows: %s would be %s %s, %s would not\n", count.text, good.text,
           trial->what == GRANT ? "given" : "called back", total.text, bad.text);
    if (trial->what != GRANT) {
        return;
    }
    dure_amount_t after = DURE_AMOUNT_ZERO;
    text_t balance = amount_text(trial->balance);
    if (dure_amount_sub(&after, trial->balance, trial->total)) {
        printf("account %s: %s before, %s after\n", trial->account.text, balance.text,
               amount_text(after).text);
    } else {
        printf("account %s: %s\n", trial->account.text, balance.text);
    }
    printf("ceiling of %s: room for %s\n", fund_label(trial->session, trial->fund).text,
           amount_text(ceiling_free(&trial->record)).text);
}

/* The good rows, sorted, as a list for propose and run. */
static int write_clean(const trial_t *trial, const char *path)
{
    FILE *file = fopen(path, "wx");
    if (file == NULL) {
        return complain(EXIT_WORLD, "cannot write %s: %s", path, strerror(errno));
    }
    fprintf(file, "party,amount\n");
    for (uint32_t i = 0; i < trial->list->count; i++) {
        const list_row_t *row = &trial->list->rows[i];
        if (trial->tried[i].code != DURE_RESULT_DONE) {
            continue;
        }
        fprintf(file, "%" PRIu64, row->party);
        if (!dure_amount_is_zero(row->amount)) {
            fprintf(file, ",%" PRIu64, row->amount.won);
        }
        fputc('\n', file);
    }
    const bool wrong = ferror(file) != 0;
    return fclose(file) != 0 || wrong ? complain(EXIT_WORLD, "cannot write %s", path) : EXIT_DONE;
}

static int check_told(trial_t *trial, const char *path)
{
    int code = tell_bad(trial);
    if (code == EXIT_DONE && path != NULL) {
        code = write_clean(trial, path);
    }
    if (code != EXIT_DONE) {
        return code;
    }
    if (trial->session->args->json) {
        print_json(json_pack("{s:i, s:i, s:i, s:o, s:o, s:o, s:o, s:o}", "rows",
                             (int)trial->list->count, "good", (int)trial->good, "bad",
                             (int)trial->bad, "total", json_amount(trial->total), "account",
                             json_text(trial->account.text), "balance", json_amount(trial->balance),
                             "ceiling_free", json_amount(ceiling_free(&trial->record)), "out",
                             path == NULL ? json_null() : json_string(path)));
    } else {
        tell_sum(trial);
        if (path != NULL) {
            printf("the good rows are in %s; next: dure %s propose %" PRIu64 " %s\n", path,
                   word_of(trial->what), trial->fund, path);
        }
    }
    const bool reaches = budget_reaches(trial);
    if (trial->bad > 0) {
        complain(EXIT_REFUSED, "%u of %u rows would be refused", (unsigned)trial->bad,
                 (unsigned)trial->list->count);
    }
    return reaches && trial->bad == 0 ? EXIT_DONE : EXIT_REFUSED;
}

static int grant_check(const args_t *args)
{
    list_t list;
    session_t session;
    trial_t trial = {.session = &session, .list = &list, .what = what_of(args)};
    if (!parse_number(&trial.fund, "the fund", args->positionals[0], 1, UINT64_MAX) ||
        !list_read(&list, args->positionals[1])) {
        return EXIT_USAGE;
    }
    int code = EXIT_WORLD;
    if (session_open(&session, args)) {
        list_sort(&list);
        code = trial_run(&trial);
        if (code == EXIT_DONE) {
            code = check_told(&trial, args_option(args, "--out"));
        }
        session_close(&session);
    }
    trial_free(&trial);
    list_free(&list);
    return code;
}

/* ---- proposing */
static bool read_days(const session_t *session, dure_act_batch_t *act)
{
    const char *from = args_option(session->args, "--from");
    const char *until = args_option(session->args, "--until");
    const dure_day_t today = dure_zone_day(&session->zone, session->time);
    act->from = act->what == GRANT ? today : dure_day_add_days(today, NOTICE_DAYS);
    if (from != NULL && !parse_day(&act->from, "--from", from)) {
        return false;
    }
    act->until = dure_day_add_days(act->from, OPEN_DAYS);
    return until == NULL || parse_day(&act->until, "--until", until);
}

/* The total that is asked for: what the list would move now, unless --total says it. */
static int read_total(session_t *session, list_t *list, dure_act_batch_t *act)
{
    const char *stated = args_option(session->args, "--total");
    if (stated != NULL) {
        return parse_amount(&act->total, "--total", stated) ? EXIT_DONE : EXIT_USAGE;
    }
    trial_t trial = {.session = session, .list = list, .what = act->what, .fund = act->fund};
    int code = trial_run(&trial);
    if (code == EXIT_DONE && trial.bad > 0) {
        code = complain(EXIT_REFUSED,
                        "%u of %u rows would be refused now: see dure %s check; or state what may "
                        "be moved at most with --total",
                        (unsigned)trial.bad, (unsigned)list->count, word_of(act->what));
    }
    act->total = trial.total;
    trial_free(&trial);
    return code;
}

static int propose_list(session_t *session, list_t *list, dure_act_t *act)
{
    dure_act_batch_t *batch = &act->batch;
    if (!read_days(session, batch)) {
        return EXIT_USAGE;
    }
    const int code = read_total(session, list, batch);
    if (code != EXIT_DONE) {
        return code;
    }
    if (!list_seal(list)) {
        return EXIT_WORLD;
    }
    batch->rows = list->count;
    batch->root = list->root;
    char what[ACT_TEXT_SIZE];
    act_text(what, act);
    return act_propose(session, act, what);
}

static int grant_propose(const args_t *args)
{
    dure_act_t act = {.kind = DURE_ACT_BATCH, .batch.what = what_of(args)};
    list_t list;
    session_t session;
    if (!parse_number(&act.batch.fund, "the fund", args->positionals[0], 1, UINT64_MAX) ||
        !list_read(&list, args->positionals[1])) {
        return EXIT_USAGE;
    }
    list_sort(&list);
    int code = EXIT_USAGE;
    if (!list_twice(&list)) {
        code = EXIT_WORLD;
        if (session_open(&session, args)) {
            code = propose_list(&session, &list, &act);
            session_close(&session);
        }
    }
    list_free(&list);
    return code;
}

/* ---- looking */
static void print_batch(session_t *session, const dure_record_batch_t *batch)
{
    const uint32_t chunks = (batch->rows + LIST_CHUNK_ROWS - 1) / LIST_CHUNK_ROWS;
    if (session->args->json) {
        print_json(json_pack(
            "{s:s, s:s, s:o, s:i, s:i, s:i, s:o, s:o, s:o, s:s, s:s, s:s}", "id",
            id_text(&batch->id).text, "what", word_of(batch->what), "fund", json_u64(batch->fund),
            "rows", (int)batch->rows, "chunks", (int)chunks, "chunks_done", (int)batch->chunks_done,
            "total", json_amount(batch->total), "used", json_amount(batch->used), "account",
            json_text(batch->account.text), "from", day_text(batch->from).text, "until",
            day_text(batch->until).text, "root", hash_text(&batch->root).text));
        return;
    }
    text_t rows = number_text(batch->rows), total = amount_text(batch->total);
    printf("%s: %s, %s rows of %s\n", id_text(&batch->id).text, word_of(batch->what), rows.text,
           fund_label(session, batch->fund).text);
    printf("  list         %s\n", hash_text(&batch->root).text);
    printf("  carried out  %u of %u parts of 256 rows\n", (unsigned)batch->chunks_done,
           (unsigned)chunks);
    printf("  moved        %s of at most %s\n", amount_text(batch->used).text, total.text);
    if (batch->account.text[0] != 0) {
        printf("  account      %s\n", batch->account.text);
    }
    text_t until = day_text(batch->until);
    printf("  days         %s to %s\n", day_text(batch->from).text, until.text);
}

/* A batch that is not open: not yet, or not any more. */
static int show_other(session_t *session, const dure_tx_id_t *id, uint8_t what)
{
    static dure_record_proposal_t proposal;
    bool found = false;
    if (!dure_client_proposal(session->client, &found, &proposal, id)) {
        return session_failed(session);
    }
    if (found) {
        return complain(EXIT_REFUSED, "%s waits for approval: dure city approve %s",
                        id_text(id).text, id_text(id).text);
    }
    return complain(EXIT_REFUSED,
                    "no %s %s is open: it was carried out wholly, or its last day passed, or it "
                    "never was; see dure show tx %s",
                    word_of(what), id_text(id).text, id_text(id).text);
}

static int show_one(session_t *session, const char *text, uint8_t what)
{
    dure_tx_id_t id;
    dure_record_batch_t batch;
    bool found = false;
    if (!parse_id(&id, "the proposal", text)) {
        return EXIT_USAGE;
    }
    if (!dure_client_batch(session->client, &found, &batch, &id)) {
        return session_failed(session);
    }
    if (!found || batch.what != what) {
        return show_other(session, &id, what);
    }
    print_batch(session, &batch);
    return EXIT_DONE;
}

static int show_all(session_t *session, uint8_t what)
{
    uint64_t cursor = 0, count = 0;
    do {
        dure_view_t page;
        if (!dure_client_scan(session->client, &cursor, &page, DURE_TABLE_BATCH)) {
            return session_failed(session);
        }
        /* The page is gone with the next question, such as for a fund's name. */
        dure_record_batch_t batches[256];
        uint32_t kept = 0;
        dure_reader_t reader = dure_reader(page.bytes);
        for (uint32_t i = 0; i < page.count && kept < 256; i++) {
            dure_scanned_t scanned;
            dure_scanned_decode(&reader, &scanned);
            dure_reader_t record = dure_reader(scanned.record);
            dure_record_batch_decode(&record, &batches[kept]);
            kept += dure_reader_end(&record) && batches[kept].what == what;
        }
        for (uint32_t i = 0; i < kept; i++, count++) {
            print_batch(session, &batches[i]);
        }
    } while (cursor != 0);
    if (count == 0 && !session->args->json) {
        printf("no %s is open\n", word_of(what));
    }
    return EXIT_DONE;
}

static int grant_show(const args_t *args)
{
    session_t session;
    if (!session_open(&session, args)) {
        return EXIT_WORLD;
    }
    const uint8_t what = what_of(args);
    const int code = args->count == 0 ? show_all(&session, what)
                                      : show_one(&session, args->positionals[0], what);
    session_close(&session);
    return code;
}

#define CHECK_HELP                                                                                 \
    "FILE has a line for each party: its number and, unless the program sets it, an amount\n"      \
    "behind a comma. A first line with names of columns and lines that begin with # are left\n"    \
    "out. The node is asked what would become of each row now; nothing is changed. --out\n"        \
    "writes a new file with the rows that would be done, sorted. Ends with 1 if any row would\n"   \
    "be refused or the budget does not reach.\n"
#define PROPOSE_HELP                                                                               \
    "Proposes the list, sorted, as one root that officers approve with dure city approve. The\n"   \
    "total is what the list would move now, or --total: at most so much is ever moved. Without\n"
#define RUN_HELP                                                                                   \
    "Carries out what of the approved list is not yet carried out, 256 rows at a time; FILE is\n"  \
    "the list that was proposed. It may be started again at any time, also after it or the\n"      \
    "node was killed: no row is ever done twice. --report writes what became of each row.\n"

const command_t grant_commands[] = {
    {.words = "grant check",
     .arguments = "FUND FILE.csv [--out CLEAN.csv]",
     .summary = "try out a list of people to give money to",
     .options = "--out=",
     .help = CHECK_HELP,
     .least = 2,
     .most = 2,
     .run = grant_check},
    {.words = "grant propose",
     .arguments = "FUND FILE.csv [--from DATE] [--until DATE] [--total AMOUNT]",
     .summary = "propose to give to everyone on a list",
     .options = "--from= --until= --total= --as=",
     .help = PROPOSE_HELP "--from it may be carried out from today, without --until for 30 days.\n",
     .least = 2,
     .most = 2,
     .run = grant_propose},
    {.words = "grant run",
     .arguments = "PROPOSAL FILE.csv [--report REPORT.csv]",
     .summary = "carry out an approved list",
     .options = "--report= --as=",
     .help = RUN_HELP,
     .least = 2,
     .most = 2,
     .run = grant_run},
    {.words = "grant show",
     .arguments = "[PROPOSAL]",
     .summary = "how far approved grants are",
     .most = 1,
     .run = grant_show},
    {.words = "recall check",
     .arguments = "FUND FILE.csv [--out CLEAN.csv]",
     .summary = "try out a list of people to call granted money back from",
     .options = "--out=",
     .help = CHECK_HELP "An amount is the most that is taken; without one, all there is.\n",
     .least = 2,
     .most = 2,
     .run = grant_check},
    {.words = "recall propose",
     .arguments = "FUND FILE.csv [--from DATE] [--until DATE] [--total AMOUNT]",
     .summary = "propose to call money back from everyone on a list",
     .options = "--from= --until= --total= --as=",
     .help = PROPOSE_HELP "--from it may be carried out in 7 days, which is also the least notice, "
                          "without\n--until for 30 days.\n",
     .least = 2,
     .most = 2,
     .run = grant_propose},
    {.words = "recall run",
     .arguments = "PROPOSAL FILE.csv [--report REPORT.csv]",
     .summary = "carry out an approved recall",
     .options = "--report= --as=",
     .help = RUN_HELP,
     .least = 2,
     .most = 2,
     .run = grant_run},
    {.words = "recall show",
     .arguments = "[PROPOSAL]",
     .summary = "how far approved recalls are",
     .most = 1,
     .run = grant_show},
    {0},
};
