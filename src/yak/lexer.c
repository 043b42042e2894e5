/* Bytes -> tokens.  Everything that could make two readers see two programs is refused here. */
#include "yak/yak_private.h"

typedef struct {
    yak_tree_t *tree;
    uint32_t offset;       /* of the next character */
    uint32_t line, column; /* of the next character */
    bool line_empty;       /* no token yet on this line */
} lexer_t;

/* One character: its code and its bytes; size 0 if it is not UTF-8 (RFC 3629: shortest form, no
   surrogates, at most U+10FFFF). */
static uint32_t decode(const uint8_t *data, size_t size, uint32_t *code)
{
    uint8_t lead = data[0];
    if (lead < 0x80) {
        *code = lead;
        return 1;
    }
    uint32_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
    if (lead < 0xc2 || lead > 0xf4 || length > size) {
        return 0;
    }
    uint32_t value = lead & (0xffu >> (length + 1));
    for (uint32_t i = 1; i < length; i++) {
        if ((data[i] & 0xc0u) != 0x80u) {
            return 0;
        }
        value = value << 6 | (data[i] & 0x3fu);
    }
    if (value < least[length] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)) {
        return 0;
    }
    *code = value;
    return length;
}

/* Invisible, direction-changing, private or unassigned-by-design characters. */
static bool is_hidden(uint32_t code)
{
    static const uint32_t ranges[][2] = {
        {0x00, 0x08},       {0x0b, 0x0c},       {0x0e, 0x1f},     {0x7f, 0x9f},
        {0xad, 0xad},       {0x034f, 0x034f},   {0x061c, 0x061c}, {0x115f, 0x1160},
        {0x17b4, 0x17b5},   {0x180b, 0x180f},   {0x200b, 0x200f}, {0x2028, 0x202e},
        {0x2060, 0x206f},   {0x3164, 0x3164},   {0xe000, 0xf8ff}, {0xfe00, 0xfe0f},
        {0xfeff, 0xfeff},   {0xffa0, 0xffa0},   {0xfff0, 0xfffb}, {0xfffe, 0xffff},
        {0xe0000, 0xe0fff}, {0xf0000, 0x10ffff}};
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
        if (code >= ranges[i][0] && code <= ranges[i][1]) {
            return true;
        }
    }
    return false;
}

/* Letters of scripts that no words are written in and that pass for Latin ones: Greek, Cyrillic,
   Armenian, Cherokee, full-width and mathematical letters. */
static bool is_look_alike(uint32_t code)
{
    static const uint32_t ranges[][2] = {
        {0x0250, 0x02af},   {0x0370, 0x058f},   {0x10a0, 0x10ff},  {0x13a0, 0x13ff},
        {0x1c80, 0x1c8f},   {0x1d00, 0x1dbf},   {0x1f00, 0x1fff},  {0x2100, 0x2115},
        {0x2119, 0x214f},   {0x2160, 0x2188},   {0x2c60, 0x2dff},  {0xa640, 0xa7ff},
        {0xab30, 0xabbf},   {0xff10, 0xff19},   {0xff21, 0xff3a},  {0xff41, 0xff5a},
        {0x10400, 0x1044f}, {0x1d400, 0x1d7ff}, {0x1f130, 0x1f189}};
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
        if (code >= ranges[i][0] && code <= ranges[i][1]) {
            return true;
        }
    }
    return false;
}

static yak_argument_t code_argument(yak_tree_t *tree, uint32_t code)
{
    char *memory = yak_take(tree, 16);
    if (memory == NULL) {
        return yak_argument(YAK_TEXT("U+"));
    }
    static const char hex[] = "0123456789ABCDEF";
    yak_writer_t writer = yak_writer(memory, 16);
    yak_write_text(&writer, YAK_TEXT("U+"));
    uint32_t width = code > 0xfffff ? 6 : code > 0xffff ? 5 : 4;
    for (uint32_t i = width; i > 0; i--) {
        yak_write_text(&writer, (yak_text_t){&hex[code >> (4 * (i - 1)) & 15u], 1});
    }
    return yak_argument((yak_text_t){memory, writer.size});
}

static void say_character(lexer_t *lexer, yak_message_t message, uint32_t code)
{
    yak_token_t at = {.line = lexer->line, .column = lexer->column, .length = 1};
    yak_say_one(lexer->tree, message, &at, code_argument(lexer->tree, code));
}

static char peek(const lexer_t *lexer, uint32_t ahead)
{
    const dure_bytes_t *source = &lexer->tree->source;
    size_t at = (size_t)lexer->offset + ahead;
    return at < source->size ? (char)source->data[at] : '\0';
}

/* Steps over one character; false at the end.  Characters that may stand nowhere are reported. */
static bool step(lexer_t *lexer, bool quoted)
{
    const dure_bytes_t *source = &lexer->tree->source;
    if (lexer->offset >= source->size) {
        return false;
    }
    uint32_t code = 0;
    uint32_t size = decode(source->data + lexer->offset, source->size - lexer->offset, &code);
    if (size == 0) {
        yak_token_t at = {.line = lexer->line, .column = lexer->column, .length = 1};
        yak_say_plain(lexer->tree, YAK_SAYS_UTF8_INVALID, &at);
        size = 1;
    } else if (is_hidden(code)) {
        say_character(lexer, YAK_SAYS_CHARACTER_HIDDEN, code);
    } else if (quoted && is_look_alike(code)) {
        say_character(lexer, YAK_SAYS_CHARACTER_LOOK_ALIKE, code);
    }
    lexer->offset += size;
    lexer->column++;
    if (size == 1 && code == '\n') {
        lexer->line++;
        lexer->column = 1;
        lexer->line_empty = true;
    }
    return true;
}

static void skip_blank(lexer_t *lexer)
{
    for (;;) {
        char next = peek(lexer, 0);
        bool comment = next == '-' && peek(lexer, 1) == '-';
        if (comment) {
            while (peek(lexer, 0) != '\n' && step(lexer, false)) {
            }
        } else if (next == ' ' || next == '\n' || next == '\t' ||
                   (next == '\r' && peek(lexer, 1) == '\n')) {
            bool stepped = step(lexer, false);
            DURE_ASSERT(stepped);
        } else {
            return;
        }
    }
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static void advance(lexer_t *lexer, uint32_t count)
{
    lexer->offset += count;
    lexer->column += count;
}

static int64_t digits_value(const lexer_t *lexer, uint32_t from, uint32_t count)
{
    int64_t value = 0;
    for (uint32_t i = 0; i < count; i++) {
        value = value * 10 + (peek(lexer, from + i) - '0');
    }
    return value;
}

static uint32_t digit_count(const lexer_t *lexer, uint32_t from)
{
    uint32_t count = 0;
    while (is_digit(peek(lexer, from + count))) {
        count++;
    }
    return count;
}

static void broken(lexer_t *lexer, yak_token_t *token, yak_message_t message)
{
    token->size = lexer->offset - token->offset;
    token->length = lexer->column - token->column;
    token->kind = YAK_TOKEN_BROKEN;
    yak_say_plain(lexer->tree, message, token);
}

static void lex_date(lexer_t *lexer, yak_token_t *token)
{
    bool form = digit_count(lexer, 0) == 4 && digit_count(lexer, 5) == 2 && peek(lexer, 7) == '-' &&
                digit_count(lexer, 8) == 2;
    dure_date_t date = {(int32_t)digits_value(lexer, 0, 4), 0, 0};
    if (form) {
        date.month = (int32_t)digits_value(lexer, 5, 2);
        date.day = (int32_t)digits_value(lexer, 8, 2);
        advance(lexer, 10);
    } else {
        while (is_digit(peek(lexer, 0)) || peek(lexer, 0) == '-') {
            advance(lexer, 1);
        }
    }
    dure_day_t day = 0;
    if (!form || !dure_day_from_date(&day, date)) {
        broken(lexer, token, YAK_SAYS_DATE_INVALID);
        return;
    }
    token->kind = YAK_TOKEN_DATE;
    token->value = day;
}

static void lex_clock(lexer_t *lexer, yak_token_t *token)
{
    bool form = digit_count(lexer, 0) == 2 && digit_count(lexer, 3) == 2;
    int64_t minute = form ? digits_value(lexer, 0, 2) * 60 + digits_value(lexer, 3, 2) : 0;
    form = form && digits_value(lexer, 3, 2) < 60 && minute <= 1440;
    uint32_t first = digit_count(lexer, 0);
    advance(lexer, first + 1 + digit_count(lexer, first + 1));
    if (!form) {
        broken(lexer, token, YAK_SAYS_CLOCK_INVALID);
        return;
    }
    token->kind = YAK_TOKEN_CLOCK;
    token->value = minute;
}

/* After the digits of a whole number of percent: [ "." digit [ digit ] ] "%". */
static void lex_rate(lexer_t *lexer, yak_token_t *token, uint32_t whole, uint32_t decimals)
{
    bool form = whole <= 3 && decimals <= 2;
    int64_t value = form ? digits_value(lexer, 0, whole) * 100 : 0;
    if (form && decimals > 0) {
        value += digits_value(lexer, whole + 1, decimals) * (decimals == 1 ? 10 : 1);
    }
    form = form && value <= DURE_RATE_ONE && !(whole > 1 && peek(lexer, 0) == '0');
    advance(lexer, whole + (decimals > 0 ? decimals + 1 : 0));
    if (peek(lexer, 0) == '%') {
        advance(lexer, 1);
    } else {
        form = false;
    }
    if (!form) {
        broken(lexer, token, YAK_SAYS_RATE_FORM);
        return;
    }
    token->kind = YAK_TOKEN_RATE;
    token->value = value;
}

static void lex_plain_number(lexer_t *lexer, yak_token_t *token)
{
    uint32_t first = digit_count(lexer, 0);
    bool zero_lead = first > 1 && peek(lexer, 0) == '0';
    int64_t value = 0;
    bool too_large = first > 16;
    bool grouped = false;
    bool ill_grouped = false;
    uint32_t run = first;
    while (run > 0) {
        for (uint32_t i = 0; i < run && !too_large; i++) {
            value = value * 10 + (peek(lexer, i) - '0');
            too_large = value > (int64_t)DURE_AMOUNT_WON_MAX;
        }
        advance(lexer, run);
        run = peek(lexer, 0) == ',' ? digit_count(lexer, 1) : 0;
        if (run > 0) {
            ill_grouped = ill_grouped || run != 3 || first > 3;
            grouped = true;
            advance(lexer, 1);
        }
    }
    if (ill_grouped || is_letter(peek(lexer, 0))) {
        while (is_letter(peek(lexer, 0)) || is_digit(peek(lexer, 0))) {
            advance(lexer, 1);
        }
        broken(lexer, token, ill_grouped ? YAK_SAYS_NUMBER_GROUPS : YAK_SAYS_NAME_FORM);
        return;
    }
    if (too_large || zero_lead) {
        broken(lexer, token, too_large ? YAK_SAYS_NUMBER_TOO_LARGE : YAK_SAYS_NUMBER_LEADING_ZERO);
        return;
    }
    token->kind = YAK_TOKEN_NUMBER;
    token->grouped = grouped;
    token->value = value;
}

static void lex_number(lexer_t *lexer, yak_token_t *token)
{
    uint32_t whole = digit_count(lexer, 0);
    char after = peek(lexer, whole);
    bool then_digit = is_digit(peek(lexer, whole + 1));
    if (after == '-' && then_digit) {
        lex_date(lexer, token);
    } else if (after == ':' && then_digit) {
        lex_clock(lexer, token);
    } else if (after == '%') {
        lex_rate(lexer, token, whole, 0);
    } else if (after == '.' && then_digit) {
        lex_rate(lexer, token, whole, digit_count(lexer, whole + 1));
    } else {
        lex_plain_number(lexer, token);
    }
}

static void lex_name(lexer_t *lexer, yak_token_t *token)
{
    bool plain = peek(lexer, 0) >= 'a' && peek(lexer, 0) <= 'z';
    while (is_letter(peek(lexer, 0)) || is_digit(peek(lexer, 0))) {
        char c = peek(lexer, 0);
        plain = plain && !(c >= 'A' && c <= 'Z');
        advance(lexer, 1);
    }
    uint32_t size = lexer->offset - token->offset;
    /* A currency's code is the one word in capitals. */
    bool currency = size == 3;
    for (uint32_t i = 0; i < size; i++) {
        uint8_t c = lexer->tree->source.data[token->offset + i];
        currency = currency && c >= 'A' && c <= 'Z';
    }
    if (!plain && !currency) {
        broken(lexer, token, YAK_SAYS_NAME_FORM);
    } else if (size >= DURE_NAME_SIZE) {
        token->size = size;
        token->length = size;
        token->kind = YAK_TOKEN_BROKEN;
        yak_say_one(lexer->tree, YAK_SAYS_NAME_LONG, token, yak_number_argument(lexer->tree, size));
    } else {
        token->kind = YAK_TOKEN_NAME;
    }
}

static void lex_string(lexer_t *lexer, yak_token_t *token)
{
    advance(lexer, 1);
    uint32_t start = lexer->offset;
    bool more = true;
    while (more && peek(lexer, 0) != '"' && peek(lexer, 0) != '\n') {
        more = step(lexer, true);
    }
    if (!more || peek(lexer, 0) != '"') {
        broken(lexer, token, YAK_SAYS_STRING_OPEN);
        return;
    }
    token->kind = YAK_TOKEN_STRING;
    token->offset = start;
    token->size = lexer->offset - start;
    advance(lexer, 1);
    token->length = lexer->column - token->column;
}

/* A run of characters that begin no token: one message, one broken token. */
static void lex_stray(lexer_t *lexer, yak_token_t *token)
{
    const dure_bytes_t *source = &lexer->tree->source;
    uint32_t code = 0;
    uint32_t size = decode(source->data + lexer->offset, source->size - lexer->offset, &code);
    if (size == 1 && !is_hidden(code)) {
        bool sums = code == '-' || code == '*' || code == '/';
        yak_text_t mark = {(const char *)source->data + lexer->offset, 1};
        yak_token_t at = {.line = lexer->line, .column = lexer->column, .length = 1};
        yak_say_one(lexer->tree, sums ? YAK_SAYS_NO_ARITHMETIC : YAK_SAYS_MARK_UNKNOWN, &at,
                    yak_quoted_text(lexer->tree, mark));
    } else if (size != 0 && !is_hidden(code)) {
        bool alike = is_look_alike(code);
        say_character(lexer, alike ? YAK_SAYS_CHARACTER_LOOK_ALIKE : YAK_SAYS_CHARACTER_STRAY,
                      code);
    }
    bool stepped = step(lexer, false);
    DURE_ASSERT(stepped);
    /* What hangs on to it belongs to it: a word with one foreign letter is one wrong word. */
    while (is_letter(peek(lexer, 0)) || is_digit(peek(lexer, 0)) ||
           ((uint8_t)peek(lexer, 0) & 0x80u) != 0) {
        stepped = step(lexer, true);
        DURE_ASSERT(stepped);
    }
    token->kind = YAK_TOKEN_BROKEN;
}

static bool is_mark(char c)
{
    static const char marks[] = "{}()[],:.=<>+";
    for (size_t i = 0; i < sizeof marks - 1; i++) {
        if (marks[i] == c) {
            return true;
        }
    }
    return false;
}

static void lex_mark(lexer_t *lexer, yak_token_t *token)
{
    char c = peek(lexer, 0);
    char d = peek(lexer, 1);
    uint32_t size = 1;
    if ((c == '.' && d == '.') || (c == '!' && d == '=') || (c == '<' && d == '=') ||
        (c == '>' && d == '=')) {
        size = 2;
    } else if (!is_mark(c)) {
        lex_stray(lexer, token);
        return;
    }
    advance(lexer, size);
    token->kind = YAK_TOKEN_MARK;
}

static void lex_token(lexer_t *lexer, yak_token_t *token)
{
    token->offset = lexer->offset;
    token->line = lexer->line;
    token->column = lexer->column;
    token->first = lexer->line_empty;
    lexer->line_empty = false;
    char next = peek(lexer, 0);
    if (is_digit(next)) {
        lex_number(lexer, token);
    } else if (is_letter(next)) {
        lex_name(lexer, token);
    } else if (next == '"') {
        lex_string(lexer, token);
    } else {
        lex_mark(lexer, token);
    }
    /* A Latin word that runs into a foreign letter is one wrong word. */
    if (token->kind == YAK_TOKEN_NAME && ((uint8_t)peek(lexer, 0) & 0x80u) != 0) {
        lex_stray(lexer, token);
    }
    if (token->kind != YAK_TOKEN_STRING) {
        token->size = lexer->offset - token->offset;
        token->length = token->line == lexer->line ? lexer->column - token->column : 1;
    }
}

bool yak_lex_from(yak_tree_t *tree, uint32_t offset)
{
    size_t size = tree->source.size;
    size_t own = size - offset;
    if (own > DURE_YAK_SOURCE_SIZE_MAX) {
        yak_say_two(tree, YAK_SAYS_SOURCE_TOO_LARGE, NULL, yak_number_argument(tree, own),
                    yak_number_argument(tree, DURE_YAK_SOURCE_SIZE_MAX));
        return false;
    }
    tree->tokens = yak_take(tree, (own + 1) * sizeof *tree->tokens);
    if (tree->tokens == NULL) {
        return false;
    }
    lexer_t lexer = {tree, offset, 1, 1, true};
    skip_blank(&lexer);
    while (lexer.offset < size) {
        lex_token(&lexer, &tree->tokens[tree->token_count++]);
        skip_blank(&lexer);
    }
    yak_token_t *end = &tree->tokens[tree->token_count];
    *end = (yak_token_t){.offset = lexer.offset,
                         .line = lexer.line,
                         .column = lexer.column,
                         .length = 1,
                         .kind = YAK_TOKEN_END,
                         .first = true};
    return true;
}
