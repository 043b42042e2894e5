/* Lines of a scenario: the words that a step's placeholders take, and the things that have names.
 */
#include "scenario/scenario.h"

#include <ctype.h>

/* ---- things ---- */

thing_t *scenario_find(scenario_t *scenario, const char *name)
{
    for (uint32_t i = scenario->thing_count; i > 0; i--) {
        if (strcmp(scenario->things[i - 1].name, name) == 0) {
            return &scenario->things[i - 1];
        }
    }
    return NULL;
}

thing_t *scenario_add(scenario_t *scenario, thing_kind_t kind, const char *name, uint64_t number)
{
    if (scenario->thing_count == things_max || strlen(name) >= sizeof scenario->things[0].name) {
        scenario_problem(scenario, "%s: too long, or too many names", name);
        return &scenario->things[0];
    }
    thing_t *thing = &scenario->things[scenario->thing_count++];
    *thing = (thing_t){.kind = kind, .number = number};
    snprintf(thing->name, sizeof thing->name, "%s", name);
    return thing;
}

const char *scenario_name(scenario_t *scenario, thing_kind_t kind, uint64_t number)
{
    for (uint32_t i = 0; i < scenario->thing_count; i++) {
        if (scenario->things[i].kind == kind && scenario->things[i].number == number) {
            return scenario->things[i].name;
        }
    }
    return "?";
}

law_t *scenario_law(scenario_t *scenario, uint64_t fund, uint8_t version)
{
    for (uint32_t i = 0; i < scenario->law_count; i++) {
        if (scenario->laws[i]->fund == fund && scenario->laws[i]->version == version) {
            return scenario->laws[i];
        }
    }
    return NULL;
}

law_t *scenario_law_add(scenario_t *scenario, uint64_t fund, const char *path)
{
    uint8_t version = 0;
    while (scenario_law(scenario, fund, version) != NULL) {
        version++;
    }
    FILE *file = fopen(path, "rb");
    law_t *law = calloc(1, sizeof *law);
    if (file == NULL || law == NULL || scenario->law_count == laws_max) {
        scenario_problem(scenario, "%s cannot be read", path);
        return NULL;
    }
    scenario->laws[scenario->law_count++] = law;
    law->fund = fund;
    law->version = version;
    size_t size = fread(law->source, 1, sizeof law->source - 1, file);
    fclose(file);
    dure_bytes_t image = test_compile(law->source, law->image);
    assert_int_equal(dure_yak_load(&law->program, image), DURE_YAK_LOAD_OK);
    static dure_yak_diagnostics_t diagnostics;
    law->workspace = malloc(dure_yak_workspace_size());
    assert_non_null(law->workspace);
    law->tree = dure_yak_parse(law->workspace, dure_yak_workspace_size(),
                               dure_bytes(law->source, size), &diagnostics);
    return law;
}

/* ---- words ---- */

static bool read_money(const char *text, uint64_t *won)
{
    *won = 0;
    const char *at = text;
    for (; isdigit((unsigned char)*at) || *at == ','; at++) {
        if (*at != ',') {
            *won = *won * 10 + (uint64_t)(*at - '0');
        }
    }
    return at != text && strcmp(at, "원") == 0;
}

static bool read_number(const char *text, int64_t *value)
{
    char *end = NULL;
    *value = strtoll(text, &end, 10);
    return end != text && *end == '\0';
}

static bool read_day(const char *text, dure_day_t *day)
{
    dure_date_t date = {0};
    int used = 0;
    return sscanf(text, "%4d-%2d-%2d%n", &date.year, &date.month, &date.day, &used) == 3 &&
           text[used] == '\0' && dure_day_from_date(day, date);
}

static bool is_of(arg_t *arg, scenario_t *scenario, thing_kind_t kind)
{
    arg->thing = scenario_find(scenario, arg->text);
    return arg->thing != NULL && arg->thing->kind == kind;
}

static bool take(scenario_t *scenario, char kind, arg_t *arg)
{
    size_t size = strlen(arg->text);
    switch (kind) {
    case 'p':
        return is_of(arg, scenario, THING_PARTY);
    case 'f':
        return is_of(arg, scenario, THING_FUND);
    case 'r':
        return is_of(arg, scenario, THING_ROSTER);
    case 'c':
        return is_of(arg, scenario, THING_CODE);
    case 'l':
        if (size < 3 || arg->text[0] != '[' || arg->text[size - 1] != ']') {
            return false;
        }
        return is_of(arg, scenario, THING_DONE);
    case 'm':
        return read_money(arg->text, &arg->won);
    case 'd':
        return read_day(arg->text, &arg->day);
    case '#':
        return read_number(arg->text, &arg->value);
    case 'n':
        return scenario_find(scenario, arg->text) == NULL;
    default:
        return size > 0;
    }
}

bool scenario_match(scenario_t *scenario, const char *form, const char *line, arg_t *args)
{
    uint32_t count = 0;
    while (*form != '\0') {
        if (*form != '%') {
            if (*form++ != *line++) {
                return false;
            }
            continue;
        }
        arg_t *arg = &args[count++];
        *arg = (arg_t){.rest = line};
        char kind = form[1];
        char after = form[2];
        form += 2;
        if (kind == 's') {
            return *line != '\0';
        }
        size_t size = strcspn(line, after == '\'' ? "' " : " ");
        size -= size > 0 && after == ',' && line[size - 1] == ',' ? 1 : 0;
        if (size == 0 || size >= sizeof arg->text) {
            return false;
        }
        memcpy(arg->text, line, size);
        line += size;
        if (!take(scenario, kind, arg)) {
            return false;
        }
    }
    return *line == '\0';
}
