/* What people, the bank and the offices do. */
#include "scenario/scenario.h"

static void act_by(scenario_t *scenario, thing_t *party, dure_body_t body)
{
    (void)scenario_send(scenario, party, &body, NULL);
    scenario_tell(scenario);
    scenario_keep(scenario);
}

static void set_up(scenario_t *scenario, const char *party, dure_body_t body)
{
    (void)scenario_send(scenario, scenario_find(scenario, party), &body, NULL);
    scenario_tell_refusal(scenario);
}

/* ---- the stage ---- */

static void register_party(scenario_t *scenario, const char *name, uint8_t kind)
{
    const uint64_t number = 10001 + scenario->thing_count;
    scenario_add(scenario, THING_PARTY, name, number);
    set_up(scenario, "registrar", body_registration(number, kind));
}

static void citizen(scenario_t *scenario, const arg_t *args)
{
    register_party(scenario, args[0].text, DURE_KIND_CITIZEN);
}

static void shop(scenario_t *scenario, const arg_t *args)
{
    register_party(scenario, args[0].text, DURE_KIND_MERCHANT);
}

static void far_shop(scenario_t *scenario, const arg_t *args)
{
    const uint64_t number = 10001 + scenario->thing_count;
    scenario_add(scenario, THING_PARTY, args[0].text, number)->far = true;
    set_up(scenario, "goyang", body_registration(number, DURE_KIND_MERCHANT));
}

/* A value as the vocabulary's type says. */
static uint64_t value_of(scenario_t *scenario, const dure_attribute_t *attribute, const char *text)
{
    uint64_t value = 0;
    uint16_t number = 0;
    switch ((dure_attribute_type_t)attribute->type) {
    case DURE_ATTRIBUTE_TYPE_NAME:
        if (dure_names_number(&number, (dure_names_t)attribute->names, text, strlen(text))) {
            return number;
        }
        break;
    case DURE_ATTRIBUTE_TYPE_PARTY:
        if (scenario_find(scenario, text) != NULL) {
            return scenario_find(scenario, text)->number;
        }
        break;
    case DURE_ATTRIBUTE_TYPE_REGION:
    case DURE_ATTRIBUTE_TYPE_COUNT:
    case DURE_ATTRIBUTE_TYPE_WON:
        for (const char *c = text; *c != '\0'; c++) {
            value = *c >= '0' && *c <= '9' ? value * 10 + (uint64_t)(*c - '0') : value;
        }
        return value;
    }
    scenario_problem(scenario, "%s is no %s", text, attribute->name);
    return 0;
}

static void attest(scenario_t *scenario, const arg_t *args, dure_day_t from)
{
    const dure_attribute_t *attribute = dure_attribute_by_name(args[1].text, strlen(args[1].text));
    if (attribute == NULL) {
        scenario_problem(scenario, "there is no attribute %s", args[1].text);
        return;
    }
    const thing_t *subject = args[0].thing;
    const char *by = subject->far ? "goyang" : attribute->attested_by;
    by = strcmp(by, "city") == 0 ? "officer_1" : by;
    uint64_t value = value_of(scenario, attribute, args[2].text);
    set_up(scenario, by, body_attest(subject->number, attribute->id, value, from, FAR_DAY));
}

static void fact(scenario_t *scenario, const arg_t *args)
{
    attest(scenario, args, 0);
}

static void fact_from(scenario_t *scenario, const arg_t *args)
{
    attest(scenario, args, args[3].day);
}

static void listed(scenario_t *scenario, const arg_t *args)
{
    dure_name_t list = test_name(args[1].text);
    set_up(scenario, "officer_1",
           body_attest(args[0].thing->number, dure_list_attribute(&list), 1, 0, FAR_DAY));
}

static void unlisted(scenario_t *scenario, const arg_t *args)
{
    dure_name_t list = test_name(args[1].text);
    set_up(scenario, "officer_1",
           body_attest(args[0].thing->number, dure_list_attribute(&list), 1, 1, 0));
}

static void many(scenario_t *scenario, const arg_t *args)
{
    for (int64_t i = 1; i <= args[0].value; i++) {
        char name[32];
        snprintf(name, sizeof name, "%.20s_%d", args[1].text, (int)i);
        register_party(scenario, name, DURE_KIND_CITIZEN);
        uint64_t number = scenario_find(scenario, name)->number;
        set_up(scenario, "registrar",
               body_attest(number, DURE_ATTRIBUTE_RESIDENCE, GIMPO, 0, FAR_DAY));
        set_up(scenario, "registrar",
               body_attest(number, DURE_ATTRIBUTE_BIRTH_YEAR, (uint64_t)args[2].value, 0, FAR_DAY));
    }
}

static void clock_to(scenario_t *scenario, dure_day_t day, uint32_t minute)
{
    const dure_zone_t *zone = dure_ledger_zone(scenario->world->ledger);
    set_up(scenario, "clock", body_tick(dure_zone_day_start(zone, day) + minute * UINT64_C(60000)));
}

static void on_day(scenario_t *scenario, const arg_t *args)
{
    clock_to(scenario, args[0].day, 600);
}

static void on_day_at(scenario_t *scenario, const arg_t *args)
{
    unsigned hour = 0;
    unsigned minute = 0;
    if (sscanf(args[1].text, "%2u:%2u", &hour, &minute) != 2) {
        scenario_problem(scenario, "%s is no time", args[1].text);
        return;
    }
    clock_to(scenario, args[0].day, hour * 60 + minute);
}

static void uses_key(scenario_t *scenario, const arg_t *args)
{
    (void)scenario;
    args[0].thing->slot = (uint8_t)args[1].value;
}

static void signs_for(scenario_t *scenario, const arg_t *args)
{
    (void)scenario;
    args[1].thing->signer = args[0].thing->number;
}

static void adds_key(scenario_t *scenario, const arg_t *args)
{
    act_by(scenario, args[0].thing, body_rotate(args[0].thing->number, (uint8_t)args[1].value));
}

static void deposit(scenario_t *scenario, const arg_t *args)
{
    act_by(scenario, scenario_find(scenario, "bank"), body_deposit(args[1].text, args[0].won));
}

/* ---- buying ---- */

static void order(scenario_t *scenario, const arg_t *args)
{
    act_by(scenario, args[0].thing, body_order(args[2].thing->number, args[1].won, 0));
}

static void order_at_most(scenario_t *scenario, const arg_t *args)
{
    act_by(scenario, args[0].thing, body_order(args[2].thing->number, args[1].won, args[3].won));
}

static void credit(scenario_t *scenario, const arg_t *args)
{
    act_by(scenario, args[0].thing, body_credit(args[2].thing->effect->id, args[1].won));
}

static void give_up(scenario_t *scenario, const arg_t *args)
{
    act_by(scenario, args[0].thing, body_void(args[1].thing->effect->id));
}

/* The order, and the bank's credit of its price. */
static void buy(scenario_t *scenario, const arg_t *args)
{
    dure_body_t body = body_order(args[2].thing->number, args[1].won, 0);
    if (scenario_send(scenario, args[0].thing, &body, NULL) == DURE_RESULT_DONE) {
        const dure_effect_t *effect = &scenario->world->effect;
        body = body_credit(effect->id, (uint64_t)effect->numbers[0].value);
        (void)scenario_send(scenario, scenario_find(scenario, "bank"), &body, NULL);
    }
    scenario_tell(scenario);
    scenario_keep(scenario);
}

static void cancel(scenario_t *scenario, const arg_t *args)
{
    act_by(scenario, args[0].thing, body_cancel(args[2].thing->number, (uint32_t)args[1].value));
}

static void give_back(scenario_t *scenario, const arg_t *args)
{
    act_by(scenario, args[0].thing,
           (dure_body_t){
               .kind = DURE_BODY_REMAINDER,
               .remainder = {.fund = args[2].thing->number, .lot = (uint32_t)args[1].value}});
}

/* ---- paying ---- */

static void pay(scenario_t *scenario, const arg_t *args)
{
    act_by(scenario, args[0].thing, body_payment(args[2].thing->number, args[1].won));
}

static void pay_by(scenario_t *scenario, const arg_t *args)
{
    uint16_t channel = 0;
    const char *text = args[3].text;
    if (!dure_names_number(&channel, DURE_NAMES_CHANNELS, text, strlen(text))) {
        scenario_problem(scenario, "%s is no channel", text);
        return;
    }
    dure_body_t body = body_payment(args[2].thing->number, args[1].won);
    body.payment.channel = (uint8_t)channel;
    act_by(scenario, args[0].thing, body);
}

static void pay_with(scenario_t *scenario, const arg_t *args)
{
    dure_body_t body = body_payment(args[2].thing->number, args[1].won);
    body.payment.funds_count = 1;
    body.payment.funds[0].fund = args[3].thing->number;
    act_by(scenario, args[0].thing, body);
}

static void pay_with_two(scenario_t *scenario, const arg_t *args)
{
    dure_body_t body = body_payment(args[2].thing->number, args[1].won);
    body.payment.funds_count = 2;
    body.payment.funds[0].fund = args[3].thing->number;
    body.payment.funds[1].fund = args[4].thing->number;
    act_by(scenario, args[0].thing, body);
}

static void refund(scenario_t *scenario, const arg_t *args)
{
    const thing_t *payment = args[2].thing;
    dure_body_t body = {.kind = DURE_BODY_REFUND,
                        .refund = {.payment = payment->effect->id, .amount = {args[1].won}}};
    (void)scenario_send(scenario, args[0].thing, &body, payment->effect);
    scenario_tell(scenario);
    scenario_keep(scenario);
}

/* Bytes that were signed arrive, for the first time or once more. */
static void arrive(scenario_t *scenario, const arg_t *args)
{
    (void)scenario_resend(scenario, args[0].thing, NULL);
    scenario_tell(scenario);
}

static void show_code(scenario_t *scenario, thing_t *payer, const char *name, uint64_t won,
                      uint32_t seconds, uint64_t payee)
{
    world_t *world = scenario->world;
    thing_t *code = scenario_add(scenario, THING_CODE, name, payer->number);
    code->slot = payer->slot;
    code->mandate =
        (dure_mandate_t){.payer = payer->number,
                         .number = ++world->numbers[payer->number % 65536],
                         .amount_max = {won},
                         .until = dure_ledger_time(world->ledger) + UINT64_C(1000) * seconds,
                         .payee = payee};
}

static void shows_code(scenario_t *scenario, const arg_t *args)
{
    show_code(scenario, args[0].thing, args[1].text, args[2].won, (uint32_t)args[3].value, 0);
}

static void shows_code_to(scenario_t *scenario, const arg_t *args)
{
    show_code(scenario, args[0].thing, args[1].text, args[2].won, (uint32_t)args[3].value,
              args[4].thing->number);
}

static void collect(scenario_t *scenario, const arg_t *args)
{
    const thing_t *code = args[2].thing;
    act_by(scenario, args[0].thing,
           body_collection(scenario->world, code->mandate, code->slot, args[1].won));
}

static void gift(scenario_t *scenario, const arg_t *args)
{
    act_by(scenario, args[0].thing,
           (dure_body_t){.kind = DURE_BODY_GIFT,
                         .gift = {.receiver = args[2].thing->number, .amount = {args[1].won}}});
}

static void gift_of(scenario_t *scenario, const arg_t *args)
{
    act_by(scenario, args[0].thing,
           (dure_body_t){.kind = DURE_BODY_GIFT,
                         .gift = {.receiver = args[3].thing->number,
                                  .amount = {args[1].won},
                                  .funds_count = 1,
                                  .funds = {{args[2].thing->number}}}});
}

static void recirculate(scenario_t *scenario, const arg_t *args)
{
    act_by(scenario, args[0].thing,
           (dure_body_t){.kind = DURE_BODY_RECIRCULATION,
                         .recirculation = {.payee = args[3].thing->number,
                                           .fund = args[2].thing->number,
                                           .amount = {args[1].won}}});
}

static void redeem(scenario_t *scenario, const arg_t *args)
{
    act_by(scenario, args[0].thing, body_redemption(args[2].thing->number, args[1].won));
}

static void settle(scenario_t *scenario, const arg_t *args)
{
    act_by(scenario, args[0].thing, body_result(args[1].thing->effect->id, 1));
}

static void reject(scenario_t *scenario, const arg_t *args)
{
    act_by(scenario, args[0].thing, body_result(args[1].thing->effect->id, 2));
}

static void sweep(scenario_t *scenario, const arg_t *args)
{
    act_by(scenario, args[0].thing,
           (dure_body_t){.kind = DURE_BODY_LAPSE,
                         .lapse = {.parties_count = 1, .parties = {{args[1].thing->number}}}});
}

static void sweep_two(scenario_t *scenario, const arg_t *args)
{
    act_by(scenario, args[0].thing,
           (dure_body_t){.kind = DURE_BODY_LAPSE,
                         .lapse = {.parties_count = 2,
                                   .parties = {{args[1].thing->number}, {args[2].thing->number}}}});
}

static void tidy(scenario_t *scenario, const arg_t *args)
{
    static const struct {
        const char *name;
        dure_table_t table;
    } tables[] = {{"proposal", DURE_TABLE_PROPOSAL},
                  {"batch", DURE_TABLE_BATCH},
                  {"hold", DURE_TABLE_HOLD},
                  {"refund", DURE_TABLE_REFUND}};
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        if (strcmp(tables[i].name, args[1].text) == 0) {
            act_by(scenario, args[0].thing,
                   (dure_body_t){.kind = DURE_BODY_TIDY,
                                 .tidy = {.table = (uint8_t)tables[i].table,
                                          .ids_count = 1,
                                          .ids = {args[2].thing->effect->id}}});
            return;
        }
    }
    scenario_problem(scenario, "no records are called %s", args[1].text);
}

/* ---- holds ---- */

static void place(scenario_t *scenario, const arg_t *args, dure_hold_kind_t what,
                  const char *reason_name, dure_day_t until)
{
    uint16_t reason = 0;
    if (!dure_names_number(&reason, DURE_NAMES_HOLD_REASONS, reason_name, strlen(reason_name))) {
        scenario_problem(scenario, "%s is no reason", reason_name);
        return;
    }
    act_by(scenario, args[0].thing,
           body_hold(args[1].thing->number, (uint8_t)what, (uint8_t)reason, until));
}

static void freeze(scenario_t *scenario, const arg_t *args)
{
    place(scenario, args, DURE_HOLD_KIND_FREEZE, args[3].text, args[2].day);
}

static void suspend(scenario_t *scenario, const arg_t *args)
{
    place(scenario, args, DURE_HOLD_KIND_SUSPENSION, args[3].text, args[2].day);
}

static void death(scenario_t *scenario, const arg_t *args)
{
    place(scenario, args, DURE_HOLD_KIND_DEATH, "death", FAR_DAY);
}

static void hold_money(scenario_t *scenario, const arg_t *args)
{
    uint16_t reason = 0;
    const char *text = args[5].text;
    if (!dure_names_number(&reason, DURE_NAMES_HOLD_REASONS, text, strlen(text))) {
        scenario_problem(scenario, "%s is no reason", text);
        return;
    }
    dure_body_t body =
        body_hold(args[3].thing->number, DURE_HOLD_KIND_MONEY, (uint8_t)reason, args[4].day);
    body.hold.fund = args[2].thing->number;
    body.hold.amount = (dure_amount_t){args[1].won};
    act_by(scenario, args[0].thing, body);
}

static void release(scenario_t *scenario, const arg_t *args)
{
    act_by(scenario, args[0].thing, body_release(args[1].thing->effect->id));
}

static void appeal(scenario_t *scenario, const arg_t *args)
{
    act_by(scenario, args[0].thing, body_appeal(args[1].thing->effect->id));
}

static void uphold(scenario_t *scenario, const arg_t *args)
{
    act_by(scenario, args[0].thing, body_uphold(args[1].thing->effect->id, args[2].day));
}

/* ---- the offices ---- */

static void approve(scenario_t *scenario, const arg_t *args)
{
    act_by(scenario, args[0].thing, body_approve(args[1].thing->effect->id));
}

static void carry_out(scenario_t *scenario, const arg_t *args)
{
    if (args[2].thing->roster == NULL) {
        scenario_problem(scenario, "%s is no batch", args[2].text);
        return;
    }
    scenario_carry_out(scenario, args[0].thing, args[2].thing, args[2].thing->roster,
                       (uint32_t)args[1].value);
}

/* Rows of another roster than the one that was approved. */
static void carry_out_other(scenario_t *scenario, const arg_t *args)
{
    scenario_carry_out(scenario, args[0].thing, args[2].thing, args[3].thing->name,
                       (uint32_t)args[1].value);
}

static int by_party(const void *a, const void *b)
{
    const dure_batch_row_t *x = a;
    const dure_batch_row_t *y = b;
    return (x->party > y->party) - (x->party < y->party);
}

static void new_row(scenario_t *scenario, thing_t *roster, const char *name, uint64_t won)
{
    const thing_t *party = scenario_find(scenario, name);
    if (party == NULL || party->kind != THING_PARTY) {
        scenario_problem(scenario, "nobody is called %s", name);
        return;
    }
    roster->rows = realloc(roster->rows, (roster->row_count + 1) * sizeof *roster->rows);
    assert_non_null(roster->rows);
    roster->rows[roster->row_count++] = (dure_batch_row_t){.party = party->number, .amount = {won}};
}

/* "kim, lee 5,000원": without an amount, what the program gives. */
static void roster(scenario_t *scenario, const arg_t *args)
{
    thing_t *thing = scenario_add(scenario, THING_ROSTER, args[0].text, 0);
    char line[512];
    snprintf(line, sizeof line, "%s", args[1].rest);
    for (char *part = line; part != NULL;) {
        char *next = strstr(part, ", ");
        if (next != NULL) {
            *next = '\0';
            next += 2;
        }
        char *figure = strchr(part, ' ');
        uint64_t won = 0;
        if (figure != NULL) {
            for (char *c = figure; *c != '\0'; c++) {
                won = *c >= '0' && *c <= '9' ? won * 10 + (uint64_t)(*c - '0') : won;
            }
            *figure = '\0';
        }
        new_row(scenario, thing, part, won);
        part = next;
    }
    qsort(thing->rows, thing->row_count, sizeof thing->rows[0], by_party);
}

static void roster_of_all(scenario_t *scenario, const arg_t *args)
{
    thing_t *thing = scenario_add(scenario, THING_ROSTER, args[0].text, 0);
    for (int64_t i = 1; i <= args[1].value; i++) {
        char name[32];
        snprintf(name, sizeof name, "%.20s_%d", args[2].text, (int)i);
        new_row(scenario, thing, name, 0);
    }
}

/* ---- many at once ---- */

/* How often each answer came; `body` is sent by each in turn. */
static void each(scenario_t *scenario, const arg_t *args, const dure_body_t *body)
{
    uint32_t counts[512] = {0};
    for (int64_t i = 1; i <= args[0].value; i++) {
        char name[32];
        snprintf(name, sizeof name, "%.20s_%d", args[1].text, (int)i);
        thing_t *party = scenario_find(scenario, name);
        if (party == NULL) {
            scenario_problem(scenario, "nobody is called %s", name);
            return;
        }
        counts[scenario_send(scenario, party, body, NULL)]++;
        if (body->kind == DURE_BODY_PURCHASE_ORDER &&
            scenario->world->effect.code == DURE_RESULT_DONE) {
            const dure_effect_t *effect = &scenario->world->effect;
            dure_body_t credit = body_credit(effect->id, (uint64_t)effect->numbers[0].value);
            (void)scenario_send(scenario, scenario_find(scenario, "bank"), &credit, NULL);
        }
    }
    for (uint16_t code = 0; code < 512; code++) {
        const dure_result_text_t *text = dure_result_text(code);
        if (counts[code] != 0 && code == DURE_RESULT_DONE) {
            scenario_say(scenario, "    %u times done\n", (unsigned)counts[code]);
        } else if (counts[code] != 0) {
            scenario_say(scenario, "    %u times %u %s: %s\n", (unsigned)counts[code],
                         (unsigned)code, text->name, text->en);
        }
    }
}

static void all_buy(scenario_t *scenario, const arg_t *args)
{
    dure_body_t body = body_order(args[3].thing->number, args[2].won, 0);
    each(scenario, args, &body);
}

static void all_pay(scenario_t *scenario, const arg_t *args)
{
    dure_body_t body = body_payment(args[3].thing->number, args[2].won);
    each(scenario, args, &body);
}

static void see(scenario_t *scenario, const arg_t *args)
{
    char line[512];
    snprintf(line, sizeof line, "%s", args[0].rest);
    for (char *part = strtok(line, ", "); part != NULL; part = strtok(NULL, ", ")) {
        if (!scenario_see(scenario, part)) {
            scenario_problem(scenario, "nothing is called %s", part);
        }
    }
}

const step_t scenario_steps[] = {
    {"it is %d", on_day},
    {"it is %d %w", on_day_at},
    {"%n is a citizen", citizen},
    {"%n is a shop", shop},
    {"%n is a shop of Goyang", far_shop},
    {"%# citizens are called %w, born in %#", many},
    {"%p's %w is %w", fact},
    {"%p's %w is %w from %d", fact_from},
    {"%p is on the list %w", listed},
    {"%p is no longer on the list %w", unlisted},
    {"%p uses key %#", uses_key},
    {"%p signs for %p", signs_for},
    {"%p adds key %#", adds_key},
    {"the bank pays %m into the account %w", deposit},
    {"%p orders %m of %f", order},
    {"%p orders %m of %f for at most %m", order_at_most},
    {"%p credits %m for %l", credit},
    {"%p gives up %l", give_up},
    {"%p buys %m of %f", buy},
    {"%p cancels lot %# of %f", cancel},
    {"%p gives back lot %# of %f", give_back},
    {"%p pays %m to %p", pay},
    {"%p pays %m to %p by %w", pay_by},
    {"%p pays %m to %p with %f", pay_with},
    {"%p pays %m to %p with %f and %f", pay_with_two},
    {"%p refunds %m of %l", refund},
    {"the bytes of %l arrive", arrive},
    {"the bytes of %l arrive again", arrive},
    {"%p shows the code %n up to %m for %# seconds", shows_code},
    {"%p shows the code %n up to %m for %# seconds to %p", shows_code_to},
    {"%p collects %m by the code %c", collect},
    {"%p gives %m to %p", gift},
    {"%p gives %m of %f to %p", gift_of},
    {"%p sends %m of %f to %p", recirculate},
    {"%p redeems %m of %f", redeem},
    {"%p settles %l", settle},
    {"%p rejects %l", reject},
    {"%p sweeps %p", sweep},
    {"%p sweeps %p and %p", sweep_two},
    {"%p tidies the %w %l", tidy},
    {"%p freezes %p until %d, reason %w", freeze},
    {"%p suspends %p until %d, reason %w", suspend},
    {"%p records the death of %p", death},
    {"%p holds %m of %f of %p until %d, reason %w", hold_money},
    {"%p releases %l", release},
    {"%p appeals against %l", appeal},
    {"%p upholds %l until %d", uphold},
    {"%p proposes to %s", scenario_propose},
    {"the officers decide to %s", scenario_decide},
    {"%p approves %l", approve},
    {"%p carries out chunk %# of %l", carry_out},
    {"%p carries out chunk %# of %l with the roster %r", carry_out_other},
    {"all %# called %w buy %m of %f", all_buy},
    {"all %# called %w pay %m to %p", all_pay},
    {"the roster %n has all %# called %w", roster_of_all},
    {"the roster %n has %s", roster},
    {"the ledger moves to a new operator", scenario_move},
    {"an export comes in which %p has %m more", scenario_forge},
    {"%p proves what the ledger holds of %p", scenario_prove},
    {"see %s", see},
    {NULL, NULL},
};
