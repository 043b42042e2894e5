/* Lots in line: which of a citizen's lots go first when money is spent or given, and which of them
   a program cannot tell apart. */
#include "ledger/ledger_private.h"

static bool stands_before(const line_lot_t *a, const line_lot_t *b)
{
    if (a->rank != b->rank) {
        return a->rank < b->rank;
    }
    return a->end_day != b->end_day ? a->end_day < b->end_day : a->number < b->number;
}

static void insert(line_t *line, line_lot_t new)
{
    uint32_t at = line->count++;
    for (; at > 0 && stands_before(&new, &line->lots[at - 1]); at--) {
        line->lots[at] = line->lots[at - 1];
    }
    line->lots[at] = new;
}

/* False if funds were named and this is none of them. */
static bool rank_of(const dure_ledger_t *ledger, const lot_t *lot, const dure_fund_choice_t *funds,
                    uint16_t funds_count, uint32_t *rank)
{
    if (funds_count == 0) {
        *rank = ledger_program(ledger, lot->fund, ledger_lot_version(ledger, lot))->priority;
        return true;
    }
    const uint64_t number = fund_at(ledger, lot->fund)->number;
    for (uint16_t i = 0; i < funds_count; i++) {
        if (funds[i].fund == number) {
            *rank = i;
            return true;
        }
    }
    return false;
}

void ledger_line_up(const dure_ledger_t *ledger, line_t *line, uint32_t party,
                    const dure_fund_choice_t *funds, uint16_t funds_count)
{
    line->count = 0;
    line->available = DURE_AMOUNT_ZERO;
    for (uint32_t at = party_at(ledger, party)->holdings; at != CELL_NONE;
         at = lot_at(ledger, at)->next) {
        const lot_t *lot = lot_at(ledger, at);
        line_lot_t new = {.cell = at, .number = lot->number, .end_day = (dure_day_t)lot->end_day};
        if (new.end_day >= ledger->today && rank_of(ledger, lot, funds, funds_count, &new.rank)) {
            insert(line, new);
            const dure_amount_t left = ledger_lot_left(lot);
            if (!dure_amount_add(&line->available, line->available, left)) {
                line->available = dure_amount(DURE_AMOUNT_WON_MAX);
            }
        }
    }
}

/* What is fixed at issue reads the same for both. */
static bool same_fixed(const dure_ledger_t *ledger, const lot_t *a, const lot_t *b)
{
    if (a->issue_day == b->issue_day) {
        return true;
    }
    const dure_yak_program_t *program =
        ledger_program(ledger, a->fund, ledger_lot_version(ledger, a));
    for (uint32_t i = 0; i < program->parameter_count; i++) {
        if (program->parameters[i].fixed_at_issue &&
            ledger_parameter(ledger, a->fund, program, i, (dure_day_t)a->issue_day) !=
                ledger_parameter(ledger, a->fund, program, i, (dure_day_t)b->issue_day)) {
            return false;
        }
    }
    return true;
}

static bool answer_alike(const dure_ledger_t *ledger, const lot_t *a, const lot_t *b, bool sees_lot)
{
    if (sees_lot && (a->origin != b->origin || a->gifted != b->gifted)) {
        return false;
    }
    return a->fund == b->fund && ledger_lot_version(ledger, a) == ledger_lot_version(ledger, b) &&
           same_fixed(ledger, a, b);
}

uint32_t ledger_part_end(const dure_ledger_t *ledger, const line_t *line, uint32_t first,
                         bool sees_lot, dure_amount_t most, dure_amount_t *has)
{
    const lot_t *lot = lot_at(ledger, line->lots[first].cell);
    *has = DURE_AMOUNT_ZERO;
    uint32_t at = first;
    while (at < line->count &&
           answer_alike(ledger, lot, lot_at(ledger, line->lots[at].cell), sees_lot)) {
        /* Lots of one fund: their sum is within what the fund issued. */
        *has = dure_amount_plus(*has, ledger_lot_left(lot_at(ledger, line->lots[at].cell)));
        at++;
    }
    *has = dure_amount_min(*has, most);
    return at;
}

bool ledger_part_paused(const dure_ledger_t *ledger, dure_effect_t *effect, uint32_t fund,
                        dure_result_t *refusal)
{
    if (fund_at(ledger, fund)->mode == DURE_FUND_MODE_OPEN) {
        return false;
    }
    if (*refusal == DURE_RESULT_DONE) {
        effect->fund = fund_at(ledger, fund)->number;
        *refusal = DURE_RESULT_FUND_PAUSED;
    }
    return true;
}

dure_result_t ledger_funds_named(const dure_ledger_t *ledger, uint8_t city,
                                 const dure_fund_choice_t *funds, uint16_t funds_count)
{
    for (uint16_t i = 0; i < funds_count; i++) {
        const uint32_t fund = ledger_fund_find(ledger, funds[i].fund);
        if (fund == CELL_NONE) {
            return DURE_RESULT_FUND_UNKNOWN;
        }
        if (fund_at(ledger, fund)->city != city) {
            return DURE_RESULT_OTHER_CITY;
        }
        for (uint16_t before = 0; before < i; before++) {
            if (funds[before].fund == funds[i].fund) {
                return DURE_RESULT_FUND_TWICE;
            }
        }
    }
    return DURE_RESULT_DONE;
}
