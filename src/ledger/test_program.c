/* A fund's programs follow one another: notice, what new and old lots obey, parameters and counters
   that go on; and its modes. */
#include "ledger/test_stage.h"

static world_t *town(void)
{
    world_t *world = world_new(NULL, false, 1);
    world_fund(world);
    world_register(world, ANNA, DURE_KIND_CITIZEN);
    world_register(world, BORA, DURE_KIND_CITIZEN);
    world_shop(world, SHOP, DURE_CATEGORY_BAKERY);
    return world;
}

static const lot_t *lot_of(const world_t *world, uint64_t party, uint32_t lot)
{
    const lot_t *found = world_lot(world, party, FUND, lot);
    assert_non_null(found);
    return found;
}

/* A fund of its own text beside the town's; what is sent to it. */
static void open_fund(world_t *world, const char *from, const char *to)
{
    const char *const change[1][2] = {{from, to}};
    dure_act_t act = act_fund(FUND_TWO, 10000000000);
    act.fund.image = stage_images(1, change);
    world_decide(world, act);
}

static dure_body_t pay_with(uint64_t fund, uint64_t won)
{
    dure_body_t body = body_payment(SHOP, won);
    body.payment.funds_count = 1;
    body.payment.funds[0].fund = fund;
    return body;
}

static void buy(world_t *world, uint64_t party, uint64_t fund, uint64_t won)
{
    world_done(world, party, body_order(fund, won, 0));
    world_done(world, BANK,
               body_credit(world_last_id(world), (uint64_t)world_number(world, DURE_LABEL_PRICE)));
}

/* ---- notice and room */
static void a_version_needs_its_notice(void **state)
{
    (void)state;
    world_t *world = town();
    const dure_bytes_t image = test_image();
    world_propose(world, DURE_RESULT_NOTICE_TOO_SHORT, OFFICER_1,
                  act_version(FUND, TODAY + 29, image));
    assert_int_equal(world_number(world, DURE_LABEL_EARLIEST_DAY), TODAY + 30);
    world_propose(world, DURE_RESULT_FUND_UNKNOWN, OFFICER_1, act_version(77, TODAY + 30, image));
    world_expect(world, DURE_RESULT_OTHER_CITY, FAR_ALL,
                 body_propose(act_version(FUND, TODAY + 30, image), FAR_DAY));
    world_propose(world, DURE_RESULT_PROGRAM_REFUSED, OFFICER_1,
                  act_version(FUND, TODAY + 30, dure_bytes(image.data, image.size - 1)));
    world_propose(world, DURE_RESULT_PROGRAM_CITY, OFFICER_1,
                  act_version(FUND, TODAY + 30, stage_image("41570", "41281")));
    world_propose(world, DURE_RESULT_ACCOUNT_UNKNOWN, OFFICER_1,
                  act_version(FUND, TODAY + 30, stage_image("issuer.budget", "issuer.nobody")));
    world_decide(world, act_version(FUND, TODAY + 30, image));
    world_propose(world, DURE_RESULT_VERSION_PENDING, OFFICER_1,
                  act_version(FUND, TODAY + 90, image));
    assert_int_equal(world_number(world, DURE_LABEL_EARLIEST_DAY), TODAY + 30);
    world_days(world, 29);
    world_propose(world, DURE_RESULT_VERSION_PENDING, OFFICER_1,
                  act_version(FUND, TODAY + 90, image));
    world_days(world, 1); /* in force: the next may be announced */
    world_propose(world, DURE_RESULT_NOTICE_TOO_SHORT, OFFICER_1,
                  act_version(FUND, TODAY + 59, image));
    world_decide(world, act_version(FUND, TODAY + 60, image));
    /* What a program promised about its old lots is longer than the least. */
    open_fund(world, "notice 30 days", "notice 45 days");
    world_propose(world, DURE_RESULT_NOTICE_TOO_SHORT, OFFICER_1,
                  act_version(FUND_TWO, TODAY + 30 + 44, image));
    assert_int_equal(world_number(world, DURE_LABEL_EARLIEST_DAY), TODAY + 30 + 45);
    world_decide(world, act_version(FUND_TWO, TODAY + 30 + 45, image));
    world_end_reloaded(world);
}

static void notice_runs_from_the_decision(void **state)
{
    (void)state;
    world_t *world = world_new(NULL, false, 2);
    world_fund(world);
    const dure_tx_id_t first = world_made(
        world, OFFICER_1, body_propose(act_version(FUND, TODAY + 31, test_image()), FAR_DAY));
    const dure_tx_id_t second = world_made(
        world, OFFICER_1, body_propose(act_version(FUND, TODAY + 33, test_image()), FAR_DAY));
    world_days(world, 2);
    world_expect(world, DURE_RESULT_NOTICE_TOO_SHORT, OFFICER_2, body_approve(first));
    world_done(world, OFFICER_2, body_approve(second));
    const dure_ledger_t *ledger = world->ledger;
    const fund_t *fund = fund_at(ledger, ledger_fund_find(ledger, FUND));
    assert_int_equal(fund->versions, 2);
    const program_t *program = program_at(ledger, fund->programs[1]);
    assert_int_equal(program->opened, TODAY + 33);
    assert_memory_equal(&program->proposal, &second, sizeof second); /* where its source stands */
    dure_hash_t source;
    dure_hash(&source, DURE_TAG_YAK_SOURCE, "new", 3);
    assert_memory_equal(&program->source, &source, sizeof source);
    world_end_reloaded(world);
}

static void a_fund_has_eight_versions(void **state)
{
    (void)state;
    world_t *world = town();
    for (dure_day_t i = 1; i < (dure_day_t)DURE_FUND_VERSIONS_MAX; i++) {
        world_decide(world, act_version(FUND, TODAY + 30 * i, test_image()));
        world_days(world, 30);
        buy(world, ANNA, FUND, 1000);
        assert_int_equal(lot_of(world, ANNA, (uint32_t)i)->version, i);
    }
    world_propose(world, DURE_RESULT_TABLE_FULL, OFFICER_1,
                  act_version(FUND, FAR_DAY, test_image()));
    world_done(world, ANNA, body_payment(SHOP, 7000));
    world_end_reloaded(world);
}

/* Thirty-two city-wide counters have room, over all versions together. */
static void counters_of_all_versions_have_room(void **state)
{
    (void)state;
    static char lines[4096], words[8192];
    world_t *world = town();
    for (uint32_t names = 0; names < 2; names++) {
        size_t line = 0;
        size_t word = 0;
        /* `sold` is city-wide too, and the same in all. */
        for (uint32_t i = 0; i < (names == 0 ? 16u : 15u); i++) {
            const char c = names == 0 ? 'a' : 'b';
            line += (size_t)snprintf(lines + line, sizeof lines - line,
                                     "  counter %c%u = count per month on purchase\n", c, i);
            word += (size_t)snprintf(words + word, sizeof words - word,
                                     "    %c%u ko \"%c\" en \"%c\" zh \"%c\"\n", c, i, c, c, c);
        }
        snprintf(lines + line, sizeof lines - line, "  counter gifts_in");
        char with[8300];
        snprintf(with, sizeof with, "  words {\n%s", words);
        const char *const changes[2][2] = {{"  counter gifts_in", lines}, {"  words {\n", with}};
        world_decide(world, act_version(FUND, TODAY + 30 + 30 * (dure_day_t)names,
                                        stage_images(2, changes)));
        world_days(world, 30);
        buy(world, ANNA, FUND, 1000);
    }
    const char *const one[2][2] = {
        {"  counter gifts_in", "  counter c = count ever on purchase\n  counter gifts_in"},
        {"  words {\n", "  words {\n    c ko \"c\" en \"c\" zh \"c\"\n"}};
    world_propose(world, DURE_RESULT_TABLE_FULL, OFFICER_1,
                  act_version(FUND, FAR_DAY, stage_images(2, one)));
    world_decide(world, act_version(FUND, FAR_DAY, test_image()));
    world_end_reloaded(world);
}

/* ---- old lots and new ones */
static const char *const NO_CAFES[2] = {"[department_store, gambling, nightlife, vehicle]",
                                        "[bakery, department_store, gambling, nightlife, vehicle]"};

static void old_lots_keep_their_program(void **state)
{
    (void)state;
    world_t *world = town();
    open_fund(world, "follow if looser notice 30 days", "keep");
    buy(world, ANNA, FUND, 1000);     /* follow if looser: stays until something proves it */
    buy(world, ANNA, FUND_TWO, 1000); /* keep */
    const dure_bytes_t stricter = stage_image(NO_CAFES[0], NO_CAFES[1]);
    world_decide(world, act_version(FUND, TODAY + 30, stricter));
    world_decide(world, act_version(FUND_TWO, TODAY + 30, stricter));
    world_days(world, 29);
    world_done(world, BORA, body_order(FUND, 1000, 0)); /* ordered under the old one */
    const dure_tx_id_t order = world_last_id(world);
    world_days(world, 1);
    world_done(world, BANK, body_credit(order, 940));
    buy(world, BORA, FUND, 1000);
    assert_int_equal(lot_of(world, BORA, 1)->version, 0);
    assert_int_equal(lot_of(world, BORA, 2)->version, 1);
    world_done(world, ANNA, pay_with(FUND, 1000));
    world_done(world, ANNA, pay_with(FUND_TWO, 1000));
    world_done(world, BORA, pay_with(FUND, 1000)); /* the old lot alone */
    world_expect(world, DURE_RESULT_RULE_DENIED, BORA, pay_with(FUND, 1));
    assert_string_equal(world->effect.rule.text, "kind_of_shop");
    world_end_reloaded(world);
}

static void old_lots_follow(void **state)
{
    (void)state;
    world_t *world = town();
    world_decide(world, act_account("old"));
    open_fund(world, "validity 5 years\n  lapse    to issuer.budget\n",
              "validity 40 days\n  lapse    to issuer.budget\n");
    const char *const follow[2][2] = {{"follow if looser", "follow"},
                                      {"validity 5 years", "validity 40 days"}};
    dure_act_t act = act_fund(10, 10000000000);
    act.fund.image = stage_images(2, follow);
    world_decide(world, act);
    buy(world, ANNA, FUND_TWO, 1000);
    buy(world, ANNA, 10, 1000);
    const char *const changes[2][2] = {{NO_CAFES[0], NO_CAFES[1]},
                                       {"lapse    to issuer.budget", "lapse    to issuer.old"}};
    world_decide(world, act_version(FUND_TWO, TODAY + 30, stage_images(2, changes)));
    world_decide(world, act_version(10, TODAY + 30, stage_images(2, changes)));
    world_days(world, 29);
    world_done(world, ANNA, pay_with(10, 1));
    world_days(world, 1);
    world_done(world, ANNA, pay_with(FUND_TWO, 1));
    world_expect(world, DURE_RESULT_RULE_DENIED, ANNA, pay_with(10, 1));
    world_days(world, 11);
    world_done(world, BORA, body_lapse(1, (const uint64_t[]){ANNA}));
    /* Each to the account of the program that governs it now. */
    assert_int_equal(world->effect.moves_count, 4);
    assert_int_equal(world->effect.moves[2].fund, FUND_TWO);
    assert_string_equal(world->effect.moves[2].account.text, "budget");
    assert_int_equal(world->effect.moves[3].fund, 10);
    assert_string_equal(world->effect.moves[3].account.text, "old");
    world_end_reloaded(world);
}

/* ---- parameters and counters */
static void parameters_go_on_by_name(void **state)
{
    (void)state;
    world_t *world = town();
    world_decide(world, act_parameter(FUND, "discount", 1000, TODAY + 7));
    world_decide(world, act_version(FUND, TODAY + 30,
                                    stage_image("parameter discount      : rate in 0%..20%    ",
                                                "parameter discount      : rate in 0%..8%     ")));
    world_days(world, 7);
    world_done(world, ANNA, body_order(FUND, 10000, 0));
    assert_int_equal(world_number(world, DURE_LABEL_PRICE), 9000);
    /* The new program holds for what is decided from now on, also for the days before it. */
    world_propose(world, DURE_RESULT_PARAMETER_RANGE, OFFICER_1,
                  act_parameter(FUND, "discount", 900, TODAY + 30));
    world_decide(world, act_parameter(FUND, "discount", 700, TODAY + 40));
    world_days(world, 23);
    world_done(world, ANNA,
               body_order(FUND, 10000, 0)); /* 10% is not within 0%..8%: its initial 6% */
    assert_int_equal(world_number(world, DURE_LABEL_PRICE), 9400);
    world_days(world, 10);
    world_done(world, ANNA, body_order(FUND, 10000, 0));
    assert_int_equal(world_number(world, DURE_LABEL_PRICE), 9300);
    world_decide(world, act_version(FUND, TODAY + 70, test_image()));
    world_days(world, 30);
    world_done(world, ANNA, body_order(FUND, 10000, 0));
    assert_int_equal(world_number(world, DURE_LABEL_PRICE), 9300);
    world_end_reloaded(world);
}

/* A program of general.yak with 26 parameters more, each `letter` and a number. */
static dure_bytes_t with_parameters(char letter)
{
    static char lines[4096], words[4096];
    size_t line = 0;
    size_t word = (size_t)snprintf(words, sizeof words, "  words {\n");
    for (uint32_t i = 0; i < DURE_FUND_PARAMETERS_MAX - 6; i++) {
        line += (size_t)snprintf(lines + line, sizeof lines - line,
                                 "  parameter %c%u : won in 0 won..9 won = 1 won notice 0 days\n",
                                 letter, i);
        word += (size_t)snprintf(words + word, sizeof words - word,
                                 "    %c%u ko \"%c\" en \"%c\" zh \"%c\"\n", letter, i, letter,
                                 letter, letter);
    }
    snprintf(lines + line, sizeof lines - line, "  counter gifts_in");
    const char *const changes[2][2] = {{"  counter gifts_in", lines}, {"  words {\n", words}};
    return stage_images(2, changes);
}

/* The fund's record has room for sixteen changes of 32 parameters, whatever their names were. */
static void changes_of_all_versions_have_room(void **state)
{
    (void)state;
    world_t *world = town();
    char name[8];
    dure_day_t day = TODAY;
    for (char letter = 'a'; letter < 'c'; letter++) {
        world_decide(world, act_version(FUND, day + 30, with_parameters(letter)));
        world_days(world, 30);
        day += 30;
        const uint32_t count = letter == 'a' ? DURE_FUND_PARAMETERS_MAX - 6 : 6;
        for (uint32_t i = 0; i < count * DURE_PARAMETER_CHANGES_MAX; i++) {
            snprintf(name, sizeof name, "%c%u", letter, i / DURE_PARAMETER_CHANGES_MAX);
            world_decide(world, act_parameter(FUND, name, i % 10,
                                              day + (dure_day_t)(i % DURE_PARAMETER_CHANGES_MAX)));
        }
    }
    world_propose(world, DURE_RESULT_TABLE_FULL, OFFICER_1, act_parameter(FUND, "b6", 2, day));
    world_decide(world, act_parameter(FUND, "b5", 9, day)); /* of the same day */
    world_end_reloaded(world);
}

static void what_is_fixed_at_issue_stays_fixed(void **state)
{
    (void)state;
    world_t *world = town();
    world_done(world, REGISTRAR,
               body_attest(SHOP, DURE_ATTRIBUTE_ANNUAL_SALES, 900000000, 0, FAR_DAY));
    buy(world, ANNA, FUND, 1000); /* sales_cap 1,000,000,000 */
    /* A new program in which it is not fixed; then more changes than are kept. */
    world_decide(world,
                 act_version(FUND, TODAY + 30, stage_image("fixed at issue", "notice 0 days")));
    for (dure_day_t i = 0; i < (dure_day_t)DURE_PARAMETER_CHANGES_MAX; i++) {
        world_decide(world, act_parameter(FUND, "sales_cap", 500000000 + i, TODAY + 45 + i));
    }
    world_days(world, 60);
    buy(world, BORA, FUND, 1000);
    world_done(world, ANNA, pay_with(FUND, 500));
    world_expect(world, DURE_RESULT_RULE_DENIED, BORA, pay_with(FUND, 500));
    assert_string_equal(world->effect.rule.text, "shop_too_large");
    /* An old value may be what a lot out there reads, though the newest program reads today's. */
    world_propose(world, DURE_RESULT_TABLE_FULL, OFFICER_1,
                  act_parameter(FUND, "sales_cap", 900000000, TODAY + 61));
    world_decide(world,
                 act_parameter(FUND, "sales_cap", 900000000, TODAY + 60)); /* of that very day */
    world_done(world, BORA, pay_with(FUND, 500));
    world_done(world, ANNA, pay_with(FUND, 500));
    world_end_reloaded(world);
}

static void counters_of_the_same_line_go_on(void **state)
{
    (void)state;
    world_t *world = town();
    world_days(world, 2);
    world_decide(world,
                 act_version(FUND, TODAY + 32, stage_image("= 500,000 won  ", "= 600,000 won  ")));
    world_days(world, 29); /* 1 February: what follows is of one month */
    buy(world, ANNA, FUND, 400000);
    world_days(world, 1);
    world_expect(world, DURE_RESULT_RULE_DENIED, ANNA, body_order(FUND, 200001, 0));
    buy(world, ANNA, FUND, 200000);
    /* Another line counts anew. */
    world_decide(world, act_version(FUND, TODAY + 62,
                                    stage_image("counter bought   = sum of amount per month",
                                                "counter bought   = sum of amount per day")));
    world_days(world, 30);
    world_done(world, ANNA, body_order(FUND, 500000, 0));
    world_end_reloaded(world);
}

/* ---- modes */
static void a_mode_names_a_successor_of_the_city(void **state)
{
    (void)state;
    world_t *world = town();
    world_done(world, FAR_ALL, body_propose(act_account("budget"), FAR_DAY));
    dure_act_t far = act_fund(FUND_FAR, 1000);
    far.fund.image = stage_image("41570", "41281");
    world_done(world, FAR_ALL, body_propose(far, FAR_DAY));
    open_fund(world, "notice 30 days", "notice 45 days");
    world_propose(world, DURE_RESULT_FUND_UNKNOWN, OFFICER_1,
                  act_mode(77, DURE_FUND_MODE_PAUSED, 0));
    world_propose(world, DURE_RESULT_OTHER_CITY, OFFICER_1,
                  act_mode(FUND_FAR, DURE_FUND_MODE_PAUSED, 0));
    world_propose(world, DURE_RESULT_FUND_UNKNOWN, OFFICER_1,
                  act_mode(FUND, DURE_FUND_MODE_FULL_REFUND, 77));
    world_propose(world, DURE_RESULT_FUND_UNKNOWN, OFFICER_1,
                  act_mode(FUND, DURE_FUND_MODE_FULL_REFUND, FUND_FAR));
    world_propose(world, DURE_RESULT_FUND_UNKNOWN, OFFICER_1,
                  act_mode(FUND, DURE_FUND_MODE_FULL_REFUND, FUND));
    world_decide(world, act_mode(FUND, DURE_FUND_MODE_FULL_REFUND, FUND_TWO));
    const dure_ledger_t *ledger = world->ledger;
    const fund_t *fund = fund_at(ledger, ledger_fund_find(ledger, FUND));
    assert_int_equal(fund->mode, DURE_FUND_MODE_FULL_REFUND);
    assert_int_equal(fund->successor, FUND_TWO);
    buy(world, ANNA, FUND_TWO, 1000);
    world_decide(world, act_mode(FUND, DURE_FUND_MODE_OPEN, 0));
    assert_int_equal(fund->successor, 0);
    buy(world, ANNA, FUND, 1000);
    world_decide(world, act_mode(FUND, DURE_FUND_MODE_PAUSED, FUND_TWO));
    world_expect(world, DURE_RESULT_FUND_PAUSED, ANNA, pay_with(FUND, 1));
    world_done(world, ANNA, pay_with(FUND_TWO, 1));
    world_end_reloaded(world);
}

/* Taking a block back takes its program back; the next act gets the place. */
static void a_version_can_be_dropped(void **state)
{
    (void)state;
    world_t *world = town();
    world_cut(world);
    const dure_hash_t before = world_root(world);
    const uint64_t sent = world->numbers[OFFICER_1];
    world_decide(world, act_version(FUND, TODAY + 30, stage_image(NO_CAFES[0], NO_CAFES[1])));
    assert_true(dure_ledger_drop(world->ledger));
    dure_ledger_begin(world->ledger, START);
    const dure_hash_t after = world_root(world);
    assert_memory_equal(&before, &after, sizeof before);
    world->numbers[OFFICER_1] = sent;
    world_decide(world, act_version(FUND, TODAY + 30, test_image()));
    world_days(world, 30);
    buy(world, ANNA, FUND, 1000);
    world_done(world, ANNA, pay_with(FUND, 1000));
    world_end_reloaded(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_version_needs_its_notice),
        cmocka_unit_test(notice_runs_from_the_decision),
        cmocka_unit_test(a_fund_has_eight_versions),
        cmocka_unit_test(counters_of_all_versions_have_room),
        cmocka_unit_test(old_lots_keep_their_program),
        cmocka_unit_test(old_lots_follow),
        cmocka_unit_test(parameters_go_on_by_name),
        cmocka_unit_test(changes_of_all_versions_have_room),
        cmocka_unit_test(what_is_fixed_at_issue_stays_fixed),
        cmocka_unit_test(counters_of_the_same_line_go_on),
        cmocka_unit_test(a_mode_names_a_successor_of_the_city),
        cmocka_unit_test(a_version_can_be_dropped),
    };
    return cmocka_run_group_tests_name("ledger programs", tests, NULL, NULL);
}
