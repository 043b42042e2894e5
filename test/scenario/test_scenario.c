/* Plays every text of test/scenario: each step is done, and the text that comes out, answers and
   figures included, must be the text that went in.  The ledger's invariants are recomputed after
   every transaction.  SCENARIO_REGENERATE=1 writes the texts anew: read the difference before
   committing.  SCENARIO=name plays one alone. */
#include "scenario/scenario.h"

#include <dirent.h>

#define FOLDER "test/scenario"

void scenario_say(scenario_t *scenario, const char *format, ...)
{
    if (scenario->included) {
        return;
    }
    va_list arguments;
    va_start(arguments, format);
    size_t room = text_size - scenario->text_used;
    int size = vsnprintf(scenario->text + scenario->text_used, room, format, arguments);
    va_end(arguments);
    assert_true(size >= 0 && (size_t)size < room);
    scenario->text_used += (size_t)size;
}

void scenario_problem(scenario_t *scenario, const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    print_error("%s:%u: %s\n", scenario->path, scenario->line, text);
    scenario->failed = true;
}

/* ---- sending ---- */

static dure_result_t apply(scenario_t *scenario, const dure_effect_t *proven)
{
    world_t *world = scenario->world;
    dure_result_t code =
        dure_envelope_decode(&world->envelope, dure_bytes(world->wire, world->wire_size), NULL);
    assert_int_equal(code, DURE_RESULT_DONE);
    code = dure_ledger_apply(world->ledger, &world->envelope, NULL, proven, &world->effect);
    const char *broken = dure_ledger_invariants(world->ledger);
    if (broken != NULL) {
        scenario_problem(scenario, "%s", broken);
    }
    if (code != DURE_RESULT_DONE && world->effect.moves_count != 0) {
        scenario_problem(scenario, "refused, and yet something moved");
    }
    world_cut(world);
    return code;
}

dure_result_t scenario_send(scenario_t *scenario, thing_t *party, const dure_body_t *body,
                            const dure_effect_t *proven)
{
    world_t *world = scenario->world;
    const dure_tx_t tx = world_tx(world, party->number, body);
    world->numbers[party->number % 65536]++;
    const uint64_t signer = party->signer != 0 ? party->signer : party->number;
    const dure_secret_key_t secret = test_secret(signer, party->slot);
    dure_writer_t out = dure_writer(world->wire, sizeof world->wire);
    assert_true(dure_tx_seal(&out, &tx, dure_ledger_chain_id(world->ledger), party->slot, &secret));
    world->wire_size = out.size;
    if (scenario->lost) {
        memset(&world->effect, 0, sizeof world->effect);
        world->effect.id = tx.id;
        return DURE_RESULT_DONE;
    }
    return apply(scenario, proven);
}

dure_result_t scenario_resend(scenario_t *scenario, const thing_t *done,
                              const dure_effect_t *proven)
{
    world_t *world = scenario->world;
    memcpy(world->wire, done->wire, done->wire_size);
    world->wire_size = done->wire_size;
    return apply(scenario, proven);
}

thing_t *scenario_keep(scenario_t *scenario)
{
    if (scenario->label[0] == '\0') {
        return NULL;
    }
    const world_t *world = scenario->world;
    thing_t *thing = scenario_add(scenario, THING_DONE, scenario->label, 0);
    thing->effect = malloc(sizeof *thing->effect);
    thing->wire = malloc(world->wire_size);
    assert_true(thing->effect != NULL && thing->wire != NULL);
    *thing->effect = world->effect;
    thing->effect->rows = (dure_view_t){0}; /* they are the ledger's */
    memcpy(thing->wire, world->wire, world->wire_size);
    thing->wire_size = world->wire_size;
    return thing;
}

/* ---- playing ---- */

static char *read_text(const char *path)
{
    FILE *file = fopen(path, "rb");
    char *text = calloc(1, text_size);
    assert_non_null(text);
    if (file == NULL || fread(text, 1, text_size - 1, file) == 0) {
        print_error("%s cannot be read\n", path);
        fail();
    }
    fclose(file);
    return text;
}

static void play(scenario_t *scenario, const char *path);

static void play_line(scenario_t *scenario, const char *line)
{
    static const char include[] = "as in ";
    static const char lost[] = "lost on the way: ";
    scenario->label[0] = '\0';
    scenario->lost = false;
    if (line[0] == '[') {
        size_t size = strcspn(line, "]") + 1;
        if (size < 3 || size >= sizeof scenario->label || line[size - 1] == '\0' ||
            line[size] != ' ') {
            scenario_problem(scenario, "a name in brackets, then a space, then the step");
            return;
        }
        memcpy(scenario->label, line, size);
        scenario->label[size] = '\0';
        line += size + 1;
    }
    if (strncmp(line, lost, sizeof lost - 1) == 0) {
        scenario->lost = true;
        line += sizeof lost - 1;
    }
    if (strncmp(line, include, sizeof include - 1) == 0) {
        char path[256];
        snprintf(path, sizeof path, FOLDER "/%s", line + sizeof include - 1);
        const char *own_path = scenario->path;
        uint32_t own_line = scenario->line;
        scenario->included = true;
        play(scenario, path);
        scenario->included = false;
        scenario->path = own_path;
        scenario->line = own_line;
        return;
    }
    for (const step_t *step = scenario_steps; step->form != NULL; step++) {
        arg_t args[args_max];
        if (scenario_match(scenario, step->form, line, args)) {
            step->perform(scenario, args);
            return;
        }
    }
    scenario_problem(scenario, "nobody knows how to do this: %s", line);
}

static void play(scenario_t *scenario, const char *path)
{
    char *text = read_text(path);
    scenario->path = path;
    scenario->line = 0;
    for (char *line = text; *line != '\0' && !scenario->failed;) {
        size_t size = strcspn(line, "\n");
        bool more = line[size] == '\n';
        line[size] = '\0';
        scenario->line++;
        bool told = strncmp(line, "    ", 4) == 0;
        if (!told) {
            scenario_say(scenario, "%s\n", line);
        }
        if (!told && size != 0 && line[0] != '#') {
            play_line(scenario, line);
        }
        line += size + (more ? 1 : 0);
    }
    free(text);
}

static scenario_t *new_scenario(void)
{
    scenario_t *scenario = calloc(1, sizeof *scenario);
    assert_non_null(scenario);
    scenario->text = calloc(1, text_size);
    assert_non_null(scenario->text);
    scenario->world = world_new();
    static const struct {
        const char *name;
        uint64_t number;
    } services[] = {{"registrar", REGISTRAR}, {"bank", BANK},   {"officer_1", OFFICER_1},
                    {"officer_2", OFFICER_2}, {"clock", CLOCK}, {"watch", WATCH},
                    {"goyang", FAR_ALL}};
    for (size_t i = 0; i < sizeof services / sizeof services[0]; i++) {
        scenario_add(scenario, THING_PARTY, services[i].name, services[i].number);
    }
    return scenario;
}

static void free_scenario(scenario_t *scenario)
{
    for (uint32_t i = 0; i < scenario->thing_count; i++) {
        free(scenario->things[i].rows);
        free(scenario->things[i].effect);
        free(scenario->things[i].wire);
    }
    for (uint32_t i = 0; i < scenario->law_count; i++) {
        free(scenario->laws[i]->workspace);
        free(scenario->laws[i]);
    }
    world_free(scenario->world);
    free(scenario->text);
    free(scenario);
}

/* True if the text went as it stands there. */
static bool compare(const scenario_t *scenario, const char *path)
{
    char *expected = read_text(path);
    const char *is = scenario->text;
    const char *should = expected;
    uint32_t line = 1;
    bool same = true;
    while (same && (*is != '\0' || *should != '\0')) {
        size_t is_size = strcspn(is, "\n");
        size_t should_size = strcspn(should, "\n");
        same = is_size == should_size && memcmp(is, should, is_size) == 0;
        if (!same) {
            print_error("%s:%u\n  says   %.*s\n  but is %.*s\n", path, line, (int)should_size,
                        should, (int)is_size, is);
        }
        is += is_size + (is[is_size] == '\n' ? 1 : 0);
        should += should_size + (should[should_size] == '\n' ? 1 : 0);
        line++;
    }
    free(expected);
    return same;
}

static bool play_file(const char *path)
{
    scenario_t *scenario = new_scenario();
    play(scenario, path);
    bool good = !scenario->failed;
    if (good && getenv("SCENARIO_REGENERATE") != NULL) {
        FILE *file = fopen(path, "wb");
        assert_non_null(file);
        assert_int_equal(fwrite(scenario->text, 1, scenario->text_used, file), scenario->text_used);
        fclose(file);
    } else {
        good = good && compare(scenario, path);
    }
    free_scenario(scenario);
    return good;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_text(const struct dirent *entry)
{
    const char *end = strrchr(entry->d_name, '.');
    const char *only = getenv("SCENARIO");
    return end != NULL && strcmp(end, ".txt") == 0 &&
           (only == NULL || strstr(entry->d_name, only) != NULL);
}

static void each_scenario_goes_as_it_is_told(void **state)
{
    (void)state;
    struct dirent **entries = NULL;
    int count = scandir(FOLDER, &entries, is_text, by_name);
    assert_true(count > 0);
    bool all = true;
    for (int i = 0; i < count; i++) {
        char path[512];
        snprintf(path, sizeof path, FOLDER "/%s", entries[i]->d_name);
        all = play_file(path) && all;
        free(entries[i]);
    }
    free(entries);
    assert_true(all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_scenario_goes_as_it_is_told)};
    return cmocka_run_group_tests_name("scenario", tests, NULL, NULL);
}
