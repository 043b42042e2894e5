/* What officers decide: an act is built from the words behind "decide to" or "proposes to". */
#include "scenario/scenario.h"

/* The act that is being put together; sent by propose() when its words were understood. */
static dure_act_t act;
static char act_roster[32];

static void keep_account(scenario_t *scenario, const arg_t *args)
{
    act = act_account(args[0].text);
    if (scenario_find(scenario, args[0].text) == NULL) {
        scenario_add(scenario, THING_ACCOUNT, args[0].text, 0);
    }
}

static void keep_fund(scenario_t *scenario, const arg_t *args)
{
    uint64_t number = 1;
    for (uint32_t i = 0; i < scenario->thing_count; i++) {
        number += scenario->things[i].kind == THING_FUND ? 1 : 0;
    }
    law_t *law = scenario_law_add(scenario, number, args[1].text);
    if (law == NULL) {
        return;
    }
    scenario_add(scenario, THING_FUND, args[0].text, number);
    act = (dure_act_t){.kind = DURE_ACT_FUND,
                       .fund = {.fund = number,
                                .ceiling = {args[2].won},
                                .image = law->program.image,
                                .source = dure_bytes(law->source, strlen(law->source))}};
}

static void keep_version(scenario_t *scenario, const arg_t *args)
{
    law_t *law = scenario_law_add(scenario, args[0].thing->number, args[1].text);
    if (law == NULL) {
        return;
    }
    act = (dure_act_t){.kind = DURE_ACT_VERSION,
                       .version = {.fund = law->fund,
                                   .from = args[2].day,
                                   .image = law->program.image,
                                   .source = dure_bytes(law->source, strlen(law->source))}};
}

static void keep_parameter(scenario_t *scenario, const arg_t *args)
{
    /* Won, percent or a bare number. */
    const char *text = args[2].text;
    size_t size = strlen(text);
    int64_t value = 0;
    bool won = size > 3 && strcmp(text + size - 3, "원") == 0;
    for (const char *c = text; *c != '\0'; c++) {
        value = *c >= '0' && *c <= '9' ? value * 10 + (*c - '0') : value;
    }
    value *= !won && text[size - 1] == '%' ? 100 : 1;
    (void)scenario;
    act = act_parameter(args[1].thing->number, args[0].text, value, args[3].day);
}

static void keep_mode(uint64_t fund, uint8_t mode, uint64_t successor)
{
    act = (dure_act_t){.kind = DURE_ACT_MODE,
                       .mode = {.fund = fund, .mode = mode, .successor = successor}};
}

static void keep_pause(scenario_t *scenario, const arg_t *args)
{
    (void)scenario;
    keep_mode(args[0].thing->number, DURE_FUND_MODE_PAUSED, 0);
}

static void keep_replace(scenario_t *scenario, const arg_t *args)
{
    (void)scenario;
    keep_mode(args[0].thing->number, DURE_FUND_MODE_PAUSED, args[1].thing->number);
}

static void keep_full_refund(scenario_t *scenario, const arg_t *args)
{
    (void)scenario;
    keep_mode(args[0].thing->number, DURE_FUND_MODE_FULL_REFUND, 0);
}

static void keep_go_on(scenario_t *scenario, const arg_t *args)
{
    (void)scenario;
    keep_mode(args[0].thing->number, DURE_FUND_MODE_OPEN, 0);
}

static void keep_recover(scenario_t *scenario, const arg_t *args)
{
    (void)scenario;
    act =
        act_recover(args[0].thing->number, test_key(args[0].thing->number, (uint8_t)args[1].value));
}

static void keep_estate(scenario_t *scenario, const arg_t *args)
{
    (void)scenario;
    act = act_estate(args[0].thing->number, args[1].thing->number);
}

static void keep_ceiling(scenario_t *scenario, const arg_t *args)
{
    (void)scenario;
    act = act_ceiling(args[0].thing->number, args[1].won);
}

static void keep_threshold(scenario_t *scenario, const arg_t *args)
{
    (void)scenario;
    act = act_threshold((uint8_t)args[0].value);
}

static void keep_roles(scenario_t *scenario, const arg_t *args)
{
    (void)scenario;
    act = act_roles(args[0].thing->number, (uint32_t)args[1].value);
}

/* ---- batches ---- */

static uint32_t chunk_count(const thing_t *roster)
{
    return (roster->row_count + 255) / 256;
}

static void chunk_rows(dure_writer_t *out, const thing_t *roster, uint32_t chunk)
{
    for (uint32_t i = chunk * 256; i < roster->row_count && i < (chunk + 1) * 256; i++) {
        dure_batch_row_encode(out, &roster->rows[i]);
    }
}

static void chunk_leaf(dure_hash_t *leaf, const thing_t *roster, uint32_t chunk)
{
    uint8_t bytes[4 + 256 * 16];
    dure_writer_t out = dure_writer(bytes, sizeof bytes);
    dure_write_uint(&out, 4, chunk);
    chunk_rows(&out, roster, chunk);
    assert_false(out.overflow);
    dure_hash(leaf, DURE_TAG_BATCH_LEAF, bytes, out.size);
}

enum { chunks_max = 8 };

static void keep_batch(uint8_t what, const arg_t *args)
{
    const thing_t *roster = args[1].thing;
    dure_hash_t leaves[chunks_max];
    assert_true(chunk_count(roster) <= chunks_max);
    for (uint32_t i = 0; i < chunk_count(roster); i++) {
        chunk_leaf(&leaves[i], roster, i);
    }
    act = (dure_act_t){.kind = DURE_ACT_BATCH,
                       .batch = {.what = what,
                                 .fund = args[0].thing->number,
                                 .rows = roster->row_count,
                                 .total = {args[2].won},
                                 .from = args[3].day,
                                 .until = args[4].day}};
    dure_list_root(&act.batch.root, DURE_TAG_BATCH_NODE, leaves, chunk_count(roster));
    snprintf(act_roster, sizeof act_roster, "%s", roster->name);
}

static void keep_grant(scenario_t *scenario, const arg_t *args)
{
    (void)scenario;
    keep_batch(1, args);
}

static void keep_recall(scenario_t *scenario, const arg_t *args)
{
    (void)scenario;
    keep_batch(2, args);
}

void scenario_carry_out(scenario_t *scenario, thing_t *officer, const thing_t *batch,
                        const char *roster_name, uint32_t chunk)
{
    const thing_t *roster = scenario_find(scenario, roster_name);
    static uint8_t bytes[256 * 16];
    dure_writer_t out = dure_writer(bytes, sizeof bytes);
    dure_hash_t leaves[chunks_max];
    dure_hash_t scratch[chunks_max];
    dure_hash_t path[DURE_LIST_DEPTH_MAX];
    if (roster == NULL || chunk >= chunk_count(roster)) {
        scenario_problem(scenario, "there is no such chunk of %s", roster_name);
        return;
    }
    for (uint32_t i = 0; i < chunk_count(roster); i++) {
        chunk_leaf(&leaves[i], roster, i);
    }
    chunk_rows(&out, roster, chunk);
    dure_body_t body = {.kind = DURE_BODY_BATCH_ROWS,
                        .batch_rows = {.batch = batch->effect->id, .chunk = chunk}};
    body.batch_rows.rows =
        (dure_view_t){.count = (uint16_t)(out.size / 16), .bytes = dure_writer_bytes(&out)};
    body.batch_rows.path_count = (uint16_t)dure_list_prove(path, DURE_TAG_BATCH_NODE, leaves,
                                                           chunk_count(roster), chunk, scratch);
    for (uint32_t i = 0; i < body.batch_rows.path_count; i++) {
        body.batch_rows.path[i].hash = path[i];
    }
    (void)scenario_send(scenario, officer, &body, NULL);
    scenario_tell(scenario);
    scenario_keep(scenario);
}

static const step_t acts[] = {
    {"open the account %n", keep_account},
    {"open the fund %n by %w with a ceiling of %m", keep_fund},
    {"let %f follow %w from %d", keep_version},
    {"set %w of %f to %w from %d", keep_parameter},
    {"pause %f in favour of %f", keep_replace},
    {"pause %f", keep_pause},
    {"open %f for full refund", keep_full_refund},
    {"let %f go on", keep_go_on},
    {"give %p the key %# alone", keep_recover},
    {"pass the estate of %p to %p", keep_estate},
    {"set the ceiling of %f to %m", keep_ceiling},
    {"ask for %# approvals", keep_threshold},
    {"set the roles of %p to %#", keep_roles},
    {"grant %f to the roster %r, %m in all, from %d until %d", keep_grant},
    {"recall %f from the roster %r, %m in all, from %d until %d", keep_recall},
    {NULL, NULL},
};

/* ---- deciding ---- */

static bool understand(scenario_t *scenario, const char *words)
{
    arg_t args[args_max];
    memset(&act, 0, sizeof act);
    act_roster[0] = '\0';
    for (const step_t *step = acts; step->form != NULL; step++) {
        if (scenario_match(scenario, step->form, words, args)) {
            step->perform(scenario, args);
            return !scenario->failed;
        }
    }
    scenario_problem(scenario, "no act is called: %s", words);
    return false;
}

static thing_t *send_proposal(scenario_t *scenario, thing_t *officer, const char *words)
{
    if (!understand(scenario, words)) {
        return NULL;
    }
    dure_day_t today = dure_zone_day(dure_ledger_zone(scenario->world->ledger),
                                     dure_ledger_time(scenario->world->ledger));
    dure_body_t body = body_propose(act, today + 30);
    (void)scenario_send(scenario, officer, &body, NULL);
    thing_t *kept = scenario_keep(scenario);
    if (kept != NULL) {
        const thing_t *roster = scenario_find(scenario, act_roster);
        kept->roster = roster == NULL ? NULL : roster->name;
    }
    return kept;
}

void scenario_propose(scenario_t *scenario, const arg_t *args)
{
    send_proposal(scenario, args[0].thing, args[1].rest);
    scenario_tell(scenario);
}

void scenario_decide(scenario_t *scenario, const arg_t *args)
{
    const uint32_t laws = scenario->law_count;
    if (scenario->label[0] == '\0') {
        snprintf(scenario->label, sizeof scenario->label, "decision %u", scenario->line);
    }
    thing_t *kept = send_proposal(scenario, scenario_find(scenario, "officer_1"), args[0].rest);
    dure_effect_t *effect = &scenario->world->effect;
    if (kept != NULL && effect->code == DURE_RESULT_DONE && effect->numbers_count == 2 &&
        effect->numbers[0].value < effect->numbers[1].value) {
        dure_body_t body = body_approve(kept->effect->id);
        (void)scenario_send(scenario, scenario_find(scenario, "officer_2"), &body, NULL);
    }
    scenario_tell(scenario);
    if (effect->code != DURE_RESULT_DONE && scenario->law_count > laws) {
        law_t *law = scenario->laws[--scenario->law_count]; /* it is none */
        free(law->workspace);
        free(law);
    }
}
