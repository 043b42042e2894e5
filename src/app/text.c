/* text: amounts, times and names as people read them. */
#include "app/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

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
