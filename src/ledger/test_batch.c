/* Batches: what officers approved as one list is carried out chunk by chunk, each row once, and
   never more than was approved. */
#include "ledger/test_list.h"
#include "ledger/test_snapshot.h"

#define AID       UINT64_C(30) /* fixed gives, by tier; once */
#define POINTS    UINT64_C(31) /* the row says how much; rewards */
#define ANNA      UINT64_C(101)
#define BEN       UINT64_C(102)
#define CARL      UINT64_C(103)
#define FAR_EVA   UINT64_C(301)
#define SHOP      UINT64_C(201)
#define FIRST     UINT64_C(5001) /* of many */
#define AID_MONEY UINT64_C(1000000000)

static const char aid_source[] =
    "fund aid {\n"
    "  issuer city 41570\n  currency KRW\n  validity 60 days\n  lapse to issuer.aid\n"
    "  priority 10\n  old lots keep\n"
    "  counter given = count ever on grant by receiver\n"
    "  grant {\n"
    "    allow when receiver is citizen and receiver.residence = issuer.region\n"
    "    deny again when given >= 1\n"
    "    give 300,000 won from issuer.aid when receiver.aid_tier = near_poor\n"
    "    give 150,000 won from issuer.aid when receiver.aid_tier = standard\n"
    "  }\n"
    "  payment { allow when payee is merchant }\n"
    "  redemption { allow when holder is merchant }\n"
    "  recall {\n    allow when lot.origin = grant\n    deny late when lot.age > 50 days\n  }\n"
    "  words {\n"
    "    aid   ko \"지원금\" en \"aid\" zh \"援助金\"\n"
    "    given ko \"받은 횟수\" en \"times received\" zh \"領取次數\"\n"
    "    again ko \"이미 받으셨습니다\" en \"already received\" zh \"已領取\"\n"
    "    late  ko \"회수 기간이 지났습니다\" en \"too late to recall\" zh \"已過收回期\"\n"
    "  }\n"
    "}\n";

static const char points_source[] =
    "fund points {\n"
    "  issuer city 41570\n  currency KRW\n  validity 20 days\n  lapse to issuer.points\n"
    "  priority 20\n  old lots keep\n"
    "  grant {\n    allow when receiver is citizen\n    give amount from issuer.points\n  }\n"
    "  payment {\n    allow when payee is merchant\n"
    "    reward 10% of amount from issuer.thanks\n  }\n"
    "  redemption { allow when holder is merchant }\n"
    "  recall {\n    allow when lot.origin in [grant, reward]\n  }\n"
    "  words { points ko \"포인트\" en \"points\" zh \"點數\" }\n"
    "}\n";

/* ---- what became of a step */
static const dure_effect_move_t *move_of(const world_t *world, dure_move_t what)
{
    const dure_effect_move_t *found = NULL;
    for (uint16_t i = 0; i < world->effect.moves_count; i++) {
        if (world->effect.moves[i].what == what) {
            assert_null(found);
            found = &world->effect.moves[i];
        }
    }
    return found;
}

static void moved(const world_t *world, dure_move_t what, const char *account, uint64_t won)
{
    const dure_effect_move_t *move = move_of(world, what);
    assert_non_null(move);
    assert_int_equal(move->amount.won, won);
    assert_string_equal(move->account.text, account);
}

static const account_t *account_of(const world_t *world, const char *name)
{
    const dure_name_t wanted = test_name(name);
    const uint32_t city = ledger_city_find(world->ledger, GIMPO);
    return account_at(world->ledger, ledger_account_find(world->ledger, (uint8_t)city, &wanted));
}

static const fund_t *fund_of(const world_t *world, uint64_t fund)
{
    return fund_at(world->ledger, ledger_fund_find(world->ledger, fund));
}

/* What a party has of a fund, and in how many lots. */
static uint64_t has(const world_t *world, uint64_t party, uint64_t fund, uint32_t *lots)
{
    const dure_ledger_t *ledger = world->ledger;
    const uint32_t index = ledger_fund_find(ledger, fund);
    uint64_t sum = 0;
    *lots = 0;
    for (uint32_t at = party_at(ledger, ledger_party_find(ledger, party))->holdings;
         at != CELL_NONE; at = lot_at(ledger, at)->next) {
        if (lot_at(ledger, at)->fund == index) {
            sum += lot_at(ledger, at)->left;
            (*lots)++;
        }
    }
    return sum;
}

static uint64_t left_of(const world_t *world, uint64_t party, uint64_t fund)
{
    uint32_t lots;
    return has(world, party, fund, &lots);
}

static void row_is(const world_t *world, uint32_t i, dure_result_t code, uint64_t won)
{
    const dure_effect_row_t row = row_of(&world->effect, i);
    assert_int_equal(row.code, code);
    assert_int_equal(row.amount.won, won);
    assert_true(code == DURE_RESULT_DONE || row.lot == 0);
}

/* ---- a town */
static void open_fund(world_t *world, uint64_t fund, const char *source, uint64_t ceiling)
{
    static uint8_t image[DURE_YAK_IMAGE_SIZE_MAX];
    dure_act_t act = act_fund(fund, ceiling);
    act.fund.image = test_compile(source, image);
    world_decide(world, act);
}

static void citizen(world_t *world, uint64_t party, uint64_t tier)
{
    world_register(world, party, DURE_KIND_CITIZEN);
    dure_body_t body = body_attest(party, DURE_ATTRIBUTE_RESIDENCE, GIMPO, 0, FAR_DAY);
    assert_code(world_send(world, REGISTRAR, &body), DURE_RESULT_DONE);
    if (tier != 0) {
        body = body_attest(party, DURE_ATTRIBUTE_AID_TIER, tier, 0, FAR_DAY);
        assert_code(world_send(world, OFFICER_1, &body), DURE_RESULT_DONE);
    }
}

static void dies(world_t *world, uint64_t party)
{
    world_done(world, REGISTRAR,
               (dure_body_t){.kind = DURE_BODY_HOLD,
                             .hold = {.subject = party,
                                      .what = DURE_HOLD_KIND_DEATH,
                                      .reason = DURE_HOLD_REASON_DEATH,
                                      .until = FAR_DAY}});
}

static world_t *town(uint32_t parties_max)
{
    const dure_ledger_limits_t limits = dure_ledger_limits_for(parties_max);
    world_t *world = world_new(&limits, false, 1);
    world_fund(world);
    world_decide(world, act_account("aid"));
    world_decide(world, act_account("points"));
    world_decide(world, act_account("thanks"));
    open_fund(world, AID, aid_source, 2 * AID_MONEY);
    open_fund(world, POINTS, points_source, 100000000);
    world_done(world, BANK, body_deposit("aid", AID_MONEY));
    world_done(world, BANK, body_deposit("points", 10000000));
    world_done(world, BANK, body_deposit("thanks", 1000000));
    citizen(world, ANNA, DURE_AID_TIER_NEAR_POOR);
    citizen(world, BEN, DURE_AID_TIER_STANDARD);
    citizen(world, CARL, 0);
    world_shop(world, SHOP, DURE_CATEGORY_BAKERY);
    world_done(world, FAR_ALL, body_registration(FAR_EVA, DURE_KIND_CITIZEN));
    return world;
}

static dure_tx_id_t approved(world_t *world, dure_act_t act)
{
    return world_made(world, OFFICER_1, body_propose(act, FAR_DAY));
}

static bool is_open(const world_t *world, dure_tx_id_t id)
{
    return ledger_index_find(world->ledger, INDEX_BATCH, ledger_id(&id)) != CELL_NONE;
}

/* ---- a long list */
#define MANY     1300u /* five whole chunks, and twenty rows */
#define DEAD     (FIRST + 300)
#define MOVED    (FIRST + 600) /* lives elsewhere */
#define STRANGER (FIRST + MANY + 7)

/* Everyone of the list but three gets 150,000. */
static void many(world_t *world, list_t *list)
{
    for (uint64_t party = FIRST; party < FIRST + MANY - 1; party++) {
        citizen(world, party, DURE_AID_TIER_STANDARD);
        list_add(list, party, 0);
    }
    list_add(list, STRANGER, 0);
    dies(world, DEAD);
    world_done(world, REGISTRAR, body_attest(MOVED, DURE_ATTRIBUTE_RESIDENCE, GOYANG, 0, FAR_DAY));
}

static void each_has_one_lot(const world_t *world)
{
    for (uint64_t party = FIRST; party < FIRST + MANY - 1; party++) {
        uint32_t lots;
        const uint64_t won = has(world, party, AID, &lots);
        const bool gets = party != DEAD && party != MOVED;
        assert_int_equal(lots, gets);
        assert_int_equal(won, gets ? 150000 : 0);
    }
}

static void a_long_list_is_paid_exactly_once(void **state)
{
    (void)state;
    static list_t list;
    const uint64_t paid = (MANY - 3) * UINT64_C(150000);
    const uint64_t total = MANY * UINT64_C(150000);
    world_t *world = town(2048);
    list.rows = 0;
    many(world, &list);
    const dure_tx_id_t id =
        approved(world, act_batch(&list, BATCH_GRANT, AID, total, TODAY, TODAY + 30));
    moved(world, DURE_MOVE_BATCH_RESERVED, "aid", total);
    assert_int_equal(account_of(world, "aid")->reserved.won, total);
    assert_int_equal(fund_of(world, AID)->ordered.won, total);
    /* In any order, and each but once. */
    static const uint32_t order[] = {5, 0, 3, 1, 4, 2};
    for (uint32_t i = 0; i < 6; i++) {
        world_done(world, i % 2 == 0 ? OFFICER_2 : OFFICER_1, body_rows(&list, id, order[i]));
        assert_int_equal(world->effect.rows.count, order[i] == 5 ? 20 : 256);
        if (order[i] == 1) {
            row_is(world, 299 - 256, DURE_RESULT_DONE, 150000);
            row_is(world, 300 - 256, DURE_RESULT_PARTY_DEAD, 0);
        } else if (order[i] == 5) {
            row_is(world, 19, DURE_RESULT_SUBJECT_UNKNOWN, 0);
        }
        if (i < 5) {
            world_expect(world, DURE_RESULT_BATCH_CHUNK_DONE, OFFICER_1,
                         body_rows(&list, id, order[i]));
        }
        if (i == 2) {
            world_reload(world); /* as after a crash */
        }
    }
    each_has_one_lot(world);
    assert_false(is_open(world, id));
    moved(world, DURE_MOVE_BATCH_RELEASED, "aid", total - paid);
    assert_int_equal(account_of(world, "aid")->reserved.won, 0);
    assert_int_equal(account_of(world, "aid")->balance.won, AID_MONEY - paid);
    assert_int_equal(account_of(world, "aid")->spent.won, paid);
    assert_int_equal(fund_of(world, AID)->held_citizens.won, paid);
    assert_int_equal(fund_of(world, AID)->ordered.won, 0);
    world_expect(world, DURE_RESULT_BATCH_UNKNOWN, OFFICER_1, body_rows(&list, id, 2));
    each_has_one_lot(world);
    /* The same people on another list get nothing: the program counts. */
    const dure_tx_id_t again =
        approved(world, act_batch(&list, BATCH_GRANT, AID, 1000000, TODAY, TODAY));
    world_done(world, OFFICER_1, body_rows(&list, again, 0));
    row_is(world, 0, DURE_RESULT_RULE_DENIED, 0);
    assert_null(move_of(world, DURE_MOVE_LOTS_GRANTED));
    each_has_one_lot(world);
    world_end_reloaded(world);
}

/* ---- what becomes of each row */
static void each_row_stands_for_itself(void **state)
{
    (void)state;
    static list_t list;
    world_t *world = town(256);
    list.rows = 0;
    dies(world, CARL);
    citizen(world, 104, 0);
    for (uint32_t i = 0; i < DURE_PARTY_LOTS_MAX; i++) {
        /* Not alike, so that they do not merge: an order takes a place, too. */
        world_done(world, BEN, body_order(FUND, 10000 + i, 0));
    }
    list_add(&list, 7, 0);
    list_add(&list, ANNA, 5);
    list_add(&list, BEN, 0);
    list_add(&list, CARL, 0);
    list_add(&list, 104, 0);
    list_add(&list, SHOP, 0);
    list_add(&list, FAR_EVA, 0);
    const dure_tx_id_t id =
        approved(world, act_batch(&list, BATCH_GRANT, AID, 2000000, TODAY, TODAY));
    world_done(world, OFFICER_1, body_rows(&list, id, 0));
    row_is(world, 0, DURE_RESULT_SUBJECT_UNKNOWN, 0);
    row_is(world, 1, DURE_RESULT_DONE, 300000); /* the gives decide, whatever the row says */
    row_is(world, 2, DURE_RESULT_DONE, 150000); /* the orders are of another fund */
    row_is(world, 3, DURE_RESULT_PARTY_DEAD, 0);
    row_is(world, 4, DURE_RESULT_RULE_MISSING_FACT, 0); /* no tier is attested */
    row_is(world, 5, DURE_RESULT_KIND_WRONG, 0);
    row_is(world, 6, DURE_RESULT_OTHER_CITY, 0);
    assert_int_equal(row_of(&world->effect, 1).lot, 1);
    assert_int_equal(world->effect.fund, AID);
    moved(world, DURE_MOVE_LOTS_GRANTED, "", 450000);
    moved(world, DURE_MOVE_GRANT_TO_ESCROW, "aid", 450000);
    moved(world, DURE_MOVE_BATCH_RELEASED, "aid", 1550000);
    const lot_t *lot = lot_at(
        world->ledger, party_at(world->ledger, ledger_party_find(world->ledger, ANNA))->holdings);
    assert_int_equal(lot->origin, DURE_ORIGIN_GRANT);
    assert_int_equal(lot->paid, 0);
    assert_int_equal(lot->end_day, TODAY + 60);
    world_end_reloaded(world);
}

static void a_full_wallet_refuses_its_row(void **state)
{
    (void)state;
    static list_t list;
    world_t *world = town(256);
    list.rows = 0;
    list_add(&list, ANNA, 1000);
    list_add(&list, BEN, 1000);
    /* 32 lots, all spent in part, so that none can merge. */
    for (uint32_t i = 0; i < DURE_PARTY_LOTS_MAX; i++) {
        list_t one = {.rows = 0};
        list_add(&one, ANNA, 1000);
        const dure_tx_id_t id =
            approved(world, act_batch(&one, BATCH_GRANT, POINTS, 1000, TODAY, FAR_DAY));
        world_done(world, OFFICER_1, body_rows(&one, id, 0));
        assert_false(is_open(world, id));
        assert_int_equal(row_of(&world->effect, 0).lot, i + 1);
        lot_t *lot =
            lot_at(world->ledger,
                   ledger_lot_find(world->ledger,
                                   party_at(world->ledger, ledger_party_find(world->ledger, ANNA)),
                                   ledger_fund_find(world->ledger, POINTS), i + 1));
        lot->order_day = (lot->order_day - i) & 0x1ffffu; /* as if of other days */
    }
    dure_amount_t amount;
    dure_name_t rule;
    dure_batch_row_t row = {.party = ANNA, .amount = {1000}};
    assert_code(dure_ledger_grant_try(world->ledger, GIMPO, POINTS, &row, &amount, &rule),
                DURE_RESULT_LOTS_FULL);
    const dure_tx_id_t id =
        approved(world, act_batch(&list, BATCH_GRANT, POINTS, 2000, TODAY, FAR_DAY));
    world_done(world, OFFICER_1, body_rows(&list, id, 0));
    row_is(world, 0, DURE_RESULT_LOTS_FULL, 0);
    row_is(world, 1, DURE_RESULT_DONE, 1000);
    dure_ledger_keep(world->ledger);
    world_free(world);
}

/* Alike lots make one when there is no place. */
static void alike_lots_merge(void **state)
{
    (void)state;
    world_t *world = town(256);
    list_t one = {.rows = 0};
    list_add(&one, ANNA, 1000);
    for (uint32_t i = 0; i < DURE_PARTY_LOTS_MAX + 1; i++) {
        const dure_tx_id_t id =
            approved(world, act_batch(&one, BATCH_GRANT, POINTS, 1000, TODAY, FAR_DAY));
        world_done(world, OFFICER_1, body_rows(&one, id, 0));
        row_is(world, 0, DURE_RESULT_DONE, 1000);
    }
    uint32_t lots;
    assert_int_equal(has(world, ANNA, POINTS, &lots), 33000);
    assert_int_equal(lots, 2);
    world_end_reloaded(world);
}

/* ---- approval */
static void what_is_not_approved(void **state)
{
    (void)state;
    world_t *world = town(256);
    list_t list = {.rows = 0};
    list_add(&list, ANNA, 1000);
    const dure_act_t good = act_batch(&list, BATCH_GRANT, POINTS, 1000, TODAY, TODAY);
    dure_act_t act = good;
    act.batch.fund = 77;
    world_propose(world, DURE_RESULT_FUND_UNKNOWN, OFFICER_1, act);
    world_expect(world, DURE_RESULT_OTHER_CITY, FAR_ALL, body_propose(good, FAR_DAY));
    act = good;
    act.batch.from = TODAY - 1;
    world_propose(world, DURE_RESULT_DATES_WRONG, OFFICER_1, act);
    act.batch.from = TODAY + 1;
    world_propose(world, DURE_RESULT_DATES_WRONG, OFFICER_1, act);
    act = good;
    act.batch.fund = FUND;
    world_propose(world, DURE_RESULT_RULE_NOT_DECLARED, OFFICER_1, act);
    act.batch.fund = POINTS;
    act.batch.total = dure_amount(10000001);
    world_propose(world, DURE_RESULT_ACCOUNT_EMPTY, OFFICER_1, act);
    assert_int_equal(world_number(world, DURE_LABEL_ASKED), 10000001);
    assert_int_equal(world_number(world, DURE_LABEL_AVAILABLE), 10000000);
    world_decide(world, act_ceiling(POINTS, 5000));
    act.batch.total = dure_amount(5001);
    world_propose(world, DURE_RESULT_CEILING_REACHED, OFFICER_1, act);
    act.batch.total = dure_amount(3000);
    world_decide(world, act); /* what is reserved counts */
    world_propose(world, DURE_RESULT_CEILING_REACHED, OFFICER_1, act);
    assert_int_equal(world_number(world, DURE_LABEL_AVAILABLE), 2000);
    world_propose(world, DURE_RESULT_CEILING_TOO_LOW, OFFICER_1, act_ceiling(POINTS, 2999));
    act = act_batch(&list, BATCH_RECALL, POINTS, 1, TODAY + 6, TODAY + 6);
    world_propose(world, DURE_RESULT_NOTICE_TOO_SHORT, OFFICER_1, act);
    assert_int_equal(world_number(world, DURE_LABEL_EARLIEST_DAY), TODAY + 7);
    act.batch.from = act.batch.until = TODAY + 7;
    world_decide(world, act);
    assert_int_equal(world->effect.moves_count, 0);
    const dure_act_t pause = {.kind = DURE_ACT_MODE,
                              .mode = {.fund = POINTS, .mode = DURE_FUND_MODE_PAUSED}};
    world_decide(world, pause);
    world_propose(world, DURE_RESULT_FUND_PAUSED, OFFICER_1, good);
    act.batch.total = dure_amount(2);
    world_decide(world, act); /* a recall goes on */
    world_end_reloaded(world);
}

/* Money that went between proposal and the second approval. */
static void approval_looks_again(void **state)
{
    (void)state;
    world_t *world = town(256);
    world_decide(world, act_threshold(2));
    list_t list = {.rows = 0};
    list_add(&list, ANNA, 6000000);
    const dure_act_t act = act_batch(&list, BATCH_GRANT, POINTS, 6000000, TODAY, TODAY + 9);
    const dure_tx_id_t first = world_made(world, OFFICER_1, body_propose(act, FAR_DAY));
    const dure_tx_id_t second = world_made(world, OFFICER_1, body_propose(act, FAR_DAY));
    assert_int_equal(account_of(world, "points")->reserved.won, 0);
    world_expect(world, DURE_RESULT_BATCH_UNKNOWN, OFFICER_1, body_rows(&list, first, 0));
    world_done(world, OFFICER_2, body_approve(first));
    moved(world, DURE_MOVE_BATCH_RESERVED, "points", 6000000);
    world_expect(world, DURE_RESULT_ACCOUNT_EMPTY, OFFICER_2, body_approve(second));
    /* The batch has the id of the proposal. */
    world_done(world, OFFICER_2, body_rows(&list, first, 0));
    row_is(world, 0, DURE_RESULT_DONE, 6000000);
    world_end_reloaded(world);
}

/* ---- chunks that are refused as a whole */
static void what_is_not_carried_out(void **state)
{
    (void)state;
    static list_t list;
    world_t *world = town(256);
    list.rows = 0;
    for (uint64_t party = 1; party <= 300; party++) {
        list_add(&list, party, 1000);
    }
    const dure_tx_id_t id =
        approved(world, act_batch(&list, BATCH_GRANT, POINTS, 300000, TODAY + 1, TODAY + 2));
    const dure_body_t good = body_rows(&list, id, 0);
    world_expect(world, DURE_RESULT_NOT_PERMITTED, REGISTRAR, good);
    world_expect(world, DURE_RESULT_OTHER_CITY, FAR_ALL, good);
    world_expect(world, DURE_RESULT_BATCH_NOT_OPEN, OFFICER_1, good);
    assert_int_equal(world_number(world, DURE_LABEL_EARLIEST_DAY), TODAY + 1);
    assert_int_equal(world_number(world, DURE_LABEL_LATEST_DAY), TODAY + 2);
    world_days(world, 1);
    dure_body_t body = good;
    body.batch_rows.batch.number++;
    world_expect(world, DURE_RESULT_BATCH_UNKNOWN, OFFICER_1, body);
    const uint32_t wrong = DURE_RESULT_BATCH_ROWS_WRONG;
    body = good;
    body.batch_rows.chunk = 2;
    world_expect(world, wrong, OFFICER_1, body);
    body.batch_rows.chunk = UINT32_MAX;
    world_expect(world, wrong, OFFICER_1, body);
    body.batch_rows.chunk = 1;
    world_expect(world, wrong, OFFICER_1, body);
    body = body_rows(&list, id, 1);
    body.batch_rows.chunk = 0;
    world_expect(world, wrong, OFFICER_1, body);
    body = good;
    body.batch_rows.path_count = 0;
    world_expect(world, wrong, OFFICER_1, body);
    body.batch_rows.path_count = 2;
    world_expect(world, wrong, OFFICER_1, body);
    body = good;
    body.batch_rows.path[0].hash.bytes[31] ^= 1;
    world_expect(world, wrong, OFFICER_1, body);
    /* A row more, a row less, another amount, two rows in the other order. */
    static list_t other;
    other = list;
    body = body_rows(&list, id, 1);
    body.batch_rows.rows.count--;
    body.batch_rows.rows.bytes.size -= DURE_BATCH_ROW_SIZE;
    world_expect(world, wrong, OFFICER_1, body);
    list_add(&other, 301, 1000);
    world_expect(world, wrong, OFFICER_1, body_rows(&other, id, 1));
    other = list;
    other.bytes[10]++;
    body = body_rows(&other, id, 0);
    world_expect(world, wrong, OFFICER_1, body);
    world_done(world, OFFICER_1, good);
    world_expect(world, DURE_RESULT_BATCH_CHUNK_DONE, OFFICER_2, good);
    world_days(world, 2);
    world_expect(world, DURE_RESULT_BATCH_NOT_OPEN, OFFICER_1, body_rows(&list, id, 1));
    world_end_reloaded(world);
}

/* An approved root over rows that are not ascending, or of someone twice, pays nobody. */
static void a_list_in_disorder_is_never_paid(void **state)
{
    (void)state;
    world_t *world = town(256);
    list_t list = {.rows = 0};
    list_add(&list, BEN, 1000);
    list_add(&list, ANNA, 1000);
    dure_tx_id_t id = approved(world, act_batch(&list, BATCH_GRANT, POINTS, 2000, TODAY, TODAY));
    world_expect(world, DURE_RESULT_BATCH_ROWS_WRONG, OFFICER_1, body_rows(&list, id, 0));
    list.rows = 0;
    list_add(&list, ANNA, 1000);
    list_add(&list, ANNA, 1000);
    id = approved(world, act_batch(&list, BATCH_GRANT, POINTS, 2000, TODAY, TODAY));
    world_expect(world, DURE_RESULT_BATCH_ROWS_WRONG, OFFICER_1, body_rows(&list, id, 0));
    assert_int_equal(left_of(world, ANNA, POINTS), 0);
    world_end_reloaded(world);
}

static void a_paused_fund_waits(void **state)
{
    (void)state;
    world_t *world = town(256);
    list_t list = {.rows = 0};
    list_add(&list, ANNA, 1000);
    const dure_tx_id_t id =
        approved(world, act_batch(&list, BATCH_GRANT, POINTS, 1000, TODAY, FAR_DAY));
    dure_act_t act = {.kind = DURE_ACT_MODE,
                      .mode = {.fund = POINTS, .mode = DURE_FUND_MODE_PAUSED}};
    world_decide(world, act);
    world_expect(world, DURE_RESULT_FUND_PAUSED, OFFICER_1, body_rows(&list, id, 0));
    act.mode.mode = DURE_FUND_MODE_OPEN;
    world_decide(world, act);
    world_done(world, OFFICER_1, body_rows(&list, id, 0));
    row_is(world, 0, DURE_RESULT_DONE, 1000);
    world_end_reloaded(world);
}

/* No row is refused for good because the chain's tables are full at the moment. */
static void a_full_chain_refuses_the_chunk(void **state)
{
    (void)state;
    static list_t list;
    world_t *world = town(16);
    list.rows = 0;
    for (uint64_t party = 1; party <= 256; party++) {
        list_add(&list, party, 10);
    }
    const dure_tx_id_t id =
        approved(world, act_batch(&list, BATCH_GRANT, POINTS, 2560, TODAY, FAR_DAY));
    pool_head_t *lots = &world->ledger->state->pools[POOL_LOT];
    const uint32_t live = lots->live;
    lots->live = ledger_limit(world->ledger, POOL_LOT) - 255;
    const dure_body_t body = body_rows(&list, id, 0);
    assert_code(world_send(world, OFFICER_1, &body), DURE_RESULT_TABLE_FULL);
    lots->live--;
    assert_code(world_send(world, OFFICER_1, &body), DURE_RESULT_DONE);
    lots->live = live + (lots->live - (ledger_limit(world->ledger, POOL_LOT) - 256));
    assert_int_equal(row_of(&world->effect, ANNA - 1).code, DURE_RESULT_DONE);
    world_sound(world);
    dure_ledger_keep(world->ledger);
    world_free(world);
}

static void never_more_than_was_approved(void **state)
{
    (void)state;
    world_t *world = town(256);
    list_t list = {.rows = 0};
    list_add(&list, ANNA, 1000);
    list_add(&list, BEN, 1000);
    list_add(&list, CARL, 500);
    const dure_tx_id_t id =
        approved(world, act_batch(&list, BATCH_GRANT, POINTS, 1500, TODAY, FAR_DAY));
    world_done(world, OFFICER_1, body_rows(&list, id, 0));
    row_is(world, 0, DURE_RESULT_DONE, 1000);
    row_is(world, 1, DURE_RESULT_BATCH_TOTAL, 0);
    row_is(world, 2, DURE_RESULT_DONE, 500);
    assert_null(move_of(world, DURE_MOVE_BATCH_RELEASED));
    assert_int_equal(account_of(world, "points")->balance.won, 10000000 - 1500);
    world_end_reloaded(world);
}

/* What is not used by the last day goes back when anyone tidies up. */
static void the_rest_goes_back_after_the_last_day(void **state)
{
    (void)state;
    static list_t list;
    world_t *world = town(512);
    list.rows = 0;
    for (uint64_t party = 1; party <= 257; party++) {
        list_add(&list, party, 100);
    }
    const dure_tx_id_t id =
        approved(world, act_batch(&list, BATCH_GRANT, POINTS, 25700, TODAY, TODAY + 3));
    world_done(world, OFFICER_1, body_rows(&list, id, 0)); /* three of them are citizens */
    assert_null(move_of(world, DURE_MOVE_BATCH_RELEASED));
    const dure_body_t tidy = {.kind = DURE_BODY_TIDY,
                              .tidy = {.table = DURE_TABLE_BATCH, .ids_count = 1, .ids = {id}}};
    world_days(world, 3);
    world_expect(world, DURE_RESULT_NOT_OVER, CARL, tidy);
    world_days(world, 1);
    world_done(world, CARL, tidy);
    moved(world, DURE_MOVE_BATCH_RELEASED, "points", 25700 - 300);
    assert_int_equal(account_of(world, "points")->balance.won, 10000000 - 300);
    assert_int_equal(account_of(world, "points")->reserved.won, 0);
    assert_int_equal(fund_of(world, POINTS)->ordered.won, 0);
    assert_false(is_open(world, id));
    world_end_reloaded(world);
}

/* ---- recall */
static void grant_to(world_t *world, uint64_t fund, uint64_t party, uint64_t won, uint64_t total)
{
    list_t list = {.rows = 0};
    const dure_day_t today = world->ledger->today;
    list_add(&list, party, won);
    const dure_tx_id_t id =
        approved(world, act_batch(&list, BATCH_GRANT, fund, total, today, today));
    world_done(world, OFFICER_1, body_rows(&list, id, 0));
    assert_int_equal(row_of(&world->effect, 0).code, DURE_RESULT_DONE);
}

static void a_recall_returns_what_is_left(void **state)
{
    (void)state;
    world_t *world = town(256);
    grant_to(world, POINTS, ANNA, 10000, 10000);
    grant_to(world, POINTS, ANNA, 5000, 5000);
    grant_to(world, POINTS, BEN, 7000, 7000);
    grant_to(world, AID, ANNA, 0, 300000);
    world_done(world, BEN, body_payment(SHOP, 2000)); /* with 200 in thanks */
    assert_int_equal(left_of(world, BEN, POINTS), 5200);
    dies(world, CARL);
    list_t list = {.rows = 0};
    list_add(&list, ANNA, 12000); /* of two lots, the second in part */
    list_add(&list, BEN, 0);      /* all: what is left of the lot, and the reward */
    list_add(&list, CARL, 0);
    list_add(&list, SHOP, 0);
    list_add(&list, 999, 0);
    const dure_day_t from = TODAY + 7;
    const dure_tx_id_t id =
        approved(world, act_batch(&list, BATCH_RECALL, POINTS, 20000, from, from + 90));
    world_expect(world, DURE_RESULT_BATCH_NOT_OPEN, OFFICER_1, body_rows(&list, id, 0));
    world_days(world, 30); /* by now the lots have expired; nobody has swept them */
    const uint64_t refunded = fund_of(world, POINTS)->refunded.won;
    world_done(world, OFFICER_2, body_rows(&list, id, 0));
    row_is(world, 0, DURE_RESULT_DONE, 12000);
    row_is(world, 1, DURE_RESULT_DONE, 5200);
    row_is(world, 2, DURE_RESULT_NOT_ENOUGH_MONEY, 0);
    row_is(world, 3, DURE_RESULT_KIND_WRONG, 0);
    row_is(world, 4, DURE_RESULT_SUBJECT_UNKNOWN, 0);
    moved(world, DURE_MOVE_LOTS_RECALLED, "", 17200);
    assert_int_equal(left_of(world, ANNA, POINTS), 3000);
    assert_int_equal(left_of(world, BEN, POINTS), 0);
    assert_int_equal(left_of(world, ANNA, AID), 300000);
    /* Each to the account that it came from. */
    assert_int_equal(account_of(world, "points")->balance.won, 10000000 - 22000 + 17000);
    assert_int_equal(account_of(world, "thanks")->balance.won, 1000000);
    assert_int_equal(fund_of(world, POINTS)->refunded.won, refunded + 17200);
    assert_false(is_open(world, id));
    world_end_reloaded(world);
}

static void the_program_decides_what_is_recalled(void **state)
{
    (void)state;
    world_t *world = town(256);
    grant_to(world, AID, ANNA, 0, 300000);
    world_buy(world, BEN, 50000);
    list_t list = {.rows = 0};
    list_add(&list, ANNA, 0);
    list_add(&list, BEN, 0);
    /* What was bought is nobody's to call back. */
    list_t bought = {.rows = 0};
    list_add(&bought, BEN, 0);
    const dure_tx_id_t of_bought =
        approved(world, act_batch(&bought, BATCH_RECALL, FUND, 50000, TODAY + 7, TODAY + 7));
    const dure_tx_id_t too_late =
        approved(world, act_batch(&list, BATCH_RECALL, AID, 300000, TODAY + 51, TODAY + 51));
    const dure_tx_id_t too_little =
        approved(world, act_batch(&list, BATCH_RECALL, AID, 299999, TODAY + 50, TODAY + 50));
    const dure_tx_id_t right =
        approved(world, act_batch(&list, BATCH_RECALL, AID, 300000, TODAY + 51, TODAY + 60));
    world_days(world, 7);
    world_done(world, OFFICER_1, body_rows(&bought, of_bought, 0));
    row_is(world, 0, DURE_RESULT_NOT_ENOUGH_MONEY, 0);
    world_days(world, 43);
    world_done(world, OFFICER_1, body_rows(&list, too_little, 0));
    row_is(world, 0, DURE_RESULT_BATCH_TOTAL, 0);
    row_is(world, 1, DURE_RESULT_NOT_ENOUGH_MONEY, 0);
    dure_amount_t amount;
    dure_name_t rule;
    dure_batch_row_t row = {.party = ANNA};
    assert_code(dure_ledger_recall_try(world->ledger, GIMPO, AID, &row, &amount, &rule),
                DURE_RESULT_DONE);
    assert_int_equal(amount.won, 300000);
    world_days(world, 1);
    assert_code(dure_ledger_recall_try(world->ledger, GIMPO, AID, &row, &amount, &rule),
                DURE_RESULT_RULE_DENIED);
    assert_string_equal(rule.text, "late");
    world_done(world, OFFICER_1, body_rows(&list, too_late, 0));
    row_is(world, 0, DURE_RESULT_RULE_DENIED, 0);
    assert_int_equal(left_of(world, ANNA, AID), 300000);
    assert_true(is_open(world, right));
    world_end_reloaded(world);
}

/* ---- dry run */
static void a_dry_run_says_the_same_and_changes_nothing(void **state)
{
    (void)state;
    world_t *world = town(256);
    dies(world, CARL);
    static const struct {
        uint64_t party;
        dure_result_t code;
        uint64_t won;
    } rows[] = {
        {ANNA, DURE_RESULT_DONE, 300000},  {BEN, DURE_RESULT_DONE, 150000},
        {CARL, DURE_RESULT_PARTY_DEAD, 0}, {999, DURE_RESULT_SUBJECT_UNKNOWN, 0},
        {SHOP, DURE_RESULT_KIND_WRONG, 0}, {FAR_EVA, DURE_RESULT_OTHER_CITY, 0},
    };
    dure_amount_t amount;
    dure_name_t rule;
    const dure_hash_t before = world_bytes(world);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const dure_batch_row_t row = {.party = rows[i].party};
        assert_code(dure_ledger_grant_try(world->ledger, GIMPO, AID, &row, &amount, &rule),
                    rows[i].code);
        assert_int_equal(amount.won, rows[i].won);
        assert_string_equal(rule.text, "");
    }
    const dure_batch_row_t row = {.party = ANNA, .amount = dure_amount(700)};
    const dure_ledger_t *ledger = world->ledger;
    assert_code(dure_ledger_grant_try(ledger, GIMPO, 77, &row, &amount, &rule),
                DURE_RESULT_FUND_UNKNOWN);
    assert_code(dure_ledger_grant_try(ledger, GOYANG, AID, &row, &amount, &rule),
                DURE_RESULT_OTHER_CITY);
    assert_code(dure_ledger_grant_try(ledger, 1, AID, &row, &amount, &rule),
                DURE_RESULT_OTHER_CITY);
    assert_code(dure_ledger_grant_try(ledger, GIMPO, FUND, &row, &amount, &rule),
                DURE_RESULT_RULE_NOT_DECLARED);
    assert_code(dure_ledger_grant_try(ledger, GIMPO, POINTS, &row, &amount, &rule),
                DURE_RESULT_DONE);
    assert_int_equal(amount.won, 700);
    assert_code(dure_ledger_recall_try(ledger, GIMPO, POINTS, &row, &amount, &rule),
                DURE_RESULT_NOT_ENOUGH_MONEY);
    const dure_hash_t after = world_bytes(world);
    assert_true(dure_hash_equal(&before, &after));
    grant_to(world, AID, ANNA, 0, 300000);
    assert_code(dure_ledger_grant_try(ledger, GIMPO, AID, &row, &amount, &rule),
                DURE_RESULT_RULE_DENIED);
    assert_string_equal(rule.text, "again");
    assert_int_equal(amount.won, 0);
    world_end_reloaded(world);
}

/* A block that is dropped gives back every byte, also of a chunk. */
static void a_chunk_can_be_dropped(void **state)
{
    (void)state;
    world_t *world = town(256);
    list_t list = {.rows = 0};
    list_add(&list, ANNA, 0);
    list_add(&list, BEN, 0);
    const dure_tx_id_t id =
        approved(world, act_batch(&list, BATCH_GRANT, AID, 450000, TODAY, TODAY));
    world_cut(world);
    snapshot_t snapshot;
    snapshot_take(&snapshot, world->ledger);
    world_done(world, OFFICER_1, body_rows(&list, id, 0));
    assert_false(is_open(world, id));
    assert_true(dure_ledger_drop(world->ledger));
    const dure_hash_t root = world_root(world);
    assert_true(dure_hash_equal(&root, &snapshot.root));
    assert_null(snapshot_differs(&snapshot, world->ledger));
    snapshot_free(&snapshot);
    dure_ledger_begin(world->ledger, dure_ledger_time(world->ledger));
    world_done(world, OFFICER_1, body_rows(&list, id, 0));
    world_end_reloaded(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_long_list_is_paid_exactly_once),
        cmocka_unit_test(each_row_stands_for_itself),
        cmocka_unit_test(a_full_wallet_refuses_its_row),
        cmocka_unit_test(alike_lots_merge),
        cmocka_unit_test(what_is_not_approved),
        cmocka_unit_test(approval_looks_again),
        cmocka_unit_test(what_is_not_carried_out),
        cmocka_unit_test(a_list_in_disorder_is_never_paid),
        cmocka_unit_test(a_paused_fund_waits),
        cmocka_unit_test(a_full_chain_refuses_the_chunk),
        cmocka_unit_test(never_more_than_was_approved),
        cmocka_unit_test(the_rest_goes_back_after_the_last_day),
        cmocka_unit_test(a_recall_returns_what_is_left),
        cmocka_unit_test(the_program_decides_what_is_recalled),
        cmocka_unit_test(a_dry_run_says_the_same_and_changes_nothing),
        cmocka_unit_test(a_chunk_can_be_dropped),
    };
    return cmocka_run_group_tests_name("ledger batch", tests, NULL, NULL);
}
