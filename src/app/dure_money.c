/* dure_money: what citizens and merchants sign. */
#include <string.h>

#include "app/dure_command.h"

static bool begin(session_t *session, dure_key_file_t *key, const args_t *args, int *code)
{
    *code = EXIT_USAGE;
    if (!session_key(key, args, NULL)) {
        return false;
    }
    *code = EXIT_WORLD;
    return session_open(session, args);
}

static int buy(const args_t *args)
{
    static dure_body_t body = {.kind = DURE_BODY_PURCHASE_ORDER};
    static outcome_t outcome;
    dure_purchase_order_t *order = &body.purchase_order;
    const char *bound = args_option(args, "--at-most");
    session_t session;
    dure_key_file_t key;
    int code = EXIT_USAGE;
    if (!parse_number(&order->fund, "the fund", args->positionals[0], 1, UINT64_MAX) ||
        !parse_amount(&order->face, "the amount", args->positionals[1]) ||
        (bound != NULL && !parse_amount(&order->price_max, "--at-most", bound)) ||
        !begin(&session, &key, args, &code)) {
        return code;
    }
    char text[256];
    snprintf(text, sizeof text, "ordered %s of %s", amount_text(order->face).text,
             fund_label(&session, order->fund).text);
    code = perform(&session, &outcome, &key, &body, text);
    dure_record_order_t record;
    bool found = false;
    if (code == EXIT_DONE && !args->json &&
        dure_client_order(session.client, &found, &record, &outcome.id) && found) {
        text_t price = amount_text(record.price), subsidy = amount_text(record.subsidy);
        printf("to pay %s, the city adds %s\nnext, when the money is at the bank: dure bank credit "
               "%s\n",
               price.text, subsidy.text, id_text(&outcome.id).text);
    }
    session_close(&session);
    return code;
}

static bool parse_funds(dure_fund_choice_t funds[8], uint16_t *count, const char *text)
{
    char list[256];
    if (strlen(text) >= sizeof list) {
        complain(EXIT_USAGE, "--fund '%s' is too long", text);
        return false;
    }
    strcpy(list, text);
    for (char *part = strtok(list, "+"); part != NULL; part = strtok(NULL, "+")) {
        if (*count == 8) {
            complain(EXIT_USAGE, "--fund names at most 8 funds");
            return false;
        }
        if (!parse_number(&funds[(*count)++].fund, "--fund", part, 1, UINT64_MAX)) {
            return false;
        }
    }
    return true;
}

static int pay(const args_t *args)
{
    static dure_body_t body = {.kind = DURE_BODY_PAYMENT};
    static outcome_t outcome;
    dure_payment_t *payment = &body.payment;
    const char *funds = args_option(args, "--fund");
    const char *channel = args_option(args, "--channel");
    session_t session;
    dure_key_file_t key;
    uint16_t number = DURE_CHANNEL_QR_MERCHANT;
    int code = EXIT_USAGE;
    if (channel != NULL &&
        !dure_names_number(&number, DURE_NAMES_CHANNELS, channel, strlen(channel))) {
        return complain(EXIT_USAGE, "--channel is qr_merchant, qr_customer, card or online");
    }
    payment->channel = (uint8_t)number;
    if (!parse_number(&payment->payee, "the payee", args->positionals[0], 1, UINT64_MAX) ||
        !parse_amount(&payment->amount, "the amount", args->positionals[1]) ||
        (funds != NULL && !parse_funds(payment->funds, &payment->funds_count, funds)) ||
        !begin(&session, &key, args, &code)) {
        return code;
    }
    char text[256];
    snprintf(text, sizeof text, "paid %s to party %" PRIu64, amount_text(payment->amount).text,
             payment->payee);
    code = perform(&session, &outcome, &key, &body, text);
    session_close(&session);
    return code;
}

static int cancel(const args_t *args)
{
    static dure_body_t body = {.kind = DURE_BODY_PURCHASE_CANCEL};
    static outcome_t outcome;
    uint64_t lot = 0;
    session_t session;
    dure_key_file_t key;
    int code = EXIT_USAGE;
    if (!parse_number(&body.purchase_cancel.fund, "the fund", args->positionals[0], 1,
                      UINT64_MAX) ||
        !parse_number(&lot, "the lot", args->positionals[1], 1, UINT32_MAX) ||
        !begin(&session, &key, args, &code)) {
        return code;
    }
    body.purchase_cancel.lot = (uint32_t)lot;
    char text[128];
    snprintf(text, sizeof text, "cancelled lot %u", (unsigned)lot);
    code = perform(&session, &outcome, &key, &body, text);
    if (code == EXIT_DONE && !args->json) {
        printf("next, when the bank has paid it back: dure bank settle %s\n",
               id_text(&outcome.id).text);
    }
    session_close(&session);
    return code;
}

static int gift(const args_t *args)
{
    static dure_body_t body = {.kind = DURE_BODY_GIFT};
    static outcome_t outcome;
    dure_gift_t *gift = &body.gift;
    const char *funds = args_option(args, "--fund");
    session_t session;
    dure_key_file_t key;
    int code = EXIT_USAGE;
    if (!parse_number(&gift->receiver, "the receiver", args->positionals[0], 1, UINT64_MAX) ||
        !parse_amount(&gift->amount, "the amount", args->positionals[1]) ||
        (funds != NULL && !parse_funds(gift->funds, &gift->funds_count, funds)) ||
        !begin(&session, &key, args, &code)) {
        return code;
    }
    char text[256];
    snprintf(text, sizeof text, "gave %s to party %" PRIu64, amount_text(gift->amount).text,
             gift->receiver);
    code = perform(&session, &outcome, &key, &body, text);
    session_close(&session);
    return code;
}

static int remainder_back(const args_t *args)
{
    static dure_body_t body = {.kind = DURE_BODY_REMAINDER};
    static outcome_t outcome;
    uint64_t lot = 0;
    session_t session;
    dure_key_file_t key;
    int code = EXIT_USAGE;
    if (!parse_number(&body.remainder.fund, "the fund", args->positionals[0], 1, UINT64_MAX) ||
        !parse_number(&lot, "the lot", args->positionals[1], 1, UINT32_MAX) ||
        !begin(&session, &key, args, &code)) {
        return code;
    }
    body.remainder.lot = (uint32_t)lot;
    char text[128];
    snprintf(text, sizeof text, "gave up what was left of lot %u", (unsigned)lot);
    code = perform(&session, &outcome, &key, &body, text);
    dure_record_payout_t payout;
    bool found = false;
    if (code == EXIT_DONE && !args->json &&
        dure_client_payout(session.client, &found, &payout, &outcome.id) && found) {
        printf("next, when the bank has paid it back: dure bank settle %s\n",
               id_text(&outcome.id).text);
    }
    session_close(&session);
    return code;
}

static int recirculate(const args_t *args)
{
    static dure_body_t body = {.kind = DURE_BODY_RECIRCULATION};
    static outcome_t outcome;
    dure_recirculation_t *sent = &body.recirculation;
    session_t session;
    dure_key_file_t key;
    int code = EXIT_USAGE;
    if (!parse_number(&sent->payee, "the payee", args->positionals[0], 1, UINT64_MAX) ||
        !parse_number(&sent->fund, "the fund", args->positionals[1], 1, UINT64_MAX) ||
        !parse_amount(&sent->amount, "the amount", args->positionals[2]) ||
        !begin(&session, &key, args, &code)) {
        return code;
    }
    char text[256];
    snprintf(text, sizeof text, "paid %s of %s to merchant %" PRIu64,
             amount_text(sent->amount).text, fund_label(&session, sent->fund).text, sent->payee);
    code = perform(&session, &outcome, &key, &body, text);
    session_close(&session);
    return code;
}

static int redeem(const args_t *args)
{
    static dure_body_t body = {.kind = DURE_BODY_REDEMPTION};
    static outcome_t outcome;
    session_t session;
    dure_key_file_t key;
    int code = EXIT_USAGE;
    if (!parse_number(&body.redemption.fund, "the fund", args->positionals[0], 1, UINT64_MAX) ||
        !parse_amount(&body.redemption.amount, "the amount", args->positionals[1]) ||
        !begin(&session, &key, args, &code)) {
        return code;
    }
    char text[256];
    snprintf(text, sizeof text, "cashed out %s of %s", amount_text(body.redemption.amount).text,
             fund_label(&session, body.redemption.fund).text);
    code = perform(&session, &outcome, &key, &body, text);
    dure_record_payout_t payout;
    bool found = false;
    if (code == EXIT_DONE && !args->json &&
        dure_client_payout(session.client, &found, &payout, &outcome.id) && found) {
        if (!dure_amount_is_zero(payout.share)) {
            text_t share = amount_text(payout.share);
            printf("the bank pays %s; %s go to the city once it has\n",
                   amount_text(payout.amount).text, share.text);
        }
        if (payout.hold_until != 0) {
            printf("held by rule %s: the bank pays from %s\n", payout.rule.text,
                   day_text(payout.hold_until).text);
        }
        printf("next, when the bank has paid it: dure bank settle %s\n", id_text(&outcome.id).text);
    }
    session_close(&session);
    return code;
}

static int refund(const args_t *args)
{
    static dure_body_t body = {.kind = DURE_BODY_REFUND};
    static outcome_t outcome;
    session_t session;
    dure_key_file_t key;
    int code = EXIT_USAGE;
    if (!parse_id(&body.refund.payment, "the payment", args->positionals[0]) ||
        !parse_amount(&body.refund.amount, "the amount", args->positionals[1]) ||
        !begin(&session, &key, args, &code)) {
        return code;
    }
    char text[256];
    snprintf(text, sizeof text, "gave back %s of payment %s", amount_text(body.refund.amount).text,
             id_text(&body.refund.payment).text);
    code = perform(&session, &outcome, &key, &body, text);
    session_close(&session);
    return code;
}

static int tick(const args_t *args)
{
    static dure_body_t body = {.kind = DURE_BODY_TICK};
    static outcome_t outcome;
    session_t session;
    dure_key_file_t key;
    char when[128];
    snprintf(when, sizeof when, "%.60s%s%.60s", args->positionals[0], args->count > 1 ? " " : "",
             args->count > 1 ? args->positionals[1] : "");
    if (!session_key(&key, args, "clock")) {
        return EXIT_USAGE;
    }
    if (!session_open(&session, args)) {
        return EXIT_WORLD;
    }
    int code = EXIT_USAGE;
    if (parse_time(&body.tick.time, when, &session.zone, session.time)) {
        char text[128];
        snprintf(text, sizeof text, "it is now %s", time_text(&session.zone, body.tick.time).text);
        code = perform(&session, &outcome, &key, &body, text);
    }
    session_close(&session);
    return code;
}

const command_t money_commands[] = {
    {.words = "buy",
     .arguments = "FUND AMOUNT --key FILE [--at-most PRICE]",
     .summary = "a citizen orders money; the bank credits it when it is paid",
     .options = "--key= --at-most=",
     .help = "AMOUNT is what will be in the wallet; the city's discount makes the price lower.\n"
             "--at-most refuses if the price is higher.\n",
     .least = 2,
     .most = 2,
     .run = buy},
    {.words = "pay",
     .arguments = "PAYEE AMOUNT --key FILE [--fund N[+N...]] [--channel NAME]",
     .summary = "a citizen pays a merchant",
     .options = "--key= --fund= --channel=",
     .help =
         "Which money is used follows the programs' priorities, unless --fund names the funds, in\n"
         "this order. --channel is qr_merchant (default), qr_customer, card or online.\n",
     .least = 2,
     .most = 2,
     .run = pay},
    {.words = "cancel",
     .arguments = "FUND LOT --key FILE",
     .summary = "a citizen gives an untouched purchase back",
     .options = "--key=",
     .least = 2,
     .most = 2,
     .run = cancel},
    {.words = "remainder",
     .arguments = "FUND LOT --key FILE",
     .summary = "a citizen gives up what is left of a purchase",
     .options = "--key=",
     .help =
         "As far as the program allows it. The bank pays back the part of the price that belongs\n"
         "to what is left; the city's part goes back to its account.\n",
     .least = 2,
     .most = 2,
     .run = remainder_back},
    {.words = "gift",
     .arguments = "RECEIVER AMOUNT --key FILE [--fund N[+N...]]",
     .summary = "a citizen gives money to a citizen",
     .options = "--key= --fund=",
     .help = "The money keeps its last day and its price; what may be done with a gift is the\n"
             "program's to say. --fund as in dure pay.\n",
     .least = 2,
     .most = 2,
     .run = gift},
    {.words = "recirculate",
     .arguments = "PAYEE FUND AMOUNT --key FILE",
     .summary = "a merchant pays a merchant",
     .options = "--key=",
     .least = 3,
     .most = 3,
     .run = recirculate},
    {.words = "redeem",
     .arguments = "FUND AMOUNT --key FILE",
     .summary = "a merchant cashes out: the money is destroyed, the bank pays",
     .options = "--key=",
     .least = 2,
     .most = 2,
     .run = redeem},
    {.words = "refund",
     .arguments = "PAYMENT AMOUNT --key FILE",
     .summary = "a merchant gives back all or part of a payment it received",
     .options = "--key=",
     .help = "PAYMENT is the payment's id, as `dure pay` printed it. The money returns to the lots "
             "that it\n"
             "was taken from. The node proves the payment: it has to be in the chain already. What "
             "the\n"
             "merchant has cashed out meanwhile, the city's refund reserve advances.\n",
     .least = 2,
     .most = 2,
     .run = refund},
    {.words = "tick",
     .arguments = "DATE [TIME] | +1d | +2h | +30m",
     .summary = "move the clock of a chain whose clock is driven",
     .options = "--as=",
     .least = 1,
     .most = 2,
     .run = tick},
    {0},
};
