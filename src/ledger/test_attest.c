/* Facts that are attested ahead of their day, and how a record may hold them. */
#include "ledger/test_world.h"

#define SHOP UINT64_C(201)
#define RISK ((uint64_t)DURE_ATTRIBUTE_RISK)

static void attest(world_t *world, uint64_t value, dure_day_t from, dure_day_t until)
{
    world_done(world, WATCH, body_attest(SHOP, RISK, value, from, until));
}

static dure_record_party_t record_of(const world_t *world, uint64_t party)
{
    static uint8_t bytes[DURE_RECORD_SIZE_MAX];
    dure_writer_t out = dure_writer(bytes, sizeof bytes);
    const dure_primary_key_t key = dure_key_party(party);
    dure_blind_t blind;
    assert_true(dure_ledger_record(world->ledger, &key, &out, &blind));
    dure_reader_t reader = dure_reader(dure_writer_bytes(&out));
    dure_record_party_t record;
    dure_record_party_decode(&reader, &record);
    assert_true(dure_reader_end(&reader));
    return record;
}

/* The entries of the shop's risk are those, in this order. */
static void entries(const world_t *world, size_t count, const dure_attribute_entry_t *expected)
{
    const dure_record_party_t record = record_of(world, SHOP);
    size_t found = 0;
    for (uint16_t i = 0; i < record.attributes_count; i++) {
        const dure_attribute_entry_t *entry = &record.attributes[i];
        if (entry->what == RISK) {
            assert_true(found < count);
            assert_int_equal(entry->value, expected[found].value);
            assert_int_equal(entry->from, expected[found].from);
            assert_int_equal(entry->until, expected[found].until);
            found++;
        }
    }
    assert_int_equal(found, count);
}

#define ENTRIES(...)                                                                               \
    sizeof((const dure_attribute_entry_t[]){__VA_ARGS__}) / sizeof(dure_attribute_entry_t),        \
        (const dure_attribute_entry_t[])                                                           \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }
#define ENTRY(of, first, last)                                                                     \
    {                                                                                              \
        .value = (of), .from = (first), .until = (last)                                            \
    }

/* The value that rules see today, or -1. */
static int64_t today(const world_t *world)
{
    const party_t *party = party_at(world->ledger, ledger_party_find(world->ledger, SHOP));
    const uint32_t cell = ledger_attribute_find(world->ledger, party, RISK);
    return cell == CELL_NONE
               ? -1
               : (int64_t)ledger_attribute_value(world->ledger, attribute_at(world->ledger, cell));
}

static world_t *town(void)
{
    world_t *world = world_new(NULL, false, 1);
    world_shop(world, SHOP, DURE_CATEGORY_BAKERY);
    world_cut(world);
    return world;
}

static void a_recheck_ahead_keeps_the_present_fact_until_its_day(void **state)
{
    (void)state;
    world_t *world = town();
    attest(world, 100, 0, FAR_DAY);
    attest(world, 200, TODAY + 10, FAR_DAY);
    entries(world, ENTRIES(ENTRY(100, 0, TODAY + 9), ENTRY(200, TODAY + 10, FAR_DAY)));
    assert_int_equal(today(world), 100);
    /* The plan changes. */
    attest(world, 300, TODAY + 5, FAR_DAY);
    entries(world, ENTRIES(ENTRY(100, 0, TODAY + 4), ENTRY(300, TODAY + 5, FAR_DAY)));
    world_days(world, 4);
    assert_int_equal(today(world), 100);
    world_days(world, 1);
    assert_int_equal(today(world), 300);
    /* One that ended on the very day that the next one starts ends the day before. */
    attest(world, 310, 0, TODAY + 20);
    attest(world, 320, TODAY + 20, FAR_DAY);
    entries(world, ENTRIES(ENTRY(310, 0, TODAY + 19), ENTRY(320, TODAY + 20, FAR_DAY)));
    attest(world, 300, TODAY + 5, FAR_DAY);
    /* What has passed goes with the next attestation; the present one is kept. */
    attest(world, 400, TODAY + 20, TODAY + 30);
    entries(world, ENTRIES(ENTRY(300, TODAY + 5, TODAY + 19), ENTRY(400, TODAY + 20, TODAY + 30)));
    world_days(world, 26);
    assert_int_equal(today(world), -1);
    attest(world, 500, TODAY + 40, FAR_DAY);
    entries(world, ENTRIES(ENTRY(500, TODAY + 40, FAR_DAY)));
    world_free(world);
}

static void the_newest_attestation_holds_for_its_days(void **state)
{
    (void)state;
    world_t *world = town();
    attest(world, 100, 0, TODAY + 3);
    attest(world, 200, TODAY + 10, FAR_DAY); /* a gap of days without the fact stays one */
    entries(world, ENTRIES(ENTRY(100, 0, TODAY + 3), ENTRY(200, TODAY + 10, FAR_DAY)));
    world_days(world, 5);
    assert_int_equal(today(world), -1);
    attest(world, 300, 0, TODAY + 9); /* up to the day before: both stand */
    entries(world, ENTRIES(ENTRY(300, 0, TODAY + 9), ENTRY(200, TODAY + 10, FAR_DAY)));
    attest(world, 400, TODAY + 5, TODAY + 10); /* one day into it: the later one goes */
    entries(world, ENTRIES(ENTRY(400, TODAY + 5, TODAY + 10)));
    attest(world, 500, TODAY + 6, FAR_DAY);
    world_done(world, WATCH, body_attest(SHOP, RISK, 0, 1, 0)); /* both go */
    entries(world, 0, NULL);
    assert_int_equal(today(world), -1);
    world_free(world);
}

/* The number of a party is the one value that may have all 64 bits. */
static void an_owner_may_have_any_number(void **state)
{
    (void)state;
    static const uint64_t owners[] = {1,
                                      UINT32_MAX,
                                      UINT64_C(1) << 39,
                                      (UINT64_C(1) << 53) - 1,
                                      UINT64_C(1) << 53,
                                      UINT64_MAX,
                                      UINT64_MAX - 1,
                                      7};
    world_t *world = town();
    const party_t *shop = party_at(world->ledger, ledger_party_find(world->ledger, SHOP));
    for (size_t i = 0; i < sizeof owners / sizeof owners[0]; i++) {
        world_done(world, REGISTRAR,
                   body_attest(SHOP, DURE_ATTRIBUTE_OWNER, owners[i], 0, FAR_DAY));
        const uint32_t cell = ledger_attribute_find(world->ledger, shop, DURE_ATTRIBUTE_OWNER);
        assert_int_equal(ledger_attribute_value(world->ledger, attribute_at(world->ledger, cell)),
                         owners[i]);
        assert_int_equal(world->ledger->state->pools[POOL_WIDE].live, owners[i] >> 53 != 0);
        world_cut(world); /* by the record as well */
    }
    world_done(world, REGISTRAR, body_attest(SHOP, DURE_ATTRIBUTE_OWNER, UINT64_MAX, 0, FAR_DAY));
    world_end_reloaded(world);
}

static void a_fact_ahead_needs_a_place_of_its_own(void **state)
{
    (void)state;
    world_t *world = town();
    attest(world, 100, 0, FAR_DAY);
    const uint64_t list = UINT64_C(1) << 63;
    /* Region, category and risk are three; the lists fill up. */
    for (uint64_t i = 0; i < DURE_PARTY_ATTRIBUTES_MAX - 3; i++) {
        world_done(world, OFFICER_1, body_attest(SHOP, list + i, 1, 0, i == 5 ? TODAY : FAR_DAY));
    }
    world_expect(world, DURE_RESULT_TABLE_FULL, WATCH,
                 body_attest(SHOP, RISK, 200, TODAY + 10, FAR_DAY));
    attest(world, 150, 0, FAR_DAY); /* in place of the present one there is room */
    world_days(world, 1);           /* a membership is over */
    attest(world, 200, TODAY + 10, FAR_DAY);
    entries(world, ENTRIES(ENTRY(150, 0, TODAY + 9), ENTRY(200, TODAY + 10, FAR_DAY)));
    assert_int_equal(record_of(world, SHOP).attributes_count, DURE_PARTY_ATTRIBUTES_MAX);
    world_free(world);
}

static void a_membership_ahead_counts_twice_and_goes_wholly(void **state)
{
    (void)state;
    world_t *world = town();
    const uint64_t list = (UINT64_C(1) << 63) + 5;
    world_done(world, OFFICER_1, body_attest(SHOP, list, 1, 0, TODAY + 3));
    world_done(world, OFFICER_1, body_attest(SHOP, list, 1, TODAY + 9, FAR_DAY));
    assert_int_equal(world->ledger->state->list_uses[0], 2);
    world_done(world, OFFICER_1, body_attest(SHOP, list, 1, 0, FAR_DAY));
    assert_int_equal(world->ledger->state->list_uses[0], 1);
    world_done(world, OFFICER_1, body_attest(SHOP, list, 1, 1, 0));
    assert_int_equal(world->ledger->state->list_uses[0], 0);
    assert_int_equal(world->ledger->state->lists[0], 0);
    world_free(world);
}

/* ---- loading */
static bool loads(const world_t *world, const dure_record_party_t *record)
{
    static uint8_t bytes[DURE_RECORD_SIZE_MAX];
    dure_writer_t out = dure_writer(bytes, sizeof bytes);
    dure_record_party_encode(&out, record);
    assert_false(out.overflow);
    void *memory;
    dure_ledger_t *second = world_second(world, &memory);
    dure_ledger_load_begin(second);
    const dure_blind_t blind = test_blind(SHOP);
    const char *problem;
    const bool loaded = dure_ledger_load_record(second, DURE_TABLE_PARTY, &blind,
                                                dure_writer_bytes(&out), &problem);
    free(memory);
    return loaded;
}

static void records_hold_at_most_two_that_do_not_meet(void **state)
{
    (void)state;
    world_t *world = town();
    attest(world, 100, 0, FAR_DAY);
    attest(world, 200, TODAY + 10, FAR_DAY);
    const dure_record_party_t good = record_of(world, SHOP);
    assert_int_equal(good.attributes_count, 4); /* region, category, two of risk */
    const uint32_t first = 2;
    assert_int_equal(good.attributes[first].what, RISK);
    assert_true(loads(world, &good));
    dure_record_party_t record = good;
    record.attributes[first].until = TODAY + 10; /* the same day in both */
    assert_false(loads(world, &record));
    record.attributes[first].until = TODAY + 8; /* a gap */
    assert_true(loads(world, &record));
    record.attributes[first] = good.attributes[first + 1]; /* not ascending */
    record.attributes[first + 1] = good.attributes[first];
    assert_false(loads(world, &record));
    record.attributes[first + 1] = good.attributes[first + 1]; /* twice the same */
    assert_false(loads(world, &record));
    record = good;
    record.attributes[first].from = TODAY + 9;
    record.attributes[first].until = TODAY + 8; /* ends before it starts */
    assert_false(loads(world, &record));
    record = good;
    record.attributes_count++; /* a third */
    record.attributes[first + 1].until = TODAY + 19;
    record.attributes[first + 2] = good.attributes[first + 1];
    record.attributes[first + 2].from = TODAY + 20;
    assert_false(loads(world, &record));
    world_free(world);
}

static void a_registration_has_none_twice(void **state)
{
    (void)state;
    world_t *world = town();
    dure_body_t body = body_registration(300, DURE_KIND_CITIZEN);
    body.registration.attributes_count = 2;
    body.registration.attributes[0] =
        (dure_attribute_entry_t){DURE_ATTRIBUTE_RESIDENCE, GIMPO, 0, TODAY + 9};
    body.registration.attributes[1] =
        (dure_attribute_entry_t){DURE_ATTRIBUTE_RESIDENCE, GOYANG, TODAY + 10, FAR_DAY};
    world_expect(world, DURE_RESULT_ATTRIBUTES_WRONG, REGISTRAR, body);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_recheck_ahead_keeps_the_present_fact_until_its_day),
        cmocka_unit_test(the_newest_attestation_holds_for_its_days),
        cmocka_unit_test(an_owner_may_have_any_number),
        cmocka_unit_test(a_fact_ahead_needs_a_place_of_its_own),
        cmocka_unit_test(a_membership_ahead_counts_twice_and_goes_wholly),
        cmocka_unit_test(records_hold_at_most_two_that_do_not_meet),
        cmocka_unit_test(a_registration_has_none_twice),
    };
    return cmocka_run_group_tests_name("ledger facts ahead", tests, NULL, NULL);
}
