#include "app/receipt_text.h"

#include <inttypes.h>

#include "app/dure_command.h"
#include "app/text.h"

typedef struct {
    const char *ko, *en, *zh;
} words_t;

static const char *say(uint8_t language, words_t words)
{
    return language == DURE_YAK_KO ? words.ko : language == DURE_YAK_ZH ? words.zh : words.en;
}

/* ---- moves ----------------------------------------------------------------------------------- */

static const words_t move_texts[] = {
    [DURE_MOVE_LOT_ISSUED] = {"지갑에 들어옴", "bought or received", "存入錢包"},
    [DURE_MOVE_LOT_TAKEN] = {"지갑에서 지불", "paid from a lot", "由錢包支付"},
    [DURE_MOVE_MERCHANT_RECEIVED] = {"가맹점이 받음", "received by the shop", "商店收到"},
    [DURE_MOVE_MERCHANT_REDEEMED] = {"가맹점이 환전", "cashed out by the shop", "商店兌現"},
    [DURE_MOVE_PAYOUT_OPENED] = {"은행 지급 대기", "set aside for a payout", "待銀行支付"},
    [DURE_MOVE_PAYOUT_SETTLED] = {"은행이 지급함", "payout made by the bank", "銀行已支付"},
    [DURE_MOVE_PAYOUT_REJECTED] = {"은행이 지급하지 못함", "payout refused by the bank",
                                   "銀行未能支付"},
    [DURE_MOVE_REFUND_SETTLED] = {"취소된 구매의 대금을 은행이 돌려줌",
                                  "price of a purchase given up paid back by the bank",
                                  "銀行已退還取消購買的款項"},
    [DURE_MOVE_REFUND_REJECTED] = {"취소된 구매의 대금을 아직 돌려주지 못함",
                                   "price of a purchase given up not yet paid back",
                                   "取消購買的款項尚未退還"},
    [DURE_MOVE_SUBSIDY_TO_ESCROW] = {"시 지원금을 예탁", "the city's share into escrow",
                                     "市府補助存入信託"},
    [DURE_MOVE_PRICE_TO_ESCROW] = {"구매 대금을 예탁", "the price into escrow", "購買款存入信託"},
    [DURE_MOVE_SUBSIDY_RETURNED] = {"시 지원금 반환", "the city's share back", "退回市府補助"},
    [DURE_MOVE_ACCOUNT_DEPOSITED] = {"시 계정에 입금", "into the city's account", "存入市府帳戶"},
    [DURE_MOVE_ORDER_OPENED] = {"구매 주문", "ordered", "訂購"},
    [DURE_MOVE_ORDER_CLOSED] = {"주문 종료", "order closed", "訂單結束"},
    [DURE_MOVE_LOT_CANCELLED] = {"구매 취소", "purchase cancelled", "取消購買"},
    [DURE_MOVE_GRANT_TO_ESCROW] = {"지급금을 예탁", "the grant into escrow", "發放款存入信託"},
    [DURE_MOVE_REWARD_TO_ESCROW] = {"적립금을 예탁", "the reward into escrow", "回饋款存入信託"},
    [DURE_MOVE_ADVANCE_TO_ESCROW] = {"환불을 위해 미리 예탁", "advanced into escrow for a refund",
                                     "為退款墊付至信託"},
    [DURE_MOVE_ESCROW_TO_ACCOUNT] = {"예탁금에서 시 계정으로",
                                     "from escrow back to the city's account",
                                     "由信託退回市府帳戶"},
    [DURE_MOVE_LOT_RETURNED] = {"낸 사람에게 돌려줌", "given back to the payer", "退還付款人"},
    [DURE_MOVE_MERCHANT_RETURNED] = {"가맹점이 돌려줌", "given back by the shop", "商店退還"},
    [DURE_MOVE_DEBT_OPENED] = {"가맹점이 시 환불 준비금에 갚을 금액",
                               "owed by the shop to the city's refund reserve",
                               "商店欠市府退款準備金"},
    [DURE_MOVE_DEBT_REPAID] = {"가맹점이 시 환불 준비금에 갚음",
                               "repaid by the shop to the city's refund reserve",
                               "商店償還市府退款準備金"},
    [DURE_MOVE_LOT_WITHDRAWN] = {"적립 회수", "reward taken back", "收回回饋"},
    [DURE_MOVE_LOT_GIVEN] = {"선물로 보냄", "given away", "贈出"},
    [DURE_MOVE_LOT_RECEIVED] = {"선물로 받음", "received as a gift", "收到贈與"},
    [DURE_MOVE_MERCHANT_SENT] = {"가맹점이 지불", "paid by the shop", "商店支付"},
    [DURE_MOVE_LOT_REMAINDERED] = {"남은 금액 반납", "remainder given up", "交回餘額"},
    [DURE_MOVE_LOT_RECALLED] = {"시가 회수", "recalled by the city", "市府收回"},
    [DURE_MOVE_LOT_LAPSED] = {"기한이 지나 소멸", "lapsed", "逾期失效"},
    [DURE_MOVE_SHARE_TAKEN] = {"시 계정의 분담금", "share for the city's account", "市府帳戶分攤"},
    [DURE_MOVE_BATCH_RESERVED] = {"지급을 위해 확보", "reserved for a grant", "為發放保留"},
    [DURE_MOVE_BATCH_RELEASED] = {"확보 해제", "no longer reserved", "解除保留"},
    [DURE_MOVE_LOTS_GRANTED] = {"지급됨", "granted", "已發放"},
    [DURE_MOVE_LOTS_RECALLED] = {"시가 회수", "recalled by the city", "市府收回"},
};
#define MOVES (sizeof move_texts / sizeof move_texts[0])

static void print_move(FILE *out, const dure_effect_move_t *move, uint8_t language)
{
    static const words_t party = {"참여자", "party", "參與者"};
    static const words_t lot = {"로트", "lot", "批次"};
    static const words_t account = {"계정", "account", "帳戶"};
    static const words_t fund = {"화폐", "fund", "貨幣"};
    const char *text = move->what < MOVES ? say(language, move_texts[move->what]) : NULL;
    fprintf(out, "  %16s  %s", amount_text(move->amount).text, text == NULL ? "?" : text);
    if (move->fund != 0) {
        fprintf(out, ", %s %" PRIu64, say(language, fund), move->fund);
    }
    if (move->party != 0) {
        fprintf(out, ", %s %" PRIu64, say(language, party), move->party);
    }
    if (move->lot != 0) {
        fprintf(out, ", %s %u", say(language, lot), (unsigned)move->lot);
    }
    if (move->account.text[0] != 0) {
        fprintf(out, ", %s %s", say(language, account), move->account.text);
    }
    fputc('\n', out);
}

/* ---- payments -------------------------------------------------------------------------------- */

static const char *origin_text(uint8_t origin, uint8_t language)
{
    switch ((dure_origin_t)origin) {
    case DURE_ORIGIN_PURCHASE:
        return say(language, (words_t){"구매", "bought", "購買"});
    case DURE_ORIGIN_GRANT:
        return say(language, (words_t){"지급", "granted", "發放"});
    case DURE_ORIGIN_REWARD:
        return say(language, (words_t){"적립", "reward", "回饋"});
    case DURE_ORIGIN_REFUND:
        return say(language, (words_t){"환불", "refunded", "退款"});
    }
    return "?";
}

/* The n-th move of a kind; NULL if there are not so many. */
static const dure_effect_move_t *nth_move(const dure_effect_t *effect, dure_move_t what, uint32_t n)
{
    for (uint16_t i = 0; i < effect->moves_count; i++) {
        if (effect->moves[i].what == what && n-- == 0) {
            return &effect->moves[i];
        }
    }
    return NULL;
}

static void print_lot(FILE *out, const dure_effect_t *effect, uint32_t n, uint8_t language)
{
    static const words_t gifted = {", 선물", ", a gift", "，受贈"};
    const dure_effect_move_t *move = nth_move(effect, DURE_MOVE_LOT_TAKEN, n);
    if (move == NULL || n >= effect->lots_count) {
        return;
    }
    const dure_effect_lot_t *lot = &effect->lots[n];
    const unsigned number = move->lot;
    const char *origin = origin_text(lot->origin, language);
    const char *gift = lot->gifted ? say(language, gifted) : "";
    const text_t face = amount_text(lot->face);
    const text_t end = day_text(lot->end_day);
    fprintf(out, "    %16s  ", amount_text(move->amount).text);
    if (language == DURE_YAK_KO) {
        fprintf(out, "로트 %u, %s%s, 액면 %s, %s까지\n", number, origin, gift, face.text, end.text);
    } else if (language == DURE_YAK_ZH) {
        fprintf(out, "批次 %u，%s%s，面額 %s，有效至 %s\n", number, origin, gift, face.text,
                end.text);
    } else {
        fprintf(out, "lot %u, %s%s, face %s, until %s\n", number, origin, gift, face.text,
                end.text);
    }
}

static void print_parts(FILE *out, const dure_effect_t *effect, uint8_t language)
{
    uint32_t lots = 0, shares = 0;
    for (uint16_t i = 0; i < effect->parts_count; i++) {
        const dure_effect_part_t *part = &effect->parts[i];
        fprintf(out, "  %16s  %s %" PRIu64 ", %s %u\n", amount_text(part->amount).text,
                say(language, (words_t){"화폐", "of fund", "貨幣"}), part->fund,
                say(language, (words_t){"규정 제", "program", "規則第"}),
                (unsigned)part->version + 1);
        for (uint32_t k = 0; k < part->lots; k++) {
            print_lot(out, effect, lots++, language);
        }
        if (!dure_amount_is_zero(part->share)) {
            const dure_effect_move_t *share = nth_move(effect, DURE_MOVE_SHARE_TAKEN, shares++);
            fprintf(out, "    %16s  %s %s\n", amount_text(part->share).text,
                    say(language, (words_t){"그중 시 계정 분담금:", "of it to the account",
                                            "其中分攤至帳戶"}),
                    share == NULL ? "?" : share->account.text);
        }
        if (!dure_amount_is_zero(part->reward)) {
            fprintf(out, "    %16s  %s %u\n", amount_text(part->reward).text,
                    say(language, (words_t){"적립, 로트", "reward, as lot", "回饋，批次"}),
                    (unsigned)part->reward_lot);
        }
    }
}

/* What the parts tell already. */
static bool is_of_parts(const dure_effect_t *effect, uint8_t what)
{
    return effect->parts_count > 0 &&
           (what == DURE_MOVE_LOT_TAKEN || what == DURE_MOVE_SHARE_TAKEN ||
            what == DURE_MOVE_LOT_ISSUED || what == DURE_MOVE_REWARD_TO_ESCROW);
}

/* ---- the whole ------------------------------------------------------------------------------- */

static void print_rule(FILE *out, const dure_effect_t *effect, uint8_t language)
{
    if (effect->rule.text[0] != 0) {
        fprintf(out, "%s: %s (%s %" PRIu64 ", %s %u)\n",
                say(language, (words_t){"규칙", "rule", "規則"}), effect->rule.text,
                say(language, (words_t){"화폐", "fund", "貨幣"}), effect->fund,
                say(language, (words_t){"규정 제", "program", "規則第"}),
                (unsigned)effect->fund_version + 1);
    }
    for (uint16_t i = 0; i < effect->numbers_count; i++) {
        const dure_effect_number_t *number = &effect->numbers[i];
        const dure_label_words_t *label =
            number->source == 1 ? dure_label_words(number->label) : NULL;
        if (label != NULL) {
            fprintf(out, "  %s: %s\n", say(language, (words_t){label->ko, label->en, label->zh}),
                    label_value_text(effect, number->label, number->value).text);
        } else {
            fprintf(out, "  %s %u: %" PRId64 "\n",
                    say(language,
                        (words_t){"규칙이 본 값", "what the rule saw, input", "規則所見之值"}),
                    (unsigned)number->label, number->value);
        }
    }
}

static void print_rows(FILE *out, const dure_effect_t *effect, uint8_t language)
{
    uint32_t done = 0;
    dure_reader_t reader = dure_reader(effect->rows.bytes);
    for (uint16_t i = 0; i < effect->rows.count; i++) {
        dure_effect_row_t row;
        dure_effect_row_decode(&reader, &row);
        done += row.code == DURE_RESULT_DONE ? 1 : 0;
    }
    if (effect->rows.count > 0) {
        fprintf(out, "  %s: %u / %u\n",
                say(language, (words_t){"처리된 사람", "rows done", "已處理列數"}), done,
                (unsigned)effect->rows.count);
    }
}

void receipt_text_print(FILE *out, const dure_effect_t *effect, const dure_zone_t *zone,
                        uint8_t language)
{
    const char *kind = dure_body_kind_name(effect->kind);
    const dure_result_text_t *text = dure_result_text(effect->code);
    fprintf(out, "%s %s (%s)\n", say(language, (words_t){"거래", "transaction", "交易"}),
            id_text(&effect->id).text, kind == NULL ? "?" : kind);
    fprintf(out, "%s KST\n", time_text(zone, effect->time).text);
    fprintf(out, "%s: %s\n", say(language, (words_t){"결과", "answer", "結果"}),
            text == NULL ? "?" : say(language, (words_t){text->ko, text->en, text->zh}));
    print_rule(out, effect, language);
    print_parts(out, effect, language);
    for (uint16_t i = 0; i < effect->moves_count; i++) {
        if (!is_of_parts(effect, effect->moves[i].what)) {
            print_move(out, &effect->moves[i], language);
        }
    }
    print_rows(out, effect, language);
}
