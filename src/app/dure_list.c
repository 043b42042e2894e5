/* dure_list: reading lists strictly, and their tree. */
#include "app/dure_list.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LINE_SIZE    1024u
#define WRONG_LINES  20u /* complained about, then the rest is only counted */
#define TOP_BIT_FREE (UINT64_MAX / 10 - 1)

/* ---- a line */
static char *trimmed(char *text)
{
    text += strspn(text, " \t");
    size_t size = strlen(text);
    while (size > 0 && strchr(" \t\r\n", text[size - 1]) != NULL) {
        text[--size] = 0;
    }
    return text;
}

/* Takes one field and moves on; quotes may enclose it.  NULL: a quote is not closed. */
static char *field(char **rest)
{
    char *start = trimmed(*rest);
    if (*start != '"') {
        char *comma = strchr(start, ',');
        *rest = comma == NULL ? NULL : comma + 1;
        if (comma != NULL) {
            *comma = 0;
        }
        return trimmed(start);
    }
    char *end = strchr(++start, '"');
    if (end == NULL) {
        return NULL;
    }
    *end++ = 0;
    end += strspn(end, " \t");
    *rest = *end == ',' ? end + 1 : NULL;
    return *end == ',' || *end == 0 ? trimmed(start) : NULL;
}

/* Digits, in groups of three or not, and the sign of won behind. */
static bool read_number(uint64_t *number, const char *text)
{
    static const char won[] = "원";
    *number = 0;
    uint32_t digits = 0;
    const char *at = text;
    for (; *at != 0 && strcmp(at, won) != 0; at++) {
        if (*at == ',' && digits > 0) {
            continue;
        }
        if (*at < '0' || *at > '9' || *number > TOP_BIT_FREE) {
            return false;
        }
        *number = *number * 10 + (uint64_t)(*at - '0');
        digits++;
    }
    return digits > 0;
}

/* NULL, or what is wrong with the line. */
static const char *read_line(list_row_t *row, char *line)
{
    char *rest = line;
    const char *party = field(&rest);
    if (party == NULL || strchr(party, ',') != NULL || !read_number(&row->party, party) ||
        row->party == 0) {
        return "the first column is no party's number";
    }
    row->amount = DURE_AMOUNT_ZERO;
    const char *amount = rest == NULL ? "" : field(&rest);
    if (rest != NULL) {
        return "there are more than two columns; write an amount with commas in quotes";
    }
    if (amount != NULL && *amount == 0) {
        return NULL;
    }
    uint64_t won = 0;
    if (amount == NULL || !read_number(&won, amount) || won == 0 || !dure_amount_is_valid(won)) {
        return "the second column is no amount: 250000, \"250,000\" or \"250,000원\"";
    }
    row->amount = dure_amount(won);
    return NULL;
}

static bool add(list_t *list, const list_row_t *row)
{
    if (list->count == list->capacity) {
        const uint32_t capacity = list->capacity == 0 ? 4096 : 2 * list->capacity;
        list_row_t *rows = realloc(list->rows, capacity * sizeof *rows);
        if (rows == NULL) {
            complain(EXIT_WORLD, "no memory for the list");
            return false;
        }
        list->rows = rows;
        list->capacity = capacity;
    }
    list->rows[list->count++] = *row;
    return true;
}

/* ---- the file */
/* Takes a line in; false: reading cannot go on. */
static bool take_line(list_t *list, const char *path, char *text, uint32_t line, uint32_t *wrong)
{
    static const char mark[] = "\xef\xbb\xbf"; /* spreadsheets put it before the first line */
    if (line == 1 && strncmp(text, mark, 3) == 0) {
        text += 3;
    }
    text = trimmed(text);
    if (*text == 0 || *text == '#') {
        return true;
    }
    char header = *text == '"' ? text[1] : *text;
    list_row_t row = {.line = line};
    const char *problem = read_line(&row, text);
    if (problem != NULL && list->count == 0 && *wrong == 0 && (header < '0' || header > '9')) {
        return true; /* names of columns */
    }
    if (problem != NULL) {
        if ((*wrong)++ < WRONG_LINES) {
            complain(EXIT_USAGE, "%s line %u: %s", path, (unsigned)line, problem);
        }
        return true;
    }
    if (list->count == LIST_ROWS_MAX) {
        complain(EXIT_USAGE, "%s has more than %u rows: make several lists of it", path,
                 LIST_ROWS_MAX);
        return false;
    }
    return add(list, &row);
}

static bool read_lines(list_t *list, const char *path, FILE *file)
{
    char text[LINE_SIZE];
    uint32_t wrong = 0;
    for (uint32_t line = 1; fgets(text, sizeof text, file) != NULL; line++) {
        if (strlen(text) == sizeof text - 1 && text[sizeof text - 2] != '\n') {
            complain(EXIT_USAGE, "%s line %u is too long", path, (unsigned)line);
            return false;
        }
        if (!take_line(list, path, text, line, &wrong)) {
            return false;
        }
    }
    if (ferror(file) != 0) {
        complain(EXIT_WORLD, "cannot read %s: %s", path, strerror(errno));
        return false;
    }
    if (wrong > WRONG_LINES) {
        complain(EXIT_USAGE, "%s: %u more lines are wrong", path, (unsigned)(wrong - WRONG_LINES));
    }
    if (wrong == 0 && list->count == 0) {
        complain(EXIT_USAGE,
                 "%s has no rows: each line is a party's number and, if the program "
                 "does not say it, an amount",
                 path);
    }
    return wrong == 0 && list->count > 0;
}

bool list_read(list_t *list, const char *path)
{
    *list = (list_t){0};
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        complain(EXIT_USAGE, "cannot read %s: %s", path, strerror(errno));
        return false;
    }
    const bool read = read_lines(list, path, file);
    fclose(file);
    if (!read) {
        list_free(list);
    }
    return read;
}

void list_free(list_t *list)
{
    free(list->rows);
    free(list->bytes);
    free(list->leaves);
    *list = (list_t){0};
}

/* ---- the tree */
static int compare(const void *a, const void *b)
{
    const list_row_t *x = a;
    const list_row_t *y = b;
    if (x->party != y->party) {
        return x->party < y->party ? -1 : 1;
    }
    return x->line < y->line ? -1 : x->line > y->line;
}

void list_sort(list_t *list)
{
    qsort(list->rows, list->count, sizeof *list->rows, compare);
}

bool list_twice(const list_t *list)
{
    bool twice = false;
    for (uint32_t i = 1; i < list->count; i++) {
        if (list->rows[i].party == list->rows[i - 1].party) {
            complain(EXIT_USAGE, "line %u: party %" PRIu64 " stands on line %u, too",
                     (unsigned)list->rows[i].line, list->rows[i].party,
                     (unsigned)list->rows[i - 1].line);
            twice = true;
        }
    }
    return twice;
}

bool list_seal(list_t *list)
{
    list->chunks = (list->count + LIST_CHUNK_ROWS - 1) / LIST_CHUNK_ROWS;
    const size_t size = (size_t)list->count * DURE_BATCH_ROW_SIZE;
    list->bytes = malloc(size + 1);
    list->leaves = malloc(2 * ((size_t)list->chunks + 1) * sizeof *list->leaves);
    if (list->bytes == NULL || list->leaves == NULL) {
        complain(EXIT_WORLD, "no memory for the list");
        return false;
    }
    dure_writer_t out = dure_writer(list->bytes, size);
    for (uint32_t i = 0; i < list->count; i++) {
        const dure_batch_row_t row = {.party = list->rows[i].party, .amount = list->rows[i].amount};
        dure_batch_row_encode(&out, &row);
    }
    dure_hash_t *work = list->leaves + list->chunks;
    for (uint32_t i = 0; i < list->chunks; i++) {
        dure_batch_leaf(&list->leaves[i], i, list_chunk(list, i).bytes);
        work[i] = list->leaves[i];
    }
    dure_list_root(&list->root, DURE_TAG_BATCH_NODE, work, list->chunks);
    return true;
}

dure_view_t list_chunk(const list_t *list, uint32_t chunk)
{
    const uint32_t first = chunk * LIST_CHUNK_ROWS;
    const uint32_t rest = list->count - first;
    const uint32_t count = rest < LIST_CHUNK_ROWS ? rest : LIST_CHUNK_ROWS;
    return (dure_view_t){.count = (uint16_t)count,
                         .bytes = dure_bytes(list->bytes + (size_t)first * DURE_BATCH_ROW_SIZE,
                                             (size_t)count * DURE_BATCH_ROW_SIZE)};
}

void list_body(const list_t *list, dure_body_t *body, const dure_tx_id_t *batch, uint32_t chunk)
{
    dure_hash_t path[DURE_LIST_DEPTH_MAX];
    const uint32_t depth = dure_list_prove(path, DURE_TAG_BATCH_NODE, list->leaves, list->chunks,
                                           chunk, list->leaves + list->chunks);
    *body = (dure_body_t){.kind = DURE_BODY_BATCH_ROWS,
                          .batch_rows = {.batch = *batch,
                                         .chunk = chunk,
                                         .rows = list_chunk(list, chunk),
                                         .path_count = (uint16_t)depth}};
    for (uint32_t i = 0; i < depth; i++) {
        body->batch_rows.path[i].hash = path[i];
    }
}
