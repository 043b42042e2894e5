/* Written by tools/gen_vocabulary.py from schema/vocabulary.json; do not edit. */
#include "codec/dure_vocabulary.h"

#include <string.h>

/* clang-format off */
typedef struct {
    uint16_t number;
    uint8_t size; /* bytes of text */
    const char *text;
} entry_t;

static const entry_t kinds[] = {
    {1, 7, "citizen"},
    {2, 8, "merchant"},
    {3, 7, "service"},
    {4, 6, "bearer"},
};

static const entry_t categories[] = {
    {1, 10, "restaurant"},
    {2, 4, "cafe"},
    {3, 6, "bakery"},
    {4, 17, "convenience_store"},
    {5, 4, "mart"},
    {6, 10, "large_mart"},
    {7, 16, "department_store"},
    {8, 11, "online_mall"},
    {9, 18, "traditional_market"},
    {10, 19, "butcher_fish_greens"},
    {11, 12, "farmers_coop"},
    {12, 8, "clothing"},
    {13, 10, "shoes_bags"},
    {14, 9, "jewellery"},
    {15, 9, "cosmetics"},
    {16, 6, "beauty"},
    {17, 8, "pharmacy"},
    {18, 6, "clinic"},
    {19, 8, "hospital"},
    {20, 16, "postnatal_centre"},
    {21, 10, "baby_goods"},
    {22, 7, "massage"},
    {23, 11, "health_food"},
    {24, 7, "academy"},
    {25, 16, "books_stationery"},
    {26, 15, "culture_leisure"},
    {27, 6, "sports"},
    {28, 7, "lodging"},
    {29, 16, "travel_transport"},
    {30, 4, "taxi"},
    {31, 4, "fuel"},
    {32, 7, "vehicle"},
    {33, 14, "vehicle_repair"},
    {34, 9, "furniture"},
    {35, 11, "electronics"},
    {36, 15, "household_goods"},
    {37, 14, "laundry_repair"},
    {38, 12, "flowers_pets"},
    {39, 18, "building_materials"},
    {40, 11, "agriculture"},
    {41, 8, "services"},
    {42, 10, "membership"},
    {43, 9, "insurance"},
    {44, 9, "nightlife"},
    {45, 8, "gambling"},
    {46, 14, "public_utility"},
    {47, 5, "other"},
};

static const entry_t aid_tiers[] = {
    {1, 8, "standard"},
    {2, 9, "near_poor"},
    {3, 12, "basic_living"},
};

static const entry_t weekdays[] = {
    {0, 6, "monday"},
    {1, 7, "tuesday"},
    {2, 9, "wednesday"},
    {3, 8, "thursday"},
    {4, 6, "friday"},
    {5, 8, "saturday"},
    {6, 6, "sunday"},
};

static const entry_t channels[] = {
    {1, 11, "qr_merchant"},
    {2, 11, "qr_customer"},
    {3, 4, "card"},
    {4, 6, "online"},
};

static const entry_t origins[] = {
    {1, 8, "purchase"},
    {2, 5, "grant"},
    {3, 6, "reward"},
    {4, 6, "refund"},
};

static const entry_t roles[] = {
    {1, 9, "registrar"},
    {2, 4, "bank"},
    {4, 7, "officer"},
    {8, 5, "clock"},
    {16, 5, "watch"},
    {32, 12, "card_service"},
    {64, 7, "auditor"},
    {128, 8, "operator"},
};

static const entry_t labels[] = {
    {1, 5, "asked"},
    {2, 9, "available"},
    {3, 5, "limit"},
    {4, 4, "room"},
    {5, 8, "expected"},
    {6, 5, "given"},
    {7, 12, "earliest_day"},
    {8, 10, "latest_day"},
    {9, 12, "highest_used"},
    {10, 9, "approvals"},
    {11, 9, "threshold"},
    {12, 5, "price"},
    {13, 7, "subsidy"},
    {14, 7, "minimum"},
    {15, 7, "maximum"},
    {16, 6, "reward"},
    {17, 7, "covered"},
    {18, 4, "held"},
    {19, 8, "refunded"},
    {20, 5, "share"},
};

static const entry_t moves[] = {
    {1, 10, "lot_issued"},
    {2, 9, "lot_taken"},
    {3, 17, "merchant_received"},
    {4, 17, "merchant_redeemed"},
    {5, 13, "payout_opened"},
    {6, 14, "payout_settled"},
    {7, 15, "payout_rejected"},
    {8, 17, "subsidy_to_escrow"},
    {9, 15, "price_to_escrow"},
    {10, 16, "subsidy_returned"},
    {11, 17, "account_deposited"},
    {12, 12, "order_opened"},
    {13, 12, "order_closed"},
    {14, 13, "lot_cancelled"},
    {15, 14, "refund_settled"},
    {16, 15, "refund_rejected"},
    {17, 15, "grant_to_escrow"},
    {18, 16, "reward_to_escrow"},
    {19, 17, "advance_to_escrow"},
    {20, 17, "escrow_to_account"},
    {21, 12, "lot_returned"},
    {22, 17, "merchant_returned"},
    {23, 11, "debt_opened"},
    {24, 11, "debt_repaid"},
    {25, 13, "lot_withdrawn"},
    {26, 9, "lot_given"},
    {27, 12, "lot_received"},
    {28, 13, "merchant_sent"},
    {29, 15, "lot_remaindered"},
    {30, 12, "lot_recalled"},
    {31, 10, "lot_lapsed"},
    {32, 11, "share_taken"},
    {33, 14, "batch_reserved"},
    {34, 14, "batch_released"},
    {35, 12, "lots_granted"},
    {36, 13, "lots_recalled"},
};

static const entry_t hold_kinds[] = {
    {1, 6, "freeze"},
    {2, 10, "suspension"},
    {3, 5, "death"},
    {4, 5, "money"},
};

static const entry_t hold_reasons[] = {
    {1, 10, "lost_phone"},
    {2, 11, "own_request"},
    {3, 15, "suspected_fraud"},
    {4, 18, "registration_ended"},
    {5, 5, "death"},
    {6, 11, "court_order"},
    {7, 7, "recheck"},
    {8, 10, "inspection"},
};

static const entry_t fund_modes[] = {
    {0, 4, "open"},
    {1, 6, "paused"},
    {2, 11, "full_refund"},
};

static const struct {
    uint32_t count;
    const entry_t *entries;
} lists[DURE_NAMES_COUNT] = {
    {0, NULL},
    {4, kinds},
    {47, categories},
    {3, aid_tiers},
    {7, weekdays},
    {4, channels},
    {4, origins},
    {8, roles},
    {20, labels},
    {36, moves},
    {4, hold_kinds},
    {8, hold_reasons},
    {3, fund_modes},
};

const dure_attribute_t dure_attributes[DURE_ATTRIBUTES_COUNT] = {
    {1, DURE_KIND_CITIZEN, DURE_ATTRIBUTE_TYPE_REGION, DURE_NAMES_NONE, "residence",
     "registrar", "거주지", "residence", "居住地"},
    {2, DURE_KIND_CITIZEN, DURE_ATTRIBUTE_TYPE_COUNT, DURE_NAMES_NONE, "birth_year",
     "registrar", "출생 연도", "year of birth", "出生年"},
    {3, DURE_KIND_CITIZEN, DURE_ATTRIBUTE_TYPE_COUNT, DURE_NAMES_NONE, "birth_digit",
     "registrar", "출생 연도 끝자리", "last digit of the year of birth", "出生年末位"},
    {4, DURE_KIND_CITIZEN, DURE_ATTRIBUTE_TYPE_NAME, DURE_NAMES_AID_TIERS, "aid_tier",
     "city", "지원 구분", "aid tier", "補助等級"},
    {16, DURE_KIND_MERCHANT, DURE_ATTRIBUTE_TYPE_REGION, DURE_NAMES_NONE, "region",
     "registrar", "가맹점 지역", "shop's region", "商店地區"},
    {17, DURE_KIND_MERCHANT, DURE_ATTRIBUTE_TYPE_NAME, DURE_NAMES_CATEGORIES, "category",
     "registrar", "업종", "kind of shop", "行業"},
    {18, DURE_KIND_MERCHANT, DURE_ATTRIBUTE_TYPE_WON, DURE_NAMES_NONE, "annual_sales",
     "registrar", "연 매출", "annual sales", "年營業額"},
    {19, DURE_KIND_MERCHANT, DURE_ATTRIBUTE_TYPE_PARTY, DURE_NAMES_NONE, "owner",
     "registrar", "대표자", "owner", "負責人"},
    {20, DURE_KIND_MERCHANT, DURE_ATTRIBUTE_TYPE_COUNT, DURE_NAMES_NONE, "risk",
     "watch", "위험 점수", "risk score", "風險分數"},
};

static const dure_label_words_t label_words[] = {
    [1] = {"요청", "asked", "要求"},
    [2] = {"가능", "available", "可用"},
    [3] = {"한도", "limit", "上限"},
    [4] = {"남은 자리", "room", "餘額"},
    [5] = {"맞는 값", "expected", "應為"},
    [6] = {"받은 값", "given", "所給"},
    [7] = {"가장 이른 날", "earliest day", "最早日期"},
    [8] = {"마지막 날", "latest day", "最後日期"},
    [9] = {"마지막으로 쓴 번호", "highest number used", "最後使用編號"},
    [10] = {"승인", "approvals", "核准"},
    [11] = {"필요한 승인", "approvals needed", "所需核准"},
    [12] = {"가격", "price", "價格"},
    [13] = {"시 지원금", "subsidy", "補助"},
    [14] = {"최소", "minimum", "最小"},
    [15] = {"최대", "maximum", "最大"},
    [16] = {"적립", "reward", "回饋"},
    [17] = {"낼 수 있는 금액", "covered", "可支付"},
    [18] = {"보류", "held", "保留"},
    [19] = {"이미 환불", "refunded", "已退"},
    [20] = {"분담금", "share", "分攤"},
};
/* clang-format on */

static bool text_is(const char *text, size_t text_size, const char *name)
{
    size_t i = 0;
    while (i < text_size && name[i] != '\0' && name[i] == text[i]) {
        i++;
    }
    return i == text_size && name[i] == '\0';
}

const dure_attribute_t *dure_attribute_by_id(uint32_t id)
{
    for (uint32_t i = 0; i < DURE_ATTRIBUTES_COUNT; i++) {
        if (dure_attributes[i].id == id) {
            return &dure_attributes[i];
        }
    }
    return NULL;
}

const dure_attribute_t *dure_attribute_by_name(const char *text, size_t size)
{
    for (uint32_t i = 0; i < DURE_ATTRIBUTES_COUNT; i++) {
        if (text_is(text, size, dure_attributes[i].name)) {
            return &dure_attributes[i];
        }
    }
    return NULL;
}

const dure_label_words_t *dure_label_words(uint32_t label)
{
    const uint32_t count = sizeof label_words / sizeof label_words[0];
    return label < count && label_words[label].en != NULL ? &label_words[label] : NULL;
}

bool dure_names_number(uint16_t *number, dure_names_t names, const char *text, size_t size)
{
    DURE_ASSERT((uint32_t)names < DURE_NAMES_COUNT);
    for (uint32_t i = 0; i < lists[names].count; i++) {
        const entry_t *entry = &lists[names].entries[i];
        if (entry->size == size && memcmp(entry->text, text, size) == 0) {
            *number = entry->number;
            return true;
        }
    }
    return false;
}

const char *dure_names_text(dure_names_t names, uint32_t number)
{
    DURE_ASSERT((uint32_t)names < DURE_NAMES_COUNT);
    for (uint32_t i = 0; i < lists[names].count; i++) {
        if (lists[names].entries[i].number == number) {
            return lists[names].entries[i].text;
        }
    }
    return NULL;
}

const char *dure_names_entry(uint16_t *number, dure_names_t names, uint32_t index)
{
    DURE_ASSERT((uint32_t)names < DURE_NAMES_COUNT);
    if (index >= lists[names].count) {
        return NULL;
    }
    *number = lists[names].entries[index].number;
    return lists[names].entries[index].text;
}
