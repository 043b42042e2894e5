#include "ledger/test_money.h"

static const char words[] = "  words {\n"
                            "    test_money  ko \"돈\" en \"money\" zh \"錢\"\n"
                            "    spent       ko \"쓴 돈\" en \"spent\" zh \"已用\"\n"
                            "    taken       ko \"받은 돈\" en \"taken\" zh \"已收\"\n"
                            "    times       ko \"횟수\" en \"times\" zh \"次數\"\n"
                            "    rewarded    ko \"적립\" en \"rewarded\" zh \"回饋\"\n"
                            "    cashed      ko \"찾은 돈\" en \"cashed\" zh \"已提現\"\n"
                            "    all_rewards ko \"모든 적립\" en \"all rewards\" zh \"全部回饋\"\n";
static const char slow[] =
    "    slow        ko \"확인 뒤 지급\" en \"paid later\" zh \"稍後支付\"\n";

static const char body[] = "  counter spent       = sum of amount per month on payment by payer\n"
                           "  counter taken       = sum of amount per day on payment by payee\n"
                           "  counter times       = count per month on payment by payer\n"
                           "  counter rewarded    = sum of reward per month on payment by payer\n"
                           "  counter cashed      = sum of amount per day on redemption by holder\n"
                           "  counter all_rewards = sum of reward ever on payment\n"
                           "  purchase {\n"
                           "    allow\n"
                           "    subsidy 10% of amount from issuer.budget\n"
                           "  }\n"
                           "  cancel { allow }\n"
                           "  gift { allow }\n"
                           "  recirculation { allow }\n";

static void rate(char *out, size_t size, const char *before, uint32_t hundredths, const char *after)
{
    out[0] = 0;
    if (hundredths > 0) {
        (void)snprintf(out, size, "    %s %u.%02u%% of amount %s\n", before, hundredths / 100,
                       hundredths % 100, after);
    }
}

static dure_bytes_t source_of(char *out, size_t size, const money_terms_t *terms)
{
    char reward[128], share[128], cash[128], cap[128] = "", hold[128] = "";
    rate(reward, sizeof reward, "reward", terms->reward, "from issuer.event");
    rate(share, sizeof share, "share", terms->share, "to issuer.fees");
    rate(cash, sizeof cash, "share", terms->cash_share, "to issuer.fees");
    if (terms->reward_cap > 0) {
        (void)snprintf(cap, sizeof cap, "    cap reward at %u won minus rewarded\n",
                       terms->reward_cap);
    }
    if (terms->cash_hold > 0) {
        (void)snprintf(hold, sizeof hold, "    hold slow %u days when amount >= 1 won\n",
                       terms->cash_hold);
    }
    const int length =
        snprintf(out, size,
                 "fund test_money {\n  issuer city 41570\n  currency KRW\n  validity %s\n"
                 "  lapse to issuer.budget\n  priority %u\n  %s\n  old lots %s\n%s"
                 "  payment {\n    allow when payee is merchant\n%s%s%s  }\n"
                 "  redemption {\n    allow\n%s%s  }\n%s%s  }\n}\n",
                 terms->validity == NULL ? "2 years" : terms->validity, terms->priority,
                 terms->refund == NULL ? "refund within 90 days grace 30 days" : terms->refund,
                 terms->old_lots == NULL ? "keep" : terms->old_lots, body, reward, share, cap, hold,
                 cash, words, terms->cash_hold == 0 ? "" : slow);
    assert_true(length > 0 && (size_t)length < size);
    return dure_bytes(out, (size_t)length);
}

void money_fund(world_t *world, uint64_t fund, money_terms_t terms)
{
    static char source[DURE_YAK_SOURCE_SIZE_MAX];
    static uint8_t image[DURE_YAK_IMAGE_SIZE_MAX];
    dure_act_t act = act_fund(fund, terms.ceiling == 0 ? 10000000000 : terms.ceiling);
    act.fund.source = source_of(source, sizeof source, &terms);
    act.fund.image = test_compile(source, image);
    world_decide(world, act);
}

void money_version(world_t *world, uint64_t fund, dure_day_t from, money_terms_t terms)
{
    static char source[DURE_YAK_SOURCE_SIZE_MAX];
    static uint8_t image[DURE_YAK_IMAGE_SIZE_MAX];
    source_of(source, sizeof source, &terms);
    world_decide(world, act_version(fund, from, test_compile(source, image)));
}

static void account_open(world_t *world, const char *name, uint64_t won)
{
    world_decide(world, act_account(name));
    if (won > 0) {
        const dure_body_t deposit = body_deposit(name, won);
        assert_code(world_send(world, BANK, &deposit), DURE_RESULT_DONE);
    }
}

world_t *money_world(uint64_t event, uint64_t reserve)
{
    world_t *world = world_new(NULL, false, 1);
    account_open(world, "budget", 1000000000);
    account_open(world, "event", event);
    account_open(world, "fees", 0);
    if (reserve > 0) {
        account_open(world, "refund_reserve", reserve);
    }
    world_register(world, ANNA, DURE_KIND_CITIZEN);
    world_register(world, BEN, DURE_KIND_CITIZEN);
    world_shop(world, SHOP, DURE_CATEGORY_BAKERY);
    world_shop(world, OTHER, DURE_CATEGORY_BAKERY);
    return world;
}

/* ---- what the moves say ----
   The figures as docs/formats/money.md has them; each move raises some and lowers others. */
enum {
    ISSUED = 1,
    ORDERED = 2,
    CITIZENS = 4,
    MERCHANTS = 8,
    PENDING = 16,
    REDEEMED = 32,
    REFUNDED = 64,
    ESCROW = 128,
    FIGURES = 8,
};
enum { NO_ACCOUNT, SPENT, RECEIVED };

static const struct {
    uint8_t plus, minus, account;
} meanings[64] = {
    [DURE_MOVE_ORDER_OPENED] = {ORDERED, 0, NO_ACCOUNT},
    [DURE_MOVE_PRICE_TO_ESCROW] = {ESCROW, ORDERED, NO_ACCOUNT},
    [DURE_MOVE_SUBSIDY_TO_ESCROW] = {ESCROW, ORDERED, SPENT},
    [DURE_MOVE_SUBSIDY_RETURNED] = {REFUNDED, ESCROW, RECEIVED},
    [DURE_MOVE_LOT_ISSUED] = {ISSUED | CITIZENS, 0, NO_ACCOUNT},
    [DURE_MOVE_LOT_CANCELLED] = {0, CITIZENS, NO_ACCOUNT},
    [DURE_MOVE_LOT_TAKEN] = {0, CITIZENS, NO_ACCOUNT},
    [DURE_MOVE_MERCHANT_RECEIVED] = {MERCHANTS, 0, NO_ACCOUNT},
    [DURE_MOVE_SHARE_TAKEN] = {REDEEMED, 0, NO_ACCOUNT},
    [DURE_MOVE_REWARD_TO_ESCROW] = {ESCROW, 0, SPENT},
    [DURE_MOVE_ESCROW_TO_ACCOUNT] = {0, ESCROW, RECEIVED},
    [DURE_MOVE_LOT_RETURNED] = {CITIZENS, 0, NO_ACCOUNT},
    [DURE_MOVE_LOT_WITHDRAWN] = {REFUNDED, CITIZENS, NO_ACCOUNT},
    [DURE_MOVE_MERCHANT_RETURNED] = {0, MERCHANTS, NO_ACCOUNT},
    [DURE_MOVE_ADVANCE_TO_ESCROW] = {ISSUED | ESCROW, 0, SPENT},
    [DURE_MOVE_DEBT_OPENED] = {0, 0, NO_ACCOUNT},
    [DURE_MOVE_DEBT_REPAID] = {REFUNDED, MERCHANTS, NO_ACCOUNT},
    [DURE_MOVE_LOT_GIVEN] = {0, CITIZENS, NO_ACCOUNT},
    [DURE_MOVE_LOT_RECEIVED] = {CITIZENS, 0, NO_ACCOUNT},
    [DURE_MOVE_MERCHANT_SENT] = {0, MERCHANTS, NO_ACCOUNT},
    [DURE_MOVE_MERCHANT_REDEEMED] = {0, MERCHANTS, NO_ACCOUNT},
    [DURE_MOVE_PAYOUT_OPENED] = {PENDING, 0, NO_ACCOUNT},
    [DURE_MOVE_PAYOUT_SETTLED] = {REDEEMED, PENDING | ESCROW, NO_ACCOUNT},
    [DURE_MOVE_PAYOUT_REJECTED] = {MERCHANTS, PENDING, NO_ACCOUNT},
};

#define FUNDS_READ    8u
#define ACCOUNTS_READ 8u
typedef struct {
    uint64_t funds[FUNDS_READ][FIGURES];
    uint64_t accounts[ACCOUNTS_READ][3];
} figures_t;

static figures_t figures_read(const world_t *world)
{
    figures_t figures = {0};
    const dure_ledger_t *ledger = world->ledger;
    for (uint32_t i = 0; i < ledger->state->pools[POOL_FUND].used; i++) {
        const fund_t *fund = fund_at(ledger, i);
        const uint64_t is[FIGURES] = {fund->issued.won,        fund->ordered.won,
                                      fund->held_citizens.won, fund->held_merchants.won,
                                      fund->pending.won,       fund->redeemed.won,
                                      fund->refunded.won,      fund->escrow.won};
        memcpy(figures.funds[i], is, sizeof is);
    }
    for (uint32_t i = 0; i < ledger->state->pools[POOL_ACCOUNT].used; i++) {
        figures.accounts[i][SPENT] = account_at(ledger, i)->spent.won;
        figures.accounts[i][RECEIVED] = account_at(ledger, i)->received.won;
    }
    return figures;
}

static void move_follow(const world_t *world, figures_t *figures, uint8_t kind,
                        const dure_effect_move_t *move)
{
    if (move->fund == 0) {
        return;
    }
    uint64_t *fund = figures->funds[ledger_fund_find(world->ledger, move->fund)];
    for (uint32_t i = 0; i < FIGURES; i++) {
        fund[i] += (meanings[move->what].plus >> i & 1) != 0 ? move->amount.won : 0;
        fund[i] -= (meanings[move->what].minus >> i & 1) != 0 ? move->amount.won : 0;
        /* What is settled was pending, its share too. */
        fund[i] -= kind == DURE_BODY_PAYOUT_RESULT && move->what == DURE_MOVE_SHARE_TAKEN &&
                           1u << i == PENDING
                       ? move->amount.won
                       : 0;
    }
    assert_int_equal(meanings[move->what].account != NO_ACCOUNT,
                     move->account.text[0] != 0 && move->what != DURE_MOVE_SHARE_TAKEN);
    if (meanings[move->what].account != NO_ACCOUNT) {
        const uint32_t city = ledger_city_find(world->ledger, GIMPO);
        const uint32_t account = ledger_account_find(world->ledger, (uint8_t)city, &move->account);
        assert_int_not_equal(account, CELL_NONE);
        figures->accounts[account][meanings[move->what].account] += move->amount.won;
    }
}

dure_result_t money_try(world_t *world, uint64_t party, dure_body_t sent)
{
    figures_t figures = figures_read(world);
    const dure_result_t code = world_send(world, party, &sent);
    assert_true(code == DURE_RESULT_DONE ||
                (world->effect.moves_count == 0 && world->effect.parts_count == 0));
    for (uint16_t i = 0; i < world->effect.moves_count; i++) {
        move_follow(world, &figures, sent.kind, &world->effect.moves[i]);
    }
    if (sent.kind != DURE_BODY_PROPOSE && sent.kind != DURE_BODY_APPROVE) {
        const figures_t now = figures_read(world);
        assert_memory_equal(&figures, &now, sizeof now);
    }
    world_sound(world);
    return code;
}

void money_send(world_t *world, dure_result_t expected, uint64_t party, dure_body_t sent)
{
    const dure_result_t code = money_try(world, party, sent);
    if (code != expected) {
        print_error("got %d, expected %d\n", (int)code, (int)expected);
    }
    assert_code(code, expected);
}

void money_buy(world_t *world, uint64_t party, uint64_t fund, uint64_t won)
{
    money_send(world, DURE_RESULT_DONE, party, body_order(fund, won, 0));
    money_send(world, DURE_RESULT_DONE, BANK,
               body_credit(world_last_id(world), (uint64_t)world->effect.numbers[0].value));
}

dure_effect_t money_pay(world_t *world, uint64_t payer, uint64_t shop, uint64_t won)
{
    money_send(world, DURE_RESULT_DONE, payer, body_payment(shop, won));
    return world->effect;
}

void money_refund(world_t *world, dure_result_t expected, uint64_t shop,
                  const dure_effect_t *payment, uint64_t won)
{
    world->proven = payment;
    money_send(world, expected, shop, body_refund(payment->id, won));
    world->proven = NULL;
}

/* ---- reading ---- */
static uint32_t cell_of(const world_t *world, uint64_t party)
{
    const uint32_t cell = ledger_party_find(world->ledger, party);
    assert_int_not_equal(cell, CELL_NONE);
    return cell;
}

const fund_t *money_of(const world_t *world, uint64_t fund)
{
    return fund_at(world->ledger, ledger_fund_find(world->ledger, fund));
}

const account_t *money_account(const world_t *world, const char *name)
{
    const dure_name_t account = test_name(name);
    const uint32_t city = ledger_city_find(world->ledger, GIMPO);
    return account_at(world->ledger, ledger_account_find(world->ledger, (uint8_t)city, &account));
}

uint64_t money_lots(const world_t *world, uint64_t party, uint64_t fund)
{
    uint64_t sum = 0;
    const uint32_t index = ledger_fund_find(world->ledger, fund);
    for (uint32_t at = party_at(world->ledger, cell_of(world, party))->holdings; at != CELL_NONE;
         at = lot_at(world->ledger, at)->next) {
        const lot_t *lot = lot_at(world->ledger, at);
        sum += lot->fund == index ? lot->left : 0;
    }
    return sum;
}

static const balance_t *balance_of(const world_t *world, uint64_t shop, uint64_t fund)
{
    const uint32_t cell =
        ledger_balance_find(world->ledger, party_at(world->ledger, cell_of(world, shop)),
                            ledger_fund_find(world->ledger, fund));
    return cell == CELL_NONE ? NULL : balance_at(world->ledger, cell);
}

uint64_t money_balance(const world_t *world, uint64_t shop, uint64_t fund)
{
    const balance_t *balance = balance_of(world, shop, fund);
    return balance == NULL ? 0 : balance->amount.won;
}

uint64_t money_owed(const world_t *world, uint64_t shop, uint64_t fund)
{
    const balance_t *balance = balance_of(world, shop, fund);
    return balance == NULL ? 0 : balance->owed.won;
}

uint64_t money_counter(const world_t *world, uint64_t party, uint64_t fund, const char *name)
{
    const uint32_t index = ledger_fund_find(world->ledger, fund);
    const dure_yak_program_t *program = ledger_program(world->ledger, index, 0);
    const dure_name_t counter = test_name(name);
    uint32_t i = 0;
    while (!dure_name_equal(&program->counters[i].name, &counter)) {
        i++;
        assert_true(i < program->counter_count);
    }
    question_t question = ledger_question(index, 0, DURE_VERB_PAYMENT, DURE_AMOUNT_ZERO);
    const uint8_t by = program->counters[i].by[DURE_VERB_PAYMENT];
    if (by != DURE_COUNTER_CITY_WIDE) {
        question.roles[by] = cell_of(world, party);
    }
    const tally_entry_t which = ledger_counter_named(&program->counters[i], by, &question);
    return ledger_counter_read(world->ledger, NULL, &which);
}

uint64_t money_moved(const dure_effect_t *effect, dure_move_t what, uint64_t fund)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < effect->moves_count; i++) {
        const dure_effect_move_t *move = &effect->moves[i];
        sum += move->what == what && (fund == 0 || move->fund == fund) ? move->amount.won : 0;
    }
    return sum;
}
