/* Recording messages, and the work space they and the tree live in. */
#include "yak/yak_private.h"

typedef struct {
    uint16_t number;
    yak_text_t en, ko;
} message_t;

static const message_t messages[] = {
#define X(number, name, en, ko) {number, YAK_TEXT(en), YAK_TEXT(ko)},
    YAK_MESSAGES(X)
#undef X
};

void *yak_take(yak_tree_t *tree, size_t size)
{
    size_t rounded = (size + 15u) & ~(size_t)15u;
    if (tree->exhausted || rounded > tree->memory_size - tree->memory_used) {
        if (!tree->exhausted) {
            tree->exhausted = true;
            yak_say_plain(tree, YAK_SAYS_TOO_COMPLEX, NULL);
        }
        return NULL;
    }
    uint8_t *memory = tree->memory + tree->memory_used;
    tree->memory_used += rounded;
    memset(memory, 0, rounded);
    return memory;
}

yak_text_t yak_token_text(const yak_tree_t *tree, const yak_token_t *token)
{
    return (yak_text_t){(const char *)tree->source.data + token->offset, token->size};
}

bool yak_token_is(const yak_tree_t *tree, const yak_token_t *token, yak_text_t text)
{
    bool plain = token->kind == YAK_TOKEN_NAME || token->kind == YAK_TOKEN_MARK;
    return plain && yak_text_equal(yak_token_text(tree, token), text);
}

dure_name_t yak_token_name(const yak_tree_t *tree, const yak_token_t *token)
{
    dure_name_t name;
    memset(&name, 0, sizeof name);
    if (token != NULL) {
        yak_text_t text = yak_token_text(tree, token);
        bool well_formed = dure_name_from(&name, text.data, text.size);
        DURE_ASSERT(well_formed);
    }
    return name;
}

static void write_template(yak_writer_t *writer, yak_text_t template, const yak_details_t *details,
                           bool korean)
{
    size_t start = 0;
    for (size_t i = 0; i + 2 < template.size + 0u; i++) {
        bool slot = template.data[i] == '{' && template.data[i + 2] == '}' &&
                    template.data[i + 1] >= '0' && template.data[i + 1] <= '2';
        if (slot) {
            const yak_argument_t *argument = &details->arguments[template.data[i + 1] - '0'];
            yak_write_text(writer, (yak_text_t){template.data + start, i - start});
            yak_write_text(writer, korean ? argument->ko : argument->en);
            start = i + 3;
            i += 2;
        }
    }
    yak_write_text(writer, (yak_text_t){template.data + start, template.size - start});
    if (details->suggestion.size > 0) {
        yak_write_text(writer, korean ? YAK_TEXT(". `") : YAK_TEXT("; did you mean `"));
        yak_write_text(writer, details->suggestion);
        yak_write_text(writer, korean ? YAK_TEXT("`을(를) 쓰려고 했습니까?") : YAK_TEXT("`?"));
    }
}

static void place(dure_yak_diagnostic_t *diagnostic, const yak_token_t *first,
                  const yak_token_t *last)
{
    diagnostic->line = first == NULL ? 1 : first->line;
    diagnostic->column = first == NULL ? 1 : first->column;
    diagnostic->length = first == NULL ? 1 : first->length;
    if (first != NULL && last != NULL && last->line == first->line &&
        last->column > first->column) {
        diagnostic->length = last->column + last->length - first->column;
    }
    if (diagnostic->length == 0) {
        diagnostic->length = 1;
    }
}

void yak_say(yak_tree_t *tree, yak_message_t number, const yak_token_t *first,
             const yak_token_t *last, const yak_details_t *details)
{
    dure_yak_diagnostics_t *all = tree->diagnostics;
    dure_yak_diagnostic_t at;
    place(&at, first, last);
    for (uint32_t i = 0; i < all->count; i++) {
        const dure_yak_diagnostic_t *known = &all->list[i];
        if (known->code == number && known->line == at.line && known->column == at.column) {
            return;
        }
    }
    if (all->count == DURE_YAK_DIAGNOSTICS_MAX) {
        all->overflow++;
        return;
    }
    const message_t *message = NULL;
    for (size_t i = 0; i < sizeof messages / sizeof messages[0]; i++) {
        if (messages[i].number == number) {
            message = &messages[i];
        }
    }
    DURE_ASSERT(message != NULL);
    dure_yak_diagnostic_t *diagnostic = &all->list[all->count++];
    memset(diagnostic, 0, sizeof *diagnostic);
    place(diagnostic, first, last);
    diagnostic->code = (uint16_t)number;
    yak_writer_t en = yak_writer(diagnostic->en, sizeof diagnostic->en);
    write_template(&en, message->en, details, false);
    yak_writer_t ko = yak_writer(diagnostic->ko, sizeof diagnostic->ko);
    write_template(&ko, message->ko, details, true);
}

void yak_say_plain(yak_tree_t *tree, yak_message_t message, const yak_token_t *token)
{
    yak_details_t details = {0};
    yak_say(tree, message, token, NULL, &details);
}

void yak_say_one(yak_tree_t *tree, yak_message_t message, const yak_token_t *token,
                 yak_argument_t a)
{
    yak_details_t details = {{a}, {NULL, 0}};
    yak_say(tree, message, token, NULL, &details);
}

void yak_say_two(yak_tree_t *tree, yak_message_t message, const yak_token_t *token,
                 yak_argument_t a, yak_argument_t b)
{
    yak_details_t details = {{a, b}, {NULL, 0}};
    yak_say(tree, message, token, NULL, &details);
}

yak_argument_t yak_argument(yak_text_t text)
{
    return (yak_argument_t){text, text};
}

yak_argument_t yak_quoted_text(yak_tree_t *tree, yak_text_t text)
{
    enum { shown = 48 };
    size_t capacity = (text.size < shown ? text.size : shown) + 3;
    char *memory = yak_take(tree, capacity);
    if (memory == NULL) {
        return yak_argument(YAK_TEXT("`…`"));
    }
    yak_writer_t writer = yak_writer(memory, capacity);
    yak_write_text(&writer, YAK_TEXT("`"));
    yak_writer_t inner = yak_writer(memory + 1, capacity - 2);
    yak_write_text(&inner, text);
    writer.size += inner.size;
    yak_write_text(&writer, YAK_TEXT("`"));
    return yak_argument((yak_text_t){memory, writer.size});
}

yak_argument_t yak_quoted(yak_tree_t *tree, const yak_token_t *token)
{
    if (token->kind == YAK_TOKEN_END) {
        return YAK_ARGUMENT("the end of the file", "파일의 끝");
    }
    if (token->kind == YAK_TOKEN_STRING) {
        return YAK_ARGUMENT("a text in quotation marks", "따옴표 안의 글");
    }
    return yak_quoted_text(tree, yak_token_text(tree, token));
}

yak_argument_t yak_attribute_names(yak_tree_t *tree, bool balances)
{
    enum { capacity = 256 };
    char *memory = yak_take(tree, capacity);
    if (memory == NULL) {
        return yak_argument(YAK_TEXT("…"));
    }
    yak_writer_t writer = yak_writer(memory, capacity);
    yak_write_text(&writer, balances ? YAK_TEXT("holding, wallet, ") : YAK_TEXT(""));
    for (uint32_t i = 0; i < DURE_ATTRIBUTES_COUNT; i++) {
        yak_write_text(&writer, i > 0 ? YAK_TEXT(", ") : YAK_TEXT(""));
        yak_write_text(&writer, yak_text_of(dure_attributes[i].name));
    }
    return yak_argument((yak_text_t){memory, writer.size});
}

yak_argument_t yak_number_argument(yak_tree_t *tree, uint64_t value)
{
    char *memory = yak_take(tree, 32);
    if (memory == NULL) {
        return yak_argument(YAK_TEXT("…"));
    }
    yak_writer_t writer = yak_writer(memory, 32);
    yak_write_grouped(&writer, value);
    return yak_argument((yak_text_t){memory, writer.size});
}

void yak_messages_sort(dure_yak_diagnostics_t *diagnostics)
{
    /* Insertion sort by place; equal places keep the order of finding. */
    for (uint32_t i = 1; i < diagnostics->count; i++) {
        dure_yak_diagnostic_t moving = diagnostics->list[i];
        uint32_t j = i;
        while (j > 0 && (diagnostics->list[j - 1].line > moving.line ||
                         (diagnostics->list[j - 1].line == moving.line &&
                          diagnostics->list[j - 1].column > moving.column))) {
            diagnostics->list[j] = diagnostics->list[j - 1];
            j--;
        }
        diagnostics->list[j] = moving;
    }
}
