/* dure_effect: what a transaction did, in words and as JSON. */
#include <string.h>

#include "app/dure_command.h"

/* ---- outcomes -------------------------------------------------------------------------------- */

/* The n-th lot taken: how much, and the terms that it had. */
static json_t *lot_json(const dure_effect_t *effect, uint32_t n)
{
    const dure_effect_lot_t *lot = &effect->lots[n];
    const dure_effect_move_t *move = NULL;
    for (uint32_t i = 0, seen = 0; i < effect->moves_count && move == NULL; i++) {
        if (effect->moves[i].what == DURE_MOVE_LOT_TAKEN && seen++ == n) {
            move = &effect->moves[i];
        }
    }
    return json_pack("{s:i, s:o, s:o, s:b, s:o, s:o, s:i, s:s, s:s}", "lot",
                     move == NULL ? 0 : (int)move->lot, "amount",
                     json_amount(move == NULL ? DURE_AMOUNT_ZERO : move->amount), "origin",
                     json_text(dure_names_text(DURE_NAMES_ORIGINS, lot->origin)), "gifted",
                     (int)lot->gifted, "face", json_amount(lot->face), "paid",
                     json_amount(lot->paid), "version", (int)lot->version, "issue_day",
                     day_text(lot->issue_day).text, "end_day", day_text(lot->end_day).text);
}

static json_t *parts_json(const dure_effect_t *effect)
{
    json_t *parts = json_array();
    uint32_t n = 0;
    for (uint32_t i = 0; i < effect->parts_count; i++) {
        const dure_effect_part_t *part = &effect->parts[i];
        json_t *lots = json_array();
        for (uint32_t k = 0; k < part->lots && n < effect->lots_count; k++) {
            json_array_append_new(lots, lot_json(effect, n++));
        }
        json_array_append_new(
            parts, json_pack("{s:o, s:i, s:o, s:o, s:o, s:i, s:o}", "fund", json_u64(part->fund),
                             "version", (int)part->version, "amount", json_amount(part->amount),
                             "share", json_amount(part->share), "reward", json_amount(part->reward),
                             "reward_lot", (int)part->reward_lot, "lots", lots));
    }
    return parts;
}

json_t *effect_json(const dure_effect_t *effect)
{
    json_t *numbers = json_array();
    json_t *moves = json_array();
    for (uint32_t i = 0; i < effect->numbers_count; i++) {
        const dure_effect_number_t *number = &effect->numbers[i];
        const char *label =
            number->source == 1 ? dure_names_text(DURE_NAMES_LABELS, number->label) : NULL;
        json_array_append_new(numbers, json_pack("{s:o, s:i, s:o}", "label", json_text(label),
                                                 "input", number->source == 2 ? number->label : -1,
                                                 "value", json_integer(number->value)));
    }
    for (uint32_t i = 0; i < effect->moves_count; i++) {
        const dure_effect_move_t *move = &effect->moves[i];
        json_array_append_new(
            moves, json_pack("{s:o, s:o, s:o, s:i, s:o, s:o}", "what",
                             json_text(dure_names_text(DURE_NAMES_MOVES, move->what)), "fund",
                             json_u64(move->fund), "party", json_u64(move->party), "lot",
                             (int)move->lot, "account", json_text(move->account.text), "amount",
                             json_amount(move->amount)));
    }
    return json_pack(
        "{s:s, s:o, s:o, s:i, s:o, s:o, s:o, s:o, s:o}", "id", id_text(&effect->id).text, "kind",
        json_text(dure_body_kind_name(effect->kind)), "time", json_u64(effect->time), "code",
        (int)effect->code, "fund", json_u64(effect->fund), "rule", json_text(effect->rule.text),
        "numbers", numbers, "moves", moves, "parts", parts_json(effect));
}

json_t *outcome_json(const args_t *args, const outcome_t *outcome)
{
    const dure_result_text_t *text = dure_result_text(outcome->effect.code);
    return json_pack("{s:s, s:i, s:s, s:s, s:b, s:o, s:i, s:o}", "id", id_text(&outcome->id).text,
                     "code", (int)outcome->effect.code, "result",
                     text == NULL ? "unknown" : text->name, "message",
                     result_sentence(args, outcome->effect.code), "recorded",
                     (int)outcome->recorded, "height", json_u64(outcome->height), "index",
                     (int)outcome->index, "effect", effect_json(&outcome->effect));
}

void print_refusal(session_t *session, const outcome_t *outcome)
{
    const args_t *args = session->args;
    if (args->json) {
        print_json(outcome_json(args, outcome));
        return;
    }
    const dure_effect_t *effect = &outcome->effect;
    complain(EXIT_REFUSED, "%s: %s (%u)", in_language(args, "거절", "refused", "拒絕"),
             result_sentence(args, effect->code), (unsigned)effect->code);
    print_reason(session, stderr, effect);
}

/* What a move did: {amount}, {fund} " of Gimpo Pay", {who} the lot or the party, {party},
 * {account}. */
static const char *const move_texts[] = {
    [DURE_MOVE_LOT_ISSUED] = "{amount}{fund} issued to party {party} as {who}",
    [DURE_MOVE_LOT_TAKEN] = "{amount}{fund} from {who}",
    [DURE_MOVE_MERCHANT_RECEIVED] = "{amount}{fund} to {who}",
    [DURE_MOVE_MERCHANT_REDEEMED] = "{amount}{fund} of {who} cashed out",
    [DURE_MOVE_PAYOUT_OPENED] = "{amount} set aside for a payout to party {party}",
    [DURE_MOVE_PAYOUT_SETTLED] = "{amount} paid by the bank to party {party}",
    [DURE_MOVE_PAYOUT_REJECTED] = "{amount} given back to party {party}: the bank could not pay",
    [DURE_MOVE_REFUND_SETTLED] =
        "{amount} of a purchase given up paid back by the bank to party {party}",
    [DURE_MOVE_REFUND_REJECTED] = "{amount} of a purchase given up still to be paid to party "
                                  "{party}: the bank could not pay",
    [DURE_MOVE_SUBSIDY_TO_ESCROW] = "{amount} subsidy from account {account} into escrow",
    [DURE_MOVE_PRICE_TO_ESCROW] = "{amount} paid by the buyer into escrow",
    [DURE_MOVE_SUBSIDY_RETURNED] = "{amount} subsidy back to account {account}",
    [DURE_MOVE_ACCOUNT_DEPOSITED] = "{amount} into account {account}",
    [DURE_MOVE_ORDER_OPENED] = "{amount}{fund} ordered by party {party}",
    [DURE_MOVE_ORDER_CLOSED] = "order over {amount} closed",
    [DURE_MOVE_LOT_CANCELLED] = "{amount}{fund}, {who}, cancelled",
    [DURE_MOVE_GRANT_TO_ESCROW] = "{amount} from account {account} into escrow for the grant",
    [DURE_MOVE_REWARD_TO_ESCROW] = "{amount} reward from account {account} into escrow",
    [DURE_MOVE_ADVANCE_TO_ESCROW] = "{amount} advanced from account {account} into escrow",
    [DURE_MOVE_ESCROW_TO_ACCOUNT] = "{amount} from escrow back to account {account}",
    [DURE_MOVE_LOT_RETURNED] = "{amount}{fund} given back to party {party} in {who}",
    [DURE_MOVE_MERCHANT_RETURNED] = "{amount}{fund} given back by {who}",
    [DURE_MOVE_DEBT_OPENED] = "{amount} owed by {who} to the refund reserve",
    [DURE_MOVE_DEBT_REPAID] = "{amount} repaid by {who} to the refund reserve",
    [DURE_MOVE_LOT_WITHDRAWN] = "{amount}{fund} of reward taken back from {who}",
    [DURE_MOVE_LOT_GIVEN] = "{amount}{fund} given away from {who}",
    [DURE_MOVE_LOT_RECEIVED] = "{amount}{fund} received by party {party} as {who}",
    [DURE_MOVE_MERCHANT_SENT] = "{amount}{fund} paid by {who}",
    [DURE_MOVE_LOT_REMAINDERED] = "{amount}{fund} left in {who} given up",
    [DURE_MOVE_LOT_RECALLED] = "{amount}{fund} recalled from party {party}, {who}",
    [DURE_MOVE_LOT_LAPSED] = "{amount}{fund} of party {party}, {who}, lapsed",
    [DURE_MOVE_SHARE_TAKEN] = "{amount}{fund} of it to account {account}",
    [DURE_MOVE_BATCH_RESERVED] = "{amount}{fund} reserved in account {account}",
    [DURE_MOVE_BATCH_RELEASED] = "{amount}{fund} no longer reserved in account {account}",
    [DURE_MOVE_LOTS_GRANTED] = "{amount}{fund} granted",
    [DURE_MOVE_LOTS_RECALLED] = "{amount}{fund} recalled",
};

static void put_word(const char *word, size_t size, const dure_effect_move_t *move,
                     session_t *session)
{
    if (size == 6 && memcmp(word, "amount", size) == 0) {
        fputs(amount_text(move->amount).text, stdout);
    } else if (size == 4 && memcmp(word, "fund", size) == 0 && move->fund != 0) {
        printf(" of %s", fund_label(session, move->fund).text);
    } else if (size == 3 && move->lot != 0) {
        printf("lot %u", (unsigned)move->lot);
    } else if (size == 3) {
        printf("party %" PRIu64, move->party);
    } else if (size == 5) {
        printf("%" PRIu64, move->party);
    } else if (size == 7) {
        fputs(move->account.text, stdout);
    }
}

static void print_move(session_t *session, const dure_effect_move_t *move)
{
    const bool known =
        move->what < sizeof move_texts / sizeof move_texts[0] && move_texts[move->what] != NULL;
    const char *at = known ? move_texts[move->what] : "a move of {amount} that is not known here";
    fputs("  ", stdout);
    while (*at != 0) {
        const char *end = *at == '{' ? strchr(at, '}') : NULL;
        if (end == NULL) {
            putchar(*at++);
        } else {
            put_word(at + 1, (size_t)(end - at - 1), move, session);
            at = end + 1;
        }
    }
    putchar('\n');
}

void print_moves(session_t *session, const dure_effect_t *effect)
{
    for (uint32_t i = 0; i < effect->moves_count; i++) {
        print_move(session, &effect->moves[i]);
    }
    print_reason(session, stdout, effect);
}

void print_place(session_t *session, const outcome_t *outcome)
{
    printf("  transaction %s, block %" PRIu64 ", %s\n", id_text(&outcome->id).text, outcome->height,
           time_text(&session->zone, outcome->effect.time).text);
}

int perform(session_t *session, outcome_t *outcome, const dure_key_file_t *key,
            const dure_body_t *body, const char *text)
{
    int code = session_submit(session, outcome, key, body);
    if (code != EXIT_DONE) {
        return code;
    }
    if (session->args->json) {
        print_json(outcome_json(session->args, outcome));
        return EXIT_DONE;
    }
    printf("%s\n", text);
    print_moves(session, &outcome->effect);
    print_place(session, outcome);
    return EXIT_DONE;
}

/* The amount and parties that tell a transaction best. */
static void print_gist(session_t *session, const dure_effect_t *effect)
{
    static const uint8_t telling[] = {
        DURE_MOVE_MERCHANT_RECEIVED, DURE_MOVE_LOT_ISSUED,      DURE_MOVE_MERCHANT_REDEEMED,
        DURE_MOVE_PAYOUT_SETTLED,    DURE_MOVE_PAYOUT_REJECTED, DURE_MOVE_REFUND_SETTLED,
        DURE_MOVE_REFUND_REJECTED,   DURE_MOVE_LOT_CANCELLED,   DURE_MOVE_ACCOUNT_DEPOSITED,
        DURE_MOVE_ORDER_OPENED,      DURE_MOVE_ORDER_CLOSED};
    for (uint32_t i = 0; i < sizeof telling; i++) {
        for (uint32_t j = 0; j < effect->moves_count; j++) {
            const dure_effect_move_t *move = &effect->moves[j];
            if (move->what != telling[i]) {
                continue;
            }
            printf("  %s", amount_text(move->amount).text);
            if (move->fund != 0) {
                printf(" %s", fund_name(session, move->fund));
            }
            if (move->party != 0 && move->party != effect->id.party) {
                printf(" to %" PRIu64, move->party);
            } else if (move->account.text[0] != 0) {
                printf(" to %s", move->account.text);
            }
            return;
        }
    }
}

void print_effect_line(session_t *session, const dure_answer_t *answer)
{
    dure_effect_t effect;
    if (!dure_client_effect(&effect, answer)) {
        return;
    }
    if (session->args->json) {
        json_t *object = effect_json(&effect);
        json_object_set_new(object, "height", json_u64(answer->height));
        json_object_set_new(object, "index", json_integer(answer->index));
        print_json(object);
        return;
    }
    const char *kind = dure_body_kind_name(effect.kind);
    printf("%s  %-15s  %-18s", time_text(&session->zone, effect.time).text,
           kind == NULL ? "?" : kind, id_text(&effect.id).text);
    if (effect.code != DURE_RESULT_DONE) {
        printf("  refused: %s", result_sentence(session->args, effect.code));
        if (effect.rule.text[0] != 0) {
            printf(" (%s)", effect.rule.text);
        }
    }
    print_gist(session, &effect);
    putchar('\n');
}
