/* dure_args: the command line, read strictly. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "app/dure_command.h"

int complain(int code, const char *format, ...)
{
    va_list arguments;
    fflush(stdout);
    fputs("dure: ", stderr);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    return code;
}

/* ---- options --------------------------------------------------------------------------------- */

#define EVERYWHERE " --dir= --json --lang= "

/* 0: no such option; 1: a flag; 2: takes a value. */
static int option_kind(const char *options, const char *name, size_t size)
{
    for (const char *at = options; at != NULL && *at != 0;) {
        while (*at == ' ') {
            at++;
        }
        size_t length = strcspn(at, " ");
        bool takes_value = length > 0 && at[length - 1] == '=';
        if (length - (takes_value ? 1 : 0) == size && memcmp(at, name, size) == 0) {
            return takes_value ? 2 : 1;
        }
        at += length;
    }
    return 0;
}

const char *args_option(const args_t *args, const char *name)
{
    for (uint32_t i = 0; i < args->option_count; i++) {
        const char *given = args->option_names[i];
        size_t size = strcspn(given, "=");
        if (strlen(name) == size && memcmp(given, name, size) == 0) {
            return args->option_values[i];
        }
    }
    return NULL;
}

/* Takes one option and perhaps its value; returns how many words it took, 0 after a complaint. */
static int take_option(args_t *args, int argc, char **argv)
{
    const char *word = argv[0];
    size_t size = strcspn(word, "=");
    int kind = option_kind(args->command->options, word, size);
    if (strcmp(word, "-o") == 0 && kind == 0) {
        kind = option_kind(args->command->options, "-o", 2);
    }
    kind = kind == 0 ? option_kind(EVERYWHERE, word, size) : kind;
    if (kind == 0) {
        complain(EXIT_USAGE, "dure %s has no option %.*s; see dure %s --help", args->command->words,
                 (int)size, word, args->command->words);
        return 0;
    }
    char name[64];
    snprintf(name, sizeof name, "%.*s", (int)size, word);
    if (args_option(args, name) != NULL || args->option_count == ARGS_OPTIONS_MAX) {
        complain(EXIT_USAGE, "%s is given twice", name);
        return 0;
    }
    args->option_names[args->option_count] = word;
    if (word[size] == '=' && kind == 1) {
        complain(EXIT_USAGE, "%s takes no value", name);
        return 0;
    }
    if (kind == 1 || word[size] == '=') {
        args->option_values[args->option_count++] = kind == 1 ? "" : word + size + 1;
        return 1;
    }
    if (argc < 2) {
        complain(EXIT_USAGE, "%s needs a value", name);
        return 0;
    }
    args->option_values[args->option_count++] = argv[1];
    return 2;
}

/* Of "ko", "ko_KR.UTF-8" and the like; DURE_YAK_LANGUAGES if it is none of ours. */
static uint8_t language_of(const char *text)
{
    static const char names[DURE_YAK_LANGUAGES][3] = {
        [DURE_YAK_KO] = "ko", [DURE_YAK_EN] = "en", [DURE_YAK_ZH] = "zh"};
    uint8_t language = 0;
    while (language < DURE_YAK_LANGUAGES && strncmp(text, names[language], 2) != 0) {
        language++;
    }
    return language;
}

bool language_choose(uint8_t *language, const char *given)
{
    if (given != NULL) {
        *language = language_of(given);
        if (*language == DURE_YAK_LANGUAGES || strlen(given) != 2) {
            complain(EXIT_USAGE, "--lang is ko, en or zh, not '%s'", given);
            return false;
        }
        return true;
    }
    given = getenv("LC_ALL");
    given = given == NULL || *given == 0 ? getenv("LANG") : given;
    *language = given == NULL ? DURE_YAK_EN : language_of(given);
    *language = *language == DURE_YAK_LANGUAGES ? DURE_YAK_EN : *language;
    return true;
}

bool args_parse(args_t *args, const command_t *command, int argc, char **argv)
{
    *args = (args_t){.command = command};
    bool only_positionals = false;
    for (int i = 0; i < argc;) {
        if (!only_positionals && strcmp(argv[i], "--") == 0) {
            only_positionals = true;
            i++;
        } else if (!only_positionals && argv[i][0] == '-' && argv[i][1] != 0) {
            int took = take_option(args, argc - i, argv + i);
            if (took == 0) {
                return false;
            }
            i += took;
        } else if (args->count == command->most) {
            complain(EXIT_USAGE, "'%s' is too much; usage: dure %s %s", argv[i], command->words,
                     command->arguments);
            return false;
        } else {
            args->positionals[args->count++] = argv[i++];
        }
    }
    if (args->count < command->least) {
        complain(EXIT_USAGE, "usage: dure %s %s", command->words, command->arguments);
        return false;
    }
    args->json = args_option(args, "--json") != NULL;
    args->directory = args_option(args, "--dir");
    if (args->directory == NULL) {
        const char *home = getenv("DURE_DIR");
        args->directory = home != NULL && *home != 0 ? home : "city";
    }
    return language_choose(&args->language, args_option(args, "--lang"));
}

/* ---- values ---------------------------------------------------------------------------------- */

/* Digits, plain or in groups of three; false if it is anything else or too large. */
static bool read_grouped(uint64_t *value, const char *text, size_t size)
{
    bool has_commas = memchr(text, ',', size) != NULL;
    uint64_t sum = 0;
    if (size == 0) {
        return false;
    }
    for (size_t i = 0; i < size; i++) {
        bool comma_here = has_commas && (size - i) % 4 == 0;
        if (comma_here ? text[i] != ',' || i == 0 : text[i] < '0' || text[i] > '9') {
            return false;
        }
        if (comma_here) {
            continue;
        }
        if (sum > (UINT64_MAX - 9) / 10) {
            return false;
        }
        sum = sum * 10 + (uint64_t)(text[i] - '0');
    }
    *value = sum;
    return true;
}

bool parse_amount(dure_amount_t *amount, const char *what, const char *text)
{
    size_t size = strlen(text);
    static const char won[] = "원";
    size_t tail = sizeof won - 1;
    if (size > tail && memcmp(text + size - tail, won, tail) == 0) {
        size -= tail;
    }
    uint64_t value = 0;
    if (!read_grouped(&value, text, size)) {
        complain(EXIT_USAGE, "%s '%s' is not an amount: write 5,000원 or 5000", what, text);
        return false;
    }
    if (value == 0 || !dure_amount_is_valid(value)) {
        complain(EXIT_USAGE, "%s '%s' must be from 1원 to 1,000,000,000,000,000원", what, text);
        return false;
    }
    *amount = dure_amount(value);
    return true;
}

bool parse_number(uint64_t *number, const char *what, const char *text, uint64_t low, uint64_t high)
{
    if (!read_grouped(number, text, strlen(text))) {
        complain(EXIT_USAGE, "%s '%s' is not a number", what, text);
        return false;
    }
    if (*number < low || *number > high) {
        complain(EXIT_USAGE, "%s '%s' must be from %" PRIu64 " to %" PRIu64, what, text, low, high);
        return false;
    }
    return true;
}

bool parse_name(dure_name_t *name, const char *what, const char *text)
{
    if (!dure_name_from(name, text, strlen(text))) {
        complain(EXIT_USAGE,
                 "%s '%s' is not a name: up to 31 of a-z, 0-9 and _, beginning with a letter", what,
                 text);
        return false;
    }
    return true;
}

/* `count` digits at the place; -1 if there are not. */
static int32_t digits(const char *text, uint32_t count)
{
    int32_t value = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return -1;
        }
        value = value * 10 + (text[i] - '0');
    }
    return value;
}

/* YYYY-MM-DD at the place. */
static bool read_date(dure_day_t *day, const char *text)
{
    dure_date_t date = {0};
    if (strnlen(text, 10) < 10 || text[4] != '-' || text[7] != '-') {
        return false;
    }
    date.year = digits(text, 4);
    date.month = digits(text + 5, 2);
    date.day = digits(text + 8, 2);
    return date.year >= 0 && date.month >= 0 && date.day >= 0 && dure_day_from_date(day, date);
}

bool parse_day(dure_day_t *day, const char *what, const char *text)
{
    if (strlen(text) != 10 || !read_date(day, text)) {
        complain(EXIT_USAGE, "%s '%s' is not a date: write 2019-03-01", what, text);
        return false;
    }
    return true;
}

/* HH:MM or HH:MM:SS as seconds of the day; -1 if it is neither. */
static int32_t read_clock(const char *text)
{
    size_t size = strlen(text);
    if ((size != 5 && size != 8) || text[2] != ':' || (size == 8 && text[5] != ':')) {
        return -1;
    }
    int32_t hour = digits(text, 2);
    int32_t minute = digits(text + 3, 2);
    int32_t second = size == 8 ? digits(text + 6, 2) : 0;
    bool valid = hour >= 0 && hour < 24 && minute >= 0 && minute < 60 && second >= 0 && second < 60;
    return valid ? (hour * 60 + minute) * 60 + second : -1;
}

/* +1d, +2h, +30m */
static bool read_step(uint64_t *step_ms, const char *text)
{
    size_t size = strlen(text);
    uint64_t count = 0;
    if (size < 3 || text[0] != '+' || !read_grouped(&count, text + 1, size - 2) ||
        count > 1000000) {
        return false;
    }
    char unit = text[size - 1];
    uint64_t unit_ms = unit == 'd' ? 86400000 : unit == 'h' ? 3600000 : unit == 'm' ? 60000 : 0;
    *step_ms = count * unit_ms;
    return unit_ms != 0;
}

bool parse_time(dure_time_t *time, const char *text, const dure_zone_t *zone, dure_time_t now)
{
    uint64_t step_ms = 0;
    if (read_step(&step_ms, text)) {
        *time = now + step_ms;
        return true;
    }
    dure_day_t day = 0;
    int32_t second = 0;
    bool valid = read_date(&day, text);
    if (valid && text[10] != 0) {
        second = text[10] == ' ' || text[10] == 'T' ? read_clock(text + 11) : -1;
    }
    if (!valid || second < 0) {
        complain(EXIT_USAGE,
                 "'%s' is not a time: write 2019-03-01, '2019-03-01 09:00', or a step from now: "
                 "+1d, +2h, +30m",
                 text);
        return false;
    }
    *time = dure_zone_day_start(zone, day) + (uint64_t)second * 1000;
    return true;
}

bool parse_id(dure_tx_id_t *id, const char *what, const char *text)
{
    uint64_t parts[3] = {0};
    const char *at = text;
    bool valid = true;
    for (uint32_t i = 0; i < 3 && valid; i++) {
        size_t size = strcspn(at, ":");
        valid = memchr(at, ',', size) == NULL && read_grouped(&parts[i], at, size) &&
                (at[size] == ':') == (i < 2);
        at += size + 1;
    }
    if (!valid || parts[0] == 0 || parts[1] > 63 || parts[2] == 0) {
        complain(EXIT_USAGE,
                 "%s '%s' is not a transaction's id: write PARTY:LANE:NUMBER, such as 1000001:0:4",
                 what, text);
        return false;
    }
    *id = (dure_tx_id_t){.party = parts[0], .lane = (uint16_t)parts[1], .number = parts[2]};
    return true;
}
