/* Programs written at random, by type: each is sound by construction, compiles, keeps its image
   when it is laid out, and its VM and the tree walker agree on random inputs.  The number of
   programs and questions is fixed, so is the seed; YAK_SEED=n draws others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "yak/dure_yak_tools.h"
#include "yak/test_draw.h"

enum { programs = 250, questions = 120 };

/* ---- writing ---- */

static char source[DURE_YAK_SOURCE_SIZE_MAX];
static size_t source_size;
static char words[DURE_YAK_SOURCE_SIZE_MAX / 2];

static void put(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void put(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    size_t room = sizeof source - source_size;
    int size = vsnprintf(source + source_size, room, format, arguments);
    va_end(arguments);
    assert_true(size >= 0 && (size_t)size < room);
    source_size += (size_t)size;
}

static void name_it(const char *name)
{
    size_t at = strlen(words);
    snprintf(words + at, sizeof words - at, "%s ko \"말\" en \"word\" zh \"話\"\n", name);
}

static bool chance(uint32_t of)
{
    return test_below(of) == 0;
}

#define PICK(...)                                                                                  \
    ((const char *const[]){__VA_ARGS__}[test_below(sizeof((const char *const[]){__VA_ARGS__}) /    \
                                                   sizeof(const char *))])

/* ---- what a verb knows ---- */

typedef struct {
    const char *name, *a, *b; /* parties; b may be NULL */
    bool channel, origin, gifted, age, used, fixed;
} verb_t;

static const verb_t verbs[] = {
    {"purchase", "buyer", NULL, true, false, false, false, false, true},
    {"grant", "receiver", NULL, false, false, false, false, false, true},
    {"payment", "payer", "payee", true, false, false, false, false, true},
    {"gift", "giver", "receiver", false, true, true, false, false, true},
    {"redemption", "holder", NULL, false, false, false, false, false, false},
    {"recirculation", "payer", "payee", false, false, false, false, false, false},
    {"cancel", "holder", NULL, false, false, true, true, false, true},
    {"remainder", "holder", NULL, false, false, true, true, true, true},
    {"recall", "holder", NULL, false, true, true, true, false, true},
};
enum { verb_count = sizeof verbs / sizeof verbs[0] };

static const char *party(const verb_t *verb)
{
    return verb->b != NULL && chance(2) ? verb->b : verb->a;
}

/* ---- tests, by the type of what they compare ---- */

static void put_won(void)
{
    int64_t won = test_draw_won();
    won = won < 0 ? 0 : won > 900000000000000 ? 900000000000000 : won;
    put("%lld won", (long long)won);
}

static void put_order(void)
{
    put(" %s ", PICK("=", "!=", "<", "<=", ">", ">="));
}

/* One fact measured in won. */
static void put_won_fact(const verb_t *verb)
{
    switch (test_below(6)) {
    case 0:
        put("c_%s", verb->name);
        return;
    case 1:
        put("everything");
        return;
    case 2:
        put("%s.%s", party(verb), PICK("holding", "wallet"));
        return;
    case 3:
        put("%s.annual_sales", party(verb));
        return;
    default:
        put("%s", verb->fixed && chance(2) ? "w_fixed" : "w_now");
        return;
    }
}

static void put_won_test(const verb_t *verb, bool amount)
{
    bool sum = false;
    if (amount && chance(2)) {
        put("amount");
        sum = true;
    }
    if (!sum || chance(2)) {
        put(sum ? " + " : "");
        put_won_fact(verb);
    }
    if (chance(3)) {
        put(" + ");
        put_won();
    }
    put_order();
    if (chance(3)) {
        put_won_fact(verb);
    } else {
        put_won();
    }
}

static void put_count_test(const verb_t *verb)
{
    switch (test_below(5)) {
    case 0:
        put("n_%s", verb->name);
        put_order();
        put("%u", (unsigned)test_below(6));
        return;
    case 1:
        put("%s.birth_digit in %s", party(verb), PICK("digits", "[0, 5]", "3..7", "[9]"));
        return;
    case 2:
        put("%s.birth_year", party(verb));
        put_order();
        put("%u", (unsigned)(1900 + test_below(120)));
        return;
    case 3:
        put("n_%s + %u", verb->name, (unsigned)test_below(3));
        put_order();
        put("n_now");
        return;
    default:
        put("%s.risk", party(verb));
        put_order();
        put("%s", PICK("700", "n_now", "0", "1000"));
        return;
    }
}

static void put_clock_test(void)
{
    switch (test_below(5)) {
    case 0:
        put("today");
        put_order();
        put("2026-%02u-%02u", (unsigned)(1 + test_below(12)), (unsigned)(1 + test_below(28)));
        return;
    case 1:
        put("today in 2026-03-01..2026-%s", PICK("03-01", "06-30", "12-31"));
        return;
    case 2:
        put("time in %s", PICK("09:00..18:00", "00:00..05:00", "22:00..24:00"));
        return;
    case 3:
        put("time");
        put_order();
        put("%02u:%02u", (unsigned)test_below(24), (unsigned)test_below(60));
        return;
    default:
        put("weekday %s", PICK("= monday", "!= sunday", "in [saturday, sunday]", "in workdays"));
        return;
    }
}

static void put_party_test(const verb_t *verb)
{
    const char *role = party(verb);
    const char *place = PICK("region", "residence");
    switch (test_below(8)) {
    case 0:
        put("%s is %s", role, PICK("citizen", "merchant"));
        return;
    case 1:
        put("%s in %s", role, PICK("people", "shops"));
        return;
    case 2:
        put("%s.owner %s %s", role, PICK("=", "!="), party(verb));
        return;
    case 3:
        put("%s.category %s", role, PICK("= bakery", "!= taxi", "in closed", "in [cafe, mart]"));
        return;
    case 4:
        put("%s.%s within %s", role, place, PICK("4", "41", "415", "4157", "41570", "11"));
        return;
    case 5:
        put("%s.%s %s issuer.region", role, place, PICK("=", "!="));
        return;
    case 6:
        put("%s.%s in [41570, %s]", role, place, PICK("11110", "41281"));
        return;
    default:
        put("%s.aid_tier %s", role, PICK("= standard", "!= basic_living", "in [near_poor]"));
        return;
    }
}

static void put_lot_test(const verb_t *verb)
{
    if (verb->used && chance(2)) {
        put("lot.used %s %s", PICK(">=", "<"), PICK("60%", "59.99%", "r_now", "100%"));
    } else if (verb->age && chance(2)) {
        put("lot.age");
        put_order();
        put("%s", PICK("7 days", "d_now", "1 day", "52 weeks"));
    } else if (verb->origin && chance(2)) {
        put("lot.origin %s", PICK("= grant", "!= purchase", "in [reward, refund]"));
    } else if (verb->gifted) {
        put("lot is gifted");
    } else if (verb->channel) {
        put("channel %s", PICK("= card", "!= online", "in [qr_merchant, qr_customer]"));
    } else {
        put_clock_test();
    }
}

static void put_test(const verb_t *verb, uint32_t depth, bool amount)
{
    if (depth > 0 && chance(3)) {
        const char *join = PICK("and", "or");
        put("%s(", chance(4) ? "not " : "");
        for (uint64_t more = 1 + test_below(3);; more--) {
            put_test(verb, depth - 1, amount);
            if (more == 0) {
                break;
            }
            put(" %s ", join);
        }
        put(")");
        return;
    }
    put("%s", chance(5) ? "not " : "");
    switch (test_below(6)) {
    case 0:
    case 1:
        put_won_test(verb, amount);
        return;
    case 2:
        put_count_test(verb);
        return;
    case 3:
        put_clock_test();
        return;
    case 4:
        put_party_test(verb);
        return;
    default:
        put_lot_test(verb);
        return;
    }
}

static void put_when(const verb_t *verb, bool amount)
{
    put(" when ");
    put_test(verb, 3, amount);
    if (chance(4)) {
        put(" unless ");
        put_test(verb, 2, amount);
    }
    put("\n");
}

/* ---- programs ---- */

static void put_maybe_when(const verb_t *verb, bool amount)
{
    if (chance(2)) {
        put_when(verb, amount);
    } else {
        put("\n");
    }
}

static void put_parts(const verb_t *verb, const char *kind, const char *towards)
{
    /* At most 20 % + 3 · 25 %. */
    for (uint64_t i = test_below(4); i > 0; i--) {
        put("%s %s of amount %s issuer.pot", kind, PICK("7.77%", "25%", "0.01%"), towards);
        put_maybe_when(verb, true);
    }
    put("%s r_part of amount %s issuer.pot", kind, towards);
    put_maybe_when(verb, true);
}

static void put_effects(const verb_t *verb)
{
    bool purchase = strcmp(verb->name, "purchase") == 0;
    bool payment = strcmp(verb->name, "payment") == 0;
    if (purchase || payment) {
        const char *kind = purchase ? "subsidy" : "reward";
        put_parts(verb, kind, "from");
        for (uint64_t i = test_below(3); i > 0; i--) {
            put("cap %s at %s%s\n", kind, PICK("w_cap", "5,000 won"),
                chance(2) ? (purchase ? " minus helped" : " minus rewarded") : "");
        }
    }
    if (payment || strcmp(verb->name, "redemption") == 0) {
        put_parts(verb, "share", "to");
    }
    for (uint64_t i = strcmp(verb->name, "redemption") == 0 ? test_below(3) : 0; i > 0; i--) {
        char name[32];
        snprintf(name, sizeof name, "h_%s_%u", verb->name, (unsigned)i);
        name_it(name);
        put("hold %s %u days", name, (unsigned)(1 + test_below(30)));
        put_when(verb, true);
    }
    if (strcmp(verb->name, "grant") == 0) {
        if (chance(4)) {
            put("give amount from issuer.pot");
            put_maybe_when(verb, true);
            return;
        }
        for (uint64_t i = 1 + test_below(4); i > 0; i--) {
            put("give %s from issuer.pot", PICK("w_give", "150,000 won", "1 won"));
            put_maybe_when(verb, false);
        }
    }
}

static void put_block(const verb_t *verb)
{
    put("%s {\n", verb->name);
    for (uint64_t i = 1 + test_below(3); i > 0; i--) {
        put("allow");
        put_maybe_when(verb, true);
    }
    for (uint64_t i = test_below(4); i > 0; i--) {
        char name[32];
        snprintf(name, sizeof name, "d_%s_%u", verb->name, (unsigned)i);
        name_it(name);
        put("deny %s", name);
        put_when(verb, true);
    }
    put_effects(verb);
    put("}\n");
}

static void put_declarations(void)
{
    static const char *const missing[] = {
        "annual_sales counts as 0 won", "owner counts as nobody",      "risk counts as 0",
        "region counts as 41570",       "category counts as bakery",   "birth_year counts as 2000",
        "residence counts as 11110",    "aid_tier counts as standard", "birth_digit counts as 5"};
    for (size_t i = 0; i < sizeof missing / sizeof missing[0]; i++) {
        if (chance(3)) {
            put("missing %s\n", missing[i]);
        }
    }
    put("set closed = [gambling, bakery]\nset digits = [1, 4, 9]\n"
        "set workdays = [monday, tuesday, friday]\nlist people of citizen\nlist shops of merchant\n"
        "parameter w_now : won in 0 won..2,000,000 won = 500,000 won\n"
        "parameter w_fixed : won in 0 won..3,000,000,000 won = 70,000 won fixed at issue\n"
        "parameter w_cap : won in 0 won..9,000 won = 5,000 won\n"
        "parameter w_give : won in 1 won..9,000 won = 5,000 won\n"
        "parameter r_now : rate in 0%%..80%% = 60%%\nparameter r_part : rate in 0%%..20%% = 6%%\n"
        "parameter n_now : count in 0..1000 = 3\nparameter d_now : days in 0 days..30 days = 7 "
        "days\n"
        "counter everything = sum of amount ever on purchase, payment\n"
        "counter helped = sum of subsidy per year on purchase by buyer\n"
        "counter rewarded = sum of reward per month on payment by payer shared\n");
    static const char *const names[] = {"f",      "closed",  "digits",  "workdays", "people",
                                        "shops",  "w_now",   "w_fixed", "w_cap",    "w_give",
                                        "r_now",  "r_part",  "n_now",   "d_now",    "everything",
                                        "helped", "rewarded"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        name_it(names[i]);
    }
    for (size_t i = 0; i < verb_count; i++) {
        char name[32];
        put("counter c_%s = sum of amount per month on %s by %s\n", verbs[i].name, verbs[i].name,
            verbs[i].a);
        put("counter n_%s = count per week on %s by %s\n", verbs[i].name, verbs[i].name,
            party(&verbs[i]));
        snprintf(name, sizeof name, "c_%s", verbs[i].name);
        name_it(name);
        snprintf(name, sizeof name, "n_%s", verbs[i].name);
        name_it(name);
    }
}

static void write_program(void)
{
    source_size = 0;
    words[0] = '\0';
    put("fund f { issuer city 41570 currency KRW validity 5 years lapse to issuer.pot\n"
        "priority 1 old lots keep\n");
    put_declarations();
    put_block(&verbs[test_below(2)]); /* a fund has one of purchase and grant */
    for (size_t i = 2; i < verb_count; i++) {
        if (chance(2)) {
            put_block(&verbs[i]);
        }
    }
    put("words {\n%s}\n}\n", words);
}

/* ---- the comparison ---- */

static dure_yak_diagnostics_t diagnostics;

static void assert_layout_keeps_image(const uint8_t *image, size_t image_size)
{
    static char laid[2][DURE_YAK_SOURCE_SIZE_MAX];
    static uint8_t again[DURE_YAK_IMAGE_SIZE_MAX];
    size_t sizes[2] = {0, 0};
    size_t again_size = 0;
    size_t room = dure_yak_workspace_size();
    void *workspace = aligned_alloc(16, room);
    assert_non_null(workspace);
    assert_true(dure_yak_format(laid[0], &sizes[0], workspace, room,
                                dure_bytes(source, source_size), &diagnostics));
    assert_true(dure_yak_format(laid[1], &sizes[1], workspace, room, dure_bytes(laid[0], sizes[0]),
                                &diagnostics));
    assert_int_equal(sizes[0], sizes[1]);
    assert_memory_equal(laid[0], laid[1], sizes[0]);
    assert_true(dure_yak_compile(workspace, room, dure_bytes(laid[0], sizes[0]), again, &again_size,
                                 &diagnostics));
    assert_int_equal(again_size, image_size);
    assert_memory_equal(again, image, image_size);
    free(workspace);
}

static void ask(const dure_yak_tree_t *tree, const dure_yak_program_t *program, dure_verb_t verb,
                uint64_t outcomes[4])
{
    dure_yak_value_t inputs[DURE_YAK_INPUTS_MAX];
    memset(inputs, 0, sizeof inputs);
    test_draw_inputs(inputs, program, verb, false);
    dure_amount_t amount = test_draw_amount();
    dure_yak_decision_t vm;
    dure_yak_decision_t walk;
    dure_yak_decide(&vm, program, verb, amount, inputs);
    dure_yak_walk(&walk, tree, program, verb, amount, inputs);
    assert_true(vm.steps <= program->verbs[verb].steps_max);
    vm.steps = 0;
    if (memcmp(&vm, &walk, sizeof vm) != 0) {
        print_error("verb %u, %llu won: vm %u why %u denies %llx, walker %u why %u denies %llx\n%s",
                    (unsigned)verb, (unsigned long long)amount.won, vm.outcome, vm.why,
                    (unsigned long long)vm.denies, walk.outcome, walk.why,
                    (unsigned long long)walk.denies, source);
        fail();
    }
    if (verb != DURE_VERB_GRANT) {
        assert_true(vm.subsidy.won <= amount.won && vm.reward.won <= amount.won);
        assert_true(vm.share.won <= amount.won);
    }
    outcomes[vm.outcome]++;
}

static void vm_and_walker_agree_on_random_programs(void **state)
{
    (void)state;
    const char *asked = getenv("YAK_SEED");
    test_draw_from(asked != NULL ? strtoull(asked, NULL, 10) | 1 : 20260301);
    void *workspace = aligned_alloc(16, dure_yak_workspace_size());
    assert_non_null(workspace);
    uint64_t outcomes[4] = {0};
    for (uint32_t i = 0; i < programs; i++) {
        static uint8_t image[DURE_YAK_IMAGE_SIZE_MAX];
        static dure_yak_program_t program;
        size_t image_size = 0;
        write_program();
        dure_yak_tree_t *tree = dure_yak_parse(workspace, dure_yak_workspace_size(),
                                               dure_bytes(source, source_size), &diagnostics);
        if (tree == NULL || !dure_yak_tree_image(tree, image, &image_size)) {
            print_error("%u:%u %s\n%s", diagnostics.list[0].line, diagnostics.list[0].column,
                        diagnostics.list[0].en, source);
            fail();
        }
        assert_int_equal(dure_yak_load(&program, dure_bytes(image, image_size)), DURE_YAK_LOAD_OK);
        assert_layout_keeps_image(image, image_size);
        for (uint32_t verb = 1; verb < DURE_VERB_COUNT; verb++) {
            for (uint32_t round = 0; round < questions && program.verbs[verb].declared; round++) {
                ask(tree, &program, (dure_verb_t)verb, outcomes);
            }
        }
    }
    free(workspace);
    assert_true(outcomes[DURE_YAK_ACCEPTED] > 5000);
    assert_true(outcomes[DURE_YAK_HELD] > 500);
    assert_true(outcomes[DURE_YAK_REFUSED] > 5000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(vm_and_walker_agree_on_random_programs)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
