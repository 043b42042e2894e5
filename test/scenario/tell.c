/* What the ledger answered and what it holds, in words. */
#include "scenario/scenario.h"

#include <inttypes.h>

/* ---- figures ---- */

const char *scenario_won(uint64_t won)
{
    static char texts[16][40];
    static uint32_t next;
    char *text = texts[next++ % 16];
    char digits[24];
    int size = snprintf(digits, sizeof digits, "%" PRIu64, won);
    size_t at = 0;
    for (int i = 0; i < size; i++) {
        text[at++] = digits[i];
        if ((size - i) % 3 == 1 && i + 1 < size) {
            text[at++] = ',';
        }
    }
    snprintf(text + at, sizeof texts[0] - at, "원");
    return text;
}

const char *scenario_day(dure_day_t day)
{
    static char texts[8][16];
    static uint32_t next;
    char *text = texts[next++ % 8];
    dure_date_t date = dure_day_to_date(day);
    snprintf(text, sizeof texts[0], "%04d-%02d-%02d", (int)date.year % 10000, (int)date.month % 100,
             (int)date.day % 100);
    return text;
}

/* ---- answers ---- */

static bool verb_of(uint8_t kind, dure_verb_t *verb)
{
    static const struct {
        dure_body_kind_t kind;
        dure_verb_t verb;
    } verbs[] = {{DURE_BODY_PURCHASE_ORDER, DURE_VERB_PURCHASE},
                 {DURE_BODY_BATCH_ROWS, DURE_VERB_GRANT},
                 {DURE_BODY_PAYMENT, DURE_VERB_PAYMENT},
                 {DURE_BODY_COLLECTION, DURE_VERB_PAYMENT},
                 {DURE_BODY_GIFT, DURE_VERB_GIFT},
                 {DURE_BODY_RECIRCULATION, DURE_VERB_RECIRCULATION},
                 {DURE_BODY_REDEMPTION, DURE_VERB_REDEMPTION},
                 {DURE_BODY_PURCHASE_CANCEL, DURE_VERB_CANCEL},
                 {DURE_BODY_REMAINDER, DURE_VERB_REMAINDER}};
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        if (verbs[i].kind == kind) {
            *verb = verbs[i].verb;
            return true;
        }
    }
    return false;
}

/* What is no day and no count is won. */
static void tell_label(scenario_t *scenario, const dure_effect_t *effect, uint8_t label,
                       int64_t value)
{
    const char *words = dure_label_words(label)->en;
    bool count = label == DURE_LABEL_HIGHEST_USED || label == DURE_LABEL_APPROVALS ||
                 label == DURE_LABEL_THRESHOLD || effect->code == DURE_RESULT_LOTS_FULL ||
                 effect->code == DURE_RESULT_TOO_MANY_LOTS ||
                 effect->code == DURE_RESULT_TABLE_FULL ||
                 effect->code == DURE_RESULT_PARAMETER_RANGE ||
                 (label == DURE_LABEL_ROOM && effect->kind == DURE_BODY_APPROVE);
    if (label == DURE_LABEL_EARLIEST_DAY || label == DURE_LABEL_LATEST_DAY) {
        scenario_say(scenario, "; %s %s", words, scenario_day((dure_day_t)value));
    } else if (count) {
        scenario_say(scenario, "; %s %" PRId64, words, value);
    } else {
        scenario_say(scenario, "; %s %s", words, scenario_won((uint64_t)value));
    }
}

static void tell_numbers(scenario_t *scenario, const dure_effect_t *effect, const law_t *law)
{
    dure_verb_t verb = DURE_VERB_PAYMENT;
    bool has_verb = verb_of(effect->kind, &verb);
    for (uint32_t i = 0; i < effect->numbers_count; i++) {
        const dure_effect_number_t *one = &effect->numbers[i];
        if (one->source == 1) {
            tell_label(scenario, effect, one->label, one->value);
        } else if (law != NULL && has_verb) {
            char name[96];
            char value[64];
            const dure_yak_input_t *input = &law->program.verbs[verb].inputs[one->label];
            dure_yak_input_text(name, &law->program, input);
            dure_yak_value_text(value, &law->program, input, one->value);
            if (input->kind == DURE_INPUT_PARTY) {
                snprintf(value, sizeof value, "%s",
                         scenario_name(scenario, THING_PARTY, (uint64_t)one->value));
            }
            scenario_say(scenario, "; %s %s", name, value);
        } else {
            scenario_problem(scenario, "a number without a program that explains it");
        }
    }
}

static void tell_rule(scenario_t *scenario, const dure_effect_t *effect, const law_t *law)
{
    if (effect->fund != 0) {
        scenario_say(scenario, "; %s", scenario_name(scenario, THING_FUND, effect->fund));
    }
    if (effect->rule.text[0] == '\0') {
        return;
    }
    scenario_say(scenario, "%s%s", effect->fund != 0 ? "'s rule " : "; rule ", effect->rule.text);
    dure_bytes_t words;
    if (law != NULL && dure_yak_words(&words, law->tree, &effect->rule, DURE_YAK_EN)) {
        scenario_say(scenario, " (%.*s)", (int)words.size, (const char *)words.data);
    }
}

/* lot_taken 8,500원: general, kim, lot 1 */
static void tell_move(scenario_t *scenario, const dure_effect_move_t *move)
{
    char what[40];
    snprintf(what, sizeof what, "%s", dure_names_text(DURE_NAMES_MOVES, move->what));
    for (char *c = what; *c != '\0'; c++) {
        *c = *c == '_' ? ' ' : *c;
    }
    scenario_say(scenario, "      %s %s:", what, scenario_won(move->amount.won));
    if (move->fund != 0) {
        scenario_say(scenario, " %s", scenario_name(scenario, THING_FUND, move->fund));
    }
    if (move->party != 0) {
        scenario_say(scenario, " %s", scenario_name(scenario, THING_PARTY, move->party));
    }
    if (move->lot != 0) {
        scenario_say(scenario, " lot %u", (unsigned)move->lot);
    }
    if (move->account.text[0] != '\0') {
        scenario_say(scenario, " account %s", move->account.text);
    }
    scenario_say(scenario, "\n");
}

enum { rows_named = 8 };

/* Short batches are told row by row. */
static void tell_named_rows(scenario_t *scenario, const dure_effect_t *effect)
{
    const dure_batch_rows_t *body = &scenario->world->envelope.tx.body.batch_rows;
    dure_reader_t asked = dure_reader(body->rows.bytes);
    dure_reader_t answers = dure_reader(effect->rows.bytes);
    for (uint32_t i = 0; i < effect->rows.count; i++) {
        dure_batch_row_t ask;
        dure_effect_row_t row;
        dure_batch_row_decode(&asked, &ask);
        dure_effect_row_decode(&answers, &row);
        const dure_result_text_t *text = dure_result_text(row.code);
        scenario_say(scenario, "      row %s:", scenario_name(scenario, THING_PARTY, ask.party));
        if (row.code == DURE_RESULT_DONE) {
            scenario_say(scenario, " %s", scenario_won(row.amount.won));
            if (row.lot != 0) {
                scenario_say(scenario, ", lot %u", (unsigned)row.lot);
            }
            scenario_say(scenario, "\n");
        } else {
            scenario_say(scenario, " %u %s: %s\n", (unsigned)row.code, text->name, text->en);
        }
    }
}

/* Long ones by their figures: how often each answer came. */
static void tell_rows(scenario_t *scenario, const dure_effect_t *effect)
{
    uint32_t counts[512] = {0};
    uint64_t sums[512] = {0};
    if (effect->rows.count <= rows_named) {
        tell_named_rows(scenario, effect);
        return;
    }
    dure_reader_t reader = dure_reader(effect->rows.bytes);
    for (uint32_t i = 0; i < effect->rows.count; i++) {
        dure_effect_row_t row;
        dure_effect_row_decode(&reader, &row);
        counts[row.code]++;
        sums[row.code] += row.amount.won;
    }
    for (uint16_t code = 0; code < 512; code++) {
        if (counts[code] != 0) {
            scenario_say(scenario, "      %u rows: %s, %s\n", (unsigned)counts[code],
                         dure_result_text(code)->en, scenario_won(sums[code]));
        }
    }
}

void scenario_tell(scenario_t *scenario)
{
    const dure_effect_t *effect = &scenario->world->effect;
    if (scenario->lost) {
        return;
    }
    const dure_result_text_t *text = dure_result_text(effect->code);
    const law_t *law = scenario_law(scenario, effect->fund, effect->fund_version);
    if (effect->code == DURE_RESULT_DONE) {
        scenario_say(scenario, "    done");
    } else {
        scenario_say(scenario, "    %u %s: %s", (unsigned)effect->code, text->name, text->en);
    }
    tell_rule(scenario, effect, law);
    tell_numbers(scenario, effect, law);
    scenario_say(scenario, "\n");
    for (uint32_t i = 0; i < effect->moves_count; i++) {
        tell_move(scenario, &effect->moves[i]);
    }
    tell_rows(scenario, effect);
}

void scenario_tell_refusal(scenario_t *scenario)
{
    if (scenario->world->effect.code != DURE_RESULT_DONE) {
        scenario_tell(scenario);
    }
}

/* ---- what the ledger holds ---- */

static bool read_record(scenario_t *scenario, dure_primary_key_t key, dure_reader_t *reader)
{
    static uint8_t bytes[DURE_RECORD_SIZE_MAX];
    dure_writer_t out = dure_writer(bytes, sizeof bytes);
    dure_blind_t blind;
    bool found = dure_ledger_record(scenario->world->ledger, &key, &out, &blind);
    *reader = dure_reader(dure_writer_bytes(&out));
    return found;
}

static const char *lot_words(const dure_lot_t *lot)
{
    static char text[120];
    static const char *const ways[] = {"", "bought for", "granted", "reward", "refunded"};
    bool bought = lot->origin == DURE_ORIGIN_PURCHASE;
    snprintf(text, sizeof text, "%s%s%s%s", ways[lot->origin], bought ? " " : "",
             bought ? scenario_won(lot->paid.won) : "", lot->gifted ? ", a gift" : "");
    return text;
}

static void see_party(scenario_t *scenario, const thing_t *thing)
{
    static dure_record_party_t record;
    dure_reader_t reader;
    if (!read_record(scenario, dure_key_party(thing->number), &reader)) {
        scenario_say(scenario, "    %s is not registered\n", thing->name);
        return;
    }
    dure_record_party_decode(&reader, &record);
    dure_reader_t lots = dure_reader(record.lots.bytes);
    for (uint32_t i = 0; i < record.lots.count; i++) {
        dure_lot_t lot;
        dure_lot_decode(&lots, &lot);
        scenario_say(scenario, "    %s holds %s of %s in lot %u (%s of %s, until %s)\n",
                     thing->name, scenario_won(lot.left.won),
                     scenario_name(scenario, THING_FUND, lot.fund), (unsigned)lot.number,
                     lot_words(&lot), scenario_won(lot.face.won), scenario_day(lot.end_day));
    }
    for (uint32_t i = 0; i < record.balances_count; i++) {
        const dure_balance_t *balance = &record.balances[i];
        scenario_say(scenario, "    %s has %s of %s", thing->name,
                     scenario_won(balance->amount.won),
                     scenario_name(scenario, THING_FUND, balance->fund));
        if (!dure_amount_is_zero(balance->owed)) {
            scenario_say(scenario, " and owes %s", scenario_won(balance->owed.won));
        }
        scenario_say(scenario, "\n");
    }
    if (record.lots.count == 0 && record.balances_count == 0) {
        scenario_say(scenario, "    %s has nothing\n", thing->name);
    }
    if (!dure_amount_is_zero(record.reserved)) {
        scenario_say(scenario, "    %s has ordered %s\n", thing->name,
                     scenario_won(record.reserved.won));
    }
}

static void see_fund(scenario_t *scenario, const thing_t *thing)
{
    static dure_record_fund_t record;
    dure_reader_t reader;
    if (!read_record(scenario, dure_key_fund(thing->number), &reader)) {
        scenario_say(scenario, "    there is no fund %s\n", thing->name);
        return;
    }
    dure_record_fund_decode(&reader, &record);
    const struct {
        const char *name;
        dure_amount_t amount;
    } parts[] = {{"with citizens", record.held_citizens},
                 {"with shops", record.held_merchants},
                 {"pending", record.pending},
                 {"redeemed", record.redeemed},
                 {"refunded", record.refunded},
                 {"lapsed", record.lapsed}};
    scenario_say(scenario, "    %s: issued %s", thing->name, scenario_won(record.issued.won));
    const char *join = " =";
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (!dure_amount_is_zero(parts[i].amount)) {
            scenario_say(scenario, "%s %s %s", join, scenario_won(parts[i].amount.won),
                         parts[i].name);
            join = " +";
        }
    }
    scenario_say(scenario, "; escrow %s", scenario_won(record.escrow.won));
    if (!dure_amount_is_zero(record.ordered)) {
        scenario_say(scenario, "; ordered %s", scenario_won(record.ordered.won));
    }
    if (record.mode != DURE_FUND_MODE_OPEN) {
        scenario_say(scenario, "; %s", dure_names_text(DURE_NAMES_FUND_MODES, record.mode));
    }
    if (record.successor != 0) {
        scenario_say(scenario, ", followed by %s",
                     scenario_name(scenario, THING_FUND, record.successor));
    }
    scenario_say(scenario, "\n");
}

static void see_account(scenario_t *scenario, const thing_t *thing)
{
    dure_record_account_t record;
    dure_reader_t reader;
    dure_name_t name = test_name(thing->name);
    if (!read_record(scenario, dure_key_account(GIMPO, &name), &reader)) {
        scenario_say(scenario, "    there is no account %s\n", thing->name);
        return;
    }
    dure_record_account_decode(&reader, &record);
    scenario_say(scenario, "    account %s: %s free, %s reserved", thing->name,
                 scenario_won(record.balance.won), scenario_won(record.reserved.won));
    scenario_say(scenario, " = paid in %s + came back %s - spent %s\n",
                 scenario_won(record.deposited.won), scenario_won(record.received.won),
                 scenario_won(record.spent.won));
}

static bool see_payout(scenario_t *scenario, const thing_t *thing, const dure_tx_id_t *id)
{
    dure_record_payout_t record;
    dure_reader_t reader;
    if (!read_record(scenario, dure_key_made(DURE_TABLE_PAYOUT, id), &reader)) {
        return false;
    }
    dure_record_payout_decode(&reader, &record);
    scenario_say(scenario, "    %s: a payout of %s is open", thing->name,
                 scenario_won(record.amount.won));
    if (record.share.won > 0) {
        scenario_say(scenario, ", and a share of %s", scenario_won(record.share.won));
    }
    if (record.hold_until != 0) {
        scenario_say(scenario, ", held until %s by %s", scenario_day(record.hold_until),
                     record.rule.text);
    }
    scenario_say(scenario, "\n");
    return true;
}

static bool see_batch(scenario_t *scenario, const thing_t *thing, const dure_tx_id_t *id)
{
    static dure_record_batch_t record;
    dure_reader_t reader;
    if (!read_record(scenario, dure_key_made(DURE_TABLE_BATCH, id), &reader)) {
        return false;
    }
    dure_record_batch_decode(&reader, &record);
    scenario_say(scenario, "    %s: %u of %u chunks are done, %s of %s moved\n", thing->name,
                 (unsigned)record.chunks_done, (unsigned)((record.rows + 255) / 256),
                 scenario_won(record.used.won), scenario_won(record.total.won));
    return true;
}

static bool see_hold(scenario_t *scenario, const thing_t *thing, const dure_tx_id_t *id)
{
    dure_record_hold_t record;
    dure_reader_t reader;
    if (!read_record(scenario, dure_key_made(DURE_TABLE_HOLD, id), &reader)) {
        return false;
    }
    dure_record_hold_decode(&reader, &record);
    scenario_say(scenario, "    %s: %s of %s since %s for %s until %s", thing->name,
                 dure_names_text(DURE_NAMES_HOLD_KINDS, record.what),
                 scenario_name(scenario, THING_PARTY, record.subject), scenario_day(record.day),
                 dure_names_text(DURE_NAMES_HOLD_REASONS, record.reason),
                 scenario_day(record.until));
    if (record.appealed != 0) {
        scenario_say(scenario, ", appealed on %s, now until %s", scenario_day(record.appealed),
                     scenario_day(record.answer_by));
    }
    scenario_say(scenario, "\n");
    return true;
}

static bool see_refund(scenario_t *scenario, const thing_t *thing, const dure_tx_id_t *id)
{
    dure_record_refund_t record;
    dure_reader_t reader;
    if (!read_record(scenario, dure_key_made(DURE_TABLE_REFUND, id), &reader)) {
        return false;
    }
    dure_record_refund_decode(&reader, &record);
    scenario_say(scenario, "    %s: %s refunded so far, possible until %s\n", thing->name,
                 scenario_won(record.refunded.won), scenario_day(record.until));
    return true;
}

bool scenario_see(scenario_t *scenario, const char *name)
{
    const thing_t *thing = scenario_find(scenario, name);
    if (thing == NULL || thing->kind == THING_ROSTER || thing->kind == THING_CODE) {
        return false;
    }
    if (thing->kind == THING_PARTY) {
        see_party(scenario, thing);
    } else if (thing->kind == THING_FUND) {
        see_fund(scenario, thing);
    } else if (thing->kind == THING_ACCOUNT) {
        see_account(scenario, thing);
    } else {
        const dure_tx_id_t *id = &thing->effect->id;
        bool found = see_payout(scenario, thing, id) || see_batch(scenario, thing, id) ||
                     see_hold(scenario, thing, id) || see_refund(scenario, thing, id);
        if (!found) {
            scenario_say(scenario, "    %s: nothing is open\n", thing->name);
        }
    }
    return true;
}
