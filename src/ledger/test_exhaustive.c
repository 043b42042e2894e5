/* A closed little world, tried out to the end: two citizens with a lot of 3 won each and a shop;
   every sequence of four steps, amounts 0 to 3.  A model that shares no code with the ledger says
   what each step is answered and what everybody has afterwards; the ledger's invariants are
   recomputed after each.  A step that is refused changes nothing, which is compared, so what would
   follow it is what follows the shorter sequence. */
#include "ledger/test_world.h"

enum {
    ANNA = 101,
    BEN = 102,
    SHOP = 201,
    depth_max = 4,
    lots_max = 16,
    made_max = 8, /* orders, payouts, payments of one sequence */
    grace = 1,
    valid = 2
};

/* ---- the model ---- */

typedef struct {
    uint32_t number;
    uint64_t face, left, paid;
    bool gifted, reward;
    dure_day_t order_day, issue_day, end;
} little_lot_t;

typedef struct {
    uint32_t count, next;
    little_lot_t lots[lots_max];
    bool frozen;
    dure_tx_id_t freeze;
} wallet_t;

typedef struct {
    uint32_t who;
    uint64_t face, price;
    dure_tx_id_t id;
    bool open;
    dure_day_t day;
} little_order_t;

typedef struct {
    bool redemption, open;
    uint64_t amount, share; /* the share is of the amount */
    dure_tx_id_t id;
} little_payout_t;

typedef struct {
    uint32_t payer, depth; /* where its effect is kept */
    uint64_t amount, share, reward, refunded;
    uint32_t reward_lot, count;
    little_lot_t taken[lots_max]; /* before; left = what was taken */
} little_payment_t;

typedef struct {
    wallet_t wallets[2];
    uint64_t shop, owed, budget, promised, event, reserve;
    uint64_t issued, ordered, pending, redeemed, refunded, lapsed;
    uint8_t mode;
    dure_day_t today;
    uint32_t orders, payouts, payments;
    little_order_t order[made_max];
    little_payout_t payout[made_max];
    little_payment_t payment[made_max];
} little_t;

static uint64_t lesser(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* 34 %, rounded down: 0, 0, 0, 1. */
static uint64_t third(uint64_t amount)
{
    return amount * 34 / 100;
}

static uint64_t spendable(const little_t *little, uint32_t who)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < little->wallets[who].count; i++) {
        const little_lot_t *lot = &little->wallets[who].lots[i];
        sum += lot->end >= little->today ? lot->left : 0;
    }
    return sum;
}

static little_lot_t *lot_numbered(wallet_t *wallet, uint32_t number)
{
    for (uint32_t i = 0; i < wallet->count; i++) {
        if (wallet->lots[i].number == number) {
            return &wallet->lots[i];
        }
    }
    return NULL;
}

/* Lots stand by number. */
static void lot_add(wallet_t *wallet, little_lot_t lot)
{
    assert_true(wallet->count < lots_max);
    uint32_t at = wallet->count++;
    while (at > 0 && wallet->lots[at - 1].number > lot.number) {
        wallet->lots[at] = wallet->lots[at - 1];
        at--;
    }
    wallet->lots[at] = lot;
}

static void lot_remove(wallet_t *wallet, little_lot_t *lot)
{
    uint32_t at = (uint32_t)(lot - wallet->lots);
    wallet->count--;
    for (; at < wallet->count; at++) {
        wallet->lots[at] = wallet->lots[at + 1];
    }
}

/* What ends first, then what has the lower number; NULL if nothing can be spent. */
static little_lot_t *first_lot(const little_t *little, wallet_t *wallet)
{
    little_lot_t *first = NULL;
    for (uint32_t i = 0; i < wallet->count; i++) {
        little_lot_t *lot = &wallet->lots[i];
        if (lot->end >= little->today && (first == NULL || lot->end < first->end)) {
            first = lot;
        }
    }
    return first;
}

static dure_result_t may_spend(const little_t *little, uint32_t who, uint64_t amount)
{
    if (little->wallets[who].frozen) {
        return DURE_RESULT_PARTY_FROZEN;
    }
    /* A paused fund's lots are passed over like lots that a rule refuses. */
    uint64_t sum = spendable(little, who);
    if (sum > 0 && little->mode != DURE_FUND_MODE_OPEN) {
        return DURE_RESULT_FUND_PAUSED;
    }
    return sum < amount ? DURE_RESULT_NOT_ENOUGH_MONEY : DURE_RESULT_DONE;
}

/* Into an untouched reward of the day, or a new lot; shrinks to what the account has. */
static void model_reward(little_t *little, little_payment_t *payment)
{
    wallet_t *wallet = &little->wallets[payment->payer];
    payment->reward = lesser(third(payment->amount), little->event);
    if (payment->reward == 0) {
        return;
    }
    little->event -= payment->reward;
    little->issued += payment->reward;
    for (uint32_t i = 0; i < wallet->count; i++) {
        little_lot_t *lot = &wallet->lots[i];
        if (lot->reward && !lot->gifted && lot->left == lot->face &&
            lot->issue_day == little->today) {
            lot->face += payment->reward;
            lot->left += payment->reward;
            payment->reward_lot = lot->number;
            return;
        }
    }
    payment->reward_lot = wallet->next;
    lot_add(wallet, (little_lot_t){.number = wallet->next++,
                                   .reward = true,
                                   .face = payment->reward,
                                   .left = payment->reward,
                                   .order_day = little->today,
                                   .issue_day = little->today,
                                   .end = little->today + valid});
}

static dure_result_t model_pay(little_t *little, uint32_t who, uint64_t amount, uint32_t depth)
{
    dure_result_t code = may_spend(little, who, amount);
    if (code != DURE_RESULT_DONE) {
        return code;
    }
    little_payment_t *payment = &little->payment[little->payments++];
    *payment =
        (little_payment_t){.payer = who, .depth = depth, .amount = amount, .share = third(amount)};
    wallet_t *wallet = &little->wallets[who];
    for (uint64_t rest = amount; rest > 0;) {
        little_lot_t *lot = first_lot(little, wallet);
        uint64_t takes = lesser(rest, lot->left);
        payment->taken[payment->count] = *lot;
        payment->taken[payment->count++].left = takes;
        lot->left -= takes;
        rest -= takes;
        if (lot->left == 0) {
            lot_remove(wallet, lot);
        }
    }
    uint64_t gets = amount - payment->share;
    uint64_t repays = lesser(little->owed, gets);
    little->shop += gets - repays;
    little->owed -= repays;
    little->reserve += repays;
    little->refunded += repays;
    little->budget += payment->share;
    little->redeemed += payment->share;
    model_reward(little, payment);
    return code;
}

static dure_result_t model_give(little_t *little, uint32_t who, uint64_t amount)
{
    dure_result_t code = may_spend(little, who, amount);
    if (code != DURE_RESULT_DONE) {
        return code;
    }
    wallet_t *wallet = &little->wallets[who];
    wallet_t *other = &little->wallets[1 - who];
    for (uint64_t rest = amount; rest > 0;) {
        little_lot_t *lot = first_lot(little, wallet);
        uint64_t moves = lesser(rest, lot->left);
        little_lot_t given = *lot;
        given.number = other->next++;
        given.face = moves;
        given.left = moves;
        given.paid = lot->paid * moves / lot->face;
        given.gifted = true;
        lot_add(other, given);
        lot->face -= moves;
        lot->paid -= given.paid;
        lot->left -= moves;
        rest -= moves;
        if (lot->left == 0) {
            lot_remove(wallet, lot);
        }
    }
    return code;
}

static dure_result_t model_go_back(little_t *little, uint32_t who, uint32_t number, bool cancel)
{
    wallet_t *wallet = &little->wallets[who];
    if (wallet->frozen) {
        return DURE_RESULT_PARTY_FROZEN;
    }
    little_lot_t *lot = lot_numbered(wallet, number);
    if (lot == NULL) {
        return DURE_RESULT_LOT_UNKNOWN;
    }
    if (lot->reward || (cancel && lot->gifted)) {
        return DURE_RESULT_LOT_NOT_BOUGHT;
    }
    if (cancel && lot->left != lot->face) {
        return DURE_RESULT_LOT_TOUCHED;
    }
    if (lot->end < little->today) {
        return DURE_RESULT_DATES_WRONG;
    }
    bool used = (lot->face - lot->left) * 2 >= lot->face;
    if (!cancel && !used && little->mode != DURE_FUND_MODE_FULL_REFUND) {
        return DURE_RESULT_RULE_NO_ALLOW;
    }
    uint64_t price = lot->paid * lot->left / lot->face;
    little->budget += lot->left - price;
    little->refunded += lot->left - price;
    if (price > 0) {
        little->pending += price;
        little->payout[little->payouts++] = (little_payout_t){.open = true, .amount = price};
    }
    lot_remove(wallet, lot);
    return DURE_RESULT_DONE;
}

static dure_result_t model_redeem(little_t *little, uint64_t amount)
{
    if (little->shop < amount) {
        return DURE_RESULT_NOT_ENOUGH_MONEY;
    }
    little->shop -= amount;
    little->pending += amount;
    little->payout[little->payouts++] = (little_payout_t){
        .redemption = true, .open = true, .amount = amount, .share = third(amount)};
    return DURE_RESULT_DONE;
}

static dure_result_t model_result(little_t *little, uint32_t at, bool settled)
{
    little_payout_t *payout = &little->payout[at];
    if (settled) {
        little->pending -= payout->amount;
        *(payout->redemption ? &little->redeemed : &little->refunded) += payout->amount;
        little->budget += payout->share;
        payout->open = false;
    } else if (payout->redemption) {
        little->pending -= payout->amount;
        little->shop += payout->amount;
        payout->open = false;
    }
    return DURE_RESULT_DONE;
}

/* A portion comes home: into its lot if that stands as it was, else with its old terms; with a day
   of grace if its end is past. */
static void model_return(little_t *little, wallet_t *wallet, little_lot_t back, uint64_t withdrawn)
{
    back.end = back.end < little->today ? little->today + grace : back.end;
    little_lot_t *own = lot_numbered(wallet, back.number);
    little_lot_t *into = NULL;
    for (uint32_t i = 0; own != NULL && i <= wallet->count && into == NULL; i++) {
        little_lot_t *lot = i == 0 ? own : &wallet->lots[i - 1];
        bool same = lot->face == back.face && lot->paid == back.paid &&
                    lot->gifted == back.gifted && lot->reward == back.reward &&
                    lot->order_day == back.order_day && lot->issue_day == back.issue_day &&
                    lot->end == back.end && lot->left + back.left <= lot->face;
        into = same ? lot : NULL;
    }
    if (into != NULL) {
        into->left += back.left;
    } else {
        back.number = own == NULL ? back.number : wallet->next++;
        lot_add(wallet, back);
        into = lot_numbered(wallet, back.number);
    }
    into->left -= withdrawn;
    if (into->left == 0) {
        lot_remove(wallet, into);
    }
}

/* The reward is taken back from its own lot as far as that reaches; the rest is told. */
static uint64_t model_claw(little_t *little, const little_payment_t *payment, uint64_t reward)
{
    wallet_t *wallet = &little->wallets[payment->payer];
    little_lot_t *lot = lot_numbered(wallet, payment->reward_lot);
    uint64_t from_lot = lot == NULL || !lot->reward ? 0 : lesser(lot->left, reward);
    little->event += reward;
    little->refunded += reward;
    if (from_lot > 0) {
        lot->left -= from_lot;
        if (lot->left == 0) {
            lot_remove(wallet, lot);
        }
    }
    return reward - from_lot;
}

/* What stays of a share or a reward when `stays` of the payment does. */
static uint64_t kept(const little_payment_t *payment, uint64_t part, uint64_t stays)
{
    return part * stays / payment->amount;
}

static dure_result_t model_refund(little_t *little, uint32_t at, uint64_t amount)
{
    little_payment_t *payment = &little->payment[at];
    uint64_t stays = payment->amount - payment->refunded;
    if (amount > stays) {
        return DURE_RESULT_REFUND_TOO_MUCH;
    }
    uint64_t share =
        kept(payment, payment->share, stays) - kept(payment, payment->share, stays - amount);
    uint64_t reward =
        kept(payment, payment->reward, stays) - kept(payment, payment->reward, stays - amount);
    uint64_t returns = lesser(little->shop, amount - share);
    uint64_t advance = amount - share - returns;
    if (advance > little->reserve) {
        return DURE_RESULT_ACCOUNT_EMPTY;
    }
    little->shop -= returns;
    little->owed += advance;
    little->reserve -= advance;
    little->budget -= share;
    little->issued += advance + share;
    little_lot_t backs[lots_max];
    uint64_t withdrawn[lots_max] = {0};
    uint32_t count = 0;
    uint64_t skip = payment->refunded;
    uint64_t rest = amount;
    for (uint32_t i = payment->count; i > 0 && rest > 0; i--) {
        little_lot_t back = payment->taken[i - 1];
        uint64_t skipped = lesser(skip, back.left);
        skip -= skipped;
        back.left = lesser(back.left - skipped, rest);
        rest -= back.left;
        if (back.left > 0) {
            backs[count++] = back;
        }
    }
    uint64_t claw = model_claw(little, payment, reward);
    for (uint32_t i = count; i > 0; i--) {
        withdrawn[i - 1] = lesser(claw, backs[i - 1].left);
        claw -= withdrawn[i - 1];
    }
    for (uint32_t i = 0; i < count; i++) {
        model_return(little, &little->wallets[payment->payer], backs[i], withdrawn[i]);
    }
    payment->refunded += amount;
    return DURE_RESULT_DONE;
}

static dure_result_t model_order(little_t *little, uint32_t who, uint64_t face)
{
    if (little->wallets[who].frozen) {
        return DURE_RESULT_PARTY_FROZEN;
    }
    if (little->mode != DURE_FUND_MODE_OPEN) {
        return DURE_RESULT_FUND_PAUSED;
    }
    little->budget -= third(face);
    little->promised += third(face);
    little->ordered += face;
    little->order[little->orders++] = (little_order_t){
        .who = who, .face = face, .price = face - third(face), .open = true, .day = little->today};
    return DURE_RESULT_DONE;
}

static dure_result_t model_close(little_t *little, uint32_t at, bool paid)
{
    little_order_t *order = &little->order[at];
    wallet_t *wallet = &little->wallets[order->who];
    order->open = false;
    little->ordered -= order->face;
    little->promised -= order->face - order->price;
    if (!paid) {
        little->budget += order->face - order->price;
        return DURE_RESULT_DONE;
    }
    little->issued += order->face;
    lot_add(wallet, (little_lot_t){.number = wallet->next++,
                                   .face = order->face,
                                   .left = order->face,
                                   .paid = order->price,
                                   .order_day = order->day,
                                   .issue_day = little->today,
                                   .end = little->today + valid});
    return DURE_RESULT_DONE;
}

static dure_result_t model_sweep(little_t *little, uint32_t who)
{
    wallet_t *wallet = &little->wallets[who];
    dure_result_t code = DURE_RESULT_NOTHING_EXPIRED;
    for (uint32_t i = wallet->count; i > 0; i--) {
        little_lot_t *lot = &wallet->lots[i - 1];
        if (lot->end < little->today) {
            little->lapsed += lot->left;
            little->budget += lot->left;
            lot_remove(wallet, lot);
            code = DURE_RESULT_DONE;
        }
    }
    return code;
}

/* ---- the steps ---- */

typedef enum {
    PAY,
    GIVE,
    CANCEL,
    REMAINDER,
    REDEEM,
    SETTLE,
    REJECT,
    REFUND_FIRST,
    REFUND_LAST,
    ORDER,
    CREDIT,
    VOID,
    SWEEP,
    DAYS,
    FREEZE,
    RELEASE,
    MODE
} kind_t;

typedef struct {
    kind_t kind;
    uint32_t who;
    uint64_t value; /* won, lot, days, mode */
} step_t;

static const step_t steps[] = {
    {PAY, 0, 1},         {PAY, 0, 2},          {PAY, 0, 3},          {PAY, 1, 1},
    {PAY, 1, 2},         {PAY, 1, 3},          {GIVE, 0, 1},         {GIVE, 0, 2},
    {GIVE, 0, 3},        {GIVE, 1, 1},         {GIVE, 1, 2},         {GIVE, 1, 3},
    {CANCEL, 0, 1},      {CANCEL, 0, 2},       {CANCEL, 0, 3},       {CANCEL, 1, 1},
    {CANCEL, 1, 2},      {CANCEL, 1, 3},       {REMAINDER, 0, 1},    {REMAINDER, 0, 2},
    {REMAINDER, 0, 3},   {REMAINDER, 1, 1},    {REMAINDER, 1, 2},    {REMAINDER, 1, 3},
    {REDEEM, 0, 1},      {REDEEM, 0, 2},       {REDEEM, 0, 3},       {SETTLE, 0, 0},
    {REJECT, 0, 0},      {REFUND_FIRST, 0, 1}, {REFUND_FIRST, 0, 2}, {REFUND_FIRST, 0, 3},
    {REFUND_LAST, 0, 1}, {REFUND_LAST, 0, 2},  {REFUND_LAST, 0, 3},  {ORDER, 0, 1},
    {ORDER, 0, 2},       {ORDER, 0, 3},        {ORDER, 1, 1},        {ORDER, 1, 2},
    {ORDER, 1, 3},       {CREDIT, 0, 0},       {VOID, 0, 0},         {SWEEP, 0, 0},
    {SWEEP, 1, 0},       {DAYS, 0, 1},         {DAYS, 0, 3},         {FREEZE, 0, 0},
    {FREEZE, 1, 0},      {RELEASE, 0, 0},      {RELEASE, 1, 0},      {MODE, 0, 0},
    {MODE, 0, 1},        {MODE, 0, 2}};
enum { step_count = sizeof steps / sizeof steps[0] };

static int last_open_order(const little_t *little)
{
    int at = (int)little->orders - 1;
    while (at >= 0 && !little->order[at].open) {
        at--;
    }
    return at;
}

static int last_open_payout(const little_t *little)
{
    int at = (int)little->payouts - 1;
    while (at >= 0 && !little->payout[at].open) {
        at--;
    }
    return at;
}

/* Steps that name something that is not there are no steps. */
static bool makes_sense(const little_t *little, const step_t *step)
{
    switch (step->kind) {
    case SETTLE:
    case REJECT:
        return last_open_payout(little) >= 0;
    case REFUND_FIRST:
        return little->payments > 0;
    case REFUND_LAST:
        return little->payments > 1;
    case CREDIT:
    case VOID:
        return last_open_order(little) >= 0;
    case FREEZE:
        return !little->wallets[step->who].frozen;
    case RELEASE:
        return little->wallets[step->who].frozen;
    case MODE:
        return little->mode != step->value;
    case PAY:
    case GIVE:
    case CANCEL:
    case REMAINDER:
    case REDEEM:
    case ORDER:
    case SWEEP:
    case DAYS:
        return true;
    }
    return false;
}

static dure_result_t model_do(little_t *little, const step_t *step, uint32_t depth)
{
    switch (step->kind) {
    case PAY:
        return model_pay(little, step->who, step->value, depth);
    case GIVE:
        return model_give(little, step->who, step->value);
    case CANCEL:
    case REMAINDER:
        return model_go_back(little, step->who, (uint32_t)step->value, step->kind == CANCEL);
    case REDEEM:
        return model_redeem(little, step->value);
    case SETTLE:
    case REJECT:
        return model_result(little, (uint32_t)last_open_payout(little), step->kind == SETTLE);
    case REFUND_FIRST:
        return model_refund(little, 0, step->value);
    case REFUND_LAST:
        return model_refund(little, little->payments - 1, step->value);
    case ORDER:
        return model_order(little, step->who, step->value);
    case CREDIT:
    case VOID:
        return model_close(little, (uint32_t)last_open_order(little), step->kind == CREDIT);
    case SWEEP:
        return model_sweep(little, step->who);
    case DAYS:
        little->today += (dure_day_t)step->value;
        return DURE_RESULT_DONE;
    case FREEZE:
        little->wallets[step->who].frozen = true;
        return DURE_RESULT_DONE;
    case RELEASE:
        little->wallets[step->who].frozen = false;
        return DURE_RESULT_DONE;
    case MODE:
        little->mode = (uint8_t)step->value;
        return DURE_RESULT_DONE;
    }
    return DURE_RESULT_MALFORMED;
}

/* ---- the ledger's side ---- */

typedef struct {
    world_t *world;
    step_t path[depth_max];
    uint8_t *wires[depth_max]; /* what was sent, to send it again */
    size_t sizes[depth_max];
    dure_effect_t effects[depth_max];
    uint32_t proven[depth_max]; /* of a refund: where its payment's effect is; else depth_max */
    uint64_t steps, refusals, ends;
} search_t;

static const uint64_t citizens[2] = {ANNA, BEN};

static dure_body_t body_of(const search_t *search, const little_t *before, const step_t *step,
                           uint64_t *signer)
{
    const dure_time_t now = dure_ledger_time(search->world->ledger);
    const int order = last_open_order(before);
    const int payout = last_open_payout(before);
    const dure_amount_t amount = {step->value};
    *signer = citizens[step->who];
    switch (step->kind) {
    case PAY:
        return body_payment(SHOP, step->value);
    case GIVE:
        return (dure_body_t){.kind = DURE_BODY_GIFT,
                             .gift = {.receiver = citizens[1 - step->who], .amount = amount}};
    case CANCEL:
        return body_cancel(FUND, (uint32_t)step->value);
    case REMAINDER:
        return (dure_body_t){.kind = DURE_BODY_REMAINDER,
                             .remainder = {.fund = FUND, .lot = (uint32_t)step->value}};
    case REDEEM:
        *signer = SHOP;
        return body_redemption(FUND, step->value);
    case SETTLE:
    case REJECT:
        *signer = BANK;
        return body_result(before->payout[payout].id, step->kind == SETTLE ? 1 : 2);
    case REFUND_FIRST:
    case REFUND_LAST: {
        *signer = SHOP;
        const uint32_t at = step->kind == REFUND_FIRST ? 0 : before->payments - 1;
        return (dure_body_t){
            .kind = DURE_BODY_REFUND,
            .refund = {.payment = search->effects[before->payment[at].depth].id, .amount = amount}};
    }
    case ORDER:
        return body_order(FUND, step->value, 0);
    case CREDIT:
        *signer = BANK;
        return body_credit(before->order[order].id, before->order[order].price);
    case VOID:
        *signer = BANK;
        return body_void(before->order[order].id);
    case SWEEP:
        *signer = SHOP;
        return (dure_body_t){.kind = DURE_BODY_LAPSE,
                             .lapse = {.parties_count = 1, .parties = {{citizens[step->who]}}}};
    case DAYS:
        *signer = CLOCK;
        return body_tick(now + step->value * DAY_MS);
    case FREEZE:
        return body_hold(*signer, DURE_HOLD_KIND_FREEZE, DURE_HOLD_REASON_OWN_REQUEST, FAR_DAY);
    case RELEASE:
        return body_release(before->wallets[step->who].freeze);
    case MODE:
        *signer = OFFICER_1;
        return body_propose((dure_act_t){.kind = DURE_ACT_MODE,
                                         .mode = {.fund = FUND, .mode = (uint8_t)step->value}},
                            FAR_DAY);
    }
    return (dure_body_t){0};
}

/* Applies bytes whose signature was checked before: that is not what is tried out here. */
static dure_result_t apply(search_t *search, uint32_t depth, dure_bytes_t wire)
{
    world_t *world = search->world;
    assert_code(dure_envelope_decode(&world->envelope, wire, NULL), DURE_RESULT_DONE);
    dure_verdict_t verdict = {.result = DURE_CRYPTO_OK};
    dure_tx_hash(&verdict.tx, dure_ledger_chain_id(world->ledger), world->envelope.body);
    assert_true(
        dure_ledger_signer_key(world->ledger, world->envelope.tx.id.party, 0, &verdict.key));
    const uint32_t proven = search->proven[depth];
    return dure_ledger_apply(world->ledger, &world->envelope, &verdict,
                             proven < depth_max ? &search->effects[proven] : NULL, &world->effect);
}

static dure_result_t ledger_do(search_t *search, const little_t *before, const step_t *step,
                               uint32_t depth)
{
    world_t *world = search->world;
    uint64_t signer = 0;
    const dure_body_t body = body_of(search, before, step, &signer);
    dure_tx_t tx = world_tx(world, signer, &body);
    world->numbers[signer % 65536]++;
    dure_writer_t out = dure_writer(search->wires[depth], DURE_TX_SIZE_MAX);
    static const dure_seal_t seal;
    dure_tx_encode(&out, &tx);
    dure_seal_encode(&out, &seal);
    if (dure_tx_has_witness((uint8_t)body.kind)) {
        dure_write_uint(&out, 4, 0);
    }
    assert_false(out.overflow);
    search->sizes[depth] = out.size;
    search->proven[depth] = step->kind == REFUND_FIRST ? before->payment[0].depth
                            : step->kind == REFUND_LAST
                                ? before->payment[before->payments - 1].depth
                                : depth_max;
    return apply(search, depth, dure_writer_bytes(&out));
}

/* The ids of what a step made. */
static void note_ids(little_t *after, const little_t *before, const step_t *step, dure_tx_id_t id)
{
    if (after->orders > before->orders) {
        after->order[after->orders - 1].id = id;
    }
    if (after->payouts > before->payouts) {
        after->payout[after->payouts - 1].id = id;
    }
    if (step->kind == FREEZE) {
        after->wallets[step->who].freeze = id;
    }
}

/* ---- comparing ---- */

static void compare_wallet(const dure_ledger_t *ledger, const wallet_t *wallet, uint64_t number)
{
    const party_t *party = party_at(ledger, ledger_party_find(ledger, number));
    assert_int_equal(party->lot_next, wallet->next);
    uint32_t cell = party->holdings;
    for (uint32_t i = 0; i < wallet->count; i++) {
        assert_int_not_equal(cell, CELL_NONE);
        const lot_t *lot = lot_at(ledger, cell);
        const little_lot_t *should = &wallet->lots[i];
        assert_int_equal(lot->number, should->number);
        assert_int_equal(lot->face, should->face);
        assert_int_equal(lot->left, should->left);
        assert_int_equal(lot->paid, should->paid);
        assert_int_equal(lot->gifted, should->gifted);
        assert_int_equal(lot->origin, should->reward ? DURE_ORIGIN_REWARD : DURE_ORIGIN_PURCHASE);
        assert_int_equal(lot->end_day, should->end);
        cell = lot->next;
    }
    assert_int_equal(cell, CELL_NONE);
}

static void compare_account(const dure_ledger_t *ledger, const char *name, uint64_t balance,
                            uint64_t reserved)
{
    const dure_name_t text = test_name(name);
    const uint32_t city = ledger_city_find(ledger, GIMPO);
    const account_t *account =
        account_at(ledger, ledger_account_find(ledger, (uint8_t)city, &text));
    assert_int_equal(account->balance.won, balance);
    assert_int_equal(account->reserved.won, reserved);
}

static void compare(const dure_ledger_t *ledger, const little_t *little)
{
    const uint32_t fund_cell = ledger_fund_find(ledger, FUND);
    const fund_t *fund = fund_at(ledger, fund_cell);
    compare_wallet(ledger, &little->wallets[0], ANNA);
    compare_wallet(ledger, &little->wallets[1], BEN);
    const party_t *shop = party_at(ledger, ledger_party_find(ledger, SHOP));
    const uint32_t cell = ledger_balance_find(ledger, shop, fund_cell);
    assert_int_equal(cell == CELL_NONE ? 0 : balance_at(ledger, cell)->amount.won, little->shop);
    assert_int_equal(cell == CELL_NONE ? 0 : balance_at(ledger, cell)->owed.won, little->owed);
    assert_int_equal(fund->issued.won, little->issued);
    assert_int_equal(fund->ordered.won, little->ordered);
    assert_int_equal(fund->pending.won, little->pending);
    assert_int_equal(fund->redeemed.won, little->redeemed);
    assert_int_equal(fund->refunded.won, little->refunded);
    assert_int_equal(fund->lapsed.won, little->lapsed);
    assert_int_equal(fund->mode, little->mode);
    compare_account(ledger, "budget", little->budget, little->promised);
    compare_account(ledger, "event", little->event, 0);
    compare_account(ledger, "refund_reserve", little->reserve, 0);
    assert_null(dure_ledger_invariants(ledger));
}

/* ---- the search ---- */

static void tell_path(const search_t *search, uint32_t depth, const step_t *step)
{
    static const char *const names[] = {
        "pay",    "give",         "cancel",      "remainder", "redeem", "settle",
        "reject", "refund_first", "refund_last", "order",     "credit", "void",
        "sweep",  "days",         "freeze",      "release",   "mode"};
    for (uint32_t i = 0; i <= depth; i++) {
        const step_t *one = i == depth ? step : &search->path[i];
        print_error("%s(%u, %u) ", names[one->kind], (unsigned)one->who, (unsigned)one->value);
    }
    print_error("\n");
}

/* Back to before the step at `depth`: everything is dropped, and what came before is sent again. */
static void go_back(search_t *search, uint32_t depth)
{
    world_t *world = search->world;
    assert_true(dure_ledger_drop(world->ledger));
    dure_ledger_begin(world->ledger, START);
    for (uint32_t i = 0; i < depth; i++) {
        assert_code(apply(search, i, dure_bytes(search->wires[i], search->sizes[i])),
                    DURE_RESULT_DONE);
    }
}

static void explore(search_t *search, const little_t *little, uint32_t depth)
{
    for (uint32_t i = 0; i < step_count; i++) {
        const step_t *step = &steps[i];
        if (!makes_sense(little, step)) {
            continue;
        }
        little_t after = *little;
        const dure_result_t should = model_do(&after, step, depth);
        const dure_result_t code = ledger_do(search, little, step, depth);
        search->steps++;
        if (code != should) {
            print_error("answered %d instead of %d: ", (int)code, (int)should);
            tell_path(search, depth, step);
        }
        assert_code(code, should);
        compare(search->world->ledger, &after);
        if (code != DURE_RESULT_DONE) {
            search->refusals++;
            continue;
        }
        search->path[depth] = *step;
        search->effects[depth] = search->world->effect;
        note_ids(&after, little, step, search->world->effect.id);
        if (depth + 1 < depth_max) {
            explore(search, &after, depth + 1);
        } else {
            search->ends++;
        }
        go_back(search, depth);
    }
}

static const char program_text[] =
    "fund little {\n"
    "  issuer city 41570\n  currency KRW\n  validity 2 days\n  lapse to issuer.budget\n"
    "  priority 1\n  refund within 30 days grace 1 day\n  old lots keep\n"
    "  purchase { allow when buyer is citizen subsidy 34% of amount from issuer.budget }\n"
    "  payment { allow when payee is merchant share 34% of amount to issuer.budget\n"
    "    reward 34% of amount from issuer.event }\n"
    "  gift { allow when receiver is citizen }\n"
    "  redemption { allow when holder is merchant share 34% of amount to issuer.budget }\n"
    "  cancel { allow }\n"
    "  remainder { allow when lot.used >= 50% }\n"
    "  words { little ko \"작은 돈\" en \"little money\" zh \"小額\" }\n"
    "}\n";

static void set_stage(world_t *world, little_t *little)
{
    static uint8_t image[DURE_YAK_IMAGE_SIZE_MAX];
    world_decide(world, act_account("budget"));
    world_decide(world, act_account("event"));
    world_decide(world, act_account("refund_reserve"));
    dure_act_t act = {.kind = DURE_ACT_FUND,
                      .fund = {.fund = FUND,
                               .ceiling = {1000000},
                               .image = test_compile(program_text, image),
                               .source = dure_bytes(program_text, sizeof program_text - 1)}};
    world_decide(world, act);
    dure_body_t body = body_deposit("budget", 1000);
    assert_code(world_send(world, BANK, &body), DURE_RESULT_DONE);
    body = body_deposit("event", 2); /* for two rewards */
    assert_code(world_send(world, BANK, &body), DURE_RESULT_DONE);
    body = body_deposit("refund_reserve", 2); /* a refund of three may find it short */
    assert_code(world_send(world, BANK, &body), DURE_RESULT_DONE);
    world_register(world, ANNA, DURE_KIND_CITIZEN);
    world_register(world, BEN, DURE_KIND_CITIZEN);
    world_register(world, SHOP, DURE_KIND_MERCHANT);
    world_buy(world, ANNA, 3);
    world_buy(world, BEN, 3);
    *little = (little_t){.budget = 998, .event = 2, .reserve = 2, .issued = 6, .today = TODAY};
    for (uint32_t who = 0; who < 2; who++) {
        little->wallets[who].next = 1;
        lot_add(&little->wallets[who], (little_lot_t){.number = little->wallets[who].next++,
                                                      .face = 3,
                                                      .left = 3,
                                                      .paid = 2,
                                                      .order_day = TODAY,
                                                      .issue_day = TODAY,
                                                      .end = TODAY + valid});
    }
}

static void every_sequence_goes_as_the_model_says(void **state)
{
    (void)state;
    dure_ledger_limits_t limits = dure_ledger_limits_for(DURE_LEDGER_PARTIES_MIN);
    search_t *search = calloc(1, sizeof *search);
    little_t *little = calloc(1, sizeof *little);
    assert_true(search != NULL && little != NULL);
    search->world = world_new(&limits, false, 1);
    for (uint32_t i = 0; i < depth_max; i++) {
        search->wires[i] = malloc(DURE_TX_SIZE_MAX);
        assert_non_null(search->wires[i]);
    }
    set_stage(search->world, little);
    world_cut(search->world);
    compare(search->world->ledger, little);
    explore(search, little, 0);
    print_message("%llu steps compared, %llu refused, %llu sequences of %d\n",
                  (unsigned long long)search->steps, (unsigned long long)search->refusals,
                  (unsigned long long)search->ends, (int)depth_max);
    assert_true(search->ends > 100000 && search->refusals > 100000);
    for (uint32_t i = 0; i < depth_max; i++) {
        free(search->wires[i]);
    }
    world_free(search->world);
    free(little);
    free(search);
}

/* Nothing is moved by a step of 0 won: such bytes are no transaction. */
static void nothing_is_no_amount(void **state)
{
    (void)state;
    world_t *world = world_new(NULL, false, 1);
    const dure_body_t bodies[] = {
        body_payment(SHOP, 0),
        body_redemption(FUND, 0),
        body_order(FUND, 0, 0),
        {.kind = DURE_BODY_GIFT, .gift = {.receiver = BEN}},
        {.kind = DURE_BODY_REFUND, .refund = {.payment = {ANNA, 0, 1}}},
        {.kind = DURE_BODY_RECIRCULATION, .recirculation = {.payee = SHOP, .fund = FUND}}};
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        assert_code(world_send(world, OFFICER_1, &bodies[i]), DURE_RESULT_MALFORMED);
    }
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_sequence_goes_as_the_model_says),
        cmocka_unit_test(nothing_is_no_amount),
    };
    return cmocka_run_group_tests_name("exhaustive", tests, NULL, NULL);
}
