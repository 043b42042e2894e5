/* codec: the closed vocabulary of the ledger and of Yak: attributes and the names they may take.
   Written by tools/gen_vocabulary.py from schema/vocabulary.json; do not edit.
   Numbers are stored and signed; they are never reused or renumbered. */
#ifndef DURE_VOCABULARY_H
#define DURE_VOCABULARY_H

#include "base/dure_base.h"

typedef enum {
    DURE_NAMES_NONE = 0, /* the attribute does not take a name */
    DURE_NAMES_KINDS = 1,
    DURE_NAMES_CATEGORIES = 2,
    DURE_NAMES_AID_TIERS = 3,
    DURE_NAMES_WEEKDAYS = 4,
    DURE_NAMES_CHANNELS = 5,
    DURE_NAMES_ORIGINS = 6,
    DURE_NAMES_ROLES = 7,
    DURE_NAMES_LABELS = 8,
    DURE_NAMES_MOVES = 9,
    DURE_NAMES_HOLD_KINDS = 10,
    DURE_NAMES_HOLD_REASONS = 11,
    DURE_NAMES_FUND_MODES = 12,
} dure_names_t;
#define DURE_NAMES_COUNT 13u

typedef enum {
    DURE_KIND_CITIZEN = 1,
    DURE_KIND_MERCHANT = 2,
    DURE_KIND_SERVICE = 3,
    DURE_KIND_BEARER = 4,
} dure_kind_t;

typedef enum {
    DURE_CATEGORY_RESTAURANT = 1,
    DURE_CATEGORY_CAFE = 2,
    DURE_CATEGORY_BAKERY = 3,
    DURE_CATEGORY_CONVENIENCE_STORE = 4,
    DURE_CATEGORY_MART = 5,
    DURE_CATEGORY_LARGE_MART = 6,
    DURE_CATEGORY_DEPARTMENT_STORE = 7,
    DURE_CATEGORY_ONLINE_MALL = 8,
    DURE_CATEGORY_TRADITIONAL_MARKET = 9,
    DURE_CATEGORY_BUTCHER_FISH_GREENS = 10,
    DURE_CATEGORY_FARMERS_COOP = 11,
    DURE_CATEGORY_CLOTHING = 12,
    DURE_CATEGORY_SHOES_BAGS = 13,
    DURE_CATEGORY_JEWELLERY = 14,
    DURE_CATEGORY_COSMETICS = 15,
    DURE_CATEGORY_BEAUTY = 16,
    DURE_CATEGORY_PHARMACY = 17,
    DURE_CATEGORY_CLINIC = 18,
    DURE_CATEGORY_HOSPITAL = 19,
    DURE_CATEGORY_POSTNATAL_CENTRE = 20,
    DURE_CATEGORY_BABY_GOODS = 21,
    DURE_CATEGORY_MASSAGE = 22,
    DURE_CATEGORY_HEALTH_FOOD = 23,
    DURE_CATEGORY_ACADEMY = 24,
    DURE_CATEGORY_BOOKS_STATIONERY = 25,
    DURE_CATEGORY_CULTURE_LEISURE = 26,
    DURE_CATEGORY_SPORTS = 27,
    DURE_CATEGORY_LODGING = 28,
    DURE_CATEGORY_TRAVEL_TRANSPORT = 29,
    DURE_CATEGORY_TAXI = 30,
    DURE_CATEGORY_FUEL = 31,
    DURE_CATEGORY_VEHICLE = 32,
    DURE_CATEGORY_VEHICLE_REPAIR = 33,
    DURE_CATEGORY_FURNITURE = 34,
    DURE_CATEGORY_ELECTRONICS = 35,
    DURE_CATEGORY_HOUSEHOLD_GOODS = 36,
    DURE_CATEGORY_LAUNDRY_REPAIR = 37,
    DURE_CATEGORY_FLOWERS_PETS = 38,
    DURE_CATEGORY_BUILDING_MATERIALS = 39,
    DURE_CATEGORY_AGRICULTURE = 40,
    DURE_CATEGORY_SERVICES = 41,
    DURE_CATEGORY_MEMBERSHIP = 42,
    DURE_CATEGORY_INSURANCE = 43,
    DURE_CATEGORY_NIGHTLIFE = 44,
    DURE_CATEGORY_GAMBLING = 45,
    DURE_CATEGORY_PUBLIC_UTILITY = 46,
    DURE_CATEGORY_OTHER = 47,
} dure_category_t;

typedef enum {
    DURE_AID_TIER_STANDARD = 1,
    DURE_AID_TIER_NEAR_POOR = 2,
    DURE_AID_TIER_BASIC_LIVING = 3,
} dure_aid_tier_t;

typedef enum {
    DURE_WEEKDAY_MONDAY = 0,
    DURE_WEEKDAY_TUESDAY = 1,
    DURE_WEEKDAY_WEDNESDAY = 2,
    DURE_WEEKDAY_THURSDAY = 3,
    DURE_WEEKDAY_FRIDAY = 4,
    DURE_WEEKDAY_SATURDAY = 5,
    DURE_WEEKDAY_SUNDAY = 6,
} dure_weekday_t;

typedef enum {
    DURE_CHANNEL_QR_MERCHANT = 1,
    DURE_CHANNEL_QR_CUSTOMER = 2,
    DURE_CHANNEL_CARD = 3,
    DURE_CHANNEL_ONLINE = 4,
} dure_channel_t;

typedef enum {
    DURE_ORIGIN_PURCHASE = 1,
    DURE_ORIGIN_GRANT = 2,
    DURE_ORIGIN_REWARD = 3,
    DURE_ORIGIN_REFUND = 4,
} dure_origin_t;

typedef enum {
    DURE_SERVICE_REGISTRAR = 1,
    DURE_SERVICE_BANK = 2,
    DURE_SERVICE_OFFICER = 4,
    DURE_SERVICE_CLOCK = 8,
    DURE_SERVICE_WATCH = 16,
    DURE_SERVICE_CARD_SERVICE = 32,
    DURE_SERVICE_AUDITOR = 64,
    DURE_SERVICE_OPERATOR = 128,
} dure_service_t;

typedef enum {
    DURE_LABEL_ASKED = 1,
    DURE_LABEL_AVAILABLE = 2,
    DURE_LABEL_LIMIT = 3,
    DURE_LABEL_ROOM = 4,
    DURE_LABEL_EXPECTED = 5,
    DURE_LABEL_GIVEN = 6,
    DURE_LABEL_EARLIEST_DAY = 7,
    DURE_LABEL_LATEST_DAY = 8,
    DURE_LABEL_HIGHEST_USED = 9,
    DURE_LABEL_APPROVALS = 10,
    DURE_LABEL_THRESHOLD = 11,
    DURE_LABEL_PRICE = 12,
    DURE_LABEL_SUBSIDY = 13,
    DURE_LABEL_MINIMUM = 14,
    DURE_LABEL_MAXIMUM = 15,
    DURE_LABEL_REWARD = 16,
    DURE_LABEL_COVERED = 17,
    DURE_LABEL_HELD = 18,
    DURE_LABEL_REFUNDED = 19,
    DURE_LABEL_SHARE = 20,
} dure_label_t;

typedef enum {
    DURE_MOVE_LOT_ISSUED = 1,
    DURE_MOVE_LOT_TAKEN = 2,
    DURE_MOVE_MERCHANT_RECEIVED = 3,
    DURE_MOVE_MERCHANT_REDEEMED = 4,
    DURE_MOVE_PAYOUT_OPENED = 5,
    DURE_MOVE_PAYOUT_SETTLED = 6,
    DURE_MOVE_PAYOUT_REJECTED = 7,
    DURE_MOVE_SUBSIDY_TO_ESCROW = 8,
    DURE_MOVE_PRICE_TO_ESCROW = 9,
    DURE_MOVE_SUBSIDY_RETURNED = 10,
    DURE_MOVE_ACCOUNT_DEPOSITED = 11,
    DURE_MOVE_ORDER_OPENED = 12,
    DURE_MOVE_ORDER_CLOSED = 13,
    DURE_MOVE_LOT_CANCELLED = 14,
    DURE_MOVE_REFUND_SETTLED = 15,
    DURE_MOVE_REFUND_REJECTED = 16,
    DURE_MOVE_GRANT_TO_ESCROW = 17,
    DURE_MOVE_REWARD_TO_ESCROW = 18,
    DURE_MOVE_ADVANCE_TO_ESCROW = 19,
    DURE_MOVE_ESCROW_TO_ACCOUNT = 20,
    DURE_MOVE_LOT_RETURNED = 21,
    DURE_MOVE_MERCHANT_RETURNED = 22,
    DURE_MOVE_DEBT_OPENED = 23,
    DURE_MOVE_DEBT_REPAID = 24,
    DURE_MOVE_LOT_WITHDRAWN = 25,
    DURE_MOVE_LOT_GIVEN = 26,
    DURE_MOVE_LOT_RECEIVED = 27,
    DURE_MOVE_MERCHANT_SENT = 28,
    DURE_MOVE_LOT_REMAINDERED = 29,
    DURE_MOVE_LOT_RECALLED = 30,
    DURE_MOVE_LOT_LAPSED = 31,
    DURE_MOVE_SHARE_TAKEN = 32,
    DURE_MOVE_BATCH_RESERVED = 33,
    DURE_MOVE_BATCH_RELEASED = 34,
    DURE_MOVE_LOTS_GRANTED = 35,
    DURE_MOVE_LOTS_RECALLED = 36,
} dure_move_t;

typedef enum {
    DURE_HOLD_KIND_FREEZE = 1,
    DURE_HOLD_KIND_SUSPENSION = 2,
    DURE_HOLD_KIND_DEATH = 3,
    DURE_HOLD_KIND_MONEY = 4,
} dure_hold_kind_t;

typedef enum {
    DURE_HOLD_REASON_LOST_PHONE = 1,
    DURE_HOLD_REASON_OWN_REQUEST = 2,
    DURE_HOLD_REASON_SUSPECTED_FRAUD = 3,
    DURE_HOLD_REASON_REGISTRATION_ENDED = 4,
    DURE_HOLD_REASON_DEATH = 5,
    DURE_HOLD_REASON_COURT_ORDER = 6,
    DURE_HOLD_REASON_RECHECK = 7,
    DURE_HOLD_REASON_INSPECTION = 8,
} dure_hold_reason_t;

typedef enum {
    DURE_FUND_MODE_OPEN = 0,
    DURE_FUND_MODE_PAUSED = 1,
    DURE_FUND_MODE_FULL_REFUND = 2,
} dure_fund_mode_t;

typedef enum {
    DURE_ATTRIBUTE_RESIDENCE = 1,
    DURE_ATTRIBUTE_BIRTH_YEAR = 2,
    DURE_ATTRIBUTE_BIRTH_DIGIT = 3,
    DURE_ATTRIBUTE_AID_TIER = 4,
    DURE_ATTRIBUTE_REGION = 16,
    DURE_ATTRIBUTE_CATEGORY = 17,
    DURE_ATTRIBUTE_ANNUAL_SALES = 18,
    DURE_ATTRIBUTE_OWNER = 19,
    DURE_ATTRIBUTE_RISK = 20,
} dure_attribute_id_t;

typedef enum {
    DURE_ATTRIBUTE_TYPE_REGION = 1,
    DURE_ATTRIBUTE_TYPE_COUNT = 2,
    DURE_ATTRIBUTE_TYPE_NAME = 3,
    DURE_ATTRIBUTE_TYPE_WON = 4,
    DURE_ATTRIBUTE_TYPE_PARTY = 5,
} dure_attribute_type_t;

typedef struct {
    uint8_t id;      /* dure_attribute_id_t */
    uint8_t carrier; /* dure_kind_t: which parties may have it */
    uint8_t type;    /* dure_attribute_type_t */
    uint8_t names;   /* dure_names_t, NONE unless the type is NAME */
    const char *name;
    const char *attested_by;
    const char *ko, *en, *zh; /* what a reader is shown */
} dure_attribute_t;

#define DURE_ATTRIBUTES_COUNT 9u
extern const dure_attribute_t dure_attributes[DURE_ATTRIBUTES_COUNT]; /* ascending id */

/* dure_attribute_by_id, _by_name: NULL if there is none. */
const dure_attribute_t *dure_attribute_by_id(uint32_t id);
const dure_attribute_t *dure_attribute_by_name(const char *text, size_t size);

/* dure_label_words: what a reader is shown of a label of an effect's number; NULL if there is none. */
typedef struct {
    const char *ko, *en, *zh;
} dure_label_words_t;
const dure_label_words_t *dure_label_words(uint32_t label);

/* dure_names_number: false if the list has no such name. */
DURE_MUST_USE bool dure_names_number(uint16_t *number, dure_names_t names, const char *text,
                                     size_t size);
/* dure_names_text: NULL if the list has no such number. */
const char *dure_names_text(dure_names_t names, uint32_t number);
/* dure_names_entry: the index-th name of a list with its number; NULL past the end. */
const char *dure_names_entry(uint16_t *number, dure_names_t names, uint32_t index);

#endif
