/* dure_mandate: a payer's one-time promise as a code, and the shop that collects by it. */
#include <ctype.h>
#include <string.h>
#include <sys/random.h>

#include "app/dure_command.h"
#include "app/mandate_code.h"

#define TERM_DEFAULT_MS 60000u
#define TERM_MAX_MS     (31ull * 86400000u)
/* A mandate does not take the payer's next number, which a payment of this minute would take too;
   within the window of 64 both stay good. */
#define AHEAD_MIN 2u
#define AHEAD_MAX 33u

/* 60s, 5m, 2h, 1d */
static bool parse_term(uint64_t *term_ms, const char *text)
{
    static const char units[] = "smhd";
    static const uint64_t unit_ms[] = {1000, 60000, 3600000, 86400000};
    char digits[16];
    const size_t size = strlen(text);
    const char *unit = size > 1 ? strchr(units, text[size - 1]) : NULL;
    uint64_t count = 0;
    if (unit != NULL && size <= sizeof digits) {
        memcpy(digits, text, size - 1);
        digits[size - 1] = 0;
        for (const char *at = digits; *at != 0; at++) {
            unit = isdigit((unsigned char)*at) ? unit : NULL;
        }
    }
    if (unit == NULL || size > 8) {
        complain(EXIT_USAGE, "--for '%s' is not a term: write 60s, 5m, 2h or 1d", text);
        return false;
    }
    if (!parse_number(&count, "--for", digits, 1, 2678400)) {
        return false;
    }
    *term_ms = count * unit_ms[unit - units];
    if (*term_ms > TERM_MAX_MS) {
        complain(EXIT_USAGE, "--for '%s' is too long: at most 31d", text);
        return false;
    }
    return true;
}

static int choose_number(session_t *session, uint64_t *number, uint64_t party)
{
    const char *text = args_option(session->args, "--number");
    if (text != NULL) {
        return parse_number(number, "--number", text, 1, UINT64_MAX) ? EXIT_DONE : EXIT_USAGE;
    }
    uint32_t random = 0;
    if (getrandom(&random, sizeof random, 0) != (ssize_t)sizeof random) {
        return complain(EXIT_WORLD, "the system gives no random bytes");
    }
    if (!dure_client_top(session->client, number, party, 0)) {
        return session_failed(session);
    }
    *number += AHEAD_MIN + random % (AHEAD_MAX - AHEAD_MIN + 1);
    return EXIT_DONE;
}

static bool sign_mandate(mandate_code_t *code, const session_t *session, const dure_key_file_t *key)
{
    uint8_t message[DURE_MANDATE_MESSAGE_SIZE];
    dure_mandate_message(message, &session->chain_id, &code->mandate);
    code->slot = key->slot;
    return dure_sign(&code->signature, &key->secret, message, sizeof message);
}

static void print_mandate(const session_t *session, const mandate_code_t *code)
{
    char text[MANDATE_CODE_SIZE];
    const dure_mandate_t *mandate = &code->mandate;
    mandate_code_write(text, code);
    if (session->args->json) {
        print_json(json_pack("{s:s, s:o, s:o, s:o, s:o, s:o}", "code", text, "payer",
                             json_u64(mandate->payer), "number", json_u64(mandate->number),
                             "amount_max", json_amount(mandate->amount_max), "until",
                             json_u64(mandate->until), "payee",
                             mandate->payee == 0 ? json_null() : json_u64(mandate->payee)));
        return;
    }
    char shop[64] = "any shop";
    if (mandate->payee != 0) {
        snprintf(shop, sizeof shop, "party %" PRIu64, mandate->payee);
    }
    printf("%s may collect up to %s from party %" PRIu64 ", once, until %s KST\n%s\n", shop,
           amount_text(mandate->amount_max).text, mandate->payer,
           time_text(&session->zone, mandate->until).text, text);
}

static int make_mandate(session_t *session, mandate_code_t *code, const dure_key_file_t *key,
                        uint64_t term_ms)
{
    dure_record_party_t record;
    bool found = false;
    if (!dure_client_party(session->client, &found, &record, key->party)) {
        return session_failed(session);
    }
    if (!found || record.kind != DURE_KIND_CITIZEN) {
        return complain(EXIT_USAGE, "party %" PRIu64 " is no citizen: a mandate is a citizen's",
                        key->party);
    }
    code->mandate.payer = key->party;
    code->mandate.until = session_now(session) + term_ms;
    const int chosen = choose_number(session, &code->mandate.number, key->party);
    if (chosen != EXIT_DONE) {
        return chosen;
    }
    if (!sign_mandate(code, session, key)) {
        return complain(EXIT_WORLD, "the mandate cannot be signed");
    }
    print_mandate(session, code);
    return EXIT_DONE;
}

static int mandate(const args_t *args)
{
    mandate_code_t code = {0};
    dure_key_file_t key;
    session_t session;
    uint64_t term_ms = TERM_DEFAULT_MS;
    const char *term = args_option(args, "--for");
    const char *payee = args_option(args, "--payee");
    if (!parse_amount(&code.mandate.amount_max, "the amount", args->positionals[0]) ||
        (term != NULL && !parse_term(&term_ms, term)) ||
        (payee != NULL && !parse_number(&code.mandate.payee, "--payee", payee, 1, UINT64_MAX)) ||
        !session_own_key(&key, args, NULL)) {
        return EXIT_USAGE;
    }
    if (!session_open(&session, args)) {
        return EXIT_WORLD;
    }
    const int done = make_mandate(&session, &code, &key, term_ms);
    session_close(&session);
    return done;
}

/* ---- collect */
static bool read_code(mandate_code_t *code, const char *text)
{
    char line[1024];
    if (strcmp(text, "-") == 0) {
        if (fgets(line, sizeof line, stdin) == NULL) {
            complain(EXIT_USAGE, "there is no code on the standard input");
            return false;
        }
        text = line;
    }
    const char *problem = mandate_code_read(code, text);
    if (problem != NULL) {
        complain(EXIT_USAGE,
                 "that is not the code of a mandate: %s; `dure mandate` prints one, 180 letters "
                 "and digits from DURE1 on",
                 problem);
    }
    return problem == NULL;
}

static int collect(const args_t *args)
{
    static dure_body_t body = {.kind = DURE_BODY_COLLECTION};
    static outcome_t outcome;
    dure_collection_t *collection = &body.collection;
    mandate_code_t code;
    session_t session;
    dure_key_file_t key;
    uint16_t channel = DURE_CHANNEL_QR_CUSTOMER;
    const char *name = args_option(args, "--channel");
    if (name != NULL && !dure_names_number(&channel, DURE_NAMES_CHANNELS, name, strlen(name))) {
        return complain(EXIT_USAGE, "--channel is qr_merchant, qr_customer, card or online");
    }
    if (!read_code(&code, args->positionals[0]) ||
        !parse_amount(&collection->amount, "the amount", args->positionals[1]) ||
        !session_own_key(&key, args, NULL)) {
        return EXIT_USAGE;
    }
    if (!session_open(&session, args)) {
        return EXIT_WORLD;
    }
    collection->mandate = code.mandate;
    collection->slot = code.slot;
    collection->signature = code.signature;
    collection->channel = (uint8_t)channel;
    char text[256];
    snprintf(text, sizeof text, "collected %s from party %" PRIu64,
             amount_text(collection->amount).text, code.mandate.payer);
    const int done = perform(&session, &outcome, &key, &body, text);
    session_close(&session);
    return done;
}

const command_t mandate_commands[] = {
    {.words = "mandate",
     .arguments = "AMOUNT --key FILE [--for 60s] [--payee SHOP] [--number N]",
     .summary = "a citizen's code, by which a shop may collect up to so much, once",
     .options = "--key= --as= --for= --payee= --number=",
     .help =
         "Nothing is sent: the code is a promise that the first shop to present it collects by.\n"
         "  --for     how long it holds: 60s (default), 5m, 2h, 1d, at most 31d\n"
         "  --payee   the only shop that may collect; else any\n"
         "  --number  of the citizen's own; else a free one a little ahead of the next\n"
         "The code is used up by the first attempt that names it rightly, also a refused one.\n",
     .least = 1,
     .most = 1,
     .run = mandate},
    {.words = "collect",
     .arguments = "CODE AMOUNT --key FILE [--channel NAME]",
     .summary = "a merchant collects a payment by a citizen's code",
     .options = "--key= --as= --channel=",
     .help = "CODE is what `dure mandate` printed, or - for the standard input. Blanks, hyphens "
             "and small\n"
             "letters do not matter. --channel is qr_customer (default), qr_merchant, card or "
             "online.\n",
     .least = 2,
     .most = 2,
     .run = collect},
    {0},
};
