/* dure_print: results for people and programs. */
#include "app/dure_command.h"

const char *in_language(const args_t *args, const char *ko, const char *en, const char *zh)
{
    switch ((dure_yak_language_t)args->language) {
    case DURE_YAK_KO:
        return ko;
    case DURE_YAK_EN:
        return en;
    case DURE_YAK_ZH:
        return zh;
    }
    return en;
}

const char *result_sentence(const args_t *args, uint16_t code)
{
    const dure_result_text_t *text = dure_result_text(code);
    if (text == NULL) {
        return "an unknown result";
    }
    return in_language(args, text->ko, text->en, text->zh);
}

json_t *json_amount(dure_amount_t amount)
{
    return json_integer((json_int_t)amount.won);
}

json_t *json_u64(uint64_t number)
{
    text_t text;
    if (number <= INT64_MAX) {
        return json_integer((json_int_t)number);
    }
    snprintf(text.text, sizeof text.text, "%" PRIu64, number);
    return json_string(text.text);
}

json_t *json_text(const char *text)
{
    return text == NULL || *text == 0 ? json_null() : json_string(text);
}

void print_json(json_t *object)
{
    json_dumpf(object, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER);
    putchar('\n');
    json_decref(object);
}
