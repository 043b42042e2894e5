/* The table: how often each kind of transaction came to each code, against pairs.txt, which names
   every pair that can be reached here: `often` in any walk, `must` in a long one, `rare` perhaps;
   and those that the ledger can answer but that this walk never reaches, each with its reason. */
#include "walk/walk.h"

#include <string.h>

#define LINE_MAX 256u

typedef enum { UNNAMED, OFTEN, MUST, RARE, NEVER } expectation_t;

static uint8_t expectations[WALK_KINDS * WALK_CODES];

static uint32_t kind_of(const char *name)
{
    uint32_t kind = 0;
    while (kind < WALK_KINDS &&
           (walk_kind_name(kind) == NULL || strcmp(walk_kind_name(kind), name) != 0)) {
        kind++;
    }
    return kind;
}

static const char *text_of(uint32_t code)
{
    const dure_result_text_t *text = dure_result_text((uint16_t)code);
    return text == NULL ? "?" : text->name;
}

static bool line_read(const char *line)
{
    static const char *const words[] = {
        [OFTEN] = "often", [MUST] = "must", [RARE] = "rare", [NEVER] = "never"};
    char kind[32];
    char word[16];
    unsigned code;
    if (line[0] == '#' || line[0] == '\n') {
        return true;
    }
    if (sscanf(line, "%31s %u %15s", kind, &code, word) != 3 || kind_of(kind) == WALK_KINDS ||
        code >= WALK_CODES) {
        return false;
    }
    for (uint8_t i = OFTEN; i <= NEVER; i++) {
        if (strcmp(word, words[i]) == 0) {
            expectations[kind_of(kind) * WALK_CODES + code] = i;
            return true;
        }
    }
    return false;
}

static bool pairs_read(FILE *out)
{
    char line[LINE_MAX];
    bool right = true;
    FILE *file = fopen("test/walk/pairs.txt", "r");
    if (file == NULL) {
        fprintf(out, "test/walk/pairs.txt is not there\n");
        return false;
    }
    memset(expectations, UNNAMED, sizeof expectations);
    while (right && fgets(line, sizeof line, file) != NULL) {
        right = line_read(line);
        if (!right) {
            fprintf(out, "pairs.txt: not understood: %s", line);
        }
    }
    fclose(file);
    return right;
}

bool walk_table(const uint64_t *table, FILE *out, bool is_short)
{
    bool right = pairs_read(out);
    uint32_t reached = 0;
    for (uint32_t kind = 0; kind < WALK_KINDS; kind++) {
        if (walk_kind_name(kind) == NULL) {
            continue;
        }
        fprintf(out, "%s\n", walk_kind_name(kind));
        for (uint32_t code = 0; code < WALK_CODES; code++) {
            const uint64_t count = table[kind * WALK_CODES + code];
            const expectation_t expected = expectations[kind * WALK_CODES + code];
            const bool missing =
                count == 0 && (expected == OFTEN || (expected == MUST && !is_short));
            const bool unnamed = count > 0 && (expected == UNNAMED || expected == NEVER);
            reached += count > 0;
            right = right && !missing && !unnamed;
            if (count > 0 || expected != UNNAMED) {
                fprintf(out, "  %3u %-22s %10llu%s\n", code, text_of(code),
                        (unsigned long long)count,
                        missing             ? "  MUST BE REACHED"
                        : unnamed           ? "  IS NOT IN pairs.txt"
                        : expected == NEVER ? "  never here, see pairs.txt"
                        : count == 0        ? "  not this time"
                                            : "");
            }
        }
    }
    fprintf(out, "%u pairs reached\n", reached);
    return right;
}
