/* dure_hold: `dure hold ...`: stopping a party or part of a merchant's money, and what becomes of
   it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "app/dure_command.h"

#define FILE_SIZE_MAX (256u * 1024u * 1024u)

/* ---- what is typed */
static bool parse_word(uint8_t *number, dure_names_t names, const char *what, const char *text)
{
    uint16_t value = 0;
    if (dure_names_number(&value, names, text, strlen(text))) {
        *number = (uint8_t)value;
        return true;
    }
    complain(EXIT_USAGE, "there is no %s '%s'; there are:", what, text);
    for (uint32_t i = 0;; i++) {
        const char *name = dure_names_entry(&value, names, i);
        if (name == NULL) {
            break;
        }
        fprintf(stderr, " %s", name);
    }
    fputc('\n', stderr);
    return false;
}

/* SHA-256 of a file, as sha256sum tells it: the file itself stays with the city. */
static bool hash_file(dure_hash_t *hash, const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        complain(EXIT_USAGE, "cannot read %s: %s", path, strerror(errno));
        return false;
    }
    uint8_t *bytes = NULL;
    size_t size = 0;
    size_t space = 0;
    bool whole = true;
    while (whole && feof(file) == 0 && ferror(file) == 0) {
        if (size == space) {
            space = space == 0 ? 65536 : 2 * space;
            uint8_t *more = space <= FILE_SIZE_MAX ? realloc(bytes, space) : NULL;
            whole = more != NULL;
            bytes = more == NULL ? bytes : more;
        }
        size += whole ? fread(bytes + size, 1, space - size, file) : 0;
    }
    whole = whole && ferror(file) == 0;
    fclose(file);
    if (whole) {
        dure_sha256(hash, bytes, size);
    } else {
        complain(EXIT_USAGE, "%s cannot be read, or is larger than 256 MiB", path);
    }
    free(bytes);
    return whole;
}

/* ---- holds that are there */
static bool is_active(const session_t *session, const dure_record_hold_t *hold)
{
    const dure_day_t today = dure_zone_day(&session->zone, session->time);
    return today <= hold->until && (hold->appealed == 0 || today <= hold->answer_by);
}

/* The day after which it is over if nobody does anything. */
static dure_day_t last_day(const dure_record_hold_t *hold)
{
    return hold->appealed != 0 && hold->answer_by < hold->until ? hold->answer_by : hold->until;
}

static bool is_appealable(const dure_record_hold_t *hold)
{
    return hold->appealed == 0 && hold->reason != DURE_HOLD_REASON_LOST_PHONE &&
           hold->reason != DURE_HOLD_REASON_OWN_REQUEST && hold->reason != DURE_HOLD_REASON_DEATH;
}

static const char *what_text(const args_t *args, const dure_record_hold_t *hold)
{
    switch ((dure_hold_kind_t)hold->what) {
    case DURE_HOLD_KIND_FREEZE:
        return in_language(args, "지갑이 잠겨 있습니다", "frozen: nothing goes out",
                           "已凍結：不可付出");
    case DURE_HOLD_KIND_SUSPENSION:
        return in_language(args, "결제를 받을 수 없습니다", "suspended: no payments come in",
                           "暫停收款");
    case DURE_HOLD_KIND_DEATH:
        return in_language(args, "사망이 확인되었습니다", "died", "已故");
    case DURE_HOLD_KIND_MONEY:
        return in_language(args, "일부 금액이 보류되었습니다", "money held", "部分款項被保留");
    }
    return "?";
}

static const char *reason_text(const args_t *args, uint8_t reason)
{
    switch ((dure_hold_reason_t)reason) {
    case DURE_HOLD_REASON_LOST_PHONE:
        return in_language(args, "휴대전화 분실", "lost phone", "手機遺失");
    case DURE_HOLD_REASON_OWN_REQUEST:
        return in_language(args, "본인 요청", "own request", "本人要求");
    case DURE_HOLD_REASON_SUSPECTED_FRAUD:
        return in_language(args, "부정 사용 의심", "suspected fraud", "疑似舞弊");
    case DURE_HOLD_REASON_REGISTRATION_ENDED:
        return in_language(args, "등록 종료", "registration ended", "登記終止");
    case DURE_HOLD_REASON_DEATH:
        return in_language(args, "사망", "death", "死亡");
    case DURE_HOLD_REASON_COURT_ORDER:
        return in_language(args, "법원 명령", "court order", "法院命令");
    case DURE_HOLD_REASON_RECHECK:
        return in_language(args, "자격 재확인", "recheck", "資格複查");
    case DURE_HOLD_REASON_INSPECTION:
        return in_language(args, "점검", "inspection", "稽查");
    }
    return "?";
}

/* How the one concerned gets rid of it. */
static void print_way_out(session_t *session, const dure_record_hold_t *hold)
{
    const args_t *args = session->args;
    const text_t id = id_text(&hold->id);
    if (hold->reason == DURE_HOLD_REASON_OWN_REQUEST) {
        printf("    %s: dure hold release %s --key FILE\n",
               in_language(args, "해제", "to end it", "解除"), id.text);
    } else if (is_appealable(hold)) {
        printf("    %s: dure hold appeal %s --key FILE\n",
               in_language(args, "이의 제기", "to appeal", "申訴"), id.text);
    } else if (hold->appealed != 0) {
        printf("    %s %s\n", in_language(args, "이의 제기일", "appealed on", "申訴日"),
               day_text(hold->appealed).text);
    } else {
        printf("    %s\n", in_language(args, "해제: 시청 창구", "to end it: the city's counter",
                                       "解除：市府櫃檯"));
    }
}

static void print_hold(session_t *session, const dure_record_hold_t *hold, bool active)
{
    const args_t *args = session->args;
    printf("  %s", what_text(args, hold));
    if (hold->fund != 0) {
        printf(" %s, %s", amount_text(hold->amount).text, fund_label(session, hold->fund).text);
    }
    printf(" (%s), %s %s%s\n", reason_text(args, hold->reason),
           in_language(args, "기한", "until", "至"),
           last_day(hold) == DURE_DAY_MAX ? in_language(args, "없음", "further notice", "另行通知")
                                          : day_text(last_day(hold)).text,
           active ? "" : in_language(args, " (끝남)", " (over)", "（已結束）"));
}

static json_t *hold_json(const session_t *session, const dure_record_hold_t *hold)
{
    return json_pack(
        "{s:s, s:o, s:o, s:o, s:o, s:o, s:s, s:s, s:o, s:o, s:b, s:b}", "id",
        id_text(&hold->id).text, "party", json_u64(hold->subject), "what",
        json_text(dure_names_text(DURE_NAMES_HOLD_KINDS, hold->what)), "reason",
        json_text(dure_names_text(DURE_NAMES_HOLD_REASONS, hold->reason)), "fund",
        hold->fund == 0 ? json_null() : json_u64(hold->fund), "amount",
        hold->fund == 0 ? json_null() : json_amount(hold->amount), "placed",
        day_text(hold->day).text, "until", day_text(hold->until).text, "appealed",
        hold->appealed == 0 ? json_null() : json_string(day_text(hold->appealed).text), "answer_by",
        hold->appealed == 0 ? json_null() : json_string(day_text(hold->answer_by).text),
        "appealable", (int)(is_appealable(hold) && is_active(session, hold)), "active",
        (int)is_active(session, hold));
}

/* Calls `tell` for each hold of the party, or of all if it is 0. */
static bool each_hold(session_t *session, uint64_t party, void *context,
                      void (*tell)(session_t *session, const dure_record_hold_t *hold,
                                   void *context))
{
    /* What tells asks the node too, so that a page, at most 256 records, is copied before. */
    static dure_record_hold_t holds[1024];
    uint64_t cursor = 0;
    do {
        dure_view_t page;
        uint32_t count = 0;
        if (!dure_client_scan(session->client, &cursor, &page, DURE_TABLE_HOLD)) {
            return false;
        }
        dure_reader_t reader = dure_reader(page.bytes);
        for (uint32_t i = 0; i < page.count && count < sizeof holds / sizeof holds[0]; i++) {
            dure_scanned_t scanned;
            dure_scanned_decode(&reader, &scanned);
            dure_reader_t record = dure_reader(scanned.record);
            dure_record_hold_decode(&record, &holds[count]);
            count += dure_reader_end(&record) && (party == 0 || holds[count].subject == party);
        }
        for (uint32_t i = 0; i < count; i++) {
            tell(session, &holds[i], context);
        }
    } while (cursor != 0);
    return true;
}

static void tell_to_party(session_t *session, const dure_record_hold_t *hold, void *context)
{
    (void)context;
    if (is_active(session, hold)) {
        print_hold(session, hold, true);
        print_way_out(session, hold);
    }
}

static void tell_json(session_t *session, const dure_record_hold_t *hold, void *context)
{
    if (is_active(session, hold)) {
        json_array_append_new(context, hold_json(session, hold));
    }
}

bool show_holds(session_t *session, uint64_t party)
{
    return each_hold(session, party, NULL, tell_to_party);
}

json_t *holds_json(session_t *session, uint64_t party)
{
    json_t *list = json_array();
    return each_hold(session, party, list, tell_json) ? list : NULL;
}

/* ---- place */
static bool for_ever(uint8_t reason)
{
    return reason == DURE_HOLD_REASON_DEATH || reason == DURE_HOLD_REASON_LOST_PHONE ||
           reason == DURE_HOLD_REASON_OWN_REQUEST || reason == DURE_HOLD_REASON_REGISTRATION_ENDED;
}

static bool parse_hold(dure_hold_t *hold, const args_t *args)
{
    const char *until = args_option(args, "--until");
    const char *fund = args_option(args, "--fund");
    const char *amount = args_option(args, "--amount");
    const char *evidence = args_option(args, "--evidence");
    if (!parse_number(&hold->subject, "the party", args->positionals[0], 1, UINT64_MAX) ||
        !parse_word(&hold->what, DURE_NAMES_HOLD_KINDS, "kind of hold", args->positionals[1]) ||
        !parse_word(&hold->reason, DURE_NAMES_HOLD_REASONS, "reason", args->positionals[2])) {
        return false;
    }
    if (until == NULL && !for_ever(hold->reason)) {
        complain(EXIT_USAGE, "until when? add --until DATE, its last day: an officer may set 90 "
                             "days, the watch 7");
        return false;
    }
    const bool of_money = hold->what == DURE_HOLD_KIND_MONEY;
    if (of_money != (fund != NULL) || of_money != (amount != NULL)) {
        complain(EXIT_USAGE, of_money ? "what is held? add --fund N --amount WON"
                                      : "--fund and --amount are for holds of money");
        return false;
    }
    hold->until = DURE_DAY_MAX;
    return (until == NULL || parse_day(&hold->until, "--until", until)) &&
           (fund == NULL || parse_number(&hold->fund, "--fund", fund, 1, UINT64_MAX)) &&
           (amount == NULL || parse_amount(&hold->amount, "--amount", amount)) &&
           (evidence == NULL || hash_file(&hold->evidence, evidence));
}

/* Sends it; then what is told of the outcome. */
static int send(const args_t *args, const dure_body_t *body, const char *service, const char *text,
                bool names_hold)
{
    static outcome_t outcome;
    session_t session;
    dure_key_file_t key;
    if (!session_own_key(&key, args, service)) {
        return EXIT_USAGE;
    }
    if (!session_open(&session, args)) {
        return EXIT_WORLD;
    }
    const int code = perform(&session, &outcome, &key, body, text);
    if (code == EXIT_DONE && names_hold && !args->json) {
        printf("its number is %s; to end it: dure hold release %s\n", id_text(&outcome.id).text,
               id_text(&outcome.id).text);
    }
    session_close(&session);
    return code;
}

static int hold_place(const args_t *args)
{
    static dure_body_t body = {.kind = DURE_BODY_HOLD};
    const dure_hold_t *hold = &body.hold;
    if (!parse_hold(&body.hold, args)) {
        return EXIT_USAGE;
    }
    char text[256];
    snprintf(text, sizeof text, "party %" PRIu64 ": %s%s%s for %s%s%s", hold->subject,
             dure_names_text(DURE_NAMES_HOLD_KINDS, hold->what), hold->fund == 0 ? "" : " ",
             hold->fund == 0 ? "" : amount_text(hold->amount).text,
             dure_names_text(DURE_NAMES_HOLD_REASONS, hold->reason),
             hold->until == DURE_DAY_MAX ? "" : ", until ",
             hold->until == DURE_DAY_MAX ? "" : day_text(hold->until).text);
    const bool counter = hold->what == DURE_HOLD_KIND_DEATH ||
                         hold->reason == DURE_HOLD_REASON_LOST_PHONE ||
                         hold->reason == DURE_HOLD_REASON_OWN_REQUEST;
    return send(args, &body, counter ? "registrar" : "officer-1", text, true);
}

/* ---- release, appeal, uphold */
static int hold_release(const args_t *args)
{
    static dure_body_t body = {.kind = DURE_BODY_RELEASE};
    if (!parse_id(&body.release.hold, "the hold", args->positionals[0])) {
        return EXIT_USAGE;
    }
    char text[128];
    snprintf(text, sizeof text, "ended hold %s", args->positionals[0]);
    return send(args, &body, "officer-1", text, false);
}

static int hold_appeal(const args_t *args)
{
    static dure_body_t body = {.kind = DURE_BODY_APPEAL};
    const char *statement = args_option(args, "--statement");
    if (!parse_id(&body.appeal.hold, "the hold", args->positionals[0]) ||
        (statement != NULL && !hash_file(&body.appeal.statement, statement))) {
        return EXIT_USAGE;
    }
    return send(args, &body, NULL,
                "appealed: unless another officer upholds it within 14 days, the hold ends", false);
}

static int hold_uphold(const args_t *args)
{
    static dure_body_t body = {.kind = DURE_BODY_UPHOLD};
    const char *until = args_option(args, "--until");
    const char *answer = args_option(args, "--answer");
    if (until == NULL) {
        return complain(EXIT_USAGE, "until when? add --until DATE, at most 90 days from today");
    }
    if (!parse_id(&body.uphold.hold, "the hold", args->positionals[0]) ||
        !parse_day(&body.uphold.until, "--until", until) ||
        (answer != NULL && !hash_file(&body.uphold.answer, answer))) {
        return EXIT_USAGE;
    }
    char text[128];
    snprintf(text, sizeof text, "upheld hold %s until %s", args->positionals[0],
             day_text(body.uphold.until).text);
    return send(args, &body, "officer-2", text, false);
}

/* ---- list */
static void list_one(session_t *session, const dure_record_hold_t *hold, void *context)
{
    uint64_t *count = context;
    (*count)++;
    if (session->args->json) {
        print_json(hold_json(session, hold));
        return;
    }
    printf("%s  party %" PRIu64 ", placed %s\n", id_text(&hold->id).text, hold->subject,
           day_text(hold->day).text);
    print_hold(session, hold, is_active(session, hold));
    if (hold->appealed != 0 && is_active(session, hold)) {
        printf("    appealed on %s, holds until %s unless it is upheld\n",
               day_text(hold->appealed).text, day_text(hold->answer_by).text);
    }
}

static int hold_list(const args_t *args)
{
    uint64_t party = 0;
    uint64_t count = 0;
    session_t session;
    if (args->count == 1 &&
        !parse_number(&party, "the party", args->positionals[0], 1, UINT64_MAX)) {
        return EXIT_USAGE;
    }
    if (!session_open(&session, args)) {
        return EXIT_WORLD;
    }
    int code = EXIT_DONE;
    if (!each_hold(&session, party, &count, list_one)) {
        code = session_failed(&session);
    } else if (count == 0 && !args->json) {
        printf("nothing is held\n");
    }
    session_close(&session);
    return code;
}

const command_t hold_commands[] = {
    {.words = "hold place",
     .arguments = "PARTY KIND REASON [--until DATE] [--evidence FILE]",
     .summary = "freeze a party, suspend a shop, record a death, hold money",
     .options = "--until= --fund= --amount= --evidence= --key= --as=",
     .help =
         "KIND: freeze (nothing goes out), suspension (a shop takes no payments), death, money.\n"
         "REASON: lost_phone, own_request, suspected_fraud, registration_ended, death,\n"
         "court_order, recheck, inspection. Fraud, court orders and inspections have a case file:\n"
         "--evidence FILE, of which only the SHA-256 is recorded.\n\n"
         "  --until     its last day; needed unless it is for a lost phone, the party's own\n"
         "              request, a death or the end of a registration\n"
         "  --fund N --amount WON   what of a shop's money is held\n"
         "  --key FILE  the party itself signs (lost_phone, own_request)\n"
         "  --as NAME   the service that signs; else the registrar or officer-1\n",
     .least = 3,
     .most = 3,
     .run = hold_place},
    {.words = "hold release",
     .arguments = "HOLD [--as NAME | --key FILE]",
     .summary = "end a hold",
     .options = "--key= --as=",
     .help = "By whoever placed it or any officer; a lost phone's or a death's also by the "
             "registrar;\n"
             "one on the party's own request by the party.\n",
     .least = 1,
     .most = 1,
     .run = hold_release},
    {.words = "hold appeal",
     .arguments = "HOLD --key FILE [--statement FILE]",
     .summary = "the party concerned objects; without an answer the hold ends in 14 days",
     .options = "--key= --as= --statement=",
     .least = 1,
     .most = 1,
     .run = hold_appeal},
    {.words = "hold uphold",
     .arguments = "HOLD --until DATE [--answer FILE] [--as NAME]",
     .summary = "an officer who did not place it answers an appeal: the hold stands",
     .options = "--until= --answer= --as=",
     .least = 1,
     .most = 1,
     .run = hold_uphold},
    {.words = "hold list",
     .arguments = "[PARTY]",
     .summary = "list the holds of a party, or all",
     .least = 0,
     .most = 1,
     .run = hold_list},
    {0},
};
