/* dure_upkeep: what time does to money and records: `dure expiring`, `dure lapse`, `dure tidy`. */
#include <stdlib.h>
#include <string.h>

#include "app/dure_command.h"

#define WITHIN_DAYS  90u
#define SWEEP_LOTS   35u /* with an account's move for each, an effect has room for all */
#define PARTIES_MAX  16u
#define TIDY_IDS_MAX 64u

static dure_day_t today_of(const session_t *session)
{
    return dure_zone_day(&session->zone, session_now(session));
}

/* Calls `see` with each record of a table until it says stop or the end; false if the node fails.
   What is seen borrows from the client: nothing else may be asked of it meanwhile. */
typedef bool see_t(void *context, dure_bytes_t record);

static bool scan(session_t *session, dure_table_t table, see_t *see, void *context)
{
    uint64_t cursor = 0;
    do {
        dure_view_t page;
        if (!dure_client_scan(session->client, &cursor, &page, table)) {
            return false;
        }
        dure_reader_t reader = dure_reader(page.bytes);
        for (uint32_t i = 0; i < page.count; i++) {
            dure_scanned_t scanned;
            dure_scanned_decode(&reader, &scanned);
            if (!see(context, scanned.record)) {
                return true;
            }
        }
    } while (cursor != 0);
    return true;
}

/* ---- expiring -------------------------------------------------------------------------------- */

typedef struct {
    uint64_t party;
    dure_lot_t lot;
} ending_t;

typedef struct {
    dure_day_t today, last;
    uint64_t fund; /* 0: of all */
    uint64_t over; /* lots that nobody swept yet */
    size_t count, capacity;
    ending_t *endings;
    bool no_memory;
} endings_t;

static bool ending_note(endings_t *endings, uint64_t party, const dure_lot_t *lot)
{
    if (endings->count == endings->capacity) {
        const size_t capacity = endings->capacity == 0 ? 1024 : 2 * endings->capacity;
        ending_t *more = realloc(endings->endings, capacity * sizeof *more);
        if (more == NULL) {
            endings->no_memory = true;
            return false;
        }
        endings->endings = more;
        endings->capacity = capacity;
    }
    endings->endings[endings->count++] = (ending_t){.party = party, .lot = *lot};
    return true;
}

static bool endings_see(void *context, dure_bytes_t record)
{
    static dure_record_party_t party;
    endings_t *endings = context;
    dure_reader_t reader = dure_reader(record);
    dure_record_party_decode(&reader, &party);
    dure_reader_t lots = dure_reader(party.lots.bytes);
    for (uint32_t i = 0; i < party.lots.count; i++) {
        dure_lot_t lot;
        dure_lot_decode(&lots, &lot);
        if (endings->fund != 0 && endings->fund != lot.fund) {
            continue;
        }
        endings->over += lot.end_day < endings->today;
        if (lot.end_day >= endings->today && lot.end_day <= endings->last &&
            !ending_note(endings, party.party, &lot)) {
            return false;
        }
    }
    return true;
}

static int compare_endings(const void *left, const void *right)
{
    const ending_t *a = left;
    const ending_t *b = right;
    if (a->lot.end_day != b->lot.end_day) {
        return a->lot.end_day < b->lot.end_day ? -1 : 1;
    }
    if (a->party != b->party) {
        return a->party < b->party ? -1 : 1;
    }
    if (a->lot.fund != b->lot.fund) {
        return a->lot.fund < b->lot.fund ? -1 : 1;
    }
    return a->lot.number < b->lot.number ? -1 : a->lot.number > b->lot.number;
}

static void print_ending(session_t *session, const endings_t *endings, const ending_t *ending)
{
    const dure_lot_t *lot = &ending->lot;
    const int days = lot->end_day - endings->today;
    if (session->args->json) {
        print_json(json_pack("{s:o, s:o, s:i, s:o, s:s, s:i}", "party", json_u64(ending->party),
                             "fund", json_u64(lot->fund), "lot", (int)lot->number, "left",
                             json_amount(lot->left), "ends", day_text(lot->end_day).text,
                             "days_left", days));
        return;
    }
    printf("%s  in %3d days  party %-20" PRIu64 " %14s of %s, lot %u\n",
           day_text(lot->end_day).text, days, ending->party, amount_text(lot->left).text,
           fund_label(session, lot->fund).text, (unsigned)lot->number);
}

/* How many end within so many days, and what they have. */
static void print_sum(const endings_t *endings, uint32_t days)
{
    dure_amount_t sum = DURE_AMOUNT_ZERO;
    size_t count = 0;
    while (count < endings->count &&
           endings->endings[count].lot.end_day - endings->today <= (int)days) {
        if (!dure_amount_add(&sum, sum, endings->endings[count++].lot.left)) {
            sum = dure_amount(DURE_AMOUNT_WON_MAX);
        }
    }
    printf("%zu lots with %s end within %u days\n", count, amount_text(sum).text, (unsigned)days);
}

static int print_endings(session_t *session, endings_t *endings, uint32_t within)
{
    static const uint32_t steps[] = {7, 30, 90};
    if (endings->count > 0) {
        qsort(endings->endings, endings->count, sizeof *endings->endings, compare_endings);
    }
    for (size_t i = 0; i < endings->count; i++) {
        print_ending(session, endings, &endings->endings[i]);
    }
    if (session->args->json) {
        return EXIT_DONE;
    }
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        if (steps[i] < within) {
            print_sum(endings, steps[i]);
        }
    }
    print_sum(endings, within);
    if (endings->over > 0) {
        printf("%" PRIu64 " lots are over; next: dure lapse\n", endings->over);
    }
    return EXIT_DONE;
}

static int expiring(const args_t *args)
{
    uint64_t within = WITHIN_DAYS;
    endings_t endings = {0};
    session_t session;
    const char *days = args_option(args, "--within");
    const char *fund = args_option(args, "--fund");
    if ((days != NULL && !parse_number(&within, "--within", days, 0, 36500)) ||
        (fund != NULL && !parse_number(&endings.fund, "--fund", fund, 1, UINT64_MAX))) {
        return EXIT_USAGE;
    }
    if (!session_open(&session, args)) {
        return EXIT_WORLD;
    }
    endings.today = today_of(&session);
    endings.last = dure_day_add_days(endings.today, (uint32_t)within);
    int code = EXIT_DONE;
    if (!scan(&session, DURE_TABLE_PARTY, endings_see, &endings)) {
        code = session_failed(&session);
    } else if (endings.no_memory) {
        code = complain(EXIT_WORLD, "no memory for so many lots; look at fewer days or one fund");
    } else {
        code = print_endings(&session, &endings, (uint32_t)within);
    }
    free(endings.endings);
    session_close(&session);
    return code;
}

/* ---- lapse ----------------------------------------------------------------------------------- */

typedef struct {
    uint64_t party;
    uint32_t lots; /* that are over */
} over_t;

typedef struct {
    dure_day_t today;
    uint32_t city;
    size_t count, capacity;
    over_t *parties;
    bool no_memory;
} sweep_t;

static uint32_t lots_over(const dure_record_party_t *party, dure_day_t today)
{
    uint32_t count = 0;
    dure_reader_t lots = dure_reader(party->lots.bytes);
    for (uint32_t i = 0; i < party->lots.count; i++) {
        dure_lot_t lot;
        dure_lot_decode(&lots, &lot);
        count += lot.end_day < today;
    }
    return count;
}

static bool sweep_note(sweep_t *sweep, uint64_t party, uint32_t lots)
{
    if (sweep->count == sweep->capacity) {
        const size_t capacity = sweep->capacity == 0 ? 1024 : 2 * sweep->capacity;
        over_t *more = realloc(sweep->parties, capacity * sizeof *more);
        if (more == NULL) {
            sweep->no_memory = true;
            return false;
        }
        sweep->parties = more;
        sweep->capacity = capacity;
    }
    sweep->parties[sweep->count++] = (over_t){.party = party, .lots = lots};
    return true;
}

static bool sweep_see(void *context, dure_bytes_t record)
{
    static dure_record_party_t party;
    sweep_t *sweep = context;
    dure_reader_t reader = dure_reader(record);
    dure_record_party_decode(&reader, &party);
    const uint32_t lots = party.city == sweep->city ? lots_over(&party, sweep->today) : 0;
    return lots == 0 || sweep_note(sweep, party.party, lots);
}

static int compare_over(const void *left, const void *right)
{
    const over_t *a = left;
    const over_t *b = right;
    return a->party < b->party ? -1 : a->party > b->party;
}

/* *lots: how many were swept. */
static int sweep_send(session_t *session, uint32_t *lots, const dure_key_file_t *key,
                      const dure_lapse_t *lapse)
{
    static dure_body_t body = {.kind = DURE_BODY_LAPSE};
    static outcome_t outcome;
    body.lapse = *lapse;
    char text[64];
    snprintf(text, sizeof text, "swept %u part%s", (unsigned)lapse->parties_count,
             lapse->parties_count == 1 ? "y" : "ies");
    const int code = perform(session, &outcome, key, &body, text);
    *lots = 0;
    for (uint16_t i = 0; code == EXIT_DONE && i < outcome.effect.moves_count; i++) {
        *lots += outcome.effect.moves[i].what == DURE_MOVE_LOT_LAPSED;
    }
    return code;
}

/* As many parties at a time as one sweep has room for; a wallet that is more than that alone takes
   several. */
static int sweep_send_all(session_t *session, const dure_key_file_t *key, const sweep_t *sweep)
{
    int code = EXIT_DONE;
    for (size_t i = 0; code == EXIT_DONE && i < sweep->count;) {
        dure_lapse_t lapse = {0};
        uint32_t lots = 0;
        while (i < sweep->count && lapse.parties_count < PARTIES_MAX &&
               (lots == 0 || lots + sweep->parties[i].lots <= SWEEP_LOTS)) {
            lots += sweep->parties[i].lots;
            lapse.parties[lapse.parties_count++].party = sweep->parties[i++].party;
        }
        uint32_t swept = 0;
        do {
            code = sweep_send(session, &swept, key, &lapse);
            lots -= swept < lots ? swept : lots;
        } while (code == EXIT_DONE && lots > 0);
    }
    return code;
}

static int sweep_all(session_t *session, const dure_key_file_t *key)
{
    static dure_record_party_t signer;
    bool found = false;
    if (!dure_client_party(session->client, &found, &signer, key->party)) {
        return session_failed(session);
    }
    sweep_t sweep = {.today = today_of(session), .city = found ? signer.city : session->city};
    int code = EXIT_DONE;
    if (!scan(session, DURE_TABLE_PARTY, sweep_see, &sweep)) {
        code = session_failed(session);
    } else if (sweep.no_memory) {
        code = complain(EXIT_WORLD, "no memory for so many parties; name some of them");
    } else if (sweep.count == 0) {
        printf("%s", session->args->json ? "" : "nothing has expired\n");
    } else {
        qsort(sweep.parties, sweep.count, sizeof *sweep.parties, compare_over);
        code = sweep_send_all(session, key, &sweep);
    }
    free(sweep.parties);
    return code;
}

static int lapse(const args_t *args)
{
    dure_lapse_t named = {0};
    session_t session;
    dure_key_file_t key;
    for (uint32_t i = 0; i < args->count; i++) {
        uint64_t party = 0;
        if (!parse_number(&party, "the party", args->positionals[i], 1, UINT64_MAX)) {
            return EXIT_USAGE;
        }
        /* Ascending, as the transaction wants them. */
        uint16_t at = named.parties_count++;
        for (; at > 0 && named.parties[at - 1].party > party; at--) {
            named.parties[at] = named.parties[at - 1];
        }
        named.parties[at].party = party;
    }
    if (!session_own_key(&key, args, "registrar")) {
        return EXIT_USAGE;
    }
    if (!session_open(&session, args)) {
        return EXIT_WORLD;
    }
    uint32_t lots;
    const int code =
        args->count > 0 ? sweep_send(&session, &lots, &key, &named) : sweep_all(&session, &key);
    session_close(&session);
    return code;
}

/* ---- tidy ------------------------------------------------------------------------------------ */

static const struct {
    const char *name;
    dure_table_t table;
} tidied[] = {
    {"proposals", DURE_TABLE_PROPOSAL},
    {"batches", DURE_TABLE_BATCH},
    {"holds", DURE_TABLE_HOLD},
    {"refunds", DURE_TABLE_REFUND},
};
#define TIDIED (sizeof tidied / sizeof tidied[0])

typedef struct {
    dure_table_t table;
    dure_day_t today;
    dure_tidy_t tidy;
} tidying_t;

/* Whether a record's time is over, and its id: as the ledger sees it. */
static bool is_over(const tidying_t *tidying, dure_bytes_t bytes, dure_tx_id_t *id)
{
    const dure_day_t today = tidying->today;
    dure_reader_t reader = dure_reader(bytes);
    if (tidying->table == DURE_TABLE_PROPOSAL) {
        static dure_record_proposal_t record;
        dure_record_proposal_decode(&reader, &record);
        *id = record.id;
        return record.until < today;
    }
    if (tidying->table == DURE_TABLE_BATCH) {
        static dure_record_batch_t record;
        dure_record_batch_decode(&reader, &record);
        *id = record.id;
        return record.until < today;
    }
    if (tidying->table == DURE_TABLE_HOLD) {
        dure_record_hold_t record;
        dure_record_hold_decode(&reader, &record);
        *id = record.id;
        return record.until < today || (record.appealed != 0 && record.answer_by < today);
    }
    dure_record_refund_t record;
    dure_record_refund_decode(&reader, &record);
    *id = record.id;
    return record.until < today;
}

static bool tidy_see(void *context, dure_bytes_t record)
{
    tidying_t *tidying = context;
    dure_tx_id_t id;
    if (is_over(tidying, record, &id)) {
        tidying->tidy.ids[tidying->tidy.ids_count++] = id;
    }
    return tidying->tidy.ids_count < TIDY_IDS_MAX;
}

static int tidy_send(session_t *session, const dure_key_file_t *key, const dure_tidy_t *tidy,
                     const char *name)
{
    static dure_body_t body = {.kind = DURE_BODY_TIDY};
    static outcome_t outcome;
    body.tidy = *tidy;
    char text[64];
    snprintf(text, sizeof text, "removed %u of the %s", (unsigned)tidy->ids_count, name);
    return perform(session, &outcome, key, &body, text);
}

/* Until nothing of the table is over any more. */
static int tidy_table(session_t *session, const dure_key_file_t *key, size_t which, uint64_t *count)
{
    static tidying_t tidying;
    do {
        tidying = (tidying_t){.table = tidied[which].table,
                              .today = today_of(session),
                              .tidy = {.table = (uint8_t)tidied[which].table}};
        if (!scan(session, tidying.table, tidy_see, &tidying)) {
            return session_failed(session);
        }
        if (tidying.tidy.ids_count == 0) {
            return EXIT_DONE;
        }
        const int code = tidy_send(session, key, &tidying.tidy, tidied[which].name);
        if (code != EXIT_DONE) {
            return code;
        }
        *count += tidying.tidy.ids_count;
    } while (tidying.tidy.ids_count == TIDY_IDS_MAX);
    return EXIT_DONE;
}

static int tidy_all(session_t *session, const dure_key_file_t *key, size_t only)
{
    uint64_t count = 0;
    int code = EXIT_DONE;
    for (size_t i = 0; code == EXIT_DONE && i < TIDIED; i++) {
        if (only == TIDIED || only == i) {
            code = tidy_table(session, key, i, &count);
        }
    }
    if (code == EXIT_DONE && count == 0 && !session->args->json) {
        printf("nothing is over\n");
    }
    return code;
}

static int tidy(const args_t *args)
{
    static dure_tidy_t named;
    size_t which = 0;
    session_t session;
    dure_key_file_t key;
    while (args->count > 0 && which < TIDIED &&
           strcmp(tidied[which].name, args->positionals[0]) != 0) {
        which++;
    }
    if (args->count > 0 && which == TIDIED) {
        return complain(EXIT_USAGE, "'%s' is not proposals, batches, holds or refunds",
                        args->positionals[0]);
    }
    for (uint32_t i = 1; i < args->count; i++) {
        if (!parse_id(&named.ids[named.ids_count++], "the record", args->positionals[i])) {
            return EXIT_USAGE;
        }
    }
    if (!session_own_key(&key, args, "registrar")) {
        return EXIT_USAGE;
    }
    if (!session_open(&session, args)) {
        return EXIT_WORLD;
    }
    named.table = (uint8_t)tidied[which % TIDIED].table;
    const int code = args->count > 1 ? tidy_send(&session, &key, &named, tidied[which].name)
                                     : tidy_all(&session, &key, args->count == 0 ? TIDIED : which);
    session_close(&session);
    return code;
}

const command_t upkeep_commands[] = {
    {.words = "expiring",
     .arguments = "[--within DAYS] [--fund N]",
     .summary = "list the money that ends soon, to tell its holders",
     .options = "--within= --fund=",
     .help =
         "Lots whose last day is within DAYS (90) from today on, the next to end first, and how\n"
         "much ends within 7, 30 and 90 days.\n",
     .run = expiring},
    {.words = "lapse",
     .arguments = "[PARTY...]",
     .summary = "sweep what expired to the accounts that its programs name",
     .options = "--key= --as=",
     .help = "Without PARTY all that expired in the signer's city. Anyone may send it; the "
             "registrar signs\n"
             "unless --key or --as names another.\n",
     .most = ARGS_POSITIONALS_MAX,
     .run = lapse},
    {.words = "tidy",
     .arguments = "[proposals|batches|holds|refunds [ID...]]",
     .summary = "remove records whose time is over",
     .options = "--key= --as=",
     .help =
         "Without ID all whose time is over; what a grant did not use is free again. Anyone may\n"
         "send it; the registrar signs unless --key or --as names another.\n",
     .most = ARGS_POSITIONALS_MAX,
     .run = tidy},
    {0},
};
