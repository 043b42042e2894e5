/* One layout for every program.  The text is rows; a row is an item, a rule, an entry of the words
   or a closing brace.  Rows of one sort that follow each other without a blank line stand in
   columns.  What the author keeps: the words, the order, comments, and where a blank line stands.
 */
#include "yak/yak_private.h"

#define LINE_COLUMNS    100u /* a row is broken behind this, where it can be */
#define ONE_ROW_COLUMNS 90u  /* a verb of one rule stands on one row up to this */
#define CELL_COLUMNS    48u  /* a wider cell does not push the others aside */
#define CELLS_MAX       7u
#define INDENT          2u

typedef enum {
    ROW_OPEN = 1, /* ends with a brace that opens */
    ROW_CLOSE,
    ROW_BLOCK, /* a verb of one rule */
    ROW_LINE,
    ROW_LEGAL,
    ROW_MISSING,
    ROW_SET,
    ROW_PARAMETER,
    ROW_COUNTER,
    ROW_PROMISE,
    ROW_EXAMPLE,
    ROW_GUARD,
    ROW_MONEY,
    ROW_WORDS,
} row_kind_t;

typedef struct {
    uint32_t first, end; /* tokens */
    uint8_t kind, depth;
    bool blank_before, has_comment;
    uint32_t cell_count;
    uint32_t cells[CELLS_MAX]; /* first token of each */
    uint32_t stops[CELLS_MAX]; /* columns where they begin, as the run agrees */
} row_t;

typedef struct {
    const yak_tree_t *tree;
    row_t *rows;
    uint32_t row_count;
    char *out;
    size_t capacity, size;
    uint32_t column; /* from 0 */
    bool full;
} format_t;

/* ---- tokens as they are written ---- */

static const yak_token_t *token_at(const format_t *format, uint32_t index)
{
    return &format->tree->tokens[index];
}

static bool is_word(const format_t *format, uint32_t index, const char *word)
{
    return yak_token_is(format->tree, token_at(format, index), yak_text_of(word));
}

static bool is_number(const format_t *format, uint32_t index)
{
    return token_at(format, index)->kind == YAK_TOKEN_NUMBER;
}

/* `1 day`, `2 days`: the unit agrees with its number. */
static yak_text_t unit_text(const format_t *format, uint32_t index)
{
    static const yak_text_t units[][2] = {{YAK_TEXT("day"), YAK_TEXT("days")},
                                          {YAK_TEXT("week"), YAK_TEXT("weeks")},
                                          {YAK_TEXT("month"), YAK_TEXT("months")},
                                          {YAK_TEXT("year"), YAK_TEXT("years")}};
    yak_text_t text = yak_token_text(format->tree, token_at(format, index));
    if (index == 0 || !is_number(format, index - 1)) {
        return text;
    }
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (yak_text_equal(text, units[i][0]) || yak_text_equal(text, units[i][1])) {
            return units[i][token_at(format, index - 1)->value == 1 ? 0 : 1];
        }
    }
    return text;
}

enum { scratch_size = 40 };

static yak_text_t written(const format_t *format, uint32_t index, char scratch[scratch_size])
{
    const yak_token_t *token = token_at(format, index);
    yak_text_t text = yak_token_text(format->tree, token);
    yak_writer_t writer = yak_writer(scratch, scratch_size);
    if (token->kind == YAK_TOKEN_STRING) {
        return (yak_text_t){text.data - 1, text.size + 2};
    }
    if (token->kind == YAK_TOKEN_NAME) {
        return unit_text(format, index);
    }
    if (token->kind == YAK_TOKEN_RATE) {
        yak_write_rate(&writer, (uint64_t)token->value);
        return (yak_text_t){scratch, writer.size};
    }
    if (token->kind == YAK_TOKEN_NUMBER && is_word(format, index + 1, "won")) {
        yak_write_grouped(&writer, (uint64_t)token->value);
        return (yak_text_t){scratch, writer.size};
    }
    return text;
}

static bool is_one_of(const format_t *format, uint32_t index, const char *const *words)
{
    for (; *words != NULL; words++) {
        if (is_word(format, index, *words)) {
            return true;
        }
    }
    return false;
}

/* Is there a space before this token, if it does not begin a line? */
static bool has_space_before(const format_t *format, uint32_t index)
{
    static const char *const close[] = {",", ")", "]", ".", "..", NULL};
    static const char *const open[] = {"(", "[", ".", "..", NULL};
    return token_at(format, index)->kind == YAK_TOKEN_MARK && is_one_of(format, index, close)
               ? false
               : !is_one_of(format, index - 1, open);
}

/* Columns of the tokens [first, end) on one line. */
static uint32_t columns_of(const format_t *format, uint32_t first, uint32_t end)
{
    uint32_t columns = 0;
    for (uint32_t i = first; i < end; i++) {
        char scratch[scratch_size];
        columns += i > first && has_space_before(format, i) ? 1 : 0;
        columns += yak_text_columns(written(format, i, scratch));
    }
    return columns;
}

/* ---- comments ---- */

typedef struct {
    const uint8_t *at, *end;
    uint32_t newlines; /* since the last token or comment */
    yak_text_t comment;
} gap_t;

static gap_t gap_before(const format_t *format, uint32_t index)
{
    const uint8_t *source = format->tree->source.data;
    const yak_token_t *token = token_at(format, index);
    gap_t gap = {source, source + token->offset, 0, {NULL, 0}};
    if (token->kind == YAK_TOKEN_STRING) {
        gap.end--;
    }
    if (index > 0) {
        const yak_token_t *before = token - 1;
        gap.at += before->offset + before->size + (before->kind == YAK_TOKEN_STRING ? 1 : 0);
    }
    return gap;
}

/* The next comment of a gap; false at its end, with the newlines since the last one. */
static bool next_comment(gap_t *gap)
{
    gap->newlines = 0;
    while (gap->at < gap->end && *gap->at != '-') {
        gap->newlines += *gap->at == '\n';
        gap->at++;
    }
    if (gap->at == gap->end) {
        return false;
    }
    const uint8_t *start = gap->at;
    while (gap->at < gap->end && *gap->at != '\n') {
        gap->at++;
    }
    const uint8_t *last = gap->at;
    while (last[-1] == ' ' || last[-1] == '\t' || last[-1] == '\r') {
        last--;
    }
    gap->comment = (yak_text_t){(const char *)start, (size_t)(last - start)};
    return true;
}

static bool gap_has_comment(const format_t *format, uint32_t index)
{
    gap_t gap = gap_before(format, index);
    return next_comment(&gap);
}

static bool gap_has_blank(const format_t *format, uint32_t index)
{
    gap_t gap = gap_before(format, index);
    while (next_comment(&gap)) {
        if (gap.newlines > 1) {
            return true;
        }
    }
    return gap.newlines > 1;
}

/* ---- rows ---- */

static void add_cell(row_t *row, uint32_t token)
{
    DURE_ASSERT(row->cell_count < CELLS_MAX);
    row->cells[row->cell_count++] = token < row->end ? token : row->end;
}

/* The first token from `from` on that is this word; the row's end if there is none. */
static uint32_t find_word(const format_t *format, const row_t *row, uint32_t from, const char *word)
{
    while (from < row->end && !is_word(format, from, word)) {
        from++;
    }
    return from;
}

static void cut_parameter(const format_t *format, row_t *row)
{
    uint32_t is = find_word(format, row, row->first + 2, "=");
    add_cell(row, row->first + 2);
    add_cell(row, find_word(format, row, row->first + 3, "in"));
    add_cell(row, is);
    uint32_t fixed = find_word(format, row, is, "fixed");
    uint32_t notice = find_word(format, row, is, "notice");
    add_cell(row, notice < fixed ? notice : fixed);
    add_cell(row, fixed);
}

static void cut_guard(const format_t *format, row_t *row)
{
    add_cell(row, row->first + 1);
    uint32_t head = is_word(format, row->first, "allow") ? 1 : 2;
    add_cell(row, is_word(format, row->first, "hold") ? row->first + 4 : row->first + head);
}

static void cut_money(const format_t *format, row_t *row)
{
    add_cell(row, row->first + 1);
    if (is_word(format, row->first, "cap")) {
        return;
    }
    bool gives = is_word(format, row->first, "give");
    /* `150,000 won` is two tokens; behind `of amount` the account is four. */
    uint32_t at = row->first + (gives && is_number(format, row->first + 1) ? 3 : 2);
    add_cell(row, at);
    add_cell(row, at + (gives ? 4 : 6));
}

static void cut_words(row_t *row)
{
    for (uint32_t i = 1; i <= 5; i += 2) {
        add_cell(row, row->first + i);
    }
}

static void cut_cells(const format_t *format, row_t *row)
{
    row->cell_count = 0;
    add_cell(row, row->first);
    switch ((row_kind_t)row->kind) {
    case ROW_OPEN:
    case ROW_CLOSE:
    case ROW_LEGAL:
        return;
    case ROW_LINE:
        add_cell(row, row->first + (is_word(format, row->first, "old") ? 2 : 1));
        return;
    case ROW_BLOCK:
    case ROW_SET:
        add_cell(row, row->first + 1);
        return;
    case ROW_MISSING:
    case ROW_COUNTER:
    case ROW_PROMISE:
    case ROW_EXAMPLE:
        add_cell(row, row->first + 2);
        return;
    case ROW_PARAMETER:
        cut_parameter(format, row);
        return;
    case ROW_GUARD:
        cut_guard(format, row);
        return;
    case ROW_MONEY:
        cut_money(format, row);
        return;
    case ROW_WORDS:
        cut_words(row);
        return;
    }
}

static row_kind_t kind_of(const format_t *format, const row_t *row, bool in_words)
{
    static const struct {
        const char *word;
        row_kind_t kind;
    } kinds[] = {{"legal_check", ROW_LEGAL}, {"missing", ROW_MISSING},     {"set", ROW_SET},
                 {"list", ROW_SET},          {"parameter", ROW_PARAMETER}, {"counter", ROW_COUNTER},
                 {"promise", ROW_PROMISE},   {"example", ROW_EXAMPLE}};
    if (is_word(format, row->first, "}")) {
        return ROW_CLOSE;
    }
    if (is_word(format, row->end - 1, "{")) {
        return ROW_OPEN;
    }
    if (row->depth == 2) {
        static const char *const guards[] = {"allow", "deny", "hold", NULL};
        return in_words ? ROW_WORDS : is_one_of(format, row->first, guards) ? ROW_GUARD : ROW_MONEY;
    }
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (is_word(format, row->first, kinds[i].word)) {
            return kinds[i].kind;
        }
    }
    return ROW_LINE;
}

static void find_rows(format_t *format)
{
    const yak_tree_t *tree = format->tree;
    uint8_t depth = 0;
    bool in_words = false;
    for (uint32_t i = 0; i < tree->token_count;) {
        row_t *row = &format->rows[format->row_count++];
        row->first = i;
        bool closes = is_word(format, i, "}");
        bool opens = false;
        for (i++; i < tree->token_count && !closes && !opens; i++) {
            if (token_at(format, i)->begins || is_word(format, i, "}")) {
                break;
            }
            row->has_comment = row->has_comment || gap_has_comment(format, i);
            opens = is_word(format, i, "{");
        }
        row->end = i;
        depth = (uint8_t)(depth - (closes ? 1 : 0));
        row->depth = depth;
        row->kind = (uint8_t)kind_of(format, row, in_words);
        row->blank_before = gap_has_blank(format, row->first);
        depth = (uint8_t)(depth + (opens ? 1 : 0));
        in_words = opens ? is_word(format, row->first, "words") : in_words && !closes;
    }
}

/* verb "{", one rule, "}" become one row where that is short and holds no comment. */
static void join_blocks(format_t *format)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < format->row_count; i++) {
        row_t *row = &format->rows[count];
        *row = format->rows[i];
        count++;
        if (row->kind != ROW_OPEN || row->depth != 1 || i + 2 >= format->row_count ||
            format->rows[i + 2].kind != ROW_CLOSE || format->rows[i + 1].kind == ROW_WORDS) {
            continue;
        }
        uint32_t end = format->rows[i + 2].end;
        bool comment = false;
        for (uint32_t k = row->first + 1; k < end; k++) {
            comment = comment || gap_has_comment(format, k);
        }
        if (!comment && INDENT + columns_of(format, row->first, end) <= ONE_ROW_COLUMNS) {
            row->end = end;
            row->kind = ROW_BLOCK;
            i += 2;
        }
    }
    format->row_count = count;
}

/* The columns of the rows [first, end), which are of one kind. */
static void align(format_t *format, uint32_t first, uint32_t end)
{
    uint32_t widths[CELLS_MAX] = {0};
    for (uint32_t i = first; i < end; i++) {
        const row_t *row = &format->rows[i];
        for (uint32_t c = 0; c + 1 < row->cell_count && !row->has_comment; c++) {
            uint32_t width = columns_of(format, row->cells[c], row->cells[c + 1]);
            widths[c] = width > widths[c] && width <= CELL_COLUMNS ? width : widths[c];
        }
    }
    for (uint32_t i = first; i < end; i++) {
        row_t *row = &format->rows[i];
        uint32_t stop = row->depth * INDENT;
        for (uint32_t c = 0; c < row->cell_count; c++) {
            row->stops[c] = row->has_comment ? 0 : stop;
            stop += widths[c] > 0 ? widths[c] + 1 : 0;
        }
    }
}

static void lay_out(format_t *format)
{
    find_rows(format);
    join_blocks(format);
    for (uint32_t i = 0; i < format->row_count; i++) {
        cut_cells(format, &format->rows[i]);
    }
    uint32_t first = 0;
    for (uint32_t i = 1; i <= format->row_count; i++) {
        const row_t *row = &format->rows[i];
        if (i == format->row_count || row->kind != row[-1].kind || row->depth != row[-1].depth ||
            row->blank_before) {
            align(format, first, i);
            first = i;
        }
    }
}

/* ---- writing ---- */

static void put(format_t *format, yak_text_t text)
{
    if (text.size > format->capacity - format->size) {
        format->full = true;
        return;
    }
    if (text.size > 0) {
        memcpy(format->out + format->size, text.data, text.size);
    }
    format->size += text.size;
    format->column += yak_text_columns(text);
}

static void put_spaces_to(format_t *format, uint32_t column)
{
    while (format->column < column && !format->full) {
        put(format, YAK_TEXT(" "));
    }
}

static void put_newline(format_t *format)
{
    put(format, YAK_TEXT("\n"));
    format->column = 0;
}

/* The comments before a row, and the line end before it. */
static void put_gap(format_t *format, uint32_t index, uint32_t indent, bool may_blank_after)
{
    gap_t gap = gap_before(format, index);
    bool may_blank = index > 0 && !is_word(format, index - 1, "{");
    bool begun = index > 0;
    while (next_comment(&gap)) {
        if (index > 0 && gap.newlines == 0) {
            put(format, YAK_TEXT("  "));
        } else {
            if (begun) {
                put_newline(format);
            }
            if (gap.newlines > 1 && may_blank) {
                put_newline(format);
            }
            put_spaces_to(format, indent);
            may_blank = true;
        }
        put(format, gap.comment);
        begun = true;
    }
    if (begun) {
        put_newline(format);
    }
    if (gap.newlines > 1 && may_blank && may_blank_after) {
        put_newline(format);
    }
}

/* Comments in the middle of a row: the row goes on in the next line. */
static bool put_inner_comments(format_t *format, uint32_t index, uint32_t indent)
{
    gap_t gap = gap_before(format, index);
    bool any = false;
    while (next_comment(&gap)) {
        if (gap.newlines > 0) {
            put_newline(format);
            put_spaces_to(format, indent);
        } else {
            put(format, YAK_TEXT("  "));
        }
        put(format, gap.comment);
        any = true;
    }
    if (any) {
        put_newline(format);
        put_spaces_to(format, indent);
    }
    return any;
}

/* Is this token in the middle of a short set, which stays on one line? */
static bool is_in_short_set(const format_t *format, uint32_t index)
{
    enum { reach = 24 };
    uint32_t back = index;
    while (back > 0 && index - back < reach && !is_word(format, back, "[")) {
        back--;
        if (is_word(format, back, "]")) {
            return false;
        }
    }
    uint32_t ahead = index;
    while (ahead < format->tree->token_count && ahead - index < reach &&
           !is_word(format, ahead, "]")) {
        ahead++;
    }
    return is_word(format, back, "[") && is_word(format, ahead, "]");
}

/* May a line end before this token?  Not behind `refused` and `held`: a rule's name stands on its
 * line. */
static bool may_break(const format_t *format, const row_t *row, uint32_t index)
{
    static const char *const joins[] = {"and", "or", "unless", "has", "can", "when", NULL};
    static const char *const outcomes[] = {"accepted", "refused", "held", NULL};
    if (row->kind == ROW_BLOCK || row->kind == ROW_WORDS || row->cell_count < 2 ||
        index < row->cells[1] + 2 || is_word(format, index - 1, "refused") ||
        is_word(format, index - 1, "held")) {
        return false;
    }
    return (is_word(format, index - 1, ",") && !is_in_short_set(format, index)) ||
           is_one_of(format, index, joins) ||
           (is_word(format, index, "is") && is_one_of(format, index + 1, outcomes));
}

static bool breaks_before(const format_t *format, const row_t *row, uint32_t index)
{
    if (!may_break(format, row, index)) {
        return false;
    }
    uint32_t end = index + 1;
    while (end < row->end && !may_break(format, row, end)) {
        end++;
    }
    return format->column + 1 + columns_of(format, index, end) > LINE_COLUMNS;
}

static void put_cell(format_t *format, const row_t *row, uint32_t first, uint32_t end, bool last)
{
    uint32_t start = format->column;
    uint32_t indent = start > 60 || row->has_comment ? row->depth * INDENT + 4 : start + 2;
    for (uint32_t i = first; i < end; i++) {
        char scratch[scratch_size];
        bool begins_line = i == row->first || put_inner_comments(format, i, indent);
        if (!begins_line && i > first && last && breaks_before(format, row, i)) {
            put_newline(format);
            put_spaces_to(format, indent);
        } else if (!begins_line && i > first && has_space_before(format, i)) {
            put(format, YAK_TEXT(" "));
        }
        put(format, written(format, i, scratch));
    }
}

static void put_row(format_t *format, const row_t *row)
{
    put_gap(format, row->first, (row->depth + (row->kind == ROW_CLOSE ? 1u : 0u)) * INDENT,
            row->kind != ROW_CLOSE);
    put_spaces_to(format, row->depth * INDENT);
    for (uint32_t c = 0; c < row->cell_count; c++) {
        uint32_t end = c + 1 < row->cell_count ? row->cells[c + 1] : row->end;
        if (row->cells[c] == end) {
            continue;
        }
        if (c > 0) {
            bool comment = gap_has_comment(format, row->cells[c]);
            put(format, comment ? YAK_TEXT("") : YAK_TEXT(" "));
            put_spaces_to(format, comment ? 0 : row->stops[c]);
        }
        put_cell(format, row, row->cells[c], end, end == row->end);
    }
}

bool dure_yak_format(char *text, size_t *text_size, void *workspace, size_t workspace_size,
                     dure_bytes_t source, dure_yak_diagnostics_t *diagnostics)
{
    yak_tree_t *tree = dure_yak_parse(workspace, workspace_size, source, diagnostics);
    if (tree == NULL) {
        return false;
    }
    format_t format = {.tree = tree, .out = text, .capacity = DURE_YAK_SOURCE_SIZE_MAX};
    format.rows = yak_take(tree, (tree->token_count + 1) * sizeof *format.rows);
    if (format.rows == NULL) {
        return false;
    }
    lay_out(&format);
    for (uint32_t i = 0; i < format.row_count; i++) {
        put_row(&format, &format.rows[i]);
    }
    put_gap(&format, tree->token_count, 0, false);
    if (format.full) {
        yak_say_one(tree, YAK_SAYS_FORMAT_TOO_LARGE, NULL,
                    yak_number_argument(tree, DURE_YAK_SOURCE_SIZE_MAX));
        return false;
    }
    *text_size = format.size;
    return true;
}

uint32_t dure_yak_columns(dure_bytes_t text)
{
    return yak_text_columns((yak_text_t){(const char *)text.data, text.size});
}
