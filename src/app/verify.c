/* dure verify DIR: reads a node's directory and nothing else, decides every transaction again with
   every signature checked, and holds each root, sum and the bank's statement against what results.
 */
#include "app/chain_dir.h"
#include "app/text.h"
#include "app/verify.h"
#include "app/verify_line.h"

#include <getopt.h>
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define THREADS_MAX      64u
#define SCRUB_STEP       (16u * 1024u * 1024u)
#define PROGRESS_NS      UINT64_C(500000000)
#define PROGRESS_LINE_NS UINT64_C(10000000000)
#define EXIT_HOLDS       0
#define EXIT_BROKEN      1
#define EXIT_USAGE       2
#define EXIT_WORLD       3

typedef struct {
    const char *directory, *archive, *statement, *report_file;
    bool json;
    uint32_t parties, threads;
    /* What is open. */
    chain_dir_t dir;
    /* What came out. */
    verify_tally_t tally;
    verify_statement_t bank;
    const dure_zone_t *zone;
    uint64_t blocks, signatures, decided;
    uint64_t started_ns, shown_ns, part_ns; /* of all, of the last line, of what goes on now */
    bool broken;                            /* a finding, not a failure to look */
    char problem[VERIFY_TEXT_SIZE];
} verify_t;

static const char usage[] =
    "usage: dure verify DIR [--archive DIR2] [--statement FILE] [--threads N] [--parties N] "
    "[--json] [--report "
    "FILE]\n"
    "\n"
    "Checks a node's directory offline, from its log alone: every byte of the log, every link, "
    "every\n"
    "signature, every decision, every root in every block; adds up all money from the effects, "
    "and\n"
    "compares escrow with the bank's own statement. The node may be running.\n"
    "\n"
    "  --archive DIR2    where segments are that were removed from DIR: both are read as one log\n"
    "  --statement FILE  the bank's statement of the escrow account (docs/formats/statement.md)\n"
    "  --threads N       signatures checked at once (default: the processors of this machine)\n"
    "  --parties N       room for parties, if the officers raised the limit of the genesis\n"
    "  --json            the report as JSON on standard output\n"
    "  --report FILE     the report as JSON in a file as well\n"
    "\n"
    "exit: 0 all holds, 1 something does not hold, 2 wrong usage, 3 the directory cannot be read\n";

/* A finding: names what does not hold. */
static bool finding(verify_t *verify, const char *text)
{
    size_t size = strlen(text);
    size = size < sizeof verify->problem ? size : sizeof verify->problem - 1;
    memmove(verify->problem, text, size); /* the text may be the problem itself */
    verify->problem[size] = 0;
    verify->broken = true;
    return false;
}

static uint64_t now_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

/* For somebody who waits: on a terminal the line is written over and over, elsewhere there is one
   every ten seconds, and none in a short run. */
static void progress(verify_t *verify, const char *what, uint64_t done, uint64_t all)
{
    const uint64_t now = now_ns();
    const bool live = isatty(STDERR_FILENO) == 1 && !verify->json;
    if (now - verify->shown_ns < (live ? PROGRESS_NS : PROGRESS_LINE_NS) &&
        (done != all || !live)) {
        return;
    }
    verify->shown_ns = now;
    const double seconds = (double)(now - verify->part_ns) / 1e9;
    const double part = all == 0 ? 1.0 : (double)done / (double)all;
    fprintf(stderr, "%s%s: %3.0f %%", live ? "\r" : "", what, 100.0 * part);
    if (verify->decided > 0 && seconds > 0) {
        fprintf(stderr, ", %" PRIu64 " transactions, %.0f/s", verify->decided,
                (double)verify->decided / seconds);
    }
    if (part > 0 && done != all) {
        const double left = seconds * (1 - part) / part;
        fprintf(stderr, ", %.0f:%02.0f left", floor(left / 60), floor(fmod(left, 60)));
    }
    fprintf(stderr, "%s", live && done != all ? "\033[K" : live ? "\033[K\n" : "\n");
}

/* ---- the log
 * --------------------------------------------------------------------------------------------- */

static bool scrub(verify_t *verify)
{
    dure_store_scrub_t at = {0};
    uint64_t all = dure_store_log_size(verify->dir.store);
    while (at.passes == 0) {
        if (dure_store_scrub_step(verify->dir.store, &at, SCRUB_STEP) != DURE_STORE_OK) {
            return finding(verify, dure_store_message(verify->dir.store));
        }
        if (at.passes == 0 && at.read_size < all) {
            progress(verify, "log bytes", at.read_size, all);
        }
    }
    progress(verify, "log bytes", all, all);
    return true;
}

/* Nobody acts outside the own city, so an account that a transaction names is of its signer's. */
static uint32_t city_of(const verify_t *verify, uint64_t party)
{
    static uint8_t bytes[DURE_RECORD_SIZE_MAX];
    static dure_record_party_t record;
    const dure_ledger_t *ledger = dure_chain_ledger(verify->dir.chain);
    const dure_genesis_t *genesis = dure_ledger_genesis(ledger);
    if (genesis->cities_count == 1) {
        return genesis->cities[0].city;
    }
    dure_writer_t writer = dure_writer(bytes, sizeof bytes);
    dure_blind_t blind;
    const dure_primary_key_t key = dure_key_party(party);
    record.city = 0;
    if (dure_ledger_record(ledger, &key, &writer, &blind)) {
        dure_reader_t reader = dure_reader(dure_writer_bytes(&writer));
        dure_record_party_decode(&reader, &record);
    }
    return record.city;
}

/* On the line's own thread. */
static bool tally_block(void *user, const verify_block_t *block, char problem[VERIFY_TEXT_SIZE])
{
    verify_t *verify = user;
    if (verify->dir.from != 0) { /* there is nothing before to add to */
        verify->tally.transactions += block->count;
        return true;
    }
    for (uint32_t i = 0; i < block->count; i++) {
        static dure_effect_t effect;
        static dure_envelope_t envelope;
        const verify_tx_t *tx = &block->txs[i];
        if (dure_envelope_decode(&envelope, tx->wire, NULL) != DURE_RESULT_DONE) {
            verify->tally.transactions++;
            verify->tally.inadmissible++;
            continue;
        }
        dure_reader_t reader = dure_reader(tx->effect);
        dure_effect_decode(&reader, &effect);
        if (!dure_reader_end(&reader)) {
            snprintf(problem, VERIFY_TEXT_SIZE, "an effect cannot be decoded");
            return false;
        }
        if (!verify_tally_add(&verify->tally, &effect, &envelope.tx.body, tx->city, verify->zone,
                              problem)) {
            return false;
        }
    }
    return true;
}

/* What the directory's reader says: a finding, or that it cannot look. */
static bool dir_failed(verify_t *verify)
{
    snprintf(verify->problem, sizeof verify->problem, "%s", verify->dir.problem);
    verify->broken = verify->dir.broken;
    return false;
}

/* What the tally needs of a decision, which the next one overwrites. */
static bool keep_results(const verify_t *verify, verify_block_t *block,
                         const dure_chain_update_t *update)
{
    size_t size = 0;
    for (uint32_t i = 0; i < update->result_count; i++) {
        size += update->results[i].effect.size;
    }
    block->effects = malloc(size > 0 ? size : 1);
    if (block->effects == NULL) {
        return false;
    }
    DURE_ASSERT(update->result_count == block->count);
    size_t used = 0;
    for (uint32_t i = 0; i < update->result_count; i++) {
        const dure_bytes_t effect = update->results[i].effect;
        verify_tx_t *tx = &block->txs[i];
        if (effect.size > 0) {
            memcpy(block->effects + used, effect.data, effect.size);
        }
        tx->effect = dure_bytes(block->effects + used, effect.size);
        tx->city = tx->party != 0 ? city_of(verify, tx->party) : 0;
        used += effect.size;
    }
    return true;
}

static bool decide(verify_t *verify, verify_block_t *block)
{
    static dure_chain_update_t update;
    verify->signatures += block->count;
    if (!chain_dir_replay(&verify->dir, &block->block, block->verdicts, &update)) {
        return dir_failed(verify);
    }
    if (!keep_results(verify, block, &update)) {
        snprintf(verify->problem, sizeof verify->problem, "out of memory");
        return false;
    }
    verify->blocks++;
    verify->decided += block->count;
    return true;
}

static bool replay(verify_t *verify)
{
    const uint64_t last = verify->dir.report.head_height;
    verify->zone = dure_ledger_zone(dure_chain_ledger(verify->dir.chain));
    verify->part_ns = now_ns();
    verify_line_t *line = verify_line_new(&verify->dir, verify->dir.from + 1, last, verify->threads,
                                          tally_block, verify);
    if (line == NULL) {
        snprintf(verify->problem, sizeof verify->problem, "no memory or no thread");
        return false;
    }
    bool holds = true;
    verify_block_t *block;
    while (holds && (block = verify_line_next(line)) != NULL) {
        holds = decide(verify, block);
        if (holds) {
            verify_line_decided(line);
            progress(verify, "blocks", verify->blocks, last);
        }
    }
    const bool before = verify_line_end(line, !holds, verify->problem, &verify->broken);
    verify_line_free(line);
    if (!holds || !before) {
        return false;
    }
    if (verify->dir.report.cut_size > 0) {
        fprintf(stderr,
                "note: %" PRIu64 " bytes after the last block belong to no batch that was "
                "completed; a node cuts them when it starts\n",
                verify->dir.report.cut_size);
    }
    return true;
}

/* ---- sums
 * ------------------------------------------------------------------------------------------------
 */

/* The record of every fund, by asking for each that the tally knows. */
static bool fund_record(const verify_t *verify, uint64_t fund, dure_record_fund_t *record)
{
    static uint8_t bytes[DURE_RECORD_SIZE_MAX];
    dure_writer_t writer = dure_writer(bytes, sizeof bytes);
    dure_blind_t blind;
    dure_primary_key_t key = dure_key_fund(fund);
    if (!dure_ledger_record(dure_chain_ledger(verify->dir.chain), &key, &writer, &blind)) {
        return false;
    }
    dure_reader_t reader = dure_reader(dure_writer_bytes(&writer));
    dure_record_fund_decode(&reader, record);
    return dure_reader_end(&reader);
}

static bool sums(verify_t *verify)
{
    const dure_ledger_t *ledger = dure_chain_ledger(verify->dir.chain);
    const char *why = dure_ledger_invariants(ledger);
    if (why != NULL) {
        return finding(verify, why);
    }
    if (verify->dir.from != 0) {
        return verify->statement == NULL ||
               finding(verify, "without the whole history no statement can be compared");
    }
    if (!verify_records(&verify->tally, ledger, verify->problem)) {
        return finding(verify, verify->problem);
    }
    if (verify->statement != NULL && !verify_statement_check(&verify->bank, verify->statement,
                                                             &verify->tally, verify->problem)) {
        return finding(verify, verify->problem);
    }
    return true;
}

/* ---- reports
 * --------------------------------------------------------------------------------------------- */

typedef struct {
    dure_amount_t issued, held_citizens, held_merchants, pending, redeemed, refunded, lapsed,
        escrow;
} audit_t;

/* Over all funds.  sums() has shown that they add up. */
static audit_t audit_of(const verify_t *verify)
{
    audit_t audit = {0};
    for (uint32_t i = 0; i < verify->tally.fund_count; i++) {
        dure_record_fund_t fund;
        if (fund_record(verify, verify->tally.funds[i].fund, &fund)) {
            audit.issued = dure_amount_plus(audit.issued, fund.issued);
            audit.held_citizens = dure_amount_plus(audit.held_citizens, fund.held_citizens);
            audit.held_merchants = dure_amount_plus(audit.held_merchants, fund.held_merchants);
            audit.pending = dure_amount_plus(audit.pending, fund.pending);
            audit.redeemed = dure_amount_plus(audit.redeemed, fund.redeemed);
            audit.refunded = dure_amount_plus(audit.refunded, fund.refunded);
            audit.lapsed = dure_amount_plus(audit.lapsed, fund.lapsed);
            audit.escrow = dure_amount_plus(audit.escrow, fund.escrow);
        }
    }
    return audit;
}

/* All of a move over all funds. */
static dure_amount_t moved(const verify_t *verify, dure_move_t what)
{
    dure_amount_t sum = DURE_AMOUNT_ZERO;
    for (uint32_t i = 0; i < verify->tally.fund_count; i++) {
        sum = dure_amount_plus(sum, verify->tally.funds[i].moved[what]);
    }
    return sum;
}

static dure_amount_t rewarded(const verify_t *verify)
{
    dure_amount_t sum = DURE_AMOUNT_ZERO;
    for (uint32_t i = 0; i < verify->tally.fund_count; i++) {
        sum = dure_amount_plus(sum, verify->tally.funds[i].rewarded);
    }
    return sum;
}

static dure_amount_t bought(const verify_t *verify)
{
    return dure_amount_minus(moved(verify, DURE_MOVE_LOT_ISSUED), rewarded(verify));
}

/* a - b, which may be below zero. */
static int64_t minus(dure_amount_t a, dure_amount_t b)
{
    return dure_amount_compare(a, b) < 0 ? -(int64_t)dure_amount_minus(b, a).won
                                         : (int64_t)dure_amount_minus(a, b).won;
}

/* Issued less all that became of it: 0, or the audit would have stopped before. */
static int64_t difference_of(const audit_t *audit)
{
    const dure_amount_t parts[] = {audit->held_citizens, audit->held_merchants, audit->pending,
                                   audit->redeemed,      audit->refunded,       audit->lapsed};
    dure_amount_t sum = DURE_AMOUNT_ZERO;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        sum = dure_amount_plus(sum, parts[i]);
    }
    return minus(audit->issued, sum);
}

static void won(const char *label, dure_amount_t amount)
{
    printf("  %-26s %26s\n", label, amount_text(amount).text);
}

static void print_text(const verify_t *verify, double seconds)
{
    const dure_chain_head_t *head = dure_chain_head(verify->dir.chain);
    audit_t audit = audit_of(verify);
    printf("%" PRIu64 " blocks, %" PRIu64 " transactions, %" PRIu64
           " signatures checked in %.1f s\n",
           verify->blocks, verify->tally.transactions, verify->signatures, seconds);
    if (verify->dir.from != 0) {
        printf("ledger root %s\n\nThe state at block %" PRIu64
               " was taken over, and what led to it "
               "was not looked at.\nAll that came after it holds.\n",
               hash_text(&head->ledger_root).text, verify->dir.from);
        return;
    }
    printf("%" PRIu64 " accepted, %" PRIu64 " refused by a rule; %" PRIu64 " people, %" PRIu64
           " payments\n",
           verify->tally.accepted, verify->tally.refused, verify->tally.registered,
           verify->tally.payments);
    printf("ledger root %s\n\n", hash_text(&head->ledger_root).text);
    won("issued", audit.issued);
    won("  bought", bought(verify));
    won("  granted", moved(verify, DURE_MOVE_LOTS_GRANTED));
    won("  rewards", rewarded(verify));
    won("  advanced for refunds", moved(verify, DURE_MOVE_ADVANCE_TO_ESCROW));
    won("held by citizens", audit.held_citizens);
    won("held by merchants", audit.held_merchants);
    won("pending payouts", audit.pending);
    won("redeemed", audit.redeemed);
    won("refunded", audit.refunded);
    won("lapsed", audit.lapsed);
    printf("  %-26s %24" PRId64 "원\n", "difference", difference_of(&audit));
    won("escrow by the chain", audit.escrow);
    if (verify->statement != NULL) {
        won("escrow by the bank", verify->bank.balance);
        printf("  %-26s %24" PRId64 "원\n", "difference",
               minus(audit.escrow, verify->bank.balance));
    } else {
        printf("  the bank's statement was not given: escrow is the chain's word alone\n");
    }
    printf("\nAll holds.\n");
}

static json_t *months_of(const verify_tally_t *tally)
{
    json_t *months = json_array();
    for (uint32_t i = 0; i < tally->month_count; i++) {
        const verify_month_t *month = &tally->months[i];
        char name[16];
        snprintf(name, sizeof name, "%04u-%02u", month->month / 12, month->month % 12 + 1);
        json_array_append_new(months,
                              json_pack("{s:s, s:I, s:I, s:I}", "month", name, "registered",
                                        (json_int_t)month->registered, "charged",
                                        (json_int_t)minus(month->charged, month->cancelled),
                                        "spent", (json_int_t)minus(month->spent, month->refunded)));
    }
    return months;
}

/* The same months, of each fund; and of each city (fund 0) who was registered. */
static json_t *parts_of(const verify_tally_t *tally)
{
    json_t *parts = json_array();
    for (size_t i = 0; i < tally->part_count; i++) {
        const verify_part_t *part = &tally->parts[i];
        char name[16];
        snprintf(name, sizeof name, "%04u-%02u", part->month / 12, part->month % 12 + 1);
        json_t *made = json_pack("{s:s, s:I, s:I}", "month", name, "city", (json_int_t)part->city,
                                 "fund", (json_int_t)part->fund);
        const struct {
            const char *name;
            uint64_t value;
        } figures[] = {{"registered", part->registered}, {"bearers", part->bearers},
                       {"charged", part->charged.won},   {"cancelled", part->cancelled.won},
                       {"spent", part->spent.won},       {"refunded", part->refunded.won},
                       {"gifted", part->gifted.won},     {"granted", part->granted.won},
                       {"lapsed", part->lapsed.won}};
        for (size_t at = 0; at < sizeof figures / sizeof figures[0]; at++) {
            if (figures[at].value != 0) {
                json_object_set_new(made, figures[at].name,
                                    json_integer((json_int_t)figures[at].value));
            }
        }
        json_array_append_new(parts, made);
    }
    return parts;
}

static json_t *classes_of(const verify_t *verify)
{
    return json_pack("{s:I, s:I, s:I, s:I}", "bought", (json_int_t)bought(verify).won, "granted",
                     (json_int_t)moved(verify, DURE_MOVE_LOTS_GRANTED).won, "rewards",
                     (json_int_t)rewarded(verify).won, "advances",
                     (json_int_t)moved(verify, DURE_MOVE_ADVANCE_TO_ESCROW).won);
}

/* Every kind of move that there was, over all funds. */
static json_t *moves_of(const verify_t *verify)
{
    json_t *moves = json_object();
    for (unsigned what = 1; what < VERIFY_MOVES; what++) {
        const dure_amount_t sum = moved(verify, (dure_move_t)what);
        const char *name = dure_names_text(DURE_NAMES_MOVES, (uint16_t)what);
        if (name != NULL && !dure_amount_is_zero(sum)) {
            json_object_set_new(moves, name, json_integer((json_int_t)sum.won));
        }
    }
    return moves;
}

static json_t *report_of(const verify_t *verify, double seconds)
{
    const dure_chain_head_t *head = dure_chain_head(verify->dir.chain);
    audit_t audit = audit_of(verify);
    json_t *sums = json_pack(
        "{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "issued", (json_int_t)audit.issued.won,
        "held_citizens", (json_int_t)audit.held_citizens.won, "held_merchants",
        (json_int_t)audit.held_merchants.won, "pending", (json_int_t)audit.pending.won, "redeemed",
        (json_int_t)audit.redeemed.won, "refunded", (json_int_t)audit.refunded.won, "lapsed",
        (json_int_t)audit.lapsed.won, "difference", (json_int_t)difference_of(&audit), "escrow",
        (json_int_t)audit.escrow.won);
    json_object_set_new(sums, "escrow_at_bank",
                        verify->statement == NULL
                            ? json_null()
                            : json_integer((json_int_t)verify->bank.balance.won));
    json_object_set_new(sums, "issued_by", classes_of(verify));
    json_object_set_new(sums, "moves", moves_of(verify));
    json_t *report =
        json_pack("{s:b, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:o}", "ok", 1, "chain_id",
                  hash_text(&head->chain_id).text, "blocks", (json_int_t)verify->blocks,
                  "transactions", (json_int_t)verify->tally.transactions, "signatures",
                  (json_int_t)verify->signatures, "refused", (json_int_t)verify->tally.refused,
                  "people", (json_int_t)verify->tally.registered, "payments",
                  (json_int_t)verify->tally.payments, "refunds", (json_int_t)verify->tally.refunds,
                  "months", months_of(&verify->tally), "audit", sums);
    json_object_set_new(report, "parts", parts_of(&verify->tally));
    json_object_set_new(report, "from", json_integer((json_int_t)verify->dir.from));
    json_object_set_new(report, "state_root", json_string(hash_text(&head->ledger_root).text));
    json_object_set_new(report, "app_hash", json_string(hash_text(&head->app_hash).text));
    json_object_set_new(report, "block_hash", json_string(hash_text(&head->block_hash).text));
    json_object_set_new(report, "log_bytes",
                        json_integer((json_int_t)dure_store_log_size(verify->dir.store)));
    json_object_set_new(report, "seconds", json_real(seconds));
    return report;
}

/* Gives out the report; false if its file cannot be written. */
static bool give_report(const verify_t *verify)
{
    double seconds = (double)(now_ns() - verify->started_ns) / 1e9;
    json_t *report = report_of(verify, seconds);
    size_t flags = JSON_INDENT(2) | JSON_REAL_PRECISION(6);
    bool written =
        verify->report_file == NULL || json_dump_file(report, verify->report_file, flags) == 0;
    if (verify->json) {
        json_dumpf(report, stdout, flags);
        printf("\n");
    } else {
        print_text(verify, seconds);
    }
    json_decref(report);
    return written;
}

/* ---- the command
 * ----------------------------------------------------------------------------------------- */

static bool number_option(uint32_t *out, const char *text, uint32_t most)
{
    char *end = NULL;
    unsigned long value = strtoul(text, &end, 10);
    if (*text == 0 || *end != 0 || value == 0 || value > most) {
        fprintf(stderr, "dure verify: \"%s\" is not a number in 1..%u\n", text, most);
        return false;
    }
    *out = (uint32_t)value;
    return true;
}

static int parse_options(verify_t *verify, int argc, char **argv)
{
    static const struct option options[] = {
        {"archive", required_argument, NULL, 'a'}, {"statement", required_argument, NULL, 's'},
        {"threads", required_argument, NULL, 't'}, {"parties", required_argument, NULL, 'p'},
        {"json", no_argument, NULL, 'j'},          {"report", required_argument, NULL, 'r'},
        {"help", no_argument, NULL, 'h'},          {NULL, 0, NULL, 0}};
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    verify->threads = cores < 1 ? 1 : (cores > (long)THREADS_MAX ? THREADS_MAX : (uint32_t)cores);
    verify->parties = DURE_LEDGER_PARTIES_MIN;
    optind = 1;
    int option;
    while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        bool good = true;
        if (option == 'a') {
            verify->archive = optarg;
        } else if (option == 's') {
            verify->statement = optarg;
        } else if (option == 't') {
            good = number_option(&verify->threads, optarg, THREADS_MAX);
        } else if (option == 'p') {
            good = number_option(&verify->parties, optarg, DURE_LEDGER_PARTIES_MAX);
        } else if (option == 'r') {
            verify->report_file = optarg;
        } else if (option == 'j') {
            verify->json = true;
        } else {
            fputs(usage, option == 'h' ? stdout : stderr);
            return option == 'h' ? EXIT_HOLDS : EXIT_USAGE;
        }
        if (!good) {
            return EXIT_USAGE;
        }
    }
    if (optind + 1 != argc) {
        fputs(usage, stderr);
        return EXIT_USAGE;
    }
    verify->directory = argv[optind];
    return -1;
}

static bool open_all(verify_t *verify)
{
    const bool opened =
        chain_dir_open(&verify->dir, verify->directory, verify->archive, verify->parties);
    if (verify->dir.io != NULL) {
        verify->started_ns = verify->shown_ns = verify->part_ns = now_ns();
    }
    return opened || dir_failed(verify);
}

int dure_verify_command(int argc, char **argv)
{
    static verify_t verify;
    int usage_exit = parse_options(&verify, argc, argv);
    if (usage_exit >= 0) {
        return usage_exit;
    }
    if (!dure_crypto_init()) {
        fprintf(stderr, "dure verify: the cryptographic library does not start\n");
        return EXIT_WORLD;
    }
    bool holds = open_all(&verify) && scrub(&verify) && replay(&verify) && sums(&verify);
    if (holds && !give_report(&verify)) {
        fprintf(stderr, "dure verify: cannot write %s\n", verify.report_file);
        holds = false;
    } else if (!holds) {
        fprintf(stderr, "\ndure verify: %s%s\n", verify.broken ? "does not hold: " : "",
                verify.problem);
        if (verify.json) {
            json_t *report = json_pack("{s:b, s:s}", "ok", 0, "problem", verify.problem);
            json_dumpf(report, stdout, JSON_INDENT(2));
            printf("\n");
            json_decref(report);
        }
    }
    verify_tally_free(&verify.tally);
    chain_dir_close(&verify.dir);
    return holds ? EXIT_HOLDS : (verify.broken ? EXIT_BROKEN : EXIT_WORLD);
}
