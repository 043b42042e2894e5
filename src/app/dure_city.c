/* dure_city: `dure city ...`: what the officers decide. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "app/dure_command.h"
#include "yak/dure_yak.h"

#define PROPOSAL_DAYS 14u

/* ---- proposing ------------------------------------------------------------------------------- */

static int64_t number_of(const dure_effect_t *effect, dure_label_t label)
{
    for (uint32_t i = 0; i < effect->numbers_count; i++) {
        if (effect->numbers[i].source == 1 && effect->numbers[i].label == (uint8_t)label) {
            return effect->numbers[i].value;
        }
    }
    return 0;
}

/* After a proposal or an approval: done, or how many approvals are still missing.  The answer tells
   it: a node that has to make more room is gone by now. */
static int print_progress(session_t *session, const outcome_t *outcome, const dure_tx_id_t *id,
                          const char *what)
{
    const int64_t approvals = number_of(&outcome->effect, DURE_LABEL_APPROVALS);
    const int64_t threshold = number_of(&outcome->effect, DURE_LABEL_THRESHOLD);
    if (session->args->json) {
        print_json(outcome_json(session->args, outcome));
        return EXIT_DONE;
    }
    if (approvals >= threshold) {
        printf("decided: %s\n", what);
        print_moves(session, &outcome->effect);
        print_place(session, outcome);
        if (number_of(&outcome->effect, DURE_LABEL_ROOM) > 0) {
            printf("%" PRId64 " lots are left: propose it again for the next 34\n",
                   number_of(&outcome->effect, DURE_LABEL_ROOM));
        }
        return EXIT_DONE;
    }
    printf("proposed: %s\n", what);
    print_place(session, outcome);
    printf("%" PRId64 " of %" PRId64 " approvals; next: dure city approve %s\n", approvals,
           threshold, id_text(id).text);
    return EXIT_DONE;
}

/* Signed by an officer; `act` may be completed from the session before. */
int act_propose(session_t *session, const dure_act_t *act, const char *what)
{
    static dure_body_t body = {.kind = DURE_BODY_PROPOSE};
    static outcome_t outcome;
    dure_key_file_t key;
    if (!session_key(&key, session->args, "officer-1")) {
        return EXIT_USAGE;
    }
    body.propose.act = *act;
    body.propose.until =
        dure_day_add_days(dure_zone_day(&session->zone, session->time), PROPOSAL_DAYS);
    int code = session_submit(session, &outcome, &key, &body);
    return code == EXIT_DONE ? print_progress(session, &outcome, &outcome.id, what) : code;
}

static int propose_alone(const args_t *args, const dure_act_t *act, const char *what)
{
    session_t session;
    if (!session_open(&session, args)) {
        return EXIT_WORLD;
    }
    int code = act_propose(&session, act, what);
    session_close(&session);
    return code;
}

static int city_account(const args_t *args)
{
    dure_act_t act = {.kind = DURE_ACT_ACCOUNT};
    if (!parse_name(&act.account.account, "the account", args->positionals[0])) {
        return EXIT_USAGE;
    }
    char what[128];
    snprintf(what, sizeof what, "account %s", act.account.account.text);
    return propose_alone(args, &act, what);
}

/* ---- funds ----------------------------------------------------------------------------------- */

static bool read_source(uint8_t *source, size_t *size, const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        complain(EXIT_USAGE, "cannot read %s: %s", path, strerror(errno));
        return false;
    }
    *size = fread(source, 1, DURE_YAK_SOURCE_SIZE_MAX + 1, file);
    fclose(file);
    if (*size > DURE_YAK_SOURCE_SIZE_MAX) {
        complain(EXIT_USAGE, "%s is larger than %u bytes", path, DURE_YAK_SOURCE_SIZE_MAX);
        return false;
    }
    return true;
}

static bool compile(const args_t *args, const char *path, dure_bytes_t source, uint8_t *image,
                    size_t *image_size)
{
    static dure_yak_diagnostics_t diagnostics;
    void *workspace = malloc(dure_yak_workspace_size());
    if (workspace == NULL) {
        complain(EXIT_WORLD, "no memory");
        return false;
    }
    bool compiled = dure_yak_compile(workspace, dure_yak_workspace_size(), source, image,
                                     image_size, &diagnostics);
    free(workspace);
    if (compiled) {
        return true;
    }
    uint32_t kept =
        diagnostics.count < DURE_YAK_DIAGNOSTICS_MAX ? diagnostics.count : DURE_YAK_DIAGNOSTICS_MAX;
    for (uint32_t i = 0; i < kept; i++) {
        const dure_yak_diagnostic_t *said = &diagnostics.list[i];
        fprintf(stderr, "%s:%u:%u: %s\n", path, (unsigned)said->line, (unsigned)said->column,
                args->language == DURE_YAK_KO ? said->ko : said->en);
    }
    complain(EXIT_USAGE, "%s is not a correct program; dure yak check %s shows the places", path,
             path);
    return false;
}

static int city_fund(const args_t *args)
{
    static uint8_t source[DURE_YAK_SOURCE_SIZE_MAX + 1], image[DURE_YAK_IMAGE_SIZE_MAX];
    static dure_yak_program_t program;
    size_t source_size = 0, image_size = 0;
    dure_act_t act = {.kind = DURE_ACT_FUND};
    const char *path = args->positionals[0];
    const char *number = args_option(args, "--number");
    const char *ceiling = args_option(args, "--ceiling");
    if (number == NULL || ceiling == NULL) {
        return complain(EXIT_USAGE, "a fund needs %s",
                        number == NULL ? "--number N, never used before"
                                       : "--ceiling AMOUNT, the most that may ever be issued");
    }
    if (!parse_number(&act.fund.fund, "--number", number, 1, UINT64_MAX) ||
        !parse_amount(&act.fund.ceiling, "--ceiling", ceiling) ||
        !read_source(source, &source_size, path) ||
        !compile(args, path, dure_bytes(source, source_size), image, &image_size)) {
        return EXIT_USAGE;
    }
    act.fund.image = dure_bytes(image, image_size);
    act.fund.source = dure_bytes(source, source_size);
    DURE_ASSERT(dure_yak_load(&program, act.fund.image) == DURE_YAK_LOAD_OK);
    char what[256];
    snprintf(what, sizeof what, "fund %" PRIu64 ", %s, up to %s", act.fund.fund, program.name.text,
             amount_text(act.fund.ceiling).text);
    return propose_alone(args, &act, what);
}

static int city_version(const args_t *args)
{
    static uint8_t source[DURE_YAK_SOURCE_SIZE_MAX + 1], image[DURE_YAK_IMAGE_SIZE_MAX];
    size_t source_size = 0, image_size = 0;
    dure_act_t act = {.kind = DURE_ACT_VERSION};
    const char *path = args->positionals[1];
    const char *from = args_option(args, "--from");
    if (from == NULL) {
        return complain(EXIT_USAGE, "a new program needs --from DATE, its first day");
    }
    if (!parse_number(&act.version.fund, "the fund", args->positionals[0], 1, UINT64_MAX) ||
        !parse_day(&act.version.from, "--from", from) || !read_source(source, &source_size, path) ||
        !compile(args, path, dure_bytes(source, source_size), image, &image_size)) {
        return EXIT_USAGE;
    }
    act.version.image = dure_bytes(image, image_size);
    act.version.source = dure_bytes(source, source_size);
    char what[128];
    snprintf(what, sizeof what, "fund %" PRIu64 ": a new program from %s", act.version.fund,
             day_text(act.version.from).text);
    return propose_alone(args, &act, what);
}

static int propose_mode(const args_t *args, dure_fund_mode_t mode, const char *says)
{
    dure_act_t act = {.kind = DURE_ACT_MODE, .mode = {.mode = (uint8_t)mode}};
    const char *successor = args_option(args, "--successor");
    if (!parse_number(&act.mode.fund, "the fund", args->positionals[0], 1, UINT64_MAX) ||
        (successor != NULL &&
         !parse_number(&act.mode.successor, "--successor", successor, 1, UINT64_MAX))) {
        return EXIT_USAGE;
    }
    char what[128];
    snprintf(what, sizeof what, "fund %" PRIu64 " %s", act.mode.fund, says);
    return propose_alone(args, &act, what);
}

static int city_pause(const args_t *args)
{
    return propose_mode(args, DURE_FUND_MODE_PAUSED, "is paused");
}

static int city_resume(const args_t *args)
{
    return propose_mode(args, DURE_FUND_MODE_OPEN, "goes on");
}

static int city_full_refund(const args_t *args)
{
    return propose_mode(args, DURE_FUND_MODE_FULL_REFUND, "is open for full refund");
}

/* ---- parameters, ceilings, roles ------------------------------------------------------------- */

/* The value as the parameter's unit is written: 400,000원, 6%, 14. */
static bool parse_parameter(int64_t *value, const char *text)
{
    size_t size = strlen(text);
    uint64_t number = 0;
    dure_amount_t amount;
    if (size > 1 && text[size - 1] == '%') {
        char whole[32], part[3] = "00";
        const char *dot = memchr(text, '.', size);
        size_t whole_size = dot == NULL ? size - 1 : (size_t)(dot - text);
        size_t part_size = dot == NULL ? 0 : size - 2 - whole_size;
        snprintf(whole, sizeof whole, "%.*s", (int)(whole_size < 31 ? whole_size : 31), text);
        uint64_t hundredths = 0;
        if (dot != NULL && (part_size < 1 || part_size > 2)) {
            complain(EXIT_USAGE, "'%s' is not a rate: write 6%% or 7.5%%", text);
            return false;
        }
        memcpy(part, dot == NULL ? "00" : dot + 1, dot == NULL ? 2 : part_size);
        if (!parse_number(&number, "the rate", whole, 0, 100) ||
            !parse_number(&hundredths, "the rate", part, 0, 99)) {
            return false;
        }
        *value = (int64_t)(number * 100 + hundredths);
        return true;
    }
    if (strstr(text, "원") != NULL) {
        if (!parse_amount(&amount, "the value", text)) {
            return false;
        }
        *value = (int64_t)amount.won;
        return true;
    }
    if (!parse_number(&number, "the value", text, 0, DURE_AMOUNT_WON_MAX)) {
        return false;
    }
    *value = (int64_t)number;
    return true;
}

static int city_parameter(const args_t *args)
{
    dure_act_t act = {.kind = DURE_ACT_PARAMETER};
    const char *from = args_option(args, "--from");
    if (from == NULL) {
        return complain(EXIT_USAGE, "a change needs --from DATE, its first day");
    }
    if (!parse_number(&act.parameter.fund, "the fund", args->positionals[0], 1, UINT64_MAX) ||
        !parse_name(&act.parameter.parameter, "the parameter", args->positionals[1]) ||
        !parse_parameter(&act.parameter.value, args->positionals[2]) ||
        !parse_day(&act.parameter.from, "--from", from)) {
        return EXIT_USAGE;
    }
    char what[256];
    snprintf(what, sizeof what, "fund %" PRIu64 ": %s is %.60s from %s", act.parameter.fund,
             act.parameter.parameter.text, args->positionals[2], day_text(act.parameter.from).text);
    return propose_alone(args, &act, what);
}

static int city_ceiling(const args_t *args)
{
    dure_act_t act = {.kind = DURE_ACT_CEILING};
    if (!parse_number(&act.ceiling.fund, "the fund", args->positionals[0], 1, UINT64_MAX) ||
        !parse_amount(&act.ceiling.ceiling, "the ceiling", args->positionals[1])) {
        return EXIT_USAGE;
    }
    char what[128];
    snprintf(what, sizeof what, "fund %" PRIu64 ": up to %s", act.ceiling.fund,
             amount_text(act.ceiling.ceiling).text);
    return propose_alone(args, &act, what);
}

static int city_roles(const args_t *args)
{
    dure_act_t act = {.kind = DURE_ACT_ROLES};
    if (!parse_number(&act.roles.subject, "the party", args->positionals[0], 1, UINT64_MAX)) {
        return EXIT_USAGE;
    }
    for (uint32_t i = 1; i < args->count; i++) {
        uint16_t role = 0;
        const char *name = args->positionals[i];
        if (strcmp(name, "none") != 0 &&
            !dure_names_number(&role, DURE_NAMES_ROLES, name, strlen(name))) {
            return complain(EXIT_USAGE,
                            "there is no role '%s': registrar, bank, officer, clock, watch, "
                            "card_service, auditor, operator or none",
                            name);
        }
        act.roles.roles |= role;
    }
    char what[128];
    snprintf(what, sizeof what, "party %" PRIu64 " has %u role(s)", act.roles.subject,
             (unsigned)__builtin_popcount(act.roles.roles));
    return propose_alone(args, &act, what);
}

static int city_threshold(const args_t *args)
{
    dure_act_t act = {.kind = DURE_ACT_THRESHOLD};
    uint64_t threshold = 0;
    if (!parse_number(&threshold, "the threshold", args->positionals[0], 1, 16)) {
        return EXIT_USAGE;
    }
    act.threshold.threshold = (uint8_t)threshold;
    char what[128];
    snprintf(what, sizeof what, "%u officers must approve", (unsigned)threshold);
    return propose_alone(args, &act, what);
}

static int city_limit(const args_t *args)
{
    dure_act_t act = {.kind = DURE_ACT_LIMIT};
    uint64_t parties = 0;
    if (!parse_number(&parties, "the limit", args->positionals[0], DURE_LEDGER_PARTIES_MIN,
                      DURE_LEDGER_PARTIES_MAX)) {
        return EXIT_USAGE;
    }
    act.limit.parties_max = (uint32_t)parties;
    char what[128];
    snprintf(what, sizeof what, "room for %" PRIu64 " parties", parties);
    return propose_alone(args, &act, what);
}

/* ---- the counter ----------------------------------------------------------------------------- */

/* The new key's file gets its party: from the decision on it signs. */
static int recover_with(session_t *session, dure_key_file_t *key, const char *path,
                        uint64_t subject)
{
    char problem[DURE_KEY_FILE_PROBLEM_SIZE];
    dure_act_t act = {
        .kind = DURE_ACT_RECOVER,
        .recover = {.subject = subject, .entry = {.slot = key->slot, .key = key->public_key}}};
    char what[128];
    snprintf(what, sizeof what, "a new key for party %" PRIu64, subject);
    const int code = act_propose(session, &act, what);
    if (code != EXIT_DONE || key->party == subject) {
        return code;
    }
    key->party = subject;
    return dure_key_file_write(key, path, true, problem)
               ? EXIT_DONE
               : complain(EXIT_WORLD, "it is proposed, but the number is not in the key: %s",
                          problem);
}

static int city_recover(const args_t *args)
{
    uint64_t subject = 0;
    dure_key_file_t key;
    char path[1024], problem[DURE_KEY_FILE_PROBLEM_SIZE];
    session_t session;
    if (!parse_number(&subject, "the party", args->positionals[0], 1, UINT64_MAX)) {
        return EXIT_USAGE;
    }
    key_path(path, args, args->positionals[1]);
    if (!dure_key_file_read(&key, path, problem)) {
        return complain(EXIT_USAGE, "%s\n  make one with: dure key new %s", problem,
                        args->positionals[1]);
    }
    if (key.party != 0 && key.party != subject) {
        return complain(EXIT_USAGE, "%s belongs to party %" PRIu64, path, key.party);
    }
    if (!session_open(&session, args)) {
        return EXIT_WORLD;
    }
    const int code = recover_with(&session, &key, path, subject);
    session_close(&session);
    return code;
}

static int city_estate(const args_t *args)
{
    dure_act_t act = {.kind = DURE_ACT_ESTATE};
    if (!parse_number(&act.estate.subject, "the party", args->positionals[0], 1, UINT64_MAX) ||
        !parse_number(&act.estate.heir, "the heir", args->positionals[1], 1, UINT64_MAX)) {
        return EXIT_USAGE;
    }
    char what[128];
    snprintf(what, sizeof what, "the estate of party %" PRIu64 " to party %" PRIu64,
             act.estate.subject, act.estate.heir);
    return propose_alone(args, &act, what);
}

/* ---- approving ------------------------------------------------------------------------------- */

static void batch_text(char out[ACT_TEXT_SIZE], const dure_act_batch_t *act)
{
    text_t rows = number_text(act->rows), total = amount_text(act->total);
    text_t from = day_text(act->from), until = day_text(act->until);
    snprintf(out, ACT_TEXT_SIZE, "%s %s parties, fund %" PRIu64 ", up to %s, %s to %s, list %s",
             act->what == 1 ? "grant to" : "recall from", rows.text, act->fund, total.text,
             from.text, until.text, hash_text(&act->root).text);
}

void act_text(char out[ACT_TEXT_SIZE], const dure_act_t *of)
{
    const size_t capacity = ACT_TEXT_SIZE;
    const dure_act_t act = *of; /* its bytes are borrowed */
    switch ((dure_act_kind_t)act.kind) {
    case DURE_ACT_ACCOUNT:
        snprintf(out, capacity, "account %s", act.account.account.text);
        return;
    case DURE_ACT_FUND:
        snprintf(out, capacity, "fund %" PRIu64 ", up to %s", act.fund.fund,
                 amount_text(act.fund.ceiling).text);
        return;
    case DURE_ACT_PARAMETER:
        snprintf(out, capacity, "fund %" PRIu64 ": %s is %" PRId64 " from %s", act.parameter.fund,
                 act.parameter.parameter.text, act.parameter.value,
                 day_text(act.parameter.from).text);
        return;
    case DURE_ACT_CEILING:
        snprintf(out, capacity, "fund %" PRIu64 ": up to %s", act.ceiling.fund,
                 amount_text(act.ceiling.ceiling).text);
        return;
    case DURE_ACT_ROLES:
        snprintf(out, capacity, "roles of party %" PRIu64 ": %u", act.roles.subject,
                 (unsigned)act.roles.roles);
        return;
    case DURE_ACT_THRESHOLD:
        snprintf(out, capacity, "%u officers must approve", (unsigned)act.threshold.threshold);
        return;
    case DURE_ACT_LIMIT:
        snprintf(out, capacity, "room for %u parties", (unsigned)act.limit.parties_max);
        return;
    case DURE_ACT_VERSION:
        snprintf(out, capacity, "fund %" PRIu64 ": a new program from %s", act.version.fund,
                 day_text(act.version.from).text);
        return;
    case DURE_ACT_BATCH:
        batch_text(out, &act.batch);
        return;
    case DURE_ACT_MODE:
        snprintf(out, capacity, "fund %" PRIu64 " is %s", act.mode.fund,
                 dure_names_text(DURE_NAMES_FUND_MODES, act.mode.mode));
        return;
    case DURE_ACT_RECOVER:
        snprintf(out, capacity, "a new key for party %" PRIu64, act.recover.subject);
        return;
    case DURE_ACT_ESTATE:
        snprintf(out, capacity, "the estate of party %" PRIu64 " to party %" PRIu64,
                 act.estate.subject, act.estate.heir);
        return;
    }
}

static void describe_act(char out[ACT_TEXT_SIZE], dure_bytes_t bytes)
{
    dure_act_t act;
    dure_reader_t reader = dure_reader(bytes);
    dure_act_decode(&reader, &act);
    if (dure_reader_end(&reader)) {
        act_text(out, &act);
    } else {
        snprintf(out, ACT_TEXT_SIZE, "an act that cannot be read");
    }
}

/* The first officer's key in DIR/keys that has not approved; --as takes its place. */
static bool choose_officer(session_t *session, dure_key_file_t *key,
                           const dure_record_proposal_t *proposal)
{
    if (args_option(session->args, "--as") != NULL) {
        return session_key(key, session->args, "officer-1");
    }
    for (uint32_t i = 1; i <= 16; i++) {
        char name[32], path[1024], problem[DURE_KEY_FILE_PROBLEM_SIZE];
        snprintf(name, sizeof name, "officer-%u", (unsigned)i);
        key_path(path, session->args, name);
        bool approved = false;
        if (!dure_key_file_read(key, path, problem)) {
            continue;
        }
        for (uint32_t j = 0; j < proposal->approvals_count; j++) {
            approved = approved || proposal->approvals[j].party == key->party;
        }
        if (!approved) {
            return true;
        }
    }
    complain(EXIT_USAGE, "no officer's key in %.600s/keys is left to approve; name one with --as",
             session->args->directory);
    return false;
}

static int approve(session_t *session, const dure_tx_id_t *id)
{
    static dure_record_proposal_t proposal;
    static dure_body_t body = {.kind = DURE_BODY_APPROVE};
    static outcome_t outcome;
    bool found = false;
    char what[ACT_TEXT_SIZE] = "the proposal";
    dure_key_file_t key;
    if (!dure_client_proposal(session->client, &found, &proposal, id)) {
        return session_failed(session);
    }
    if (found) {
        describe_act(what, proposal.act);
    } else {
        proposal.approvals_count = 0; /* let the ledger say so */
    }
    if (!choose_officer(session, &key, &proposal)) {
        return EXIT_USAGE;
    }
    body.approve.proposal = *id;
    int code = session_submit(session, &outcome, &key, &body);
    return code == EXIT_DONE ? print_progress(session, &outcome, id, what) : code;
}

static int city_approve(const args_t *args)
{
    dure_tx_id_t id;
    session_t session;
    if (!parse_id(&id, "the proposal", args->positionals[0])) {
        return EXIT_USAGE;
    }
    if (!session_open(&session, args)) {
        return EXIT_WORLD;
    }
    int code = approve(&session, &id);
    session_close(&session);
    return code;
}

static void list_proposal(session_t *session, dure_bytes_t record)
{
    static dure_record_proposal_t proposal;
    char what[ACT_TEXT_SIZE];
    dure_reader_t reader = dure_reader(record);
    dure_record_proposal_decode(&reader, &proposal);
    describe_act(what, proposal.act);
    if (session->args->json) {
        print_json(json_pack("{s:s, s:s, s:i, s:s, s:s}", "id", id_text(&proposal.id).text, "act",
                             what, "approvals", (int)proposal.approvals_count, "proposed",
                             day_text(proposal.day).text, "until", day_text(proposal.until).text));
        return;
    }
    text_t until = day_text(proposal.until);
    printf("%-10s %s\n           %u approval(s), proposed %s, open until %s\n",
           id_text(&proposal.id).text, what, (unsigned)proposal.approvals_count,
           day_text(proposal.day).text, until.text);
}

static int city_proposals(const args_t *args)
{
    session_t session;
    if (!session_open(&session, args)) {
        return EXIT_WORLD;
    }
    uint64_t cursor = 0, count = 0;
    int code = EXIT_DONE;
    do {
        dure_view_t page;
        if (!dure_client_scan(session.client, &cursor, &page, DURE_TABLE_PROPOSAL)) {
            code = session_failed(&session);
            break;
        }
        dure_reader_t reader = dure_reader(page.bytes);
        for (uint32_t i = 0; i < page.count; i++, count++) {
            dure_scanned_t scanned;
            dure_scanned_decode(&reader, &scanned);
            list_proposal(&session, scanned.record);
        }
    } while (cursor != 0);
    if (code == EXIT_DONE && count == 0 && !args->json) {
        printf("no proposal is open\n");
    }
    session_close(&session);
    return code;
}

const command_t city_commands[] = {
    {.words = "city account",
     .arguments = "NAME",
     .summary = "propose to open a city account, such as budget",
     .options = "--as=",
     .least = 1,
     .most = 1,
     .run = city_account},
    {.words = "city fund",
     .arguments = "FILE.yak --number N --ceiling AMOUNT",
     .summary = "propose a new fund: compiles its program",
     .options = "--number= --ceiling= --as=",
     .least = 1,
     .most = 1,
     .run = city_fund},
    {.words = "city version",
     .arguments = "FUND FILE.yak --from DATE",
     .summary = "propose a new program for a fund",
     .options = "--from= --as=",
     .help = "It governs what is sold from DATE on, at least 30 days from the decision, or as many "
             "as\n"
             "the present program promises; old money follows or not, as its own program says.\n",
     .least = 2,
     .most = 2,
     .run = city_version},
    {.words = "city pause",
     .arguments = "FUND [--successor N]",
     .summary = "propose to pause a fund: nothing new is sold, paid or given",
     .options = "--successor= --as=",
     .help =
         "Merchants cash out, refunds and cancellations go on. --successor names the fund that\n"
         "replaces it.\n",
     .least = 1,
     .most = 1,
     .run = city_pause},
    {.words = "city resume",
     .arguments = "FUND",
     .summary = "propose to let a paused fund go on",
     .options = "--as=",
     .least = 1,
     .most = 1,
     .run = city_resume},
    {.words = "city full-refund",
     .arguments = "FUND [--successor N]",
     .summary = "propose to pause a fund and give back whatever was bought",
     .options = "--successor= --as=",
     .help = "Citizens give up what they bought whatever the rules say: dure cancel, dure "
             "remainder.\n",
     .least = 1,
     .most = 1,
     .run = city_full_refund},
    {.words = "city parameter",
     .arguments = "FUND NAME VALUE --from DATE",
     .summary = "propose a value of a fund's parameter",
     .options = "--from= --as=",
     .help = "VALUE as its unit is written: 400,000원, 7.5%, 14.\n",
     .least = 3,
     .most = 3,
     .run = city_parameter},
    {.words = "city ceiling",
     .arguments = "FUND AMOUNT",
     .summary = "propose another issue ceiling",
     .options = "--as=",
     .least = 2,
     .most = 2,
     .run = city_ceiling},
    {.words = "city roles",
     .arguments = "PARTY ROLE...",
     .summary = "propose the roles of a service; `none` for none",
     .options = "--as=",
     .least = 2,
     .most = ARGS_POSITIONALS_MAX,
     .run = city_roles},
    {.words = "city threshold",
     .arguments = "N",
     .summary = "propose how many officers must approve",
     .options = "--as=",
     .least = 1,
     .most = 1,
     .run = city_threshold},
    {.words = "city limit",
     .arguments = "N",
     .summary = "propose a higher limit of parties, and with it every table's",
     .options = "--as=",
     .help = "A node without memory for so many stops in order when it is decided, and has to be\n"
             "started again.\n",
     .least = 1,
     .most = 1,
     .run = city_limit},
    {.words = "city recover",
     .arguments = "PARTY NEWKEY",
     .summary = "propose a new key for a party that lost its own",
     .options = "--as=",
     .help = "NEWKEY is a file of `dure key new`; of it only the public key is proposed. When it "
             "is\n"
             "decided, all keys of before are worth nothing, and holds for a lost phone end. Money "
             "and\n"
             "history stay.\n",
     .least = 2,
     .most = 2,
     .run = city_recover},
    {.words = "city estate",
     .arguments = "PARTY HEIR",
     .summary = "propose to move what a citizen who died left to an heir",
     .options = "--as=",
     .help = "The registrar has recorded the death before: dure hold place PARTY death death. At "
             "most 34\n"
             "lots move at a time; how many are left is told.\n",
     .least = 2,
     .most = 2,
     .run = city_estate},
    {.words = "city approve",
     .arguments = "PROPOSAL [--as officer-2]",
     .summary = "an officer approves; the last one needed carries it out",
     .options = "--as=",
     .help = "Without --as the first officer's key in DIR/keys that has not approved yet signs.\n",
     .least = 1,
     .most = 1,
     .run = city_approve},
    {.words = "city proposals",
     .arguments = "",
     .summary = "list the open proposals",
     .run = city_proposals},
    {0},
};
