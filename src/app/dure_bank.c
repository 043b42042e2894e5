/* dure_bank: what the bank's service signs: deposits, credits, results of payouts. */
#include <string.h>

#include "app/dure_command.h"

static bool begin(session_t *session, dure_key_file_t *key, const args_t *args, int *code)
{
    *code = EXIT_USAGE;
    if (!session_key(key, args, "bank")) {
        return false;
    }
    *code = EXIT_WORLD;
    return session_open(session, args);
}

static int deposit(const args_t *args)
{
    static dure_body_t body = {.kind = DURE_BODY_DEPOSIT};
    static outcome_t outcome;
    session_t session;
    dure_key_file_t key;
    int code = EXIT_USAGE;
    if (!parse_name(&body.deposit.account, "the account", args->positionals[0]) ||
        !parse_amount(&body.deposit.amount, "the amount", args->positionals[1]) ||
        !begin(&session, &key, args, &code)) {
        return code;
    }
    char text[256];
    snprintf(text, sizeof text, "deposited %s into %s", amount_text(body.deposit.amount).text,
             body.deposit.account.text);
    code = perform(&session, &outcome, &key, &body, text);
    session_close(&session);
    return code;
}

/* The amount given, or the order's price. */
static int credit_price(session_t *session, dure_amount_t *price, const dure_tx_id_t *id)
{
    const args_t *args = session->args;
    if (args->count > 1) {
        return parse_amount(price, "the amount", args->positionals[1]) ? EXIT_DONE : EXIT_USAGE;
    }
    dure_record_order_t order;
    bool found = false;
    if (!dure_client_order(session->client, &found, &order, id)) {
        return session_failed(session);
    }
    if (!found) {
        return complain(EXIT_REFUSED, "%s: %s", id_text(id).text,
                        result_sentence(args, DURE_RESULT_ORDER_UNKNOWN));
    }
    *price = order.price;
    return EXIT_DONE;
}

static int credit(const args_t *args)
{
    static dure_body_t body = {.kind = DURE_BODY_PURCHASE_CREDIT};
    static outcome_t outcome;
    session_t session;
    dure_key_file_t key;
    int code = EXIT_USAGE;
    if (!parse_id(&body.purchase_credit.order, "the order", args->positionals[0]) ||
        !begin(&session, &key, args, &code)) {
        return code;
    }
    code = credit_price(&session, &body.purchase_credit.price, &body.purchase_credit.order);
    if (code == EXIT_DONE) {
        char text[128];
        snprintf(text, sizeof text, "credited order %s", id_text(&body.purchase_credit.order).text);
        code = perform(&session, &outcome, &key, &body, text);
    }
    session_close(&session);
    return code;
}

static int void_order(const args_t *args)
{
    static dure_body_t body = {.kind = DURE_BODY_PURCHASE_VOID};
    static outcome_t outcome;
    session_t session;
    dure_key_file_t key;
    int code = EXIT_USAGE;
    if (!parse_id(&body.purchase_void.order, "the order", args->positionals[0]) ||
        !begin(&session, &key, args, &code)) {
        return code;
    }
    char text[128];
    snprintf(text, sizeof text, "voided order %s", id_text(&body.purchase_void.order).text);
    code = perform(&session, &outcome, &key, &body, text);
    session_close(&session);
    return code;
}

static int payout_result(const args_t *args, uint8_t result, const char *word)
{
    static dure_body_t body = {.kind = DURE_BODY_PAYOUT_RESULT};
    static outcome_t outcome;
    session_t session;
    dure_key_file_t key;
    int code = EXIT_USAGE;
    if (!parse_id(&body.payout_result.payout, "the payout", args->positionals[0]) ||
        !begin(&session, &key, args, &code)) {
        return code;
    }
    body.payout_result.outcome = result;
    char text[128];
    snprintf(text, sizeof text, "%s payout %s", word, id_text(&body.payout_result.payout).text);
    code = perform(&session, &outcome, &key, &body, text);
    session_close(&session);
    return code;
}

static int settle(const args_t *args)
{
    return payout_result(args, 1, "settled");
}

static int reject(const args_t *args)
{
    return payout_result(args, 2, "rejected");
}

/* ---- lists ----------------------------------------------------------------------------------- */

static void list_payout(session_t *session, dure_reader_t *reader, dure_amount_t *sum)
{
    dure_record_payout_t payout;
    dure_record_payout_decode(reader, &payout);
    *sum = dure_amount_plus(*sum, payout.amount);
    const char *why = payout.why == 1   ? "redemption"
                      : payout.why == 2 ? "cancelled purchase"
                                        : "remainder";
    text_t hold = payout.hold_until == 0 ? (text_t){""} : day_text(payout.hold_until);
    if (session->args->json) {
        print_json(json_pack("{s:s, s:o, s:o, s:s, s:s, s:o, s:o, s:i}", "id",
                             id_text(&payout.id).text, "fund", json_u64(payout.fund), "amount",
                             json_amount(payout.amount), "why", why, "day",
                             day_text(payout.day).text, "held_until", json_text(hold.text), "rule",
                             json_text(payout.rule.text), "rejections", (int)payout.rejections));
        return;
    }
    printf("%-18s %12s  party %" PRIu64 ", %s of %s", id_text(&payout.id).text,
           amount_text(payout.amount).text, payout.id.party, why, day_text(payout.day).text);
    if (*hold.text != 0) {
        printf(", held by %s until %s", payout.rule.text, hold.text);
    }
    if (payout.rejections > 0) {
        printf(", refused by the bank %u times", (unsigned)payout.rejections);
    }
    putchar('\n');
}

static void list_order(session_t *session, dure_reader_t *reader, dure_amount_t *sum)
{
    dure_record_order_t order;
    dure_record_order_decode(reader, &order);
    *sum = dure_amount_plus(*sum, order.price);
    if (session->args->json) {
        print_json(json_pack("{s:s, s:o, s:o, s:o, s:o, s:s}", "id", id_text(&order.id).text,
                             "fund", json_u64(order.fund), "face", json_amount(order.face), "price",
                             json_amount(order.price), "subsidy", json_amount(order.subsidy), "day",
                             day_text(order.day).text));
        return;
    }
    text_t face = amount_text(order.face), price = amount_text(order.price);
    printf("%-18s %12s  to pay %s, party %" PRIu64 ", ordered %s\n", id_text(&order.id).text,
           face.text, price.text, order.id.party, day_text(order.day).text);
}

/* A whole table, page by page. */
static int list_table(const args_t *args, dure_table_t table, const char *none,
                      void (*list)(session_t *, dure_reader_t *, dure_amount_t *))
{
    session_t session;
    if (!session_open(&session, args)) {
        return EXIT_WORLD;
    }
    uint64_t cursor = 0, count = 0;
    dure_amount_t sum = DURE_AMOUNT_ZERO;
    int code = EXIT_DONE;
    do {
        dure_view_t page;
        if (!dure_client_scan(session.client, &cursor, &page, table)) {
            code = session_failed(&session);
            break;
        }
        dure_reader_t pages = dure_reader(page.bytes);
        for (uint32_t i = 0; i < page.count; i++) {
            dure_scanned_t scanned;
            dure_scanned_decode(&pages, &scanned);
            dure_reader_t reader = dure_reader(scanned.record);
            list(&session, &reader, &sum);
            count++;
        }
    } while (cursor != 0);
    if (code == EXIT_DONE && !args->json) {
        if (count == 0) {
            printf("%s\n", none);
        } else {
            printf("%" PRIu64 " in all, %s\n", count, amount_text(sum).text);
        }
    }
    session_close(&session);
    return code;
}

static int payouts(const args_t *args)
{
    return list_table(args, DURE_TABLE_PAYOUT, "no payout waits for the bank", list_payout);
}

static int orders(const args_t *args)
{
    return list_table(args, DURE_TABLE_ORDER, "no order waits for the bank", list_order);
}

const command_t bank_commands[] = {
    {.words = "deposit",
     .arguments = "ACCOUNT AMOUNT",
     .summary = "the bank reports money on a city account",
     .options = "--as=",
     .least = 2,
     .most = 2,
     .run = deposit},
    {.words = "bank orders",
     .arguments = "",
     .summary = "list the orders that wait for the buyer's money",
     .run = orders},
    {.words = "bank credit",
     .arguments = "ORDER [AMOUNT]",
     .summary = "the bank reports an order's money: the buyer gets the lot",
     .options = "--as=",
     .help = "AMOUNT is what was credited; without it, the order's price.\n",
     .least = 1,
     .most = 2,
     .run = credit},
    {.words = "bank void",
     .arguments = "ORDER",
     .summary = "the bank ends an order that was not paid",
     .options = "--as=",
     .least = 1,
     .most = 1,
     .run = void_order},
    {.words = "bank payouts",
     .arguments = "",
     .summary = "list the payouts whose result is open",
     .run = payouts},
    {.words = "bank settle",
     .arguments = "PAYOUT",
     .summary = "the bank has paid a payout",
     .options = "--as=",
     .least = 1,
     .most = 1,
     .run = settle},
    {.words = "bank reject",
     .arguments = "PAYOUT",
     .summary = "the bank could not pay: the merchant gets the money back",
     .options = "--as=",
     .least = 1,
     .most = 1,
     .run = reject},
    {0},
};
