/* The general program's decisions at every edge. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "codec/dure_vocabulary.h"
#include "yak/dure_yak_tools.h"

static dure_yak_program_t program;
static uint8_t image[DURE_YAK_IMAGE_SIZE_MAX];
static size_t image_size;

static char *read_file(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    char *data = malloc(1u << 20);
    assert_non_null(data);
    *size = fread(data, 1, 1u << 20, file);
    fclose(file);
    return data;
}

static int load_general(void **state)
{
    (void)state;
    size_t size = 0;
    char *source = read_file("examples/gimpo/general.yak", &size);
    size_t workspace_size = dure_yak_workspace_size();
    void *workspace = aligned_alloc(16, workspace_size);
    dure_yak_diagnostics_t *diagnostics = malloc(sizeof *diagnostics);
    assert_non_null(workspace);
    assert_non_null(diagnostics);
    bool compiled = dure_yak_compile(workspace, workspace_size, dure_bytes(source, size), image,
                                     &image_size, diagnostics);
    if (!compiled) {
        print_error("%u: %s\n", diagnostics->list[0].line, diagnostics->list[0].en);
    }
    assert_true(compiled);
    assert_int_equal(dure_yak_load(&program, dure_bytes(image, image_size)), DURE_YAK_LOAD_OK);
    free(diagnostics);
    free(workspace);
    free(source);
    return 0;
}

/* ---- a small way to state inputs ---- */

typedef struct {
    dure_verb_t verb;
    dure_yak_value_t inputs[DURE_YAK_INPUTS_MAX];
} facts_t;

static uint32_t place(dure_verb_t verb, uint32_t kind, uint32_t role, uint32_t id)
{
    const dure_yak_verb_t *rules = &program.verbs[verb];
    for (uint32_t i = 0; i < rules->input_count; i++) {
        const dure_yak_input_t *input = &rules->inputs[i];
        if (input->kind == kind && input->role == role && input->id == id) {
            return i;
        }
    }
    fail_msg("the verb does not read that input");
    return 0;
}

static uint32_t named(const char *name)
{
    dure_name_t wanted;
    assert_true(dure_name_from(&wanted, name, strlen(name)));
    for (uint32_t i = 0; i < program.counter_count; i++) {
        if (dure_name_equal(&program.counters[i].name, &wanted)) {
            return i;
        }
    }
    for (uint32_t i = 0; i < program.parameter_count; i++) {
        if (dure_name_equal(&program.parameters[i].name, &wanted)) {
            return i;
        }
    }
    for (uint32_t i = 0; i < program.list_count; i++) {
        if (dure_name_equal(&program.lists[i], &wanted)) {
            return i;
        }
    }
    fail_msg("no such name");
    return 0;
}

static void set(facts_t *facts, uint32_t kind, uint32_t role, uint32_t id, int64_t value)
{
    facts->inputs[place(facts->verb, kind, role, id)] = (dure_yak_value_t){value, true};
}

static void attribute(facts_t *facts, uint32_t role, uint32_t id, int64_t value)
{
    set(facts, DURE_INPUT_ATTRIBUTE, role, id, value);
}

static void unknown(facts_t *facts, uint32_t role, uint32_t id)
{
    facts->inputs[place(facts->verb, DURE_INPUT_ATTRIBUTE, role, id)] =
        (dure_yak_value_t){0, false};
}

static facts_t facts_of(dure_verb_t verb)
{
    facts_t facts = {.verb = verb};
    for (uint32_t i = 0; i < program.verbs[verb].input_count; i++) {
        const dure_yak_input_t *input = &program.verbs[verb].inputs[i];
        bool parameter = input->kind == DURE_INPUT_PARAMETER;
        bool known = input->kind != DURE_INPUT_ATTRIBUTE;
        facts.inputs[i] =
            (dure_yak_value_t){parameter ? program.parameters[input->id].initial : 0, known};
    }
    return facts;
}

static facts_t purchase(int64_t bought, int64_t wallet, int64_t sold)
{
    facts_t facts = facts_of(DURE_VERB_PURCHASE);
    set(&facts, DURE_INPUT_KIND, DURE_ROLE_BUYER, 0, DURE_KIND_CITIZEN);
    set(&facts, DURE_INPUT_COUNTER, 0, named("bought"), bought);
    set(&facts, DURE_INPUT_COUNTER, 0, named("sold"), sold);
    set(&facts, DURE_INPUT_WALLET, DURE_ROLE_BUYER, 0, wallet);
    return facts;
}

enum { payer_number = 77 };

static facts_t payment(void)
{
    facts_t facts = facts_of(DURE_VERB_PAYMENT);
    set(&facts, DURE_INPUT_KIND, DURE_ROLE_PAYEE, 0, DURE_KIND_MERCHANT);
    set(&facts, DURE_INPUT_PARTY, DURE_ROLE_PAYER, 0, payer_number);
    set(&facts, DURE_INPUT_ISSUER_REGION, 0, 0, 41570);
    attribute(&facts, DURE_ROLE_PAYEE, DURE_ATTRIBUTE_REGION, 41570);
    attribute(&facts, DURE_ROLE_PAYEE, DURE_ATTRIBUTE_CATEGORY, DURE_CATEGORY_BAKERY);
    return facts;
}

static dure_yak_decision_t decide(const facts_t *facts, uint64_t won)
{
    dure_yak_decision_t decision;
    dure_yak_decide(&decision, &program, facts->verb, dure_amount(won), facts->inputs);
    assert_true(decision.steps <= program.verbs[facts->verb].steps_max);
    return decision;
}

static void assert_denied(const dure_yak_decision_t *decision, dure_verb_t verb, const char *rule)
{
    assert_int_equal(decision->outcome, DURE_YAK_REFUSED);
    assert_int_equal(decision->why, DURE_YAK_WHY_DENY);
    assert_string_equal(program.verbs[verb].rules[decision->rule].name.text, rule);
    assert_true((decision->denies >> decision->rule & 1) == 1);
}

/* ---- purchase ---- */

static void purchases_stop_at_the_monthly_limit(void **state)
{
    (void)state;
    facts_t facts = purchase(480000, 0, 0);
    dure_yak_decision_t decision = decide(&facts, 20000);
    assert_int_equal(decision.outcome, DURE_YAK_ACCEPTED);
    assert_int_equal(decision.subsidy.won, 1200);
    decision = decide(&facts, 20001);
    assert_denied(&decision, DURE_VERB_PURCHASE, "over_monthly_limit");
    assert_int_equal(decision.subsidy.won, 0);
}

static void purchases_stop_at_the_holding_limit(void **state)
{
    (void)state;
    facts_t facts = purchase(0, 1400000, 0);
    assert_int_equal(decide(&facts, 100000).outcome, DURE_YAK_ACCEPTED);
    dure_yak_decision_t decision = decide(&facts, 100001);
    assert_denied(&decision, DURE_VERB_PURCHASE, "over_holding_limit");
}

static void purchases_stop_when_sold_out(void **state)
{
    (void)state;
    facts_t facts = purchase(0, 0, 9999999999);
    assert_int_equal(decide(&facts, 1).outcome, DURE_YAK_ACCEPTED);
    dure_yak_decision_t decision = decide(&facts, 2);
    assert_denied(&decision, DURE_VERB_PURCHASE, "sold_out");
}

static void every_deny_is_named(void **state)
{
    (void)state;
    facts_t facts = purchase(500000, 1500000, 10000000000);
    dure_yak_decision_t decision = decide(&facts, 1);
    assert_denied(&decision, DURE_VERB_PURCHASE, "over_monthly_limit");
    assert_int_equal(decision.denies, 0xe); /* rules 1, 2 and 3 */
}

static void shops_do_not_buy(void **state)
{
    (void)state;
    facts_t facts = purchase(0, 0, 0);
    set(&facts, DURE_INPUT_KIND, DURE_ROLE_BUYER, 0, DURE_KIND_MERCHANT);
    dure_yak_decision_t decision = decide(&facts, 1000);
    assert_int_equal(decision.outcome, DURE_YAK_REFUSED);
    assert_int_equal(decision.why, DURE_YAK_WHY_NO_ALLOW);
    assert_int_equal(decision.missing, -1);
}

static void subsidies_round_down(void **state)
{
    (void)state;
    facts_t facts = purchase(0, 0, 0);
    static const struct {
        uint64_t won, subsidy;
    } rows[] = {{1, 0}, {16, 0}, {17, 1}, {33, 1}, {34, 2}, {99, 5}, {100, 6}, {500000, 30000}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(decide(&facts, rows[i].won).subsidy.won, rows[i].subsidy);
    }
}

static void a_parameter_outside_its_range_is_held_to_it(void **state)
{
    (void)state;
    facts_t facts = purchase(0, 0, 0);
    set(&facts, DURE_INPUT_PARAMETER, 0, named("discount"), 999999);
    assert_int_equal(decide(&facts, 1000).subsidy.won, 200); /* 20 % is the top of the range */
}

/* ---- payment ---- */

static void a_bakery_in_the_city_is_paid(void **state)
{
    (void)state;
    facts_t facts = payment();
    dure_yak_decision_t decision = decide(&facts, 12000);
    assert_int_equal(decision.outcome, DURE_YAK_ACCEPTED);
    assert_int_equal(decision.reward.won, 0);
    assert_int_equal(decision.share.won, 0);
}

static void other_cities_are_not_allowed(void **state)
{
    (void)state;
    facts_t facts = payment();
    attribute(&facts, DURE_ROLE_PAYEE, DURE_ATTRIBUTE_REGION, 41281);
    dure_yak_decision_t decision = decide(&facts, 12000);
    assert_int_equal(decision.why, DURE_YAK_WHY_NO_ALLOW);
    assert_int_equal(decision.missing, -1);
    unknown(&facts, DURE_ROLE_PAYEE, DURE_ATTRIBUTE_REGION);
    decision = decide(&facts, 12000);
    assert_int_equal(decision.why, DURE_YAK_WHY_NO_ALLOW);
    assert_int_equal(decision.missing, place(DURE_VERB_PAYMENT, DURE_INPUT_ATTRIBUTE,
                                             DURE_ROLE_PAYEE, DURE_ATTRIBUTE_REGION));
}

static void sales_are_capped_as_fixed_at_issue(void **state)
{
    (void)state;
    assert_true(program.parameters[named("sales_cap")].fixed_at_issue);
    facts_t facts = payment();
    attribute(&facts, DURE_ROLE_PAYEE, DURE_ATTRIBUTE_ANNUAL_SALES, 1000000000);
    assert_int_equal(decide(&facts, 1).outcome, DURE_YAK_ACCEPTED);
    attribute(&facts, DURE_ROLE_PAYEE, DURE_ATTRIBUTE_ANNUAL_SALES, 1000000001);
    dure_yak_decision_t decision = decide(&facts, 1);
    assert_denied(&decision, DURE_VERB_PAYMENT, "shop_too_large");
    /* The lot's own cap decides. */
    set(&facts, DURE_INPUT_PARAMETER, 0, named("sales_cap"), 3000000000);
    assert_int_equal(decide(&facts, 1).outcome, DURE_YAK_ACCEPTED);
}

static void rural_marts_are_an_exception(void **state)
{
    (void)state;
    facts_t facts = payment();
    attribute(&facts, DURE_ROLE_PAYEE, DURE_ATTRIBUTE_ANNUAL_SALES, 9000000000);
    attribute(&facts, DURE_ROLE_PAYEE, DURE_ATTRIBUTE_CATEGORY, DURE_CATEGORY_LARGE_MART);
    assert_int_equal(decide(&facts, 12000).outcome, DURE_YAK_REFUSED);
    set(&facts, DURE_INPUT_MEMBER, DURE_ROLE_PAYEE, named("rural_marts"), 1);
    assert_int_equal(decide(&facts, 12000).outcome, DURE_YAK_ACCEPTED);
}

static void closed_and_unknown_kinds_are_denied(void **state)
{
    (void)state;
    static const uint32_t closed[] = {DURE_CATEGORY_DEPARTMENT_STORE, DURE_CATEGORY_GAMBLING,
                                      DURE_CATEGORY_NIGHTLIFE, DURE_CATEGORY_VEHICLE};
    for (uint32_t category = DURE_CATEGORY_RESTAURANT; category <= DURE_CATEGORY_OTHER;
         category++) {
        facts_t facts = payment();
        attribute(&facts, DURE_ROLE_PAYEE, DURE_ATTRIBUTE_CATEGORY, category);
        bool is_closed = false;
        for (size_t i = 0; i < sizeof closed / sizeof closed[0]; i++) {
            is_closed = is_closed || closed[i] == category;
        }
        dure_yak_decision_t decision = decide(&facts, 1);
        if (is_closed) {
            assert_denied(&decision, DURE_VERB_PAYMENT, "kind_of_shop");
            assert_int_equal(decision.missing, -1);
        } else {
            assert_int_equal(decision.outcome, DURE_YAK_ACCEPTED);
        }
    }
    facts_t facts = payment();
    unknown(&facts, DURE_ROLE_PAYEE, DURE_ATTRIBUTE_CATEGORY);
    dure_yak_decision_t decision = decide(&facts, 1);
    assert_denied(&decision, DURE_VERB_PAYMENT, "kind_of_shop");
    assert_int_equal(decision.missing, place(DURE_VERB_PAYMENT, DURE_INPUT_ATTRIBUTE,
                                             DURE_ROLE_PAYEE, DURE_ATTRIBUTE_CATEGORY));
}

static void nobody_pays_in_their_own_shop(void **state)
{
    (void)state;
    facts_t facts = payment();
    attribute(&facts, DURE_ROLE_PAYEE, DURE_ATTRIBUTE_OWNER, payer_number);
    dure_yak_decision_t decision = decide(&facts, 1);
    assert_denied(&decision, DURE_VERB_PAYMENT, "own_shop");
    attribute(&facts, DURE_ROLE_PAYEE, DURE_ATTRIBUTE_OWNER, payer_number + 1);
    assert_int_equal(decide(&facts, 1).outcome, DURE_YAK_ACCEPTED);
    /* nobody equals no one, not even nobody */
    attribute(&facts, DURE_ROLE_PAYEE, DURE_ATTRIBUTE_OWNER, 0);
    set(&facts, DURE_INPUT_PARTY, DURE_ROLE_PAYER, 0, 0);
    assert_int_equal(decide(&facts, 1).outcome, DURE_YAK_ACCEPTED);
}

static void a_refusal_has_its_numbers(void **state)
{
    (void)state;
    const dure_yak_verb_t *verb = &program.verbs[DURE_VERB_PURCHASE];
    const dure_yak_rule_t *rule = &verb->rules[1];
    assert_string_equal(rule->name.text, "over_monthly_limit");
    assert_int_equal(rule->input_count, 2);
    assert_int_equal(verb->inputs[rule->inputs[0]].kind, DURE_INPUT_PARAMETER);
    assert_int_equal(verb->inputs[rule->inputs[0]].id, named("monthly_limit"));
    assert_int_equal(verb->inputs[rule->inputs[1]].kind, DURE_INPUT_COUNTER);
    assert_int_equal(verb->inputs[rule->inputs[1]].id, named("bought"));
}

/* ---- redemption and cancel ---- */

static void risky_shops_wait_three_days(void **state)
{
    (void)state;
    facts_t facts = facts_of(DURE_VERB_REDEMPTION);
    set(&facts, DURE_INPUT_KIND, DURE_ROLE_HOLDER, 0, DURE_KIND_MERCHANT);
    assert_int_equal(decide(&facts, 5).outcome, DURE_YAK_ACCEPTED); /* missing counts as 0 */
    attribute(&facts, DURE_ROLE_HOLDER, DURE_ATTRIBUTE_RISK, 699);
    assert_int_equal(decide(&facts, 5).outcome, DURE_YAK_ACCEPTED);
    attribute(&facts, DURE_ROLE_HOLDER, DURE_ATTRIBUTE_RISK, 700);
    dure_yak_decision_t decision = decide(&facts, 5);
    assert_int_equal(decision.outcome, DURE_YAK_HELD);
    assert_int_equal(decision.hold_days, 3);
    assert_string_equal(program.verbs[DURE_VERB_REDEMPTION].rules[decision.rule].name.text,
                        "risky");
    set(&facts, DURE_INPUT_KIND, DURE_ROLE_HOLDER, 0, DURE_KIND_CITIZEN);
    decision = decide(&facts, 5);
    assert_int_equal(decision.outcome, DURE_YAK_REFUSED);
    assert_int_equal(decision.hold_days, 0);
}

static void a_purchase_is_cancelled_within_seven_days(void **state)
{
    (void)state;
    facts_t facts = facts_of(DURE_VERB_CANCEL);
    for (int64_t day = 0; day <= 9; day++) {
        set(&facts, DURE_INPUT_LOT_AGE, 0, 0, day);
        dure_yak_decision_t decision = decide(&facts, 5);
        assert_int_equal(decision.outcome, day <= 7 ? DURE_YAK_ACCEPTED : DURE_YAK_REFUSED);
    }
}

static void what_is_left_returns_after_most_is_used(void **state)
{
    (void)state;
    facts_t facts = facts_of(DURE_VERB_REMAINDER);
    set(&facts, DURE_INPUT_LOT_USED, 0, 0, 5999);
    assert_int_equal(decide(&facts, 5).outcome, DURE_YAK_REFUSED);
    set(&facts, DURE_INPUT_LOT_USED, 0, 0, 6000);
    assert_int_equal(decide(&facts, 5).outcome, DURE_YAK_ACCEPTED);
    set(&facts, DURE_INPUT_LOT_GIFTED, 0, 0, 1);
    assert_int_equal(decide(&facts, 5).outcome, DURE_YAK_REFUSED);
}

static void what_is_not_mentioned_is_refused(void **state)
{
    (void)state;
    static const dure_verb_t absent[] = {DURE_VERB_GRANT, DURE_VERB_RECIRCULATION,
                                         DURE_VERB_RECALL};
    for (size_t i = 0; i < sizeof absent / sizeof absent[0]; i++) {
        dure_yak_decision_t decision;
        dure_yak_decide(&decision, &program, absent[i], dure_amount(1), NULL);
        assert_int_equal(decision.outcome, DURE_YAK_REFUSED);
        assert_int_equal(decision.why, DURE_YAK_WHY_NOT_DECLARED);
    }
}

static void the_image_carries_the_fund(void **state)
{
    (void)state;
    assert_string_equal(program.name.text, "gimpo_general");
    assert_int_equal(program.issuer_city, 41570);
    assert_int_equal(program.validity_months, 60);
    assert_string_equal(program.lapse_to.text, "budget");
    assert_int_equal(program.priority, 50);
    assert_int_equal(program.refund_days, 90);
    assert_int_equal(program.grace_days, 30);
    assert_int_equal(program.old_lots, 3);
    assert_int_equal(program.old_lots_notice_days, 30);
    assert_int_equal(program.parameters[named("discount")].high, 2000);
    assert_int_equal(program.parameters[named("holding_limit")].notice_days, 30);
    assert_int_equal(program.counters[named("bought")].by[DURE_VERB_PURCHASE], DURE_ROLE_BUYER);
    assert_int_equal(program.counters[named("sold")].by[DURE_VERB_PURCHASE],
                     DURE_COUNTER_CITY_WIDE);
    assert_int_equal(program.counters[named("gifts_in")].by[DURE_VERB_GIFT], DURE_ROLE_RECEIVER);
    assert_string_equal(program.verbs[DURE_VERB_PURCHASE].subsidy_from.text, "budget");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(purchases_stop_at_the_monthly_limit),
        cmocka_unit_test(purchases_stop_at_the_holding_limit),
        cmocka_unit_test(purchases_stop_when_sold_out),
        cmocka_unit_test(every_deny_is_named),
        cmocka_unit_test(shops_do_not_buy),
        cmocka_unit_test(subsidies_round_down),
        cmocka_unit_test(a_parameter_outside_its_range_is_held_to_it),
        cmocka_unit_test(a_bakery_in_the_city_is_paid),
        cmocka_unit_test(other_cities_are_not_allowed),
        cmocka_unit_test(sales_are_capped_as_fixed_at_issue),
        cmocka_unit_test(rural_marts_are_an_exception),
        cmocka_unit_test(closed_and_unknown_kinds_are_denied),
        cmocka_unit_test(nobody_pays_in_their_own_shop),
        cmocka_unit_test(a_refusal_has_its_numbers),
        cmocka_unit_test(risky_shops_wait_three_days),
        cmocka_unit_test(a_purchase_is_cancelled_within_seven_days),
        cmocka_unit_test(what_is_left_returns_after_most_is_used),
        cmocka_unit_test(what_is_not_mentioned_is_refused),
        cmocka_unit_test(the_image_carries_the_fund),
    };
    return cmocka_run_group_tests(tests, load_general, NULL);
}
