#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/dure_base.h"

static void amounts_stay_in_range(void **state)
{
    (void)state;
    dure_amount_t sum = dure_amount(7);
    assert_true(dure_amount_add(&sum, dure_amount(DURE_AMOUNT_WON_MAX - 1), dure_amount(1)));
    assert_int_equal(sum.won, DURE_AMOUNT_WON_MAX);
    assert_false(dure_amount_add(&sum, dure_amount(DURE_AMOUNT_WON_MAX), dure_amount(1)));
    assert_int_equal(sum.won, DURE_AMOUNT_WON_MAX);
    assert_false(dure_amount_sub(&sum, dure_amount(1), dure_amount(2)));
    assert_true(dure_amount_sub(&sum, dure_amount(2), dure_amount(2)));
    assert_int_equal(sum.won, 0);
}

static void rates_round_down(void **state)
{
    (void)state;
    assert_int_equal(dure_amount_rate(dure_amount(20001), 600).won, 1200);
    assert_int_equal(dure_amount_rate(dure_amount(1), 9999).won, 0);
    assert_int_equal(dure_amount_rate(dure_amount(DURE_AMOUNT_WON_MAX), 10000).won,
                     DURE_AMOUNT_WON_MAX);
    assert_int_equal(
        dure_amount_part(dure_amount(DURE_AMOUNT_WON_MAX), UINT64_MAX - 1, UINT64_MAX).won,
        DURE_AMOUNT_WON_MAX - 1);
}

static void dates_round_trip(void **state)
{
    (void)state;
    dure_date_t previous = {1969, 12, 31};
    for (dure_day_t day = 0; day <= DURE_DAY_MAX; day++) {
        dure_date_t date = dure_day_to_date(day);
        dure_day_t back = -1;
        assert_true(dure_day_from_date(&back, date));
        assert_int_equal(back, day);
        bool next_day = date.day == previous.day + 1 && date.month == previous.month;
        bool next_month = date.day == 1 && date.month == previous.month % 12 + 1;
        assert_true(next_day || next_month);
        previous = date;
    }
    dure_day_t day = 0;
    assert_false(dure_day_from_date(&day, (dure_date_t){2026, 2, 29}));
    assert_true(dure_day_from_date(&day, (dure_date_t){2028, 2, 29}));
    assert_true(dure_day_from_date(&day, (dure_date_t){2026, 11, 23}));
    assert_int_equal(dure_day_weekday(day), 0);
}

static void days_are_the_citys(void **state)
{
    (void)state;
    dure_zone_t kst = dure_zone_kst();
    dure_day_t day = 0;
    assert_true(dure_day_from_date(&day, (dure_date_t){2020, 1, 1}));
    dure_time_t start = dure_zone_day_start(&kst, day);
    assert_int_equal(start, UINT64_C(1577804400000)); /* 2019-12-31T15:00Z */
    assert_int_equal(dure_zone_day(&kst, start), day);
    assert_int_equal(dure_zone_day(&kst, start - 1), day - 1);
    assert_int_equal(dure_zone_minute(&kst, start), 0);
    assert_int_equal(dure_zone_minute(&kst, start - 1), 1439);
    dure_zone_t summer = {2, {{0, 0}, {start, 3600}}};
    assert_true(dure_zone_is_valid(&summer));
    assert_int_equal(dure_zone_minute(&summer, start - 1), 899);
    assert_int_equal(dure_zone_minute(&summer, start), 960);
}

static void months_add_to_their_last_day(void **state)
{
    (void)state;
    dure_day_t day = 0;
    assert_true(dure_day_from_date(&day, (dure_date_t){2027, 1, 31}));
    dure_date_t date = dure_day_to_date(dure_day_add_months(day, 1));
    assert_int_equal(date.day, 28);
    date = dure_day_to_date(dure_day_add_months(day, 60));
    assert_int_equal(date.year, 2032);
    assert_int_equal(date.day, 31);
    assert_int_equal(dure_day_add_months(day, 99999), DURE_DAY_MAX);
}

static void names_are_plain(void **state)
{
    (void)state;
    dure_name_t name;
    assert_true(dure_name_from(&name, "gimpo_general", 13));
    assert_true(dure_name_is_valid(&name));
    assert_false(dure_name_from(&name, "", 0));
    assert_false(dure_name_from(&name, "1st", 3));
    assert_false(dure_name_from(&name, "Gimpo", 5));
    assert_false(dure_name_from(&name, "abcdefghijklmnopqrstuvwxyzabcdef", 32));
    assert_true(dure_name_from(&name, "a", 1));
    name.text[5] = 'x';
    assert_false(dure_name_is_valid(&name));
}

static void periods_hold_their_days(void **state)
{
    (void)state;
    dure_day_t sunday = 0;
    assert_true(dure_day_from_date(&sunday, (dure_date_t){2026, 11, 22}));
    assert_int_equal(dure_period_of(DURE_PERIOD_WEEK, sunday) + 1,
                     dure_period_of(DURE_PERIOD_WEEK, sunday + 1));
    assert_int_equal(dure_period_of(DURE_PERIOD_WEEK, sunday),
                     dure_period_of(DURE_PERIOD_WEEK, sunday - 6));
    assert_int_equal(dure_period_of(DURE_PERIOD_MONTH, sunday), 2026 * 12 + 10);
    assert_int_equal(dure_period_of(DURE_PERIOD_EVER, sunday), 0);
}

static void integers_are_little_endian(void **state)
{
    (void)state;
    uint8_t bytes[8];
    dure_put_u64(bytes, UINT64_C(0x0102030405060708));
    assert_memory_equal(bytes, "\x08\x07\x06\x05\x04\x03\x02\x01", 8);
    assert_true(dure_get_u64(bytes) == UINT64_C(0x0102030405060708));
    assert_int_equal(dure_get_u16(bytes), 0x0708);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(amounts_stay_in_range),
        cmocka_unit_test(rates_round_down),
        cmocka_unit_test(dates_round_trip),
        cmocka_unit_test(days_are_the_citys),
        cmocka_unit_test(months_add_to_their_last_day),
        cmocka_unit_test(names_are_plain),
        cmocka_unit_test(periods_hold_their_days),
        cmocka_unit_test(integers_are_little_endian),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
