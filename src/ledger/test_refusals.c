/* Each code from 100 up, once, by the shortest way to it: what is sent, and all that its effect
   says: the fund that spoke, the rule, the numbers.  A code without a row, or a row for one that
   was thought out of reach, fails. */
#include "ledger/test_stage.h"

#include <glob.h>
#include <inttypes.h>

#define CODES_MAX 1024

typedef struct {
    stage_t stage;
    uint32_t reached[CODES_MAX];
} run_t;

#define NUMBERS(...)                                                                               \
    (const dure_effect_number_t[]){__VA_ARGS__},                                                   \
        sizeof((const dure_effect_number_t[]){__VA_ARGS__}) / sizeof(dure_effect_number_t)
#define NO_NUMBERS NULL, 0
#define LABEL(name, won)                                                                           \
    {                                                                                              \
        .source = 1, .label = DURE_LABEL_##name, .value = (int64_t)(won)                           \
    }
/* An input of the general program's verb, by what is read there. */
#define INPUT(kind, of)                                                                            \
    {                                                                                              \
        .source = 2, .label = DURE_INPUT_##kind, .value = (of)                                     \
    }

/* Prepares: undone with what follows by `says`. */
static void step(run_t *run, uint64_t signer, dure_body_t body)
{
    assert_code(world_send(run->stage.world, signer, &body), DURE_RESULT_DONE);
}

static void act(run_t *run, dure_act_t act)
{
    step(run, OFFICER_1, body_propose(act, FAR_DAY));
}

static bool number_is(const dure_ledger_t *ledger, uint8_t kind, const dure_effect_number_t *is,
                      const dure_effect_number_t *expected)
{
    uint8_t label = is->label;
    if (is->source == 2) {
        const dure_yak_verb_t *verbs =
            ledger_program(ledger, ledger_fund_find(ledger, FUND), 0)->verbs;
        const dure_yak_verb_t *verb =
            &verbs[kind == DURE_BODY_PAYMENT ? DURE_VERB_PAYMENT : DURE_VERB_PURCHASE];
        label = is->label < verb->input_count ? verb->inputs[is->label].kind : 0;
    }
    return is->source == expected->source && label == expected->label &&
           is->value == expected->value;
}

/* Judges the effect of what was sent last, then drops the block. */
static void says(run_t *run, uint32_t code, uint64_t fund, const char *rule,
                 const dure_effect_number_t *numbers, size_t count)
{
    world_t *world = run->stage.world;
    const dure_effect_t *effect = &world->effect;
    bool same = effect->code == code && effect->fund == fund && effect->numbers_count == count &&
                strcmp(effect->rule.text, rule) == 0;
    for (size_t i = 0; same && i < count; i++) {
        same = number_is(world->ledger, effect->kind, &effect->numbers[i], &numbers[i]);
    }
    if (!same) {
        print_error("expected %u; code %u, fund %" PRIu64 ", rule \"%s\"\n", code, effect->code,
                    effect->fund, effect->rule.text);
        for (uint16_t i = 0; i < effect->numbers_count; i++) {
            print_error("  source %u, label %u: %" PRId64 "\n", effect->numbers[i].source,
                        effect->numbers[i].label, effect->numbers[i].value);
        }
    }
    assert_true(same);
    assert_int_equal(effect->moves_count, 0);
    run->reached[code]++;
    assert_true(dure_ledger_drop(world->ledger));
    dure_ledger_begin(world->ledger, run->stage.now);
}

static void refused(run_t *run, uint32_t code, uint64_t signer, dure_body_t body, uint64_t fund,
                    const char *rule, const dure_effect_number_t *numbers, size_t count)
{
    world_send(run->stage.world, signer, &body);
    says(run, code, fund, rule, numbers, count);
}

static void plainly(run_t *run, uint32_t code, uint64_t signer, dure_body_t body)
{
    refused(run, code, signer, body, 0, "", NO_NUMBERS);
}

static void act_plainly(run_t *run, uint32_t code, dure_act_t of)
{
    plainly(run, code, OFFICER_1, body_propose(of, FAR_DAY));
}

/* ---- 100..199 */
static void turned_away(run_t *run, uint32_t code, const dure_tx_t *tx, uint8_t slot)
{
    world_send_tx(run->stage.world, tx, slot);
    if (code == DURE_RESULT_ALREADY_USED || code == DURE_RESULT_NUMBER_TOO_OLD) {
        says(run, code, 0, "", NUMBERS(LABEL(HIGHEST_USED, TOP)));
    } else {
        says(run, code, 0, "", NO_NUMBERS);
    }
}

static void admission(run_t *run)
{
    world_t *world = run->stage.world;
    const dure_body_t body = body_payment(SHOP, 1);
    const dure_tx_t good = world_tx(world, ANNA, &body);
    dure_tx_t tx = good;
    tx.id.party = NOBODY;
    turned_away(run, DURE_RESULT_PARTY_UNKNOWN, &tx, 0);
    turned_away(run, DURE_RESULT_KEY_UNKNOWN, &good, 3);
    tx = good;
    tx.id.lane = 1;
    turned_away(run, DURE_RESULT_LANE_WRONG, &tx, 0);
    tx = good;
    tx.id.number = TOP;
    turned_away(run, DURE_RESULT_ALREADY_USED, &tx, 0);
    tx.id.number = TOP - DURE_WINDOW_BITS;
    turned_away(run, DURE_RESULT_NUMBER_TOO_OLD, &tx, 0);
    tx = good;
    tx.valid_until = run->stage.now - 1;
    turned_away(run, DURE_RESULT_EXPIRED, &tx, 0);
    tx.valid_until = run->stage.now + DURE_TX_VALIDITY_MS_MAX + 1;
    turned_away(run, DURE_RESULT_VALID_UNTIL_TOO_FAR, &tx, 0);
    world_send_tx(world, &good, 0);
    assert_true(dure_ledger_drop(world->ledger));
    dure_ledger_begin(world->ledger, run->stage.now);
    world->wire[world->wire_size - 1] ^= 1;
    world_apply_wire(world);
    says(run, DURE_RESULT_SIGNATURE_WRONG, 0, "", NO_NUMBERS);
}

/* Service after service opens all its lanes, until the chain has no more. */
static void lanes_full(run_t *run)
{
    world_t *world = run->stage.world;
    uint32_t opened = 0;
    dure_result_t code = DURE_RESULT_DONE;
    for (uint64_t party = 5000; code == DURE_RESULT_DONE && party < 5100; party++) {
        step(run, REGISTRAR, body_registration(party, DURE_KIND_SERVICE));
        const dure_body_t body = body_rotate(party, 0);
        dure_tx_t tx = world_tx(world, party, &body);
        for (; code == DURE_RESULT_DONE && tx.id.lane < DURE_SERVICE_LANES_MAX; tx.id.lane++) {
            code = world_send_tx(world, &tx, 0);
            opened += code == DURE_RESULT_DONE;
        }
    }
    assert_true(opened > 0);
    says(run, DURE_RESULT_LANES_FULL, 0, "", NO_NUMBERS);
}

/* ---- 200..219 */
static void parties(run_t *run)
{
    plainly(run, DURE_RESULT_NOT_PERMITTED, ANNA, body_deposit("budget", 1));
    plainly(run, DURE_RESULT_KIND_WRONG, SHOP, body_payment(SHOP_TWO, 1));
    plainly(run, DURE_RESULT_PARTY_EXISTS, REGISTRAR, body_registration(ANNA, 1));
    const uint64_t risk = DURE_ATTRIBUTE_RISK;
    plainly(run, DURE_RESULT_SUBJECT_UNKNOWN, WATCH, body_attest(NOBODY, risk, 1, 0, FAR_DAY));
    plainly(run, DURE_RESULT_OTHER_CITY, WATCH, body_attest(FAR_SHOP, risk, 1, 0, FAR_DAY));
    plainly(run, DURE_RESULT_ATTRIBUTE_UNKNOWN, WATCH, body_attest(ANNA, risk, 1, 0, FAR_DAY));
    plainly(run, DURE_RESULT_ATTRIBUTE_VALUE, WATCH, body_attest(SHOP, risk, 1001, 0, FAR_DAY));
    plainly(run, DURE_RESULT_DATES_WRONG, WATCH,
            body_attest(SHOP, risk, 1, 0, run->stage.today - 1));
    dure_body_t body = body_rotate(ANNA, 0);
    memset(body.rotate.entry.key.bytes, 0, sizeof body.rotate.entry.key.bytes);
    plainly(run, DURE_RESULT_KEY_REFUSED, ANNA, body);
    body = body_registration(NOBODY, DURE_KIND_CITIZEN);
    body.registration.keys_count = 0;
    plainly(run, DURE_RESULT_KEYS_WRONG, REGISTRAR, body);
    body = body_registration(NOBODY, DURE_KIND_CITIZEN);
    body.registration.attributes_count = 2;
    for (uint32_t i = 0; i < 2; i++) {
        body.registration.attributes[i] =
            (dure_attribute_entry_t){DURE_ATTRIBUTE_RESIDENCE, GIMPO, 0, FAR_DAY};
    }
    plainly(run, DURE_RESULT_ATTRIBUTES_WRONG, REGISTRAR, body);
    char name[] = "account_00";
    for (uint32_t i = 2; i < DURE_CITY_ACCOUNTS_MAX; i++) { /* budget and other are there */
        name[8] = (char)('0' + i / 10);
        name[9] = (char)('0' + i % 10);
        act(run, act_account(name));
    }
    act_plainly(run, DURE_RESULT_TABLE_FULL, act_account("one_more"));
}

/* ---- 220..239 */
static void governance(run_t *run)
{
    const stage_t *stage = &run->stage;
    const dure_day_t soon = stage->today + 7;
    plainly(run, DURE_RESULT_FUND_UNKNOWN, ANNA, body_order(FUND_NONE, 1, 0));
    act_plainly(run, DURE_RESULT_FUND_EXISTS, act_fund(FUND, 1));
    dure_act_t of = act_fund(FUND_NONE, 1);
    of.fund.image.size--;
    act_plainly(run, DURE_RESULT_PROGRAM_REFUSED, of);
    of.fund.image = stage_image("41570", "41281");
    act_plainly(run, DURE_RESULT_PROGRAM_CITY, of);
    plainly(run, DURE_RESULT_ACCOUNT_UNKNOWN, BANK, body_deposit("far_only", 1));
    act_plainly(run, DURE_RESULT_ACCOUNT_EXISTS, act_account("budget"));
    act_plainly(run, DURE_RESULT_PARAMETER_UNKNOWN, act_parameter(FUND, "count", 1, soon));
    refused(run, DURE_RESULT_PARAMETER_RANGE, OFFICER_1,
            body_propose(act_parameter(FUND, "sales_cap", 1, soon), FAR_DAY), 0, "",
            NUMBERS(LABEL(MINIMUM, 300000000), LABEL(MAXIMUM, 3000000000)));
    refused(run, DURE_RESULT_NOTICE_TOO_SHORT, OFFICER_1,
            body_propose(act_parameter(FUND, "discount", 1, soon - 1), FAR_DAY), 0, "",
            NUMBERS(LABEL(EARLIEST_DAY, soon)));
    /* Issued 180,000, of which the account's part of a cancelled lot is refunded; ordered 150,000.
     */
    refused(run, DURE_RESULT_CEILING_TOO_LOW, OFFICER_1,
            body_propose(act_ceiling(FUND, 1), FAR_DAY), 0, "",
            NUMBERS(LABEL(MINIMUM, 180000 - 1200 + 150000)));
    plainly(run, DURE_RESULT_PROPOSAL_UNKNOWN, OFFICER_2, body_approve(stage->order_anna));
    plainly(run, DURE_RESULT_APPROVED_BEFORE, OFFICER_1, body_approve(stage->proposal_open));
    refused(run, DURE_RESULT_PROPOSAL_EXPIRED, OFFICER_2, body_approve(stage->proposal_expired), 0,
            "", NUMBERS(LABEL(LATEST_DAY, stage->today - 1)));
    refused(run, DURE_RESULT_THRESHOLD_WRONG, OFFICER_1, body_propose(act_threshold(3), FAR_DAY), 0,
            "", NUMBERS(LABEL(MAXIMUM, 2)));
    act(run, act_threshold(2));
    const dure_body_t leave = body_propose(act_roles(OFFICER_2, 0), FAR_DAY);
    refused(run, DURE_RESULT_THRESHOLD_WRONG, OFFICER_1, leave, 0, "",
            NUMBERS(LABEL(THRESHOLD, 2)));
    act_plainly(run, DURE_RESULT_ROLES_WRONG, act_roles(ANNA, 1));
    const uint32_t parties_max = dure_ledger_parties_max(stage->world->ledger);
    const dure_act_t limit = {.kind = DURE_ACT_LIMIT, .limit = {.parties_max = parties_max}};
    refused(run, DURE_RESULT_LIMIT_TOO_LOW, OFFICER_1, body_propose(limit, FAR_DAY), 0, "",
            NUMBERS(LABEL(MINIMUM, parties_max + 1)));
}

/* ---- 240..249 */
static void fund_of(run_t *run, uint64_t fund, const char *from, const char *to)
{
    dure_act_t of = act_fund(fund, 1000000);
    of.fund.image = stage_image(from, to);
    act(run, of);
}

static void rules(run_t *run)
{
    const stage_t *stage = &run->stage;
    refused(run, DURE_RESULT_RULE_DENIED, ANNA, body_order(FUND, stage->anna_room + 1, 0), FUND,
            "over_monthly_limit",
            NUMBERS(LABEL(ASKED, stage->anna_room + 1), INPUT(PARAMETER, 500000),
                    INPUT(COUNTER, 200000)));
    refused(run, DURE_RESULT_RULE_NO_ALLOW, ANNA, body_payment(FAR_SHOP, 1), FUND, "",
            NUMBERS(LABEL(ASKED, 1), INPUT(ISSUER_REGION, GIMPO), LABEL(COVERED, 0)));
    fund_of(run, 10, "  cancel    { allow when lot.age <= 7 days }\n", "");
    step(run, ANNA, body_order(10, 10, 0));
    step(run, BANK, body_credit(world_last_id(stage->world), 10));
    refused(run, DURE_RESULT_RULE_NOT_DECLARED, ANNA, body_cancel(10, 3), 10, "", NO_NUMBERS);
    /* What another party's record lacks is not told, nor what it holds. */
    refused(run, DURE_RESULT_RULE_MISSING_FACT, ANNA, body_payment(SHOP_BARE, 1), FUND,
            "kind_of_shop", NUMBERS(LABEL(ASKED, 1), LABEL(COVERED, 0)));
}

/* ---- 250 and above */
static void purchases(run_t *run)
{
    const stage_t *stage = &run->stage;
    act(run, act_ceiling(FUND_TWO, 1000));
    refused(run, DURE_RESULT_CEILING_REACHED, ANNA, body_order(FUND_TWO, 1001, 0), 0, "",
            NUMBERS(LABEL(ASKED, 1001), LABEL(LIMIT, 1000), LABEL(AVAILABLE, 1000)));
    fund_of(run, 10, "issuer.budget", "issuer.other");
    refused(run, DURE_RESULT_ACCOUNT_EMPTY, ANNA, body_order(10, 1000, 0), 0, "",
            NUMBERS(LABEL(SUBSIDY, 60), LABEL(AVAILABLE, 0)));
    for (uint32_t i = 0; i < DURE_PARTY_LOTS_MAX; i++) {
        step(run, ANNA, body_order(FUND_TWO, 1, 0));
    }
    refused(run, DURE_RESULT_LOTS_FULL, ANNA, body_order(FUND_TWO, 1, 0), 0, "",
            NUMBERS(LABEL(LIMIT, DURE_PARTY_LOTS_MAX)));
    plainly(run, DURE_RESULT_AMOUNT_TOO_LARGE, BANK, body_deposit("budget", DURE_AMOUNT_WON_MAX));
    plainly(run, DURE_RESULT_ORDER_UNKNOWN, BANK, body_credit(stage->payout_shop, 94000));
    refused(run, DURE_RESULT_PRICE_DIFFERS, BANK, body_credit(stage->order_anna, 93999), 0, "",
            NUMBERS(LABEL(EXPECTED, 94000), LABEL(GIVEN, 93999)));
    refused(run, DURE_RESULT_PRICE_ABOVE_BOUND, ANNA, body_order(FUND, 1000, 939), 0, "",
            NUMBERS(LABEL(PRICE, 940), LABEL(MAXIMUM, 939)));
    fund_of(run, 10, "subsidy discount of amount", "subsidy 100% of amount");
    plainly(run, DURE_RESULT_PRICE_ZERO, ANNA, body_order(10, 10, 0));
    plainly(run, DURE_RESULT_LOT_UNKNOWN, ANNA, body_cancel(FUND, 3));
    plainly(run, DURE_RESULT_LOT_TOUCHED, ANNA, body_cancel(FUND, 1));
}

static void payments(run_t *run)
{
    const stage_t *stage = &run->stage;
    refused(run, DURE_RESULT_NOT_ENOUGH_MONEY, ANNA, body_payment(SHOP, stage->anna_has + 1), 0, "",
            NUMBERS(LABEL(ASKED, stage->anna_has + 1), LABEL(AVAILABLE, stage->anna_has),
                    LABEL(COVERED, stage->anna_has)));
    plainly(run, DURE_RESULT_PAYOUT_UNKNOWN, BANK, body_result(stage->order_anna, 1));
    step(run, CLOCK, body_tick(stage->now + DAY_MS)); /* the last day of the hold */
    refused(run, DURE_RESULT_PAYOUT_HELD, BANK, body_result(stage->payout_held, 1), 0, "",
            NUMBERS(LABEL(EARLIEST_DAY, stage->today - 1 + 3)));
    plainly(run, DURE_RESULT_PAYEE_UNKNOWN, ANNA, body_payment(NOBODY, 1));
    plainly(run, DURE_RESULT_SELF_PAYMENT, ANNA, body_payment(ANNA, 1));
    dure_body_t body = body_payment(SHOP, 1);
    body.payment.funds_count = 2;
    body.payment.funds[0].fund = body.payment.funds[1].fund = FUND;
    plainly(run, DURE_RESULT_FUND_TWICE, ANNA, body);
    /* With the two lots there are: 66 of three funds. */
    act(run, act_fund(10, 1000000));
    for (uint32_t i = 0; i < 2 * DURE_PARTY_LOTS_MAX; i++) {
        step(run, ANNA, body_order(i % 2 == 0 ? FUND_TWO : 10, 1, 0));
        step(run, BANK, body_credit(world_last_id(stage->world), 1));
    }
    plainly(run, DURE_RESULT_TOO_MANY_LOTS, ANNA, body_payment(SHOP, stage->anna_has + 64));
    plainly(run, DURE_RESULT_TIME_GOES_BACK, CLOCK, body_tick(stage->now - 1));
}

static uint64_t shop_has(const world_t *world)
{
    const party_t *shop = party_at(world->ledger, ledger_party_find(world->ledger, SHOP));
    const uint32_t fund = ledger_fund_find(world->ledger, FUND);
    return balance_at(world->ledger, ledger_balance_find(world->ledger, shop, fund))->amount.won;
}

static void refunds(run_t *run)
{
    world_t *world = run->stage.world;
    const dure_tx_id_t paid = run->stage.paid.id;
    plainly(run, DURE_RESULT_WITNESS_WRONG, SHOP, body_refund(paid, 1));
    world->proven = &run->stage.ordered;
    plainly(run, DURE_RESULT_WITNESS_WRONG, SHOP, body_refund(paid, 1));
    plainly(run, DURE_RESULT_NOT_A_PAYMENT, SHOP, body_refund(run->stage.order_anna, 1));
    world->proven = &run->stage.paid;
    plainly(run, DURE_RESULT_NOT_PERMITTED, SHOP_TWO, body_refund(paid, 1));
    step(run, SHOP, body_refund(paid, 1000));
    refused(run, DURE_RESULT_REFUND_TOO_MUCH, SHOP, body_refund(paid, 24001), 0, "",
            NUMBERS(LABEL(ASKED, 24001), LABEL(REFUNDED, 1000), LABEL(AVAILABLE, 24000)));
    plainly(run, DURE_RESULT_ACCOUNT_UNKNOWN, SHOP, body_refund(paid, 24000));
    act(run, act_account("refund_reserve"));
    refused(run, DURE_RESULT_ACCOUNT_EMPTY, SHOP, body_refund(paid, 24000), 0, "",
            NUMBERS(LABEL(ASKED, 24000 - shop_has(world)), LABEL(AVAILABLE, 0)));
    /* A program without refunds. */
    fund_of(run, 11, "  refund   within 90 days grace 30 days\n", "");
    step(run, BORA, body_order(11, 10, 0));
    step(run, BANK, body_credit(world_last_id(world), 10));
    dure_body_t body = body_payment(SHOP, 10);
    body.payment.funds_count = 1;
    body.payment.funds[0].fund = 11;
    step(run, BORA, body);
    const dure_effect_t never = world->effect;
    world->proven = &never;
    plainly(run, DURE_RESULT_REFUND_TOO_LATE, SHOP, body_refund(never.id, 1));
    world->proven = NULL;
}

/* ---- holds and mandates */
static void holds(run_t *run)
{
    const stage_t *stage = &run->stage;
    const uint8_t freeze = DURE_HOLD_KIND_FREEZE;
    const dure_day_t latest = stage->today + 90;
    step(run, OFFICER_1, body_hold(ANNA, freeze, DURE_HOLD_REASON_RECHECK, latest));
    plainly(run, DURE_RESULT_PARTY_FROZEN, ANNA, body_order(FUND, 1, 0));
    plainly(run, DURE_RESULT_PARTY_DEAD, DEAD, body_order(FUND, 1, 0));
    step(run, OFFICER_1,
         body_hold(SHOP, DURE_HOLD_KIND_SUSPENSION, DURE_HOLD_REASON_RECHECK, stage->today));
    plainly(run, DURE_RESULT_PAYEE_SUSPENDED, ANNA, body_payment(SHOP, 1));
    const uint64_t has = shop_has(stage->world);
    dure_body_t held =
        body_hold(SHOP, DURE_HOLD_KIND_MONEY, DURE_HOLD_REASON_RECHECK, stage->today);
    held.hold.fund = FUND;
    held.hold.amount = dure_amount(1000);
    step(run, OFFICER_1, held);
    refused(run, DURE_RESULT_MONEY_HELD, SHOP, body_redemption(FUND, has), 0, "",
            NUMBERS(LABEL(ASKED, has), LABEL(AVAILABLE, has - 1000), LABEL(HELD, 1000)));
    plainly(run, DURE_RESULT_HOLD_UNKNOWN, OFFICER_1, body_release(stage->order_anna));
    plainly(run, DURE_RESULT_HOLD_NOT_APPEALABLE, SHOP, body_appeal(stage->hold_appealed));
    refused(run, DURE_RESULT_HOLD_TERM, OFFICER_1,
            body_hold(ANNA, freeze, DURE_HOLD_REASON_RECHECK, latest + 1), 0, "",
            NUMBERS(LABEL(LATEST_DAY, latest)));
    plainly(run, DURE_RESULT_HOLD_WRONG, OFFICER_1,
            body_hold(ANNA, freeze, DURE_HOLD_REASON_DEATH, latest));
    act_plainly(run, DURE_RESULT_PARTY_ALIVE, act_estate(ANNA, BORA));
}

/* What a refused collection tells the shop is the shop's own business. */
static void mandates(run_t *run)
{
    const world_t *world = run->stage.world;
    const dure_mandate_t good = {.payer = ANNA,
                                 .number = TOP + 7,
                                 .amount_max = {1000},
                                 .until = run->stage.now,
                                 .payee = SHOP};
    dure_body_t body = body_collection(world, good, 0, 1);
    body.collection.slot = 2;
    plainly(run, DURE_RESULT_MANDATE_SIGNATURE, SHOP, body);
    dure_mandate_t wrong = good;
    wrong.until--;
    plainly(run, DURE_RESULT_MANDATE_EXPIRED, SHOP, body_collection(world, wrong, 0, 1));
    wrong = good;
    wrong.number = TOP;
    plainly(run, DURE_RESULT_MANDATE_USED, SHOP, body_collection(world, wrong, 0, 1));
    plainly(run, DURE_RESULT_MANDATE_PAYEE, SHOP_TWO, body_collection(world, good, 0, 1));
    refused(run, DURE_RESULT_MANDATE_AMOUNT, SHOP, body_collection(world, good, 0, 1001), 0, "",
            NUMBERS(LABEL(ASKED, 1001), LABEL(MAXIMUM, 1000)));
    wrong = good;
    wrong.amount_max = dure_amount(DURE_AMOUNT_WON_MAX);
    refused(run, DURE_RESULT_NOT_ENOUGH_MONEY, SHOP,
            body_collection(world, wrong, 0, DURE_AMOUNT_WON_MAX), 0, "",
            NUMBERS(LABEL(ASKED, DURE_AMOUNT_WON_MAX)));
}

/* ---- gifts, programs, what is over */
static void funds(run_t *run)
{
    const stage_t *stage = &run->stage;
    step(run, ANNA, body_gift(BORA, 1));
    plainly(run, DURE_RESULT_LOT_NOT_BOUGHT, BORA, body_cancel(FUND, 3));
    const dure_day_t from = stage->today + 30;
    act(run, act_version(FUND, from, test_image()));
    refused(run, DURE_RESULT_VERSION_PENDING, OFFICER_1,
            body_propose(act_version(FUND, from + 30, test_image()), FAR_DAY), 0, "",
            NUMBERS(LABEL(EARLIEST_DAY, from)));
    act(run, act_mode(FUND, DURE_FUND_MODE_PAUSED, 0));
    plainly(run, DURE_RESULT_FUND_PAUSED, ANNA, body_order(FUND, 1, 0));
    act(run, act_mode(FUND, DURE_FUND_MODE_FULL_REFUND, 0));
    refused(run, DURE_RESULT_FUND_PAUSED, ANNA, body_gift(BORA, 1), FUND, "",
            NUMBERS(LABEL(COVERED, 0)));
    const uint64_t anna = ANNA;
    plainly(run, DURE_RESULT_NOTHING_EXPIRED, BORA, body_lapse(1, &anna));
    plainly(run, DURE_RESULT_NOT_OVER, BORA, body_tidy(DURE_TABLE_HOLD, 1, &stage->hold_shop));
    dure_body_t hold = body_hold(SHOP, DURE_HOLD_KIND_MONEY, DURE_HOLD_REASON_RECHECK, from);
    hold.hold.fund = FUND_DAY;
    hold.hold.amount = dure_amount(6000);
    step(run, OFFICER_1, hold);
    refused(run, DURE_RESULT_MONEY_HELD, SHOP, body_recirculation(SHOP_TWO, FUND_DAY, 1001), 0, "",
            NUMBERS(LABEL(ASKED, 1001), LABEL(AVAILABLE, 1000), LABEL(HELD, 6000)));
}

/* ---- batches */
static void batches(run_t *run)
{
    const stage_t *stage = &run->stage;
    const list_t *list = &stage->list;
    plainly(run, DURE_RESULT_BATCH_UNKNOWN, OFFICER_1, body_rows(list, stage->order_anna, 0));
    dure_body_t rows = body_rows(list, stage->batch_open, 0);
    rows.batch_rows.chunk = 1;
    plainly(run, DURE_RESULT_BATCH_ROWS_WRONG, OFFICER_1, rows);
    const dure_day_t from = stage->today + 7;
    refused(run, DURE_RESULT_NOTICE_TOO_SHORT, OFFICER_1,
            body_propose(act_batch(list, BATCH_RECALL, FUND_GIVES, 1, from - 1, from), FAR_DAY), 0,
            "", NUMBERS(LABEL(EARLIEST_DAY, from)));
    act(run, act_batch(list, BATCH_RECALL, FUND_GIVES, 1, from, from + 1));
    const dure_tx_id_t later = world_last_id(stage->world);
    refused(run, DURE_RESULT_BATCH_NOT_OPEN, OFFICER_1, body_rows(list, later, 0), 0, "",
            NUMBERS(LABEL(EARLIEST_DAY, from), LABEL(LATEST_DAY, from + 1)));
    act(run, act_ceiling(FUND_GIVES, 5000));
    refused(run, DURE_RESULT_CEILING_REACHED, OFFICER_1,
            body_propose(act_batch(list, BATCH_GRANT, FUND_GIVES, 2001, from, from), FAR_DAY), 0,
            "", NUMBERS(LABEL(ASKED, 2001), LABEL(LIMIT, 5000), LABEL(AVAILABLE, 2000)));
    /* Of two chunks the second. */
    static list_t long_list;
    long_list.rows = 0;
    for (uint64_t party = 1; party <= 257; party++) {
        list_add(&long_list, party, 1);
    }
    act(run, act_batch(&long_list, BATCH_GRANT, FUND_GIVES, 257, stage->today, from));
    const dure_tx_id_t open = world_last_id(stage->world);
    step(run, OFFICER_2, body_rows(&long_list, open, 1));
    plainly(run, DURE_RESULT_BATCH_CHUNK_DONE, OFFICER_1, body_rows(&long_list, open, 1));
}

/* Under a real clock ticks have no place. */
static void real_clock(run_t *run)
{
    world_t *driven = run->stage.world;
    const dure_time_t now = run->stage.now;
    run->stage.world = world_new(NULL, true, 1);
    run->stage.now = START;
    plainly(run, DURE_RESULT_CLOCK_NOT_DRIVEN, CLOCK, body_tick(START + 1));
    dure_ledger_keep(run->stage.world->ledger);
    world_free(run->stage.world);
    run->stage.world = driven;
    run->stage.now = now;
}

/* What no row reaches, and why.  A code that is reached after all must leave this list. */
static const struct {
    uint16_t code;
    const char *why;
} out_of_reach[] = {
    {DURE_RESULT_KEY_MISSING_LAST, "no transaction can remove a key"},
    {DURE_RESULT_BATCH_TOTAL, "says of a row of a chunk, never of a transaction"},
};

static const char *why_not_reached(uint32_t code)
{
    for (size_t i = 0; i < sizeof out_of_reach / sizeof out_of_reach[0]; i++) {
        if (out_of_reach[i].code == code) {
            return out_of_reach[i].why;
        }
    }
    return NULL;
}

static void each_code_says_what_it_should(void **state)
{
    (void)state;
    run_t *run = calloc(1, sizeof *run);
    assert_non_null(run);
    stage_make(&run->stage);
    admission(run);
    lanes_full(run);
    parties(run);
    governance(run);
    rules(run);
    purchases(run);
    payments(run);
    refunds(run);
    holds(run);
    mandates(run);
    funds(run);
    batches(run);
    real_clock(run);
    uint16_t count;
    const dure_result_text_t *texts = dure_result_texts(&count);
    uint32_t wrong = 0;
    for (uint16_t i = 0; i < count; i++) {
        const uint32_t code = texts[i].code;
        const char *why = why_not_reached(code);
        if (code >= 100 && (run->reached[code] > 0) == (why != NULL)) {
            print_error("%u %s: %s\n", code, texts[i].name,
                        why == NULL ? "no row reaches it" : "is reached after all");
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
    stage_free(&run->stage);
    free(run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_code_says_what_it_should),
    };
    return cmocka_run_group_tests_name("ledger refusals", tests, NULL, NULL);
}
