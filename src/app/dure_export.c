/* dure export: all movements of money as a journal that other programs read: plain-text accounting
   (hledger), CSV, or JSON.  From a running node, or from its directory alone.

   In the journal each figure of a fund's record is an account, and so is each city account.  Two
   sums are kept apart in every transaction, and each comes to nothing: claims (issued is what all
   places hold) and won (escrow is what came in and has not left). */
#include <stdlib.h>
#include <string.h>

#include "app/chain_dir.h"
#include "app/dure_command.h"
#include "app/dure_export.h"
#include "app/verify.h"

typedef enum { EXPORT_HLEDGER, EXPORT_CSV, EXPORT_JSON } export_format_t;

typedef struct {
    const args_t *args;
    FILE *out;
    export_format_t format;
    uint64_t fund, party; /* 0: all */
    dure_zone_t zone;
    dure_time_t time; /* of the last transaction */
    uint64_t moves;
} export_t;

/* One transaction, and whose money its rows are. */
typedef struct {
    const dure_effect_t *effect;
    const dure_batch_rows_t *rows; /* NULL: it has none */
    uint64_t height;
    uint32_t index, city;
} event_t;

/* One movement, also of a single row. */
typedef struct {
    const event_t *event;
    uint8_t what;
    uint64_t fund, party;
    uint32_t lot;
    const char *account;
    dure_amount_t amount;
} line_t;

/* ---- which movements ------------------------------------------------------------------------- */

static bool is_of_rows(const event_t *event, uint8_t what)
{
    return event->rows != NULL &&
           (what == DURE_MOVE_LOTS_GRANTED || what == DURE_MOVE_LOTS_RECALLED);
}

/* Calls `take` for each movement of the event, each row of a batch by itself. */
static void each_line(export_t *export, const event_t *event,
                      void (*take)(export_t *export, const line_t *line))
{
    for (uint16_t i = 0; i < event->effect->moves_count; i++) {
        const dure_effect_move_t *move = &event->effect->moves[i];
        line_t line = {event,     move->what,         move->fund,  move->party,
                       move->lot, move->account.text, move->amount};
        if (!is_of_rows(event, move->what)) {
            take(export, &line);
            continue;
        }
        dure_reader_t results = dure_reader(event->effect->rows.bytes);
        dure_reader_t rows = dure_reader(event->rows->rows.bytes);
        for (uint16_t j = 0; j < event->effect->rows.count; j++) {
            dure_effect_row_t result;
            dure_batch_row_t row;
            dure_effect_row_decode(&results, &result);
            dure_batch_row_decode(&rows, &row);
            line.party = row.party;
            line.lot = result.lot;
            line.amount = result.amount;
            if (result.code == DURE_RESULT_DONE) {
                take(export, &line);
            }
        }
    }
}

static bool has_party(const event_t *event, uint64_t party)
{
    for (uint16_t i = 0; i < event->effect->moves_count; i++) {
        if (event->effect->moves[i].party == party) {
            return true;
        }
    }
    if (event->rows == NULL) {
        return false;
    }
    dure_reader_t rows = dure_reader(event->rows->rows.bytes);
    for (uint16_t i = 0; i < event->rows->rows.count; i++) {
        dure_batch_row_t row;
        dure_batch_row_decode(&rows, &row);
        if (row.party == party) {
            return true;
        }
    }
    return false;
}

static bool has_fund(const event_t *event, uint64_t fund)
{
    for (uint16_t i = 0; i < event->effect->moves_count; i++) {
        if (event->effect->moves[i].fund == fund) {
            return true;
        }
    }
    return false;
}

/* ---- hledger --------------------------------------------------------------------------------- */

/* issued is what all places hold, so it goes the other way; what is promised and owed is no money,
   and stands against an account of its own. */
static const char *const accounts[VERIFY_FIGURES] = {
    [VERIFY_ISSUED] = "issued",     [VERIFY_ORDERED] = "ordered",
    [VERIFY_PENDING] = "pending",   [VERIFY_HELD_CITIZENS] = "citizens",
    [VERIFY_REDEEMED] = "redeemed", [VERIFY_HELD_MERCHANTS] = "merchants",
    [VERIFY_REFUNDED] = "refunded", [VERIFY_LAPSED] = "lapsed",
    [VERIFY_ESCROW] = "escrow",     [VERIFY_OWED] = "owed",
};
static const char *const against[VERIFY_FIGURES] = {
    [VERIFY_ORDERED] = "promised",
    [VERIFY_OWED] = "lent",
};

static void post(FILE *out, const char *account, dure_amount_t amount, bool minus, const char *note)
{
    fprintf(out, "    %-40s  %s%" PRIu64 " KRW%s%s\n", account, minus ? "-" : "", amount.won,
            *note == 0 ? "" : "  ; ", note);
}

/* citizens, merchants, pending and owed are of somebody. */
static bool is_of_party(unsigned figure)
{
    return figure == VERIFY_HELD_CITIZENS || figure == VERIFY_HELD_MERCHANTS ||
           figure == VERIFY_PENDING || figure == VERIFY_OWED;
}

static void post_figure(FILE *out, const line_t *line, unsigned figure, bool minus,
                        const char *note)
{
    char account[96];
    if (is_of_party(figure)) {
        snprintf(account, sizeof account, "%s:%" PRIu64 ":%" PRIu64, accounts[figure], line->fund,
                 line->party);
    } else {
        snprintf(account, sizeof account, "%s:%" PRIu64, accounts[figure], line->fund);
    }
    post(out, account, line->amount, minus != (figure == VERIFY_ISSUED), note);
    if (against[figure] != NULL) {
        snprintf(account, sizeof account, "%s:%" PRIu64, against[figure], line->fund);
        post(out, account, line->amount, !minus, note);
    }
}

/* The won that come from outside and go there: buyers, shops' banks, the city's treasury. */
static void post_outside(FILE *out, const line_t *line, const char *note)
{
    char account[96];
    const verify_meaning_t *meaning = verify_meaning(line->event->effect->kind, line->what);
    const bool in = (meaning->plus >> VERIFY_ESCROW & 1) != 0;
    const bool out_of = (meaning->minus >> VERIFY_ESCROW & 1) != 0;
    if (meaning->account != VERIFY_ACCOUNT_NONE) {
        const bool minus = meaning->account == VERIFY_ACCOUNT_SPENT;
        snprintf(account, sizeof account, "city:%" PRIu32 ":%s", line->event->city, line->account);
        post(out, account, line->amount, minus, note);
        if (meaning->account == VERIFY_ACCOUNT_DEPOSITED) {
            snprintf(account, sizeof account, "outside:city:%" PRIu32, line->event->city);
            post(out, account, line->amount, true, note);
        }
    } else if (in || out_of) {
        snprintf(account, sizeof account, "outside:fund:%" PRIu64, line->fund);
        post(out, account, line->amount, in, note);
    }
}

static void hledger_line(export_t *export, const line_t *line)
{
    const verify_meaning_t *meaning = verify_meaning(line->event->effect->kind, line->what);
    if (meaning == NULL || (export->fund != 0 && line->fund != export->fund)) {
        return;
    }
    char note[96];
    const char *name = dure_names_text(DURE_NAMES_MOVES, line->what);
    name = name == NULL ? "?" : name;
    if (line->lot == 0) {
        snprintf(note, sizeof note, "%s", name);
    } else {
        snprintf(note, sizeof note, "%s, lot %u", name, (unsigned)line->lot);
    }
    for (unsigned figure = 0; figure < VERIFY_FIGURES; figure++) {
        if ((meaning->plus >> figure & 1) != 0) {
            post_figure(export->out, line, figure, false, note);
        }
        if ((meaning->minus >> figure & 1) != 0) {
            post_figure(export->out, line, figure, true, note);
        }
    }
    post_outside(export->out, line, note);
    export->moves++;
}

static void hledger_event(export_t *export, const event_t *event)
{
    const dure_effect_t *effect = event->effect;
    const dure_day_t day = dure_zone_day(&export->zone, effect->time);
    const char *kind = dure_body_kind_name(effect->kind);
    fprintf(export->out, "\n%s * (%s) %s  ; %s KST, block %" PRIu64 "\n", day_text(day).text,
            id_text(&effect->id).text, kind == NULL ? "?" : kind,
            time_text(&export->zone, effect->time).text + 11, event->height);
    each_line(export, event, hledger_line);
}

/* ---- csv, json ------------------------------------------------------------------------------- */

static bool is_left_out(const export_t *export, const line_t *line)
{
    return (export->fund != 0 && line->fund != export->fund) ||
           (export->party != 0 && line->party != export->party);
}

static void csv_line(export_t *export, const line_t *line)
{
    if (is_left_out(export, line)) {
        return;
    }
    const event_t *event = line->event;
    const char *kind = dure_body_kind_name(event->effect->kind);
    const char *what = dure_names_text(DURE_NAMES_MOVES, line->what);
    fprintf(export->out, "%s,%" PRIu64 ",%u,%s,%s,%s,%" PRIu64 ",%" PRIu64 ",%u,%s,%" PRIu64 "\n",
            time_text(&export->zone, event->effect->time).text, event->height,
            (unsigned)event->index, id_text(&event->effect->id).text, kind == NULL ? "?" : kind,
            what == NULL ? "?" : what, line->fund, line->party, (unsigned)line->lot, line->account,
            line->amount.won);
    export->moves++;
}

static void json_line(export_t *export, const line_t *line)
{
    if (is_left_out(export, line)) {
        return;
    }
    const event_t *event = line->event;
    json_t *object =
        json_pack("{s:o, s:o, s:i, s:s, s:o, s:o, s:o, s:o, s:i, s:o, s:o}", "time",
                  json_u64(event->effect->time), "height", json_u64(event->height), "index",
                  (int)event->index, "id", id_text(&event->effect->id).text, "kind",
                  json_text(dure_body_kind_name(event->effect->kind)), "move",
                  json_text(dure_names_text(DURE_NAMES_MOVES, line->what)), "fund",
                  json_u64(line->fund), "party", json_u64(line->party), "lot", (int)line->lot,
                  "account", json_text(line->account), "amount", json_amount(line->amount));
    json_dumpf(object, export->out, JSON_COMPACT | JSON_PRESERVE_ORDER);
    fputc('\n', export->out);
    json_decref(object);
    export->moves++;
}

static void export_event(export_t *export, const event_t *event)
{
    if (event->effect->moves_count == 0 ||
        (export->party != 0 && !has_party(event, export->party)) ||
        (export->fund != 0 && !has_fund(event, export->fund))) {
        return;
    }
    export->time = event->effect->time;
    if (export->format == EXPORT_HLEDGER) {
        hledger_event(export, event);
    } else {
        each_line(export, event, export->format == EXPORT_CSV ? csv_line : json_line);
    }
}

/* ---- the closing balances, from the records -------------------------------------------------- */

static void assert_balance(export_t *export, const char *account, dure_amount_t amount, bool minus)
{
    fprintf(export->out, "    %-40s  0 KRW =* %s%" PRIu64 " KRW\n", account,
            minus && !dure_amount_is_zero(amount) ? "-" : "", amount.won);
}

static bool close_fund(export_t *export, dure_reader_t *reader)
{
    static dure_record_fund_t fund;
    char account[96];
    dure_record_fund_decode(reader, &fund);
    const dure_amount_t figures[] = {
        [VERIFY_ISSUED] = fund.issued,
        [VERIFY_ORDERED] = fund.ordered,
        [VERIFY_HELD_CITIZENS] = fund.held_citizens,
        [VERIFY_HELD_MERCHANTS] = fund.held_merchants,
        [VERIFY_PENDING] = fund.pending,
        [VERIFY_REDEEMED] = fund.redeemed,
        [VERIFY_REFUNDED] = fund.refunded,
        [VERIFY_LAPSED] = fund.lapsed,
        [VERIFY_ESCROW] = fund.escrow,
    };
    if (export->party != 0 || (export->fund != 0 && export->fund != fund.fund)) {
        return dure_reader_end(reader);
    }
    for (unsigned i = 0; i < sizeof figures / sizeof figures[0]; i++) {
        snprintf(account, sizeof account, "%s:%" PRIu64, accounts[i], fund.fund);
        assert_balance(export, account, figures[i], i == VERIFY_ISSUED);
    }
    return dure_reader_end(reader);
}

static bool close_account(export_t *export, dure_reader_t *reader)
{
    dure_record_account_t record;
    char account[96];
    dure_amount_t has;
    dure_record_account_decode(reader, &record);
    if (export->party != 0 || export->fund != 0 ||
        !dure_amount_add(&has, record.balance, record.reserved)) {
        return dure_reader_end(reader);
    }
    snprintf(account, sizeof account, "city:%" PRIu32 ":%s", record.city, record.name.text);
    assert_balance(export, account, has, false);
    return dure_reader_end(reader);
}

static void close_holding(export_t *export, const char *what, uint64_t fund, dure_amount_t has)
{
    char account[96];
    if (fund != 0 && (export->fund == 0 || export->fund == fund)) {
        snprintf(account, sizeof account, "%s:%" PRIu64 ":%" PRIu64, what, fund, export->party);
        assert_balance(export, account, has, false);
    }
}

static bool close_party(export_t *export, dure_reader_t *reader)
{
    static dure_record_party_t record;
    dure_record_party_decode(reader, &record);
    if (!dure_reader_end(reader) || record.party != export->party) {
        return dure_reader_end(reader);
    }
    for (uint16_t i = 0; i < record.balances_count; i++) {
        close_holding(export, "merchants", record.balances[i].fund, record.balances[i].amount);
        close_holding(export, "owed", record.balances[i].fund, record.balances[i].owed);
    }
    dure_reader_t lots = dure_reader(record.lots.bytes);
    uint64_t fund = 0;
    dure_amount_t sum = DURE_AMOUNT_ZERO;
    for (uint16_t i = 0; i < record.lots.count; i++) {
        dure_lot_t lot;
        dure_lot_decode(&lots, &lot);
        if (lot.fund != fund) {
            close_holding(export, "citizens", fund, sum);
            sum = DURE_AMOUNT_ZERO;
        }
        fund = lot.fund;
        if (!dure_amount_add(&sum, sum, lot.left)) {
            return false;
        }
    }
    close_holding(export, "citizens", fund, sum);
    return true;
}

static bool close_record(export_t *export, dure_table_t table, dure_bytes_t record)
{
    dure_reader_t reader = dure_reader(record);
    return table == DURE_TABLE_FUND      ? close_fund(export, &reader)
           : table == DURE_TABLE_ACCOUNT ? close_account(export, &reader)
                                         : close_party(export, &reader);
}

static const dure_table_t closing[] = {DURE_TABLE_FUND, DURE_TABLE_ACCOUNT};

/* ---- from a directory ------------------------------------------------------------------------ */

static int dir_failed(const chain_dir_t *dir)
{
    return complain(dir->broken ? EXIT_REFUSED : EXIT_WORLD, "%s", dir->problem);
}

static uint32_t city_of(const dure_ledger_t *ledger, uint64_t party)
{
    static uint8_t bytes[DURE_RECORD_SIZE_MAX];
    static dure_record_party_t record;
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

static void dir_block(export_t *export, const chain_dir_t *dir, const dure_bytes_t *wires,
                      const dure_chain_update_t *update)
{
    const dure_ledger_t *ledger = dure_chain_ledger(dir->chain);
    for (uint32_t i = 0; i < update->result_count; i++) {
        static dure_effect_t effect;
        static dure_envelope_t envelope;
        dure_reader_t reader = dure_reader(update->results[i].effect);
        dure_effect_decode(&reader, &effect);
        if (!dure_reader_end(&reader) || effect.moves_count == 0 ||
            dure_envelope_decode(&envelope, wires[i], NULL) != DURE_RESULT_DONE) {
            continue;
        }
        const dure_body_t *body = &envelope.tx.body;
        const event_t event = {
            .effect = &effect,
            .rows = body->kind == DURE_BODY_BATCH_ROWS ? &body->batch_rows : NULL,
            .height = update->header.height,
            .index = i,
            .city = city_of(ledger, effect.id.party),
        };
        export_event(export, &event);
    }
}

static bool dir_close(export_t *export, const dure_ledger_t *ledger)
{
    static uint8_t bytes[DURE_RECORD_SIZE_MAX];
    dure_blind_t blind;
    dure_writer_t writer = dure_writer(bytes, sizeof bytes);
    for (size_t i = 0; i < sizeof closing / sizeof closing[0]; i++) {
        uint64_t cursor = 0;
        while (dure_ledger_scan(ledger, closing[i], &cursor, &blind, &writer)) {
            if (!close_record(export, closing[i], dure_writer_bytes(&writer))) {
                return false;
            }
            writer = dure_writer(bytes, sizeof bytes);
        }
    }
    const dure_primary_key_t key = dure_key_party(export->party);
    return export->party == 0 || !dure_ledger_record(ledger, &key, &writer, &blind) ||
           close_record(export, DURE_TABLE_PARTY, dure_writer_bytes(&writer));
}

static void close_begin(export_t *export)
{
    fprintf(export->out, "\n%s * closing balances, as the ledger's records say\n",
            day_text(dure_zone_day(&export->zone, export->time)).text);
}

static int export_dir(export_t *export, uint32_t parties)
{
    static chain_dir_t dir;
    static dure_bytes_t wires[DURE_BLOCK_TXS_MAX];
    static dure_chain_update_t update;
    bool good = chain_dir_open(&dir, export->args->directory,
                               args_option(export->args, "--archive"), parties);
    if (good) {
        export->zone = *dure_ledger_zone(dure_chain_ledger(dir.chain));
    }
    for (uint64_t height = dir.from + 1; good && height <= dir.report.head_height; height++) {
        dure_block_t block;
        uint32_t count = 0;
        good = chain_dir_block(&dir, &block, wires, &count, height) &&
               chain_dir_replay(&dir, &block, NULL, &update);
        if (good) {
            dir_block(export, &dir, wires, &update);
        }
    }
    int code = good ? EXIT_DONE : dir_failed(&dir);
    if (good && export->format == EXPORT_HLEDGER && export->time != 0) {
        close_begin(export);
        if (!dir_close(export, dure_chain_ledger(dir.chain))) {
            code = complain(EXIT_REFUSED, "a record of the state cannot be decoded");
        }
    }
    chain_dir_close(&dir);
    return code;
}

/* ---- from a node ----------------------------------------------------------------------------- */

/* The rows that were sent stand in the block, not in the effect. */
static bool rows_of(session_t *blocks, const dure_batch_rows_t **rows, uint64_t height,
                    uint32_t index)
{
    static dure_envelope_t envelope;
    dure_tell_t tell;
    dure_block_t block;
    const char *problem = NULL;
    size_t offset = 0;
    dure_bytes_t wire = {0};
    dure_request_t request = {.kind = DURE_REQUEST_BLOCK, .block.height = height};
    bool good = dure_client_call(blocks->client, &tell, &request) && tell.what.block.found &&
                dure_block_decode(&block, tell.what.block.block, &problem);
    for (uint32_t i = 0; i <= index && good; i++) {
        good = dure_block_next(&block, &offset, &wire);
    }
    *rows = &envelope.tx.body.batch_rows;
    return good && dure_envelope_decode(&envelope, wire, NULL) == DURE_RESULT_DONE &&
           envelope.tx.body.kind == DURE_BODY_BATCH_ROWS;
}

static bool node_answer(export_t *export, session_t *blocks, const dure_answer_t *answer)
{
    static dure_effect_t effect;
    if (answer->effect.size == 0 || !dure_client_effect(&effect, answer) ||
        effect.moves_count == 0) {
        return true;
    }
    event_t event = {
        .effect = &effect, .height = answer->height, .index = answer->index, .city = blocks->city};
    if (effect.kind == DURE_BODY_BATCH_ROWS && effect.rows.count > 0 &&
        !rows_of(blocks, &event.rows, answer->height, answer->index)) {
        complain(EXIT_WORLD, "the node does not give block %" PRIu64, answer->height);
        return false;
    }
    if (blocks->genesis.cities_count > 1) {
        static dure_record_party_t record;
        bool found = false;
        if (!dure_client_party(blocks->client, &found, &record, effect.id.party)) {
            session_failed(blocks);
            return false;
        }
        event.city = found ? record.city : 0;
    }
    export_event(export, &event);
    return true;
}

/* Takes in blocks up to a height. */
static bool node_until(export_t *export, session_t *session, session_t *blocks, uint64_t *at,
                       uint64_t until)
{
    while (*at < until) {
        dure_tell_t tell;
        if (!dure_client_receive(session->client, &tell)) {
            session_failed(session);
            return false;
        }
        if (tell.what.kind == DURE_REPLY_PROBLEM) {
            complain(EXIT_WORLD, "the node: %.*s", (int)tell.what.problem.text.size,
                     (const char *)tell.what.problem.text.data);
            return false;
        }
        if (tell.what.kind != DURE_REPLY_EFFECTS) {
            continue;
        }
        dure_reader_t reader = dure_reader(tell.what.effects.answers.bytes);
        for (uint32_t i = 0; i < tell.what.effects.answers.count; i++) {
            dure_answer_t answer;
            dure_answer_decode(&reader, &answer);
            if (!node_answer(export, blocks, &answer)) {
                return false;
            }
        }
        *at = tell.what.effects.height;
    }
    return true;
}

static bool node_table(export_t *export, session_t *blocks, dure_table_t table)
{
    uint64_t cursor = 0;
    do {
        dure_view_t page;
        if (!dure_client_scan(blocks->client, &cursor, &page, table)) {
            return false;
        }
        dure_reader_t pages = dure_reader(page.bytes);
        for (uint32_t i = 0; i < page.count; i++) {
            dure_scanned_t scanned;
            dure_scanned_decode(&pages, &scanned);
            if (!close_record(export, table, scanned.record)) {
                return false;
            }
        }
    } while (cursor != 0);
    return true;
}

static bool node_records(export_t *export, session_t *blocks)
{
    for (size_t i = 0; i < sizeof closing / sizeof closing[0]; i++) {
        if (!node_table(export, blocks, closing[i])) {
            return false;
        }
    }
    bool found = false;
    dure_bytes_t record = {0};
    const dure_primary_key_t key = dure_key_party(export->party);
    return export->party == 0 || (dure_client_record(blocks->client, &found, &record, &key) &&
                                  (!found || close_record(export, DURE_TABLE_PARTY, record)));
}

#define CLOSE_TRIES 20u

/* The records must be those after the last block that was taken in: they are read again if the
   chain went on meanwhile. */
static int node_close(export_t *export, session_t *session, session_t *blocks, uint64_t at)
{
    FILE *out = export->out;
    for (uint32_t i = 0; i < CLOSE_TRIES; i++) {
        char *text = NULL;
        size_t size = 0;
        dure_tell_head_t head = {0};
        export->out = open_memstream(&text, &size);
        bool read = export->out != NULL;
        if (read) {
            close_begin(export);
            read = node_records(export, blocks) && dure_client_head(blocks->client, &head);
            read = fclose(export->out) == 0 && read;
        }
        export->out = out;
        if (read && head.height == at) {
            fwrite(text, 1, size, out);
            free(text);
            return EXIT_DONE;
        }
        free(text);
        if (!read) {
            return session_failed(blocks);
        }
        if (!node_until(export, session, blocks, &at, head.height)) {
            return EXIT_WORLD;
        }
    }
    return complain(EXIT_WORLD, "the node is too busy to close the books: export with --offline");
}

static int export_node(export_t *export)
{
    session_t session, blocks;
    if (!session_open(&session, export->args)) {
        return EXIT_WORLD;
    }
    int code = EXIT_WORLD;
    uint64_t number = 0, at = 0;
    if (session_open(&blocks, export->args)) {
        export->zone = session.zone;
        if (session.height > 0 && !dure_client_follow(session.client, &number, 0)) {
            code = session_failed(&session);
        } else if (node_until(export, &session, &blocks, &at, session.height)) {
            const bool closes = export->format == EXPORT_HLEDGER && export->time != 0;
            code = closes ? node_close(export, &session, &blocks, at) : EXIT_DONE;
        }
        session_close(&blocks);
    }
    session_close(&session);
    return code;
}

/* ---- the command ----------------------------------------------------------------------------- */

static bool parse_export(export_t *export, const args_t *args, uint64_t *parties)
{
    const char *format = args_option(args, "--format");
    const char *fund = args_option(args, "--fund");
    const char *party = args_option(args, "--party");
    const char *room = args_option(args, "--parties");
    export->args = args;
    export->format = args->json ? EXPORT_JSON : EXPORT_HLEDGER;
    if (format != NULL && strcmp(format, "csv") == 0) {
        export->format = EXPORT_CSV;
    } else if (format != NULL && strcmp(format, "hledger") != 0) {
        complain(EXIT_USAGE, "--format is hledger or csv, not '%s'", format);
        return false;
    }
    if (args->json && format != NULL) {
        complain(EXIT_USAGE, "--json is a format of its own: leave --format out");
        return false;
    }
    *parties = DURE_LEDGER_PARTIES_MIN;
    return (fund == NULL || parse_number(&export->fund, "--fund", fund, 1, UINT64_MAX)) &&
           (party == NULL || parse_number(&export->party, "--party", party, 1, UINT64_MAX)) &&
           (room == NULL || parse_number(parties, "--parties", room, 1, DURE_LEDGER_PARTIES_MAX));
}

static void print_head(const export_t *export)
{
    if (export->format == EXPORT_CSV) {
        fprintf(export->out, "time,block,entry,transaction,kind,move,fund,party,lot,account,won\n");
    } else if (export->format == EXPORT_HLEDGER) {
        fprintf(export->out,
                "; all movements of money of a chain; dure export --help tells what accounts are\n"
                "; parties stand as numbers, dates and times are the city's\n"
                "commodity 1000. KRW\n");
    }
}

static int export_run(const args_t *args)
{
    static export_t export;
    uint64_t parties = 0;
    export = (export_t){0};
    if (!parse_export(&export, args, &parties)) {
        return EXIT_USAGE;
    }
    const char *path = args_option(args, "-o");
    export.out = path == NULL ? stdout : fopen(path, "w");
    if (export.out == NULL) {
        return complain(EXIT_WORLD, "cannot write %s", path);
    }
    print_head(&export);
    int code = args_option(args, "--offline") != NULL ? export_dir(&export, (uint32_t)parties)
                                                      : export_node(&export);
    bool written = fflush(export.out) == 0 && ferror(export.out) == 0;
    if (path != NULL) {
        written = fclose(export.out) == 0 && written;
    }
    if (code == EXIT_DONE && !written) {
        return complain(EXIT_WORLD, "cannot write %s", path == NULL ? "the journal" : path);
    }
    if (code == EXIT_DONE && path != NULL) {
        fprintf(stderr, "wrote %" PRIu64 " movements to %s\n", export.moves, path);
    }
    return code;
}

const command_t export_commands[] = {
    {.words = "export",
     .arguments = "[--format hledger|csv] [--fund N] [--party N] [--offline] [-o FILE]",
     .summary = "all movements of money as a journal for other programs",
     .options = "--format= --fund= --party= --offline --archive= --parties= -o=",
     .help = "From the node, or with --offline from its directory alone, executing its log again.\n"
             "--fund and --party leave out what is not of that fund, or in which that party has "
             "no\npart.  --parties N: room, if the limit of the genesis was raised.\n"
             "\n"
             "hledger (default): a journal for hledger. Accounts are the figures of "
             "each\n"
             "fund: issued:FUND (below zero), citizens:FUND:PARTY, merchants:FUND:PARTY,\n"
             "pending:FUND:PARTY, redeemed:FUND, refunded:FUND, lapsed:FUND, escrow:FUND, and the\n"
             "city's accounts city:CITY:NAME; outside:... is what came from and went to banks. "
             "What\n"
             "is only promised stands as ordered:FUND against promised:FUND, and what shops owe "
             "the\n"
             "refund reserve as owed:FUND:PARTY against lent:FUND. The last entry asserts the "
             "figures\n"
             "of the ledger's own records: hledger check fails if the moves do not come to them.\n"
             "csv: one movement a line. --json: the same, one object a line.\n",
     .run = export_run},
    {0},
};
