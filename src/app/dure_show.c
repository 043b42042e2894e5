/* dure_show: reading the chain: heads, funds, supply, blocks, transactions, receipts, the stream.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "app/dure_command.h"
#include "app/receipt_text.h"
#include "chain/dure_chain.h"
#include "yak/dure_yak_tools.h"

/* ---- head ------------------------------------------------------------------------------------ */

static int show_head(session_t *session)
{
    dure_tell_head_t head;
    dure_bytes_t bytes = {0};
    dure_record_chain_t chain = {0};
    bool found = false;
    dure_primary_key_t key = dure_key_chain();
    if (!dure_client_record(session->client, &found, &bytes, &key)) {
        return session_failed(session);
    }
    dure_reader_t reader = dure_reader(bytes);
    dure_record_chain_decode(&reader, &chain);
    if (!dure_client_head(session->client, &head)) {
        return session_failed(session);
    }
    text_t now = time_text(&session->zone, head.time);
    bool is_driven = session->genesis.clock == 2;
    if (session->args->json) {
        print_json(json_pack("{s:s, s:i, s:s, s:o, s:o, s:s, s:s, s:s, s:s, s:o, s:o}", "chain_id",
                             hash_text(&head.chain_id).text, "city", (int)session->city, "clock",
                             is_driven ? "driven" : "real", "height", json_u64(head.height), "time",
                             json_u64(head.time), "time_text", now.text, "block_hash",
                             hash_text(&head.block_hash).text, "ledger_root",
                             hash_text(&head.ledger_root).text, "app_hash",
                             hash_text(&head.app_hash).text, "parties", json_u64(chain.parties),
                             "funds", json_u64(chain.funds)));
        return EXIT_DONE;
    }
    text_t parties = number_text(chain.parties);
    printf("city %u, %s parties, %u funds\n", (unsigned)session->city, parties.text,
           (unsigned)chain.funds);
    printf("  time         %s KST, clock %s\n", now.text, is_driven ? "driven" : "real");
    printf("  block        %" PRIu64 "\n", head.height);
    printf("  block hash   %s\n", hash_text(&head.block_hash).text);
    printf("  ledger root  %s\n", hash_text(&head.ledger_root).text);
    printf("  app hash     %s\n", hash_text(&head.app_hash).text);
    printf("  chain id     %s\n", hash_text(&head.chain_id).text);
    return EXIT_DONE;
}

static int show(const args_t *args)
{
    session_t session;
    if (!session_open(&session, args)) {
        return EXIT_WORLD;
    }
    int code = show_head(&session);
    session_close(&session);
    return code;
}

/* ---- funds ----------------------------------------------------------------------------------- */

#define CHANGES_MAX 512u

typedef struct {
    dure_record_fund_t fund;
    uint32_t change_count;
    dure_parameter_change_t changes[CHANGES_MAX];
    dure_yak_program_t program;
    uint8_t image[DURE_YAK_IMAGE_SIZE_MAX];
    bool has_program;
    uint8_t version;  /* of the program in force */
    dure_day_t opens; /* first day of one that waits; 0 if none does */
} fund_view_t;

/* Everything of a fund that outlives the next call on the client. */
static bool read_fund(session_t *session, fund_view_t *view, bool *found, uint64_t number)
{
    dure_record_program_t program;
    bool has_program = false;
    view->has_program = false;
    if (!dure_client_fund(session->client, found, &view->fund, number)) {
        return false;
    }
    if (!*found) {
        return true;
    }
    dure_reader_t reader = dure_reader(view->fund.changes.bytes);
    view->change_count = view->fund.changes.count;
    for (uint32_t i = 0; i < view->change_count && i < CHANGES_MAX; i++) {
        dure_parameter_change_decode(&reader, &view->changes[i]);
    }
    view->version = view->fund.version;
    view->opens = 0;
    if (!dure_client_program(session->client, &has_program, &program, number, view->version)) {
        return false;
    }
    if (has_program && view->version > 0 &&
        program.opened > dure_zone_day(&session->zone, session_now(session))) {
        view->opens = program.opened;
        view->version--;
        if (!dure_client_program(session->client, &has_program, &program, number, view->version)) {
            return false;
        }
    }
    if (has_program && program.image.size <= sizeof view->image) {
        memcpy(view->image, program.image.data, program.image.size);
        dure_bytes_t image = dure_bytes(view->image, program.image.size);
        view->has_program = dure_yak_load(&view->program, image) == DURE_YAK_LOAD_OK;
    }
    return true;
}

/* issued - (everything it may have become), in won; 0 is right. */
static int64_t difference_of(const dure_record_fund_t *fund)
{
    dure_amount_t sum = fund->held_citizens;
    const dure_amount_t parts[] = {fund->held_merchants, fund->pending, fund->redeemed,
                                   fund->refunded, fund->lapsed};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (!dure_amount_add(&sum, sum, parts[i])) {
            return INT64_MAX;
        }
    }
    dure_amount_t difference = DURE_AMOUNT_ZERO;
    if (dure_amount_sub(&difference, fund->issued, sum)) {
        return (int64_t)difference.won;
    }
    bool is_less = dure_amount_sub(&difference, sum, fund->issued);
    return is_less ? -(int64_t)difference.won : INT64_MAX;
}

static json_t *fund_json(session_t *session, const dure_record_fund_t *fund)
{
    return json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "fund",
        json_u64(fund->fund), "name", json_text(fund_name(session, fund->fund)), "mode",
        json_text(dure_names_text(DURE_NAMES_FUND_MODES, fund->mode)), "successor",
        fund->successor == 0 ? json_null() : json_u64(fund->successor), "ceiling",
        json_amount(fund->ceiling), "issued", json_amount(fund->issued), "ordered",
        json_amount(fund->ordered), "held_citizens", json_amount(fund->held_citizens),
        "held_merchants", json_amount(fund->held_merchants), "pending", json_amount(fund->pending),
        "redeemed", json_amount(fund->redeemed), "refunded", json_amount(fund->refunded), "lapsed",
        json_amount(fund->lapsed), "escrow", json_amount(fund->escrow), "difference",
        json_integer(difference_of(fund)));
}

static void print_row(const char *label, dure_amount_t amount, const char *note)
{
    printf("  %-22s %22s%s%s\n", label, amount_text(amount).text, *note == 0 ? "" : "  ", note);
}

static void print_supply(const dure_record_fund_t *fund)
{
    print_row("issued", fund->issued, "");
    print_row("  held by citizens", fund->held_citizens, "");
    print_row("  held by merchants", fund->held_merchants, "");
    print_row("  pending payouts", fund->pending, "");
    print_row("  redeemed", fund->redeemed, "");
    print_row("  refunded", fund->refunded, "");
    print_row("  lapsed", fund->lapsed, "");
    printf("  %-22s %19" PRId64 "원\n", "  difference", difference_of(fund));
    print_row("escrow", fund->escrow, "");
    if (!dure_amount_is_zero(fund->ordered)) {
        print_row("ordered, not yet paid", fund->ordered, "");
    }
    print_row("ceiling", fund->ceiling, "");
}

static text_t parameter_text(const dure_yak_parameter_t *parameter, int64_t value)
{
    text_t text;
    switch ((dure_yak_unit_t)parameter->unit) {
    case DURE_YAK_WON:
        if (value >= 0 && dure_amount_is_valid((uint64_t)value)) {
            return amount_text(dure_amount((uint64_t)value));
        }
        break;
    case DURE_YAK_RATE:
        return rate_text(value);
    case DURE_YAK_DAYS:
        snprintf(text.text, sizeof text.text, "%" PRId64 " days", value);
        return text;
    case DURE_YAK_COUNT:
        break;
    }
    snprintf(text.text, sizeof text.text, "%" PRId64, value);
    return text;
}

static void print_parameters(const fund_view_t *view, dure_day_t today)
{
    for (uint32_t i = 0; i < view->program.parameter_count; i++) {
        const dure_yak_parameter_t *parameter = &view->program.parameters[i];
        const dure_mark_t mark = dure_name_mark(&parameter->name);
        int64_t value = parameter->initial;
        for (uint32_t j = 0; j < view->change_count; j++) {
            const dure_parameter_change_t *change = &view->changes[j];
            bool is_its = memcmp(&change->parameter, &mark, sizeof mark) == 0;
            bool is_within = change->value >= parameter->low && change->value <= parameter->high;
            value = is_its && is_within && change->from <= today ? change->value : value;
        }
        printf("  %-22s %20s\n", parameter->name.text, parameter_text(parameter, value).text);
        for (uint32_t j = 0; j < view->change_count; j++) {
            const dure_parameter_change_t *change = &view->changes[j];
            if (memcmp(&change->parameter, &mark, sizeof mark) == 0 && change->from > today) {
                printf("    from %s %27s\n", day_text(change->from).text,
                       parameter_text(parameter, change->value).text);
            }
        }
    }
}

/* Whether it is open, what replaces it, and which program waits for its day. */
static void print_mode(session_t *session, const fund_view_t *view)
{
    static const char *const modes[] = {
        [DURE_FUND_MODE_OPEN] = "",
        [DURE_FUND_MODE_PAUSED] = "  paused: nothing new is sold, paid or given\n",
        [DURE_FUND_MODE_FULL_REFUND] =
            "  open for full refund: what was bought goes back whatever the rules say\n"};
    fputs(modes[view->fund.mode % 3], stdout);
    if (view->fund.successor != 0) {
        printf("  replaced by %s\n", fund_label(session, view->fund.successor).text);
    }
    if (view->opens != 0) {
        printf("  program version %u from %s\n", (unsigned)view->fund.version + 1,
               day_text(view->opens).text);
    }
}

static int show_fund_in(session_t *session, uint64_t number)
{
    static fund_view_t view;
    bool found = false;
    if (!read_fund(session, &view, &found, number)) {
        return session_failed(session);
    }
    if (!found) {
        return complain(EXIT_USAGE, "there is no fund %" PRIu64, number);
    }
    if (session->args->json) {
        json_t *object = fund_json(session, &view.fund);
        json_object_set_new(object, "version", json_integer(view.version + 1));
        json_object_set_new(object, "next_from",
                            view.opens == 0 ? json_null() : json_string(day_text(view.opens).text));
        print_json(object);
        return EXIT_DONE;
    }
    printf("%s, issued by city %u, program version %u\n", fund_label(session, number).text,
           (unsigned)view.fund.city, (unsigned)view.version + 1);
    print_mode(session, &view);
    print_supply(&view.fund);
    if (view.has_program) {
        if (view.program.parameter_count > 0) {
            printf("parameters\n");
        }
        print_parameters(&view, dure_zone_day(&session->zone, session->time));
    }
    show_counters(session, view.fund.counters, view.fund.counters_count);
    return EXIT_DONE;
}

static int show_fund(const args_t *args)
{
    uint64_t number = 0;
    session_t session;
    if (!parse_number(&number, "the fund", args->positionals[0], 1, UINT64_MAX)) {
        return EXIT_USAGE;
    }
    if (!session_open(&session, args)) {
        return EXIT_WORLD;
    }
    int code = show_fund_in(&session, number);
    session_close(&session);
    return code;
}

/* What a counter has, in the words of its fund's program. */
static void show_counter(session_t *session, const dure_counter_t *counter)
{
    static fund_view_t view;
    bool found = false;
    if (counter->fund == 0 || !read_fund(session, &view, &found, counter->fund) || !found ||
        !view.has_program) {
        printf("  %016" PRIx64 " %" PRIu64 "\n", dure_get_u64(counter->identity.bytes),
               counter->value);
        return;
    }
    dure_day_t today = dure_zone_day(&session->zone, session->time);
    static const char *const periods[] = {"so far", "this day", "this week", "this month",
                                          "this year"};
    for (uint32_t i = 0; i < view.program.counter_count; i++) {
        const dure_yak_counter_t *known = &view.program.counters[i];
        if (memcmp(known->identity, counter->identity.bytes, sizeof known->identity) != 0) {
            continue;
        }
        bool is_now = dure_period_of((dure_period_t)known->period, today) == counter->period;
        uint64_t value = is_now ? counter->value : 0;
        text_t text = known->made == DURE_MADE_COUNT || !dure_amount_is_valid(value)
                          ? number_text(value)
                          : amount_text(dure_amount(value));
        printf("  %-22s %20s %s\n", known->name.text, text.text, periods[known->period % 5]);
    }
}

void show_counters(session_t *session, const dure_counter_t *counters, uint32_t count)
{
    if (count > 0) {
        printf("counted\n");
    }
    for (uint32_t i = 0; i < count; i++) {
        show_counter(session, &counters[i]);
    }
}

/* ---- supply ---------------------------------------------------------------------------------- */

typedef struct {
    uint32_t fund_count, account_count;
    dure_record_fund_t funds[DURE_FUNDS_MAX];
    dure_record_account_t accounts[DURE_CITIES_MAX * DURE_CITY_ACCOUNTS_MAX];
} supply_t;

static bool read_supply(session_t *session, supply_t *supply, dure_table_t table)
{
    uint64_t cursor = 0;
    do {
        dure_view_t page;
        if (!dure_client_scan(session->client, &cursor, &page, table)) {
            return false;
        }
        dure_reader_t pages = dure_reader(page.bytes);
        for (uint32_t i = 0; i < page.count; i++) {
            dure_scanned_t scanned;
            dure_scanned_decode(&pages, &scanned);
            dure_reader_t reader = dure_reader(scanned.record);
            if (table == DURE_TABLE_FUND && supply->fund_count < DURE_FUNDS_MAX) {
                dure_record_fund_decode(&reader, &supply->funds[supply->fund_count++]);
            } else if (table == DURE_TABLE_ACCOUNT &&
                       supply->account_count < sizeof supply->accounts / sizeof *supply->accounts) {
                dure_record_account_decode(&reader, &supply->accounts[supply->account_count++]);
            }
        }
    } while (cursor != 0);
    return true;
}

static json_t *supply_json(session_t *session, const supply_t *supply)
{
    json_t *funds = json_array(), *accounts = json_array();
    for (uint32_t i = 0; i < supply->fund_count; i++) {
        json_array_append_new(funds, fund_json(session, &supply->funds[i]));
    }
    for (uint32_t i = 0; i < supply->account_count; i++) {
        const dure_record_account_t *account = &supply->accounts[i];
        json_array_append_new(accounts, json_pack("{s:i, s:s, s:o, s:o, s:o}", "city",
                                                  (int)account->city, "name", account->name.text,
                                                  "balance", json_amount(account->balance),
                                                  "reserved", json_amount(account->reserved),
                                                  "deposited", json_amount(account->deposited)));
    }
    return json_pack("{s:o, s:o}", "funds", funds, "accounts", accounts);
}

static int show_supply(const args_t *args)
{
    static supply_t supply;
    session_t session;
    if (!session_open(&session, args)) {
        return EXIT_WORLD;
    }
    int code = EXIT_DONE;
    if (!read_supply(&session, &supply, DURE_TABLE_FUND) ||
        !read_supply(&session, &supply, DURE_TABLE_ACCOUNT)) {
        code = session_failed(&session);
    } else if (args->json) {
        print_json(supply_json(&session, &supply));
    } else {
        for (uint32_t i = 0; i < supply.fund_count; i++) {
            printf("%s\n", fund_label(&session, supply.funds[i].fund).text);
            print_supply(&supply.funds[i]);
        }
        for (uint32_t i = 0; i < supply.account_count; i++) {
            const dure_record_account_t *account = &supply.accounts[i];
            printf("account %s of city %u\n", account->name.text, (unsigned)account->city);
            print_row("balance", account->balance, "");
            print_row("promised to orders", account->reserved, "");
            print_row("deposited so far", account->deposited, "");
        }
        if (supply.fund_count + supply.account_count == 0) {
            printf("no fund and no account yet: dure city account, dure city fund\n");
        }
    }
    session_close(&session);
    return code;
}

/* ---- blocks and transactions ----------------------------------------------------------------- */

static json_t *tx_json(const dure_envelope_t *envelope)
{
    return json_pack("{s:s, s:o, s:i}", "id", id_text(&envelope->tx.id).text, "kind",
                     json_text(dure_body_kind_name(envelope->tx.body.kind)), "bytes",
                     (int)envelope->whole.size);
}

static void print_block(session_t *session, const dure_block_t *block)
{
    const dure_block_header_t *header = &block->header;
    json_t *txs = json_array();
    static dure_envelope_t envelope;
    size_t offset = 0;
    dure_bytes_t wire;
    if (!session->args->json) {
        printf("block %" PRIu64 ", %s, %u transactions, %zu bytes\n", header->height,
               time_text(&session->zone, header->time).text, (unsigned)header->tx_count,
               block->header_bytes.size + block->body.size);
        printf("  hash          %s\n", hash_text(&block->hash).text);
        printf("  previous      %s\n", hash_text(&header->previous).text);
        printf("  tx root       %s\n", hash_text(&header->tx_root).text);
        printf("  effects root  %s\n", hash_text(&header->effects_root).text);
        printf("  app hash      %s\n", hash_text(&header->app_hash).text);
    }
    while (dure_block_next(block, &offset, &wire)) {
        bool decoded = dure_envelope_decode(&envelope, wire, NULL) == DURE_RESULT_DONE;
        if (session->args->json && decoded) {
            json_array_append_new(txs, tx_json(&envelope));
        } else if (!session->args->json) {
            const char *kind = decoded ? dure_body_kind_name(envelope.tx.body.kind) : "malformed";
            printf("  %-18s %s\n", decoded ? id_text(&envelope.tx.id).text : "?",
                   kind == NULL ? "?" : kind);
        }
    }
    if (!session->args->json) {
        json_decref(txs);
        return;
    }
    print_json(
        json_pack("{s:o, s:o, s:s, s:s, s:s, s:s, s:s, s:o}", "height", json_u64(header->height),
                  "time", json_u64(header->time), "hash", hash_text(&block->hash).text, "previous",
                  hash_text(&header->previous).text, "tx_root", hash_text(&header->tx_root).text,
                  "effects_root", hash_text(&header->effects_root).text, "app_hash",
                  hash_text(&header->app_hash).text, "txs", txs));
}

static int show_block_in(session_t *session, uint64_t height)
{
    dure_tell_t tell;
    dure_block_t block;
    const char *problem = NULL;
    dure_request_t request = {.kind = DURE_REQUEST_BLOCK, .block.height = height};
    if (!dure_client_call(session->client, &tell, &request)) {
        return session_failed(session);
    }
    if (!tell.what.block.found) {
        return complain(EXIT_USAGE, "there is no block %" PRIu64 "; the last is %" PRIu64, height,
                        session->height);
    }
    if (!dure_block_decode(&block, tell.what.block.block, &problem)) {
        return complain(EXIT_WORLD, "the node's block is malformed: %s", problem);
    }
    print_block(session, &block);
    return EXIT_DONE;
}

static int show_block(const args_t *args)
{
    uint64_t height = 0;
    session_t session;
    if (!parse_number(&height, "the height", args->positionals[0], 1, UINT64_MAX)) {
        return EXIT_USAGE;
    }
    if (!session_open(&session, args)) {
        return EXIT_WORLD;
    }
    int code = show_block_in(&session, height);
    session_close(&session);
    return code;
}

static int show_tx_in(session_t *session, const dure_tx_id_t *id)
{
    dure_tell_t tell;
    static outcome_t outcome;
    dure_request_t request = {.kind = DURE_REQUEST_ANSWER, .answer.id = *id};
    if (!dure_client_call(session->client, &tell, &request)) {
        return session_failed(session);
    }
    if (!tell.what.answer.found) {
        return complain(EXIT_USAGE, "there is no decided transaction %s", id_text(id).text);
    }
    const dure_answer_t *answer = &tell.what.answer.answer;
    outcome = (outcome_t){
        .id = *id, .recorded = answer->recorded, .height = answer->height, .index = answer->index};
    if (!dure_client_effect(&outcome.effect, answer)) {
        return complain(EXIT_WORLD, "the node's effect is malformed");
    }
    if (session->args->json) {
        print_json(outcome_json(session->args, &outcome));
        return EXIT_DONE;
    }
    const dure_effect_t *effect = &outcome.effect;
    const char *kind = dure_body_kind_name(effect->kind);
    printf("%s: %s%s\n", kind == NULL ? "?" : kind,
           effect->code == DURE_RESULT_DONE ? "" : "refused: ",
           result_sentence(session->args, effect->code));
    print_moves(session, effect);
    print_place(session, &outcome);
    printf("  hash %s\n", hash_text(&effect->tx).text);
    return EXIT_DONE;
}

static int show_tx(const args_t *args)
{
    dure_tx_id_t id;
    session_t session;
    if (!parse_id(&id, "the transaction", args->positionals[0])) {
        return EXIT_USAGE;
    }
    if (!session_open(&session, args)) {
        return EXIT_WORLD;
    }
    int code = show_tx_in(&session, &id);
    session_close(&session);
    return code;
}

/* ---- receipts -------------------------------------------------------------------------------- */

static int write_receipt(session_t *session, dure_bytes_t bytes, const dure_tx_id_t *id,
                         const char *path)
{
    static dure_receipt_t receipt;
    const char *problem = NULL;
    dure_hash_t hash;
    if (!dure_receipt_decode(&receipt, bytes, &problem)) {
        return complain(EXIT_WORLD, "the node's receipt is malformed: %s", problem);
    }
    problem = dure_receipt_check(&receipt, &hash);
    if (problem != NULL) {
        return complain(EXIT_WORLD, "the node's receipt proves nothing: %s", problem);
    }
    FILE *file = fopen(path, "wb");
    bool written = file != NULL && fwrite(bytes.data, 1, bytes.size, file) == bytes.size;
    if (file != NULL) {
        written = fclose(file) == 0 && written;
    }
    if (!written) {
        return complain(EXIT_WORLD, "cannot write %s: %s", path, strerror(errno));
    }
    if (session->args->json) {
        print_json(json_pack("{s:s, s:s, s:i, s:o, s:o, s:s}", "id", id_text(id).text, "file", path,
                             "bytes", (int)bytes.size, "block", json_u64(receipt.witness.height),
                             "header", json_u64(receipt.header.height), "block_hash",
                             hash_text(&hash).text));
        return EXIT_DONE;
    }
    static dure_effect_t effect;
    dure_reader_t reader = dure_reader(receipt.witness.effect);
    dure_effect_decode(&reader, &effect);
    printf("wrote the receipt of %s to %s, %zu bytes\n", id_text(id).text, path, bytes.size);
    receipt_text_print(stdout, &effect, &session->zone, session->args->language);
    printf("  it proves the effect in block %" PRIu64 " under the header of block %" PRIu64 ",\n"
           "  hash %s:\n  whoever trusts that hash can check it alone, with dure verify-receipt\n",
           receipt.witness.height, receipt.header.height, hash_text(&hash).text);
    return EXIT_DONE;
}

static int receipt(const args_t *args)
{
    dure_tx_id_t id;
    session_t session;
    const char *path = args_option(args, "-o");
    if (path == NULL) {
        return complain(EXIT_USAGE, "where to? add -o FILE");
    }
    if (!parse_id(&id, "the transaction", args->positionals[0])) {
        return EXIT_USAGE;
    }
    if (!session_open(&session, args)) {
        return EXIT_WORLD;
    }
    dure_tell_t tell;
    dure_request_t request = {.kind = DURE_REQUEST_RECEIPT, .receipt.id = id};
    int code = EXIT_DONE;
    if (!dure_client_call(session.client, &tell, &request)) {
        code = session_failed(&session);
    } else if (!tell.what.receipt.found) {
        code = complain(EXIT_USAGE, "there is no decided transaction %s", id_text(&id).text);
    } else {
        code = write_receipt(&session, tell.what.receipt.receipt, &id, path);
    }
    session_close(&session);
    return code;
}

/* ---- the stream ------------------------------------------------------------------------------ */

/* The line borrows from a tell that looking up a fund's name would overwrite: a second connection
   looks names up. */
static int tail_on(session_t *session, session_t *names, uint64_t after, uint64_t count)
{
    uint64_t number = 0;
    if (!dure_client_follow(session->client, &number, after)) {
        return session_failed(session);
    }
    dure_client_set_timeout(session->client, 0);
    for (;;) {
        dure_tell_t tell;
        if (!dure_client_receive(session->client, &tell)) {
            return session_failed(session);
        }
        if (tell.what.kind == DURE_REPLY_PROBLEM) {
            return complain(EXIT_WORLD, "the node: %.*s", (int)tell.what.problem.text.size,
                            (const char *)tell.what.problem.text.data);
        }
        if (tell.what.kind != DURE_REPLY_EFFECTS) {
            continue;
        }
        dure_reader_t reader = dure_reader(tell.what.effects.answers.bytes);
        for (uint32_t i = 0; i < tell.what.effects.answers.count; i++) {
            dure_answer_t answer;
            dure_answer_decode(&reader, &answer);
            print_effect_line(names, &answer);
            if (count > 0 && --count == 0) {
                return EXIT_DONE;
            }
        }
        if (fflush(stdout) != 0) {
            return EXIT_DONE; /* nobody reads any more */
        }
    }
}

static int tail(const args_t *args)
{
    session_t session, names;
    uint64_t from = 0, count = 0;
    const char *from_text = args_option(args, "--from");
    const char *count_text = args_option(args, "--count");
    if ((from_text != NULL && !parse_number(&from, "--from", from_text, 1, INT64_MAX)) ||
        (count_text != NULL && !parse_number(&count, "--count", count_text, 1, INT64_MAX))) {
        return EXIT_USAGE;
    }
    if (!session_open(&session, args)) {
        return EXIT_WORLD;
    }
    int code = EXIT_WORLD;
    if (session_open(&names, args)) {
        code = tail_on(&session, &names, from_text == NULL ? session.height : from - 1, count);
        session_close(&names);
    }
    session_close(&session);
    return code;
}

/* ---- status ---------------------------------------------------------------------------------- */

static int print_status(const args_t *args, const char *text, size_t size)
{
    if (!args->json) {
        fwrite(text, 1, size, stdout);
        return EXIT_DONE;
    }
    json_t *object = json_object();
    for (size_t at = 0; at < size;) {
        const char *line = text + at;
        const char *end = memchr(line, '\n', size - at);
        size_t length = end == NULL ? size - at : (size_t)(end - line);
        const char *equals = memchr(line, '=', length);
        if (equals != NULL) {
            char key[128];
            size_t key_size = (size_t)(equals - line);
            snprintf(key, sizeof key, "%.*s", (int)(key_size < 127 ? key_size : 127), line);
            json_object_set_new(object, key, json_stringn(equals + 1, length - key_size - 1));
        }
        at += length + 1;
    }
    print_json(object);
    return EXIT_DONE;
}

static int status(const args_t *args)
{
    session_t session;
    if (!session_open(&session, args)) {
        return EXIT_WORLD;
    }
    dure_tell_t tell;
    int code = EXIT_DONE;
    if (!dure_client_call(session.client, &tell, &(dure_request_t){.kind = DURE_REQUEST_STATUS})) {
        code = session_failed(&session);
    } else {
        code = print_status(args, (const char *)tell.what.status.text.data,
                            tell.what.status.text.size);
    }
    session_close(&session);
    return code;
}

const command_t show_commands[] = {
    {.words = "show fund",
     .arguments = "N",
     .summary = "show a fund: supply, parameters, limits used",
     .least = 1,
     .most = 1,
     .run = show_fund},
    {.words = "show supply",
     .arguments = "",
     .summary = "show all money: where it is, what backs it",
     .run = show_supply},
    {.words = "show block",
     .arguments = "HEIGHT",
     .summary = "show a block and its transactions",
     .least = 1,
     .most = 1,
     .run = show_block},
    {.words = "show tx",
     .arguments = "PARTY:LANE:NUMBER",
     .summary = "show what a transaction came to",
     .least = 1,
     .most = 1,
     .run = show_tx},
    {.words = "show", .arguments = "", .summary = "show where the chain stands", .run = show},
    {.words = "receipt",
     .arguments = "PARTY:LANE:NUMBER -o FILE",
     .summary = "write the receipt of a transaction, with its proof",
     .options = "-o=",
     .least = 1,
     .most = 1,
     .run = receipt},
    {.words = "tail",
     .arguments = "[--from HEIGHT] [--count N]",
     .summary = "watch what happens, as it becomes durable",
     .options = "--from= --count=",
     .help = "Without --from only what happens from now on. Ends after --count lines.\n",
     .run = tail},
    {.words = "status", .arguments = "", .summary = "show how the node is doing", .run = status},
    {0},
};
