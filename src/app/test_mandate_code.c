#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "app/mandate_code.h"

static mandate_code_t sample(void)
{
    mandate_code_t code = {.mandate = {.payer = 2000001,
                                       .number = 17,
                                       .amount_max = {5000},
                                       .until = UINT64_C(1554000000000),
                                       .payee = 0},
                           .slot = 1};
    for (size_t i = 0; i < sizeof code.signature.bytes; i++) {
        code.signature.bytes[i] = (uint8_t)(255 - 3 * i);
    }
    return code;
}

static void same(const mandate_code_t *a, const mandate_code_t *b)
{
    assert_int_equal(a->mandate.payer, b->mandate.payer);
    assert_int_equal(a->mandate.number, b->mandate.number);
    assert_int_equal(a->mandate.amount_max.won, b->mandate.amount_max.won);
    assert_int_equal(a->mandate.until, b->mandate.until);
    assert_int_equal(a->mandate.payee, b->mandate.payee);
    assert_int_equal(a->slot, b->slot);
    assert_memory_equal(&a->signature, &b->signature, sizeof a->signature);
}

static void what_is_written_is_read(void **state)
{
    (void)state;
    const mandate_code_t code = sample();
    char text[MANDATE_CODE_SIZE];
    mandate_code_write(text, &code);
    assert_int_equal(strlen(text), MANDATE_CODE_SIZE - 1);
    assert_memory_equal(text, "DURE1", 5);
    mandate_code_t read;
    assert_null(mandate_code_read(&read, text));
    same(&read, &code);
}

static void as_people_paste_it(void **state)
{
    (void)state;
    const mandate_code_t code = sample();
    char text[MANDATE_CODE_SIZE];
    mandate_code_write(text, &code);
    char typed[2 * MANDATE_CODE_SIZE];
    size_t size = 0;
    for (size_t i = 0; text[i] != 0; i++) {
        if (i % 5 == 0 && i > 0) {
            typed[size++] = i % 10 == 0 ? '-' : ' ';
        }
        const char letter = text[i];
        typed[size++] = letter >= 'A' && letter <= 'Z' ? (char)(letter - 'A' + 'a')
                        : i < 5                        ? letter
                        : letter == '0'                ? 'o'
                        : letter == '1'                ? 'l'
                                                       : letter;
    }
    typed[size++] = '\n';
    typed[size] = 0;
    mandate_code_t read;
    assert_null(mandate_code_read(&read, typed));
    same(&read, &code);
}

static void a_wrong_letter_is_noticed_wherever_it_is(void **state)
{
    (void)state;
    const mandate_code_t code = sample();
    char text[MANDATE_CODE_SIZE + 1];
    mandate_code_write(text, &code);
    mandate_code_t read;
    for (size_t i = 0; text[i] != 0; i++) {
        const char was = text[i];
        text[i] = was == '7' ? '8' : '7';
        assert_non_null(mandate_code_read(&read, text));
        text[i] = 'U';
        assert_true(was == 'U' || mandate_code_read(&read, text) != NULL);
        text[i] = was;
    }
    for (size_t i = 5; i + 1 < MANDATE_CODE_SIZE - 1; i++) { /* two that changed places */
        if (text[i] != text[i + 1]) {
            const char was = text[i];
            text[i] = text[i + 1];
            text[i + 1] = was;
            assert_non_null(mandate_code_read(&read, text));
            text[i + 1] = text[i];
            text[i] = was;
        }
    }
    strcat(text, "0");
    assert_string_equal(mandate_code_read(&read, text), "it is too long");
    for (size_t size = MANDATE_CODE_SIZE - 2; size > 0; size--) {
        text[size] = 0;
        assert_non_null(mandate_code_read(&read, text));
    }
    assert_string_equal(mandate_code_read(&read, ""), "it does not start with DURE1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(as_people_paste_it),
        cmocka_unit_test(a_wrong_letter_is_noticed_wherever_it_is),
    };
    return cmocka_run_group_tests_name("mandate codes", tests, NULL, NULL);
}
