/* dure_print: amounts, times and names as people read them. */
#include <string.h>

#include "app/dure_command.h"

text_t number_text(uint64_t number)
{
    char plain[24];
    text_t text = {0};
    int size = snprintf(plain, sizeof plain, "%" PRIu64, number);
    size_t out = 0;
    for (int i = 0; i < size; i++) {
        if (i > 0 && (size - i) % 3 == 0) {
            text.text[out++] = ',';
        }
        text.text[out++] = plain[i];
    }
    return text;
}

text_t amount_text(dure_amount_t amount)
{
    text_t text = number_text(amount.won);
    strcat(text.text, "원");
    return text;
}

text_t rate_text(int64_t bp)
{
    text_t text = {0};
    const char *sign = bp < 0 ? "-" : "";
    int64_t size = bp < 0 ? -bp : bp;
    int wrote = snprintf(text.text, sizeof text.text, "%s%" PRId64 ".%02" PRId64, sign, size / 100,
                         size % 100);
    while (wrote > 0 && text.text[wrote - 1] == '0') {
        text.text[--wrote] = 0;
    }
    if (wrote > 0 && text.text[wrote - 1] == '.') {
        text.text[--wrote] = 0;
    }
    strcat(text.text, " %");
    return text;
}

text_t day_text(dure_day_t day)
{
    text_t text;
    dure_date_t date = dure_day_to_date(day);
    snprintf(text.text, sizeof text.text, "%04d-%02d-%02d", (int)date.year, (int)date.month,
             (int)date.day);
    return text;
}

text_t time_text(const dure_zone_t *zone, dure_time_t time)
{
    text_t text = day_text(dure_zone_day(zone, time));
    dure_time_t start = dure_zone_day_start(zone, dure_zone_day(zone, time));
    uint32_t second = (uint32_t)((time - start) / 1000);
    size_t size = strlen(text.text);
    snprintf(text.text + size, sizeof text.text - size, " %02u:%02u:%02u", second / 3600,
             second / 60 % 60, second % 60);
    return text;
}

text_t id_text(const dure_tx_id_t *id)
{
    text_t text;
    snprintf(text.text, sizeof text.text, "%" PRIu64 ":%u:%" PRIu64, id->party, (unsigned)id->lane,
             id->number);
    return text;
}

text_t hash_text(const dure_hash_t *hash)
{
    static const char hex[] = "0123456789abcdef";
    text_t text = {0};
    for (size_t i = 0; i < sizeof hash->bytes; i++) {
        text.text[2 * i] = hex[hash->bytes[i] >> 4];
        text.text[2 * i + 1] = hex[hash->bytes[i] & 15];
    }
    return text;
}

const char *result_sentence(const args_t *args, uint16_t code)
{
    const dure_result_text_t *text = dure_result_text(code);
    if (text == NULL) {
        return "an unknown result";
    }
    return args->korean ? text->ko : text->en;
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
