/* dure_party: `dure party ...`. */
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "app/dure_command.h"

#define PARTY_NUMBERS_FROM UINT64_C(1000000)

/* ---- attributes ------------------------------------------------------------------------------ */

/* The value of an attribute as its type is written; complains. */
static bool parse_value(uint64_t *value, const dure_attribute_t *attribute, const char *text)
{
    dure_amount_t amount;
    uint16_t number = 0;
    switch ((dure_attribute_type_t)attribute->type) {
    case DURE_ATTRIBUTE_TYPE_WON:
        if (strcmp(text, "0") == 0 || strcmp(text, "0원") == 0) {
            *value = 0;
            return true;
        }
        if (!parse_amount(&amount, attribute->name, text)) {
            return false;
        }
        *value = amount.won;
        return true;
    case DURE_ATTRIBUTE_TYPE_NAME:
        if (dure_names_number(&number, (dure_names_t)attribute->names, text, strlen(text))) {
            *value = number;
            return true;
        }
        complain(EXIT_USAGE, "there is no %s '%s'; there are:", attribute->name, text);
        for (uint32_t i = 0;; i++) {
            const char *name = dure_names_entry(&number, (dure_names_t)attribute->names, i);
            if (name == NULL) {
                break;
            }
            fprintf(stderr, "%s%s", i % 6 == 0 ? (i == 0 ? "  " : "\n  ") : " ", name);
        }
        fputc('\n', stderr);
        return false;
    case DURE_ATTRIBUTE_TYPE_REGION:
        return parse_number(value, attribute->name, text, 10, 9999999999);
    case DURE_ATTRIBUTE_TYPE_COUNT:
        return parse_number(value, attribute->name, text, 0, 1000000);
    case DURE_ATTRIBUTE_TYPE_PARTY:
        return parse_number(value, attribute->name, text, 1, UINT64_MAX);
    }
    return false;
}

static const dure_attribute_t *attribute_named(const char *name)
{
    char plain[64];
    snprintf(plain, sizeof plain, "%s", name);
    for (char *at = plain; *at != 0; at++) {
        *at = *at == '-' ? '_' : *at;
    }
    return dure_attribute_by_name(plain, strlen(plain));
}

/* --from and --until, else from today for ever. */
static bool parse_validity(dure_attribute_entry_t *entry, const session_t *session)
{
    const char *from = args_option(session->args, "--from");
    const char *until = args_option(session->args, "--until");
    entry->from = dure_zone_day(&session->zone, session->time);
    entry->until = DURE_DAY_MAX;
    return (from == NULL || parse_day(&entry->from, "--from", from)) &&
           (until == NULL || parse_day(&entry->until, "--until", until));
}

/* ---- register -------------------------------------------------------------------------------- */

static const char *const register_options[] = {"--residence", "--birth-year", "--birth-digit",
                                               "--region",    "--category",   "--annual-sales",
                                               "--owner"};

/* The attributes among the options, ascending as the vocabulary has them. */
static bool collect_attributes(dure_registration_t *registration, const session_t *session)
{
    for (size_t i = 0; i < sizeof register_options / sizeof register_options[0]; i++) {
        const char *text = args_option(session->args, register_options[i]);
        if (text == NULL) {
            continue;
        }
        const dure_attribute_t *attribute = attribute_named(register_options[i] + 2);
        DURE_ASSERT(attribute != NULL);
        if (attribute->carrier != registration->kind) {
            complain(EXIT_USAGE, "%s is not for a %s", register_options[i],
                     dure_names_text(DURE_NAMES_KINDS, registration->kind));
            return false;
        }
        dure_attribute_entry_t *entry = &registration->attributes[registration->attributes_count++];
        entry->what = attribute->id;
        if (!parse_value(&entry->value, attribute, text) || !parse_validity(entry, session)) {
            return false;
        }
    }
    return true;
}

static bool party_is_free(session_t *session, bool *is_free, uint64_t party)
{
    dure_record_party_t record;
    bool found = false;
    bool ok = dure_client_party(session->client, &found, &record, party);
    *is_free = !found;
    return ok;
}

/* --number, or the next that is free. */
static int choose_number(session_t *session, uint64_t *party)
{
    const char *text = args_option(session->args, "--number");
    if (text != NULL) {
        return parse_number(party, "--number", text, 1, UINT64_MAX) ? EXIT_DONE : EXIT_USAGE;
    }
    dure_primary_key_t key = dure_key_chain();
    dure_bytes_t bytes = {0};
    bool found = false;
    if (!dure_client_record(session->client, &found, &bytes, &key)) {
        return session_failed(session);
    }
    dure_record_chain_t record = {0};
    dure_reader_t reader = dure_reader(bytes);
    dure_record_chain_decode(&reader, &record);
    bool is_free = false;
    *party = PARTY_NUMBERS_FROM + record.parties;
    while (!is_free) {
        (*party)++;
        if (!party_is_free(session, &is_free, *party)) {
            return session_failed(session);
        }
    }
    return EXIT_DONE;
}

/* The key of the new party: --key, or a new one in DIR/keys; *is_new: its file was made here.  A
   file of this party that has no number in it was made by a call that never heard the answer. */
static int party_key(session_t *session, dure_key_file_t *key, bool *is_new, char path[1024],
                     uint64_t party)
{
    const args_t *args = session->args;
    char problem[DURE_KEY_FILE_PROBLEM_SIZE];
    const char *name = args_option(args, "--key");
    *is_new = false;
    if (name != NULL) {
        key_path(path, args, name);
        if (!dure_key_file_read(key, path, problem)) {
            complain(EXIT_USAGE, "%s", problem);
            if (access(path, F_OK) != 0) {
                fprintf(stderr, "  make one with: dure key new %s\n", name);
            }
            return EXIT_USAGE;
        }
        if (key->party != 0) {
            return complain(EXIT_USAGE, "%s belongs to party %" PRIu64 " already", path,
                            key->party);
        }
        return EXIT_DONE;
    }
    snprintf(path, 1024, "%.900s/keys/party-%" PRIu64 ".key", args->directory, party);
    if (dure_key_file_read(key, path, problem) && key->party == 0) {
        return EXIT_DONE;
    }
    if (!dure_key_file_make(key, DURE_SCHEME_ED25519)) {
        return complain(EXIT_WORLD, "the system gives no random bytes");
    }
    *is_new = dure_key_file_write(key, path, false, problem);
    return *is_new ? EXIT_DONE : complain(EXIT_WORLD, "%s", problem);
}

static int registration_done(session_t *session, const outcome_t *outcome, dure_key_file_t *key,
                             const char *path, const dure_registration_t *registration)
{
    char problem[DURE_KEY_FILE_PROBLEM_SIZE];
    key->party = registration->subject;
    if (!dure_key_file_write(key, path, true, problem)) {
        return complain(EXIT_WORLD,
                        "party %" PRIu64 " is registered, but its number is not in its key: %s",
                        key->party, problem);
    }
    if (session->args->json) {
        json_t *object = outcome_json(session->args, outcome);
        json_object_set_new(object, "party", json_u64(key->party));
        json_object_set_new(object, "key", json_string(path));
        print_json(object);
        return EXIT_DONE;
    }
    printf("registered %s %" PRIu64 "\n  key %s\n",
           dure_names_text(DURE_NAMES_KINDS, registration->kind), key->party, path);
    print_place(session, outcome);
    return EXIT_DONE;
}

static int register_with(session_t *session, dure_registration_t *registration)
{
    dure_key_file_t registrar, key;
    char path[1024];
    bool is_new = false;
    if (!session_key(&registrar, session->args, "registrar")) {
        return EXIT_USAGE;
    }
    int code = choose_number(session, &registration->subject);
    code =
        code == EXIT_DONE ? party_key(session, &key, &is_new, path, registration->subject) : code;
    if (code != EXIT_DONE) {
        return code;
    }
    registration->keys_count = 1;
    registration->keys[0] = (dure_key_entry_t){.slot = 0, .key = key.public_key};
    if (getrandom(registration->blind.bytes, sizeof registration->blind.bytes, 0) !=
        (ssize_t)sizeof registration->blind.bytes) {
        return complain(EXIT_WORLD, "the system gives no random bytes");
    }
    static dure_body_t body;
    static outcome_t outcome;
    body.kind = DURE_BODY_REGISTRATION;
    body.registration = *registration;
    code = session_submit(session, &outcome, &registrar, &body);
    if (code == EXIT_REFUSED && is_new) {
        (void)unlink(path); /* nobody's key */
    }
    return code == EXIT_DONE ? registration_done(session, &outcome, &key, path, registration)
                             : code;
}

static int party_register(const args_t *args)
{
    dure_registration_t registration = {0};
    session_t session;
    const char *kind = args_option(args, "--kind");
    uint16_t number = 0;
    if (kind == NULL || !dure_names_number(&number, DURE_NAMES_KINDS, kind, strlen(kind))) {
        return complain(EXIT_USAGE, "--kind is citizen, merchant, service or bearer%s%s%s",
                        kind == NULL ? "" : ", not '", kind == NULL ? "" : kind,
                        kind == NULL ? "" : "'");
    }
    registration.kind = (uint8_t)number;
    if (!session_open(&session, args)) {
        return EXIT_WORLD;
    }
    int code = collect_attributes(&registration, &session) ? register_with(&session, &registration)
                                                           : EXIT_USAGE;
    session_close(&session);
    return code;
}

/* ---- attest ---------------------------------------------------------------------------------- */

/* Who attests: the service of DIR/keys that the vocabulary names. */
static const char *attester(const char *attested_by)
{
    return strcmp(attested_by, "city") == 0 ? "officer-1" : attested_by;
}

static int submit_attest(session_t *session, const dure_attest_t *attest, const char *service,
                         const char *what)
{
    dure_key_file_t key;
    if (!session_key(&key, session->args, service)) {
        return EXIT_USAGE;
    }
    static outcome_t outcome;
    static dure_body_t body;
    body.kind = DURE_BODY_ATTEST;
    body.attest = *attest;
    int code = session_submit(session, &outcome, &key, &body);
    if (code != EXIT_DONE) {
        return code;
    }
    if (session->args->json) {
        print_json(outcome_json(session->args, &outcome));
        return EXIT_DONE;
    }
    if (attest->entry.until < attest->entry.from) {
        printf("party %" PRIu64 ": %s no more\n", attest->subject, what);
    } else {
        printf("party %" PRIu64 ": %s from %s%s%s\n", attest->subject, what,
               day_text(attest->entry.from).text,
               attest->entry.until == DURE_DAY_MAX ? "" : " until ",
               attest->entry.until == DURE_DAY_MAX ? "" : day_text(attest->entry.until).text);
    }
    print_place(session, &outcome);
    return EXIT_DONE;
}

static int party_attest(const args_t *args)
{
    dure_attest_t attest = {0};
    const dure_attribute_t *attribute = attribute_named(args->positionals[1]);
    if (!parse_number(&attest.subject, "the party", args->positionals[0], 1, UINT64_MAX)) {
        return EXIT_USAGE;
    }
    if (attribute == NULL) {
        complain(EXIT_USAGE, "there is no attribute '%s'; there are:", args->positionals[1]);
        for (uint32_t i = 0; i < DURE_ATTRIBUTES_COUNT; i++) {
            fprintf(stderr, "  %-13s %s, attested by the %s\n", dure_attributes[i].name,
                    dure_attributes[i].en, dure_attributes[i].attested_by);
        }
        return EXIT_USAGE;
    }
    attest.entry.what = attribute->id;
    if (!parse_value(&attest.entry.value, attribute, args->positionals[2])) {
        return EXIT_USAGE;
    }
    session_t session;
    if (!session_open(&session, args)) {
        return EXIT_WORLD;
    }
    char what[128];
    snprintf(what, sizeof what, "%s %.80s", attribute->name, args->positionals[2]);
    int code = parse_validity(&attest.entry, &session)
                   ? submit_attest(&session, &attest, attester(attribute->attested_by), what)
                   : EXIT_USAGE;
    session_close(&session);
    return code;
}

static int change_list(const args_t *args, bool is_member)
{
    dure_attest_t attest = {0};
    dure_name_t list;
    if (!parse_number(&attest.subject, "the party", args->positionals[0], 1, UINT64_MAX) ||
        !parse_name(&list, "the list", args->positionals[1])) {
        return EXIT_USAGE;
    }
    session_t session;
    if (!session_open(&session, args)) {
        return EXIT_WORLD;
    }
    attest.entry.what = dure_list_attribute(&list);
    attest.entry.value = 1;
    int code = EXIT_USAGE;
    if (parse_validity(&attest.entry, &session)) {
        char what[64];
        snprintf(what, sizeof what, "on the list %s", list.text);
        if (!is_member) {
            attest.entry.until = attest.entry.from - 1; /* before its first day: removed */
        }
        code = submit_attest(&session, &attest, "registrar", what);
    }
    session_close(&session);
    return code;
}

static int party_list_add(const args_t *args)
{
    return change_list(args, true);
}

static int party_list_remove(const args_t *args)
{
    return change_list(args, false);
}

/* ---- show ------------------------------------------------------------------------------------ */

static void print_attributes(const dure_record_party_t *party)
{
    for (uint32_t i = 0; i < party->attributes_count; i++) {
        const dure_attribute_entry_t *entry = &party->attributes[i];
        const dure_attribute_t *attribute =
            entry->what >> 63 != 0 ? NULL : dure_attribute_by_id((uint32_t)entry->what);
        text_t until = entry->until == DURE_DAY_MAX ? (text_t){""} : day_text(entry->until);
        if (attribute == NULL) {
            printf("  on list %016" PRIx64, entry->what);
        } else if (attribute->type == DURE_ATTRIBUTE_TYPE_NAME) {
            const char *name =
                dure_names_text((dure_names_t)attribute->names, (uint32_t)entry->value);
            printf("  %-13s %s", attribute->name, name == NULL ? "?" : name);
        } else if (attribute->type == DURE_ATTRIBUTE_TYPE_WON &&
                   dure_amount_is_valid(entry->value)) {
            printf("  %-13s %s", attribute->name, amount_text(dure_amount(entry->value)).text);
        } else {
            printf("  %-13s %" PRIu64, attribute->name, entry->value);
        }
        printf("  from %s%s%s\n", day_text(entry->from).text, *until.text == 0 ? "" : " until ",
               until.text);
    }
}

typedef struct {
    uint32_t count;
    dure_lot_t lots[DURE_PARTY_LOTS_MAX * DURE_PARTY_FUNDS_MAX];
    uint32_t counter_count;
    dure_counter_t counters[256];
} wallet_t;

/* The lists that borrow from the record, before anything else is asked of the node. */
static void copy_wallet(wallet_t *wallet, const dure_record_party_t *party)
{
    dure_reader_t reader = dure_reader(party->lots.bytes);
    wallet->count = party->lots.count;
    for (uint32_t i = 0; i < wallet->count; i++) {
        dure_lot_decode(&reader, &wallet->lots[i]);
    }
    reader = dure_reader(party->counters.bytes);
    wallet->counter_count = party->counters.count < 256 ? party->counters.count : 256;
    for (uint32_t i = 0; i < wallet->counter_count; i++) {
        dure_counter_decode(&reader, &wallet->counters[i]);
    }
}

#define SOON_DAYS 90

/* Money that ends soon is marked, and money that is over. */
static text_t end_text(const session_t *session, const dure_lot_t *lot)
{
    text_t text;
    const int days = lot->end_day - dure_zone_day(&session->zone, session_now(session));
    if (days < 0) {
        snprintf(text.text, sizeof text.text, " (over)");
    } else if (days <= SOON_DAYS) {
        snprintf(text.text, sizeof text.text, " (in %d day%s)", days, days == 1 ? "" : "s");
    } else {
        text.text[0] = 0;
    }
    return text;
}

static void print_money(session_t *session, const dure_record_party_t *party,
                        const wallet_t *wallet)
{
    for (uint32_t i = 0; i < wallet->count;) {
        uint64_t fund = wallet->lots[i].fund;
        dure_amount_t sum = DURE_AMOUNT_ZERO;
        uint32_t end = i;
        while (end < wallet->count && wallet->lots[end].fund == fund) {
            sum = dure_amount_plus(sum, wallet->lots[end++].left);
        }
        printf("  %s of %s\n", amount_text(sum).text, fund_label(session, fund).text);
        for (; i < end; i++) {
            const dure_lot_t *lot = &wallet->lots[i];
            text_t left = amount_text(lot->left), face = amount_text(lot->face);
            text_t paid = amount_text(lot->paid);
            const char *origin = dure_names_text(DURE_NAMES_ORIGINS, lot->origin);
            text_t ends = day_text(lot->end_day);
            printf("    lot %-3u %10s left of %s, paid %s, %s of %s, ends %s%s%s\n",
                   (unsigned)lot->number, left.text, face.text, paid.text,
                   origin == NULL ? "?" : origin, day_text(lot->issue_day).text, ends.text,
                   end_text(session, lot).text, lot->gifted ? ", a gift" : "");
        }
    }
    for (uint32_t i = 0; i < party->balances_count; i++) {
        const dure_balance_t *balance = &party->balances[i];
        printf("  %s of %s, to be cashed out\n", amount_text(balance->amount).text,
               fund_label(session, balance->fund).text);
        if (!dure_amount_is_zero(balance->owed)) {
            printf("    owes the refund reserve %s\n", amount_text(balance->owed).text);
        }
    }
    if (wallet->count == 0 && party->balances_count == 0 && party->kind != DURE_KIND_SERVICE) {
        printf("  no money\n");
    }
    if (!dure_amount_is_zero(party->reserved)) {
        printf("  %s in orders that wait for the bank\n", amount_text(party->reserved).text);
    }
}

static json_t *lots_json(const session_t *session, const wallet_t *wallet)
{
    const dure_day_t today = dure_zone_day(&session->zone, session_now(session));
    json_t *lots = json_array();
    for (uint32_t i = 0; i < wallet->count; i++) {
        const dure_lot_t *lot = &wallet->lots[i];
        json_array_append_new(
            lots,
            json_pack("{s:o, s:i, s:o, s:b, s:o, s:o, s:o, s:o, s:s, s:s, s:i}", "fund",
                      json_u64(lot->fund), "lot", (int)lot->number, "origin",
                      json_text(dure_names_text(DURE_NAMES_ORIGINS, lot->origin)), "gifted",
                      (int)lot->gifted, "face", json_amount(lot->face), "left",
                      json_amount(lot->left), "paid", json_amount(lot->paid), "subsidy",
                      json_amount(lot->subsidy), "issued", day_text(lot->issue_day).text, "ends",
                      day_text(lot->end_day).text, "days_left", (int)(lot->end_day - today)));
    }
    return lots;
}

static json_t *balances_json(const dure_record_party_t *party)
{
    json_t *balances = json_array();
    for (uint32_t i = 0; i < party->balances_count; i++) {
        const dure_balance_t *balance = &party->balances[i];
        json_array_append_new(
            balances, json_pack("{s:o, s:o, s:o}", "fund", json_u64(balance->fund), "amount",
                                json_amount(balance->amount), "owed", json_amount(balance->owed)));
    }
    return balances;
}

static json_t *party_json(const session_t *session, const dure_record_party_t *party,
                          const wallet_t *wallet)
{
    json_t *attributes = json_array();
    for (uint32_t i = 0; i < party->attributes_count; i++) {
        const dure_attribute_entry_t *entry = &party->attributes[i];
        const dure_attribute_t *attribute =
            entry->what >> 63 != 0 ? NULL : dure_attribute_by_id((uint32_t)entry->what);
        json_array_append_new(attributes,
                              json_pack("{s:o, s:o, s:o, s:s, s:s}", "name",
                                        json_text(attribute == NULL ? NULL : attribute->name),
                                        "what", json_u64(entry->what), "value",
                                        json_u64(entry->value), "from", day_text(entry->from).text,
                                        "until", day_text(entry->until).text));
    }
    return json_pack("{s:o, s:i, s:s, s:i, s:o, s:o, s:o, s:o, s:o}", "party",
                     json_u64(party->party), "city", (int)party->city, "kind",
                     dure_names_text(DURE_NAMES_KINDS, party->kind), "roles", (int)party->roles,
                     "top", json_u64(party->top), "reserved", json_amount(party->reserved),
                     "attributes", attributes, "lots", lots_json(session, wallet), "balances",
                     balances_json(party));
}

static void print_party(session_t *session, const dure_record_party_t *party,
                        const wallet_t *wallet)
{
    printf("party %" PRIu64 ", %s of city %u\n", party->party,
           dure_names_text(DURE_NAMES_KINDS, party->kind), (unsigned)party->city);
    for (uint32_t bit = 1; bit <= 128; bit *= 2) {
        if ((party->roles & bit) != 0) {
            printf("  role %s\n", dure_names_text(DURE_NAMES_ROLES, bit));
        }
    }
    for (uint32_t i = 0; i < party->keys_count; i++) {
        printf("  key %u, %s\n", (unsigned)party->keys[i].slot,
               party->keys[i].key.scheme == DURE_SCHEME_P256 ? "p256" : "ed25519");
    }
    print_attributes(party);
    print_money(session, party, wallet);
    show_counters(session, wallet->counters, wallet->counter_count);
}

/* What a wallet or a till shows: the money, and what stops it. */
static json_t *money_json(session_t *session, const dure_record_party_t *party,
                          const wallet_t *wallet)
{
    return json_pack("{s:o, s:o, s:o, s:o}", "party", json_u64(party->party), "reserved",
                     json_amount(party->reserved), "lots", lots_json(session, wallet), "balances",
                     balances_json(party));
}

static int show(session_t *session, const dure_record_party_t *party, const wallet_t *wallet,
                bool money_alone)
{
    if (!session->args->json) {
        if (money_alone) {
            printf("party %" PRIu64 "\n", party->party);
            print_money(session, party, wallet);
        } else {
            print_party(session, party, wallet);
        }
        return show_holds(session, party->party) ? EXIT_DONE : session_failed(session);
    }
    json_t *holds = holds_json(session, party->party);
    if (holds == NULL) {
        return session_failed(session);
    }
    json_t *object =
        money_alone ? money_json(session, party, wallet) : party_json(session, party, wallet);
    json_object_set_new(object, "holds", holds);
    print_json(object);
    return EXIT_DONE;
}

/* `wallet` alone: what the signer has, not all that is known of it. */
static int show_party(session_t *session, uint64_t number, bool money_alone)
{
    static dure_record_party_t party;
    static wallet_t wallet;
    bool found = false;
    if (!dure_client_party(session->client, &found, &party, number)) {
        return session_failed(session);
    }
    if (!found) {
        return complain(EXIT_USAGE, "there is no party %" PRIu64, number);
    }
    copy_wallet(&wallet, &party);
    return show(session, &party, &wallet, money_alone);
}

static int party_show(const args_t *args)
{
    uint64_t number = 0;
    session_t session;
    if (!parse_number(&number, "the party", args->positionals[0], 1, UINT64_MAX)) {
        return EXIT_USAGE;
    }
    if (!session_open(&session, args)) {
        return EXIT_WORLD;
    }
    const int code = show_party(&session, number, false);
    session_close(&session);
    return code;
}

static int wallet_show(const args_t *args)
{
    session_t session;
    dure_key_file_t key;
    if (!session_key(&key, args, NULL)) {
        return EXIT_USAGE;
    }
    if (!session_open(&session, args)) {
        return EXIT_WORLD;
    }
    const int code = show_party(&session, key.party, true);
    session_close(&session);
    return code;
}

const command_t party_commands[] = {
    {.words = "party register",
     .arguments = "--kind citizen|merchant|bearer [--key FILE] [ATTRIBUTES]",
     .summary = "register a citizen or a merchant",
     .options = "--kind= --key= --number= --residence= --birth-year= --birth-digit= --region= "
                "--category= --annual-sales= --owner= --from= --until= --as=",
     .help =
         "Signed by the registrar (or --as NAME). The key's file gets the party's number; without\n"
         "--key a new key is made in DIR/keys.\n\n"
         "  citizen:  --residence 41570 --birth-year 1960\n"
         "  merchant: --region 41570 --category bakery --annual-sales 300,000,000원 --owner N\n"
         "  --number N       the party's number; else the next that is free\n"
         "  --from, --until  when the attributes hold; else from today for ever\n",
     .run = party_register},
    {.words = "party attest",
     .arguments = "PARTY ATTRIBUTE VALUE [--from DATE] [--until DATE]",
     .summary = "attest a fact about a party",
     .options = "--from= --until= --as=",
     .help = "Signed by the service that may attest it: the registrar, the watch or an officer. An "
             "end\n"
             "before the beginning takes the fact away.\n",
     .least = 3,
     .most = 3,
     .run = party_attest},
    {.words = "party list-add",
     .arguments = "PARTY LIST [--from DATE] [--until DATE]",
     .summary = "put a party on a list that rules read",
     .options = "--from= --until= --as=",
     .least = 2,
     .most = 2,
     .run = party_list_add},
    {.words = "party list-remove",
     .arguments = "PARTY LIST",
     .summary = "take a party from a list",
     .options = "--as=",
     .least = 2,
     .most = 2,
     .run = party_list_remove},
    {.words = "party show",
     .arguments = "PARTY",
     .summary = "show a party: facts, lots, money, limits used",
     .least = 1,
     .most = 1,
     .run = party_show},
    {.words = "wallet",
     .arguments = "--key FILE",
     .summary = "show what the owner of a key has, and what of it ends soon",
     .options = "--key=",
     .help = "Money that ends within 90 days is marked with the days that are left.\n",
     .run = wallet_show},
    {0},
};
