/* dure_words: why something was refused or what stands behind an answer, in the words of the
   fund's own program.  The ledger keeps a program's bytecode and the hash of its source; the source
   stands in the transaction that proposed it, from where it is read and compared. */
#include <stdlib.h>
#include <string.h>

#include "app/dure_command.h"
#include "chain/dure_chain.h"

static dure_verb_t verb_of(uint8_t kind)
{
    switch ((dure_body_kind_t)kind) {
    case DURE_BODY_PURCHASE_ORDER:
    case DURE_BODY_PURCHASE_CREDIT:
    case DURE_BODY_PURCHASE_VOID:
        return DURE_VERB_PURCHASE;
    case DURE_BODY_BATCH_ROWS:
        return DURE_VERB_GRANT;
    case DURE_BODY_GIFT:
        return DURE_VERB_GIFT;
    case DURE_BODY_RECIRCULATION:
        return DURE_VERB_RECIRCULATION;
    case DURE_BODY_REMAINDER:
        return DURE_VERB_REMAINDER;
    case DURE_BODY_PAYMENT:
    case DURE_BODY_COLLECTION:
        return DURE_VERB_PAYMENT;
    case DURE_BODY_REDEMPTION:
    case DURE_BODY_PAYOUT_RESULT:
        return DURE_VERB_REDEMPTION;
    case DURE_BODY_PURCHASE_CANCEL:
    case DURE_BODY_TICK:
    case DURE_BODY_REGISTRATION:
    case DURE_BODY_ATTEST:
    case DURE_BODY_ROTATE:
    case DURE_BODY_PROPOSE:
    case DURE_BODY_APPROVE:
    case DURE_BODY_DEPOSIT:
    case DURE_BODY_REFUND:
    case DURE_BODY_LAPSE:
    case DURE_BODY_TIDY:
    case DURE_BODY_HOLD:
    case DURE_BODY_RELEASE:
    case DURE_BODY_APPEAL:
    case DURE_BODY_UPHOLD:
        break;
    }
    return DURE_VERB_CANCEL;
}

/* A number with a label of the vocabulary; what is no day and no count is won. */
text_t label_value_text(const dure_effect_t *effect, uint8_t label, int64_t value)
{
    text_t text;
    bool is_won = value >= 0 && dure_amount_is_valid((uint64_t)value);
    switch ((dure_label_t)label) {
    case DURE_LABEL_EARLIEST_DAY:
    case DURE_LABEL_LATEST_DAY:
        if (value >= 0 && value <= DURE_DAY_MAX) {
            return day_text((dure_day_t)value);
        }
        is_won = false;
        break;
    case DURE_LABEL_HIGHEST_USED:
    case DURE_LABEL_APPROVALS:
    case DURE_LABEL_THRESHOLD:
        is_won = false;
        break;
    case DURE_LABEL_ROOM: /* of lots, where an estate moves */
        is_won = is_won && effect->kind != DURE_BODY_PROPOSE && effect->kind != DURE_BODY_APPROVE;
        break;
    case DURE_LABEL_LIMIT:
        is_won = is_won && effect->code != DURE_RESULT_LOTS_FULL &&
                 effect->code != DURE_RESULT_TOO_MANY_LOTS;
        break;
    case DURE_LABEL_MINIMUM:
    case DURE_LABEL_MAXIMUM:
    case DURE_LABEL_GIVEN:
        is_won = is_won && effect->code != DURE_RESULT_PARAMETER_RANGE;
        break;
    case DURE_LABEL_EXPECTED:
    case DURE_LABEL_ASKED:
    case DURE_LABEL_AVAILABLE:
    case DURE_LABEL_PRICE:
    case DURE_LABEL_SUBSIDY:
    case DURE_LABEL_REWARD:
    case DURE_LABEL_COVERED:
    case DURE_LABEL_HELD:
    case DURE_LABEL_REFUNDED:
    case DURE_LABEL_SHARE:
        break;
    }
    if (is_won) {
        return amount_text(dure_amount((uint64_t)value));
    }
    snprintf(text.text, sizeof text.text, "%" PRId64, value);
    return text;
}

/* ---- the program ----------------------------------------------------------------------------- */

typedef struct {
    bool loaded; /* the image: enough for names and values */
    dure_yak_program_t program;
    dure_yak_tree_t *tree; /* of the source; NULL if it was not found */
    void *workspace;
    uint8_t image[DURE_YAK_IMAGE_SIZE_MAX];
    uint8_t source[DURE_YAK_SOURCE_SIZE_MAX];
    size_t source_size;
} words_t;

/* The source within the proposing transaction. */
static dure_bytes_t source_in(dure_bytes_t wire)
{
    static dure_envelope_t envelope;
    if (dure_envelope_decode(&envelope, wire, NULL) != DURE_RESULT_DONE ||
        envelope.tx.body.kind != DURE_BODY_PROPOSE) {
        return (dure_bytes_t){0};
    }
    const dure_act_t *act = &envelope.tx.body.propose.act;
    return act->kind == DURE_ACT_FUND      ? act->fund.source
           : act->kind == DURE_ACT_VERSION ? act->version.source
                                           : (dure_bytes_t){0};
}

static bool read_source(session_t *session, words_t *words, const dure_record_program_t *record)
{
    dure_tell_t tell;
    dure_request_t request = {.kind = DURE_REQUEST_ANSWER, .answer.id = record->proposal};
    if (!dure_client_call(session->client, &tell, &request) || !tell.what.answer.found) {
        return false;
    }
    const uint64_t height = tell.what.answer.answer.height;
    const uint32_t index = tell.what.answer.answer.index;
    dure_block_t block;
    const char *problem = NULL;
    request = (dure_request_t){.kind = DURE_REQUEST_BLOCK, .block.height = height};
    if (!dure_client_call(session->client, &tell, &request) || !tell.what.block.found ||
        !dure_block_decode(&block, tell.what.block.block, &problem)) {
        return false;
    }
    size_t offset = 0;
    dure_bytes_t wire = {0};
    for (uint32_t i = 0; i <= index; i++) {
        if (!dure_block_next(&block, &offset, &wire)) {
            return false;
        }
    }
    const dure_bytes_t source = source_in(wire);
    dure_hash_t hash;
    dure_hash(&hash, DURE_TAG_YAK_SOURCE, source.data, source.size);
    if (!dure_hash_equal(&hash, &record->source)) {
        return false;
    }
    memcpy(words->source, source.data, source.size);
    words->source_size = source.size;
    return true;
}

static void parse(words_t *words)
{
    static dure_yak_diagnostics_t diagnostics;
    const size_t size = dure_yak_workspace_size();
    words->workspace = malloc(size);
    if (words->workspace != NULL) {
        words->tree = dure_yak_parse(words->workspace, size,
                                     dure_bytes(words->source, words->source_size), &diagnostics);
    }
}

static void words_load(session_t *session, words_t *words, uint64_t fund, uint8_t version)
{
    static dure_record_program_t record;
    bool found = false;
    words->loaded = false;
    words->tree = NULL;
    words->workspace = NULL;
    if (fund == 0 || !dure_client_program(session->client, &found, &record, fund, version) ||
        !found) {
        return;
    }
    memcpy(words->image, record.image.data, record.image.size);
    record.image = dure_bytes(words->image, record.image.size);
    words->loaded = dure_yak_load(&words->program, record.image) == DURE_YAK_LOAD_OK;
    if (words->loaded && read_source(session, words, &record)) {
        parse(words);
    }
}

/* ---- telling --------------------------------------------------------------------------------- */

/* The citizens' words for a name of the program, else the name itself. */
static void print_name(const session_t *session, FILE *out, const words_t *words,
                       const dure_name_t *name)
{
    dure_bytes_t text;
    if (words->tree != NULL &&
        dure_yak_words(&text, words->tree, name, (dure_yak_language_t)session->args->language)) {
        fwrite(text.data, 1, text.size, out);
    } else {
        fputs(name->text, out);
    }
}

static void print_input(const session_t *session, FILE *out, const words_t *words,
                        const dure_yak_input_t *input)
{
    char text[96];
    const dure_yak_program_t *program = &words->program;
    if (input->kind == DURE_INPUT_COUNTER) {
        print_name(session, out, words, &program->counters[input->id].name);
    } else if (input->kind == DURE_INPUT_PARAMETER) {
        print_name(session, out, words, &program->parameters[input->id].name);
    } else if (input->kind == DURE_INPUT_MEMBER) {
        print_name(session, out, words, &program->lists[input->id]);
    } else if (input->kind == DURE_INPUT_ATTRIBUTE) {
        const dure_attribute_t *attribute = dure_attribute_by_id(input->id);
        fputs(in_language(session->args, attribute->ko, attribute->en, attribute->zh), out);
    } else if (input->kind == DURE_INPUT_WALLET) {
        fputs(in_language(session->args, "지갑 전체", "the whole wallet", "錢包總額"), out);
    } else if (input->kind == DURE_INPUT_HOLDING) {
        fputs(in_language(session->args, "이 화폐의 잔액", "held of this money", "此貨幣餘額"),
              out);
    } else {
        dure_yak_input_text(text, program, input);
        fputs(text, out);
    }
}

static void print_number(const session_t *session, FILE *out, const words_t *words,
                         const dure_effect_t *effect, const dure_effect_number_t *number)
{
    const dure_yak_verb_t *verb = &words->program.verbs[verb_of(effect->kind)];
    fputs("  ", out);
    if (number->source == 1) {
        const dure_label_words_t *label = dure_label_words(number->label);
        fprintf(out, "%s: %s\n",
                label == NULL ? "?" : in_language(session->args, label->ko, label->en, label->zh),
                label_value_text(effect, number->label, number->value).text);
    } else if (words->loaded && number->label < verb->input_count) {
        char value[64];
        const dure_yak_input_t *input = &verb->inputs[number->label];
        print_input(session, out, words, input);
        dure_yak_value_text(value, &words->program, input, number->value);
        fprintf(out, ": %s\n", value);
    } else {
        fprintf(out, "%" PRId64 "\n", number->value);
    }
}

void print_reason(session_t *session, FILE *out, const dure_effect_t *effect)
{
    static words_t words;
    words_load(session, &words, effect->fund, effect->fund_version);
    if (effect->rule.text[0] != 0) {
        fputs("  ", out);
        print_name(session, out, &words, &effect->rule);
        fprintf(out, " (%s, %s)\n", effect->rule.text, fund_label(session, effect->fund).text);
    }
    for (uint32_t i = 0; i < effect->numbers_count; i++) {
        print_number(session, out, &words, effect, &effect->numbers[i]);
    }
    free(words.workspace);
}
