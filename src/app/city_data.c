/* Reads the city's real months and the province's distributions; scales them exactly. */
#include "app/city.h"

#include <stdlib.h>
#include <string.h>

#define LINE_MAX_SIZE 1024
#define COLUMNS_MAX   16

/* Kinds of shop in the data, and the vocabulary's. */
static const struct {
    const char *name;
    uint16_t category;
} kinds[] = {
    {"일반휴게음식", DURE_CATEGORY_RESTAURANT},
    {"음료식품", DURE_CATEGORY_CAFE},
    {"유통업 영리", DURE_CATEGORY_MART},
    {"유통업 비영리", DURE_CATEGORY_FARMERS_COOP},
    {"보건위생", DURE_CATEGORY_BEAUTY},
    {"약국", DURE_CATEGORY_PHARMACY},
    {"의원", DURE_CATEGORY_CLINIC},
    {"병원", DURE_CATEGORY_HOSPITAL},
    {"기타의료기관", DURE_CATEGORY_CLINIC},
    {"레저업소", DURE_CATEGORY_SPORTS},
    {"레져용품", DURE_CATEGORY_SPORTS},
    {"수리서비스", DURE_CATEGORY_LAUNDRY_REPAIR},
    {"신변잡화", DURE_CATEGORY_SHOES_BAGS},
    {"서적문구", DURE_CATEGORY_BOOKS_STATIONERY},
    {"문화.취미", DURE_CATEGORY_CULTURE_LEISURE},
    {"학원", DURE_CATEGORY_ACADEMY},
    {"의류", DURE_CATEGORY_CLOTHING},
    {"직물", DURE_CATEGORY_CLOTHING},
    {"자동차정비 유지", DURE_CATEGORY_VEHICLE_REPAIR},
    {"자동차판매", DURE_CATEGORY_VEHICLE},
    {"회원제형태", DURE_CATEGORY_MEMBERSHIP},
    {"기타", DURE_CATEGORY_OTHER},
    {"광학제품", DURE_CATEGORY_OTHER},
    {"용역 서비스", DURE_CATEGORY_SERVICES},
    {"건축자재", DURE_CATEGORY_BUILDING_MATERIALS},
    {"건강식품", DURE_CATEGORY_HEALTH_FOOD},
    {"연료판매점", DURE_CATEGORY_FUEL},
    {"사무통신", DURE_CATEGORY_ELECTRONICS},
    {"전기제품", DURE_CATEGORY_ELECTRONICS},
    {"주방용구", DURE_CATEGORY_HOUSEHOLD_GOODS},
    {"숙박업", DURE_CATEGORY_LODGING},
    {"농업", DURE_CATEGORY_AGRICULTURE},
    {"가구", DURE_CATEGORY_FURNITURE},
    {"여행", DURE_CATEGORY_TRAVEL_TRANSPORT},
};

uint64_t city_random_next(city_random_t *random)
{
    /* splitmix64: the whole state is one word, so a seed says everything. */
    random->state += UINT64_C(0x9E3779B97F4A7C15);
    uint64_t z = random->state;
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

uint64_t city_random_below(city_random_t *random, uint64_t bound)
{
    return (uint64_t)(((unsigned __int128)city_random_next(random) * bound) >> 64);
}

double city_random_unit(city_random_t *random)
{
    return (double)(city_random_next(random) >> 11) / 9007199254740992.0;
}

/* Splits a line at its commas, in place.  The data has no quoted fields. */
static size_t split(char *line, char *columns[COLUMNS_MAX])
{
    size_t count = 0;
    line[strcspn(line, "\r\n")] = 0;
    columns[count++] = line;
    for (char *at = line; *at != 0 && count < COLUMNS_MAX; at++) {
        if (*at == ',') {
            *at = 0;
            columns[count++] = at + 1;
        }
    }
    return count;
}

static FILE *open_data(const char *folder, const char *name, char *problem)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        city_problem(problem, "cannot read %s: is the data folder right (--data)?", path);
    }
    return file;
}

/* "0.01" -> 1 / 100, exactly. */
static bool parse_fraction(city_data_t *data, const char *text, char *problem)
{
    uint64_t numerator = 0;
    uint64_t denominator = 1;
    bool point = false;
    size_t digits = 0;
    for (const char *at = text; *at != 0; at++) {
        if (*at == '.' && !point) {
            point = true;
        } else if (*at >= '0' && *at <= '9' && digits < 10) {
            numerator = numerator * 10 + (uint64_t)(*at - '0');
            denominator *= point ? 10 : 1;
            digits++;
        } else {
            digits = 0;
            break;
        }
    }
    if (digits == 0 || numerator == 0 || numerator > denominator) {
        city_problem(problem,
                     "fraction \"%s\" is not a decimal above 0 and at most 1, such as 0.01", text);
        return false;
    }
    data->fraction_numerator = numerator;
    data->fraction_denominator = denominator;
    return true;
}

static uint64_t scaled(const city_data_t *data, uint64_t real)
{
    return (uint64_t)((unsigned __int128)real * data->fraction_numerator /
                      data->fraction_denominator);
}

static uint64_t number(const char *text)
{
    return *text == 0 ? 0 : strtoull(text, NULL, 10);
}

/* Gives each line of a file, taken apart, to `take`. */
static bool read_rows(city_data_t *data, const char *folder, const char *name, char *problem,
                      void (*take)(city_data_t *data, char **columns, size_t count))
{
    FILE *file = open_data(folder, name, problem);
    if (file == NULL) {
        return false;
    }
    char line[LINE_MAX_SIZE];
    char *columns[COLUMNS_MAX];
    while (fgets(line, sizeof line, file) != NULL) {
        take(data, columns, split(line, columns));
    }
    fclose(file);
    return true;
}

static void take_region(city_data_t *data, char **columns, size_t count)
{
    /* A large city is listed by its districts: 수원시 장안구 belongs to 수원시. */
    if (data->region == 0 && count >= 3 && strcmp(columns[1], "경기도") == 0 &&
        strncmp(columns[2], data->city, strlen(data->city)) == 0) {
        bool whole = strcmp(columns[2], data->city) == 0;
        data->region = (uint32_t)number(columns[0]);
        data->region = whole ? data->region : data->region / 10 * 10;
    }
}

static bool read_region(city_data_t *data, const char *folder, char *problem)
{
    static const char name[] = "korea-municipalities.csv";
    if (!read_rows(data, folder, name, problem, take_region)) {
        return false;
    }
    return data->region != 0 || city_problem(problem, "%s: no such city in %s", data->city, name);
}

/* The columns of gyeonggi-monthly-2019-2021.csv. */
enum {
    COLUMN_CITY,
    COLUMN_MONTH,
    COLUMN_CARDS_ISSUED,
    COLUMN_CARD_CHARGED,
    COLUMN_CARD_SPENT,
    COLUMN_USERS,
    COLUMN_MOBILE_CHARGED,
    COLUMN_MOBILE_SPENT,
    COLUMN_PAPER_SOLD,
    COLUMN_PAPER_REDEEMED,
    COLUMN_COUNT,
};

static void take_month(city_data_t *data, char **columns, size_t count)
{
    if (count != COLUMN_COUNT || strcmp(columns[COLUMN_CITY], data->city) != 0 ||
        data->month_count == CITY_MONTHS_MAX) {
        return;
    }
    uint64_t people = number(columns[COLUMN_USERS]);
    uint64_t cards = number(columns[COLUMN_CARDS_ISSUED]);
    uint64_t charged = number(columns[COLUMN_CARD_CHARGED]) +
                       number(columns[COLUMN_MOBILE_CHARGED]) + number(columns[COLUMN_PAPER_SOLD]);
    uint64_t spent = number(columns[COLUMN_CARD_SPENT]) + number(columns[COLUMN_MOBILE_SPENT]) +
                     number(columns[COLUMN_PAPER_REDEEMED]);
    if (data->month_count == 0 && people == 0 && cards == 0 && charged == 0 && spent == 0) {
        return; /* before the city's money began */
    }
    data->months[data->month_count++] = (city_month_t){
        .year = atoi(columns[COLUMN_MONTH]),
        .month = atoi(columns[COLUMN_MONTH] + 5),
        .registered = scaled(data, people),
        .cards = scaled(data, cards),
        .charged_won = scaled(data, charged * 1000),
        .spent_won = scaled(data, spent * 1000),
    };
}

static bool read_months(city_data_t *data, const char *folder, char *problem)
{
    static const char name[] = "gyeonggi-monthly-2019-2021.csv";
    if (!read_rows(data, folder, name, problem, take_month)) {
        return false;
    }
    return data->month_count != 0 || city_problem(problem, "%s: no months in %s", data->city, name);
}

static void take_kind(city_data_t *data, char **columns, size_t count)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0] && count >= 5; i++) {
        if (strcmp(kinds[i].name, columns[3]) == 0) {
            data->category_weights[kinds[i].category] += number(columns[4]);
        }
    }
}

static void take_age(city_data_t *data, char **columns, size_t count)
{
    int decade = count >= 5 ? atoi(columns[2]) / 10 : 0;
    if (decade >= 1 && decade <= 9) {
        data->age_weights[decade] += number(columns[4]);
    }
}

/* Where a city spent more until some month than had been charged since the data begin, the missing
   money was in people's hands before: the largest such gap is granted at the opening. */
static bool find_opening(city_data_t *data, char *problem)
{
    uint64_t charged = 0, spent = 0, held_most = 0;
    for (uint32_t i = 0; i < data->month_count; i++) {
        const city_month_t *month = &data->months[i];
        charged += month->charged_won;
        if (charged > spent && charged - spent > held_most) {
            held_most = charged - spent; /* before anything of the month is spent */
        }
        spent += month->spent_won;
        if (spent > charged && spent - charged > data->opening_won) {
            data->opening_won = spent - charged;
        }
    }
    data->held_most_won = held_most + data->opening_won;
    return charged > 0 || spent > 0 ||
           city_problem(problem, "%s: at this fraction not one won is left to replay", data->city);
}

bool city_data_names(char names[DURE_CITIES_MAX][CITY_NAME_SIZE], uint32_t *count,
                     const char *folder, char problem[CITY_PROBLEM_SIZE])
{
    char line[LINE_MAX_SIZE];
    char *columns[COLUMNS_MAX];
    FILE *file = open_data(folder, "gyeonggi-monthly-2019-2021.csv", problem);
    if (file == NULL) {
        return false;
    }
    *count = 0;
    bool heading = true;
    while (*count < DURE_CITIES_MAX && fgets(line, sizeof line, file) != NULL) {
        bool known = heading || split(line, columns) != COLUMN_COUNT;
        heading = false;
        for (uint32_t i = 0; i < *count && !known; i++) {
            known = strcmp(names[i], columns[COLUMN_CITY]) == 0;
        }
        if (!known) {
            snprintf(names[(*count)++], CITY_NAME_SIZE, "%s", columns[COLUMN_CITY]);
        }
    }
    fclose(file);
    return *count > 0 || city_problem(problem, "no city in the data of %s", folder);
}

bool city_data_read(city_data_t *data, const char *folder, const char *city, const char *fraction,
                    char problem[CITY_PROBLEM_SIZE])
{
    memset(data, 0, sizeof *data);
    snprintf(data->city, sizeof data->city, "%s", city);
    return parse_fraction(data, fraction, problem) && read_region(data, folder, problem) &&
           read_months(data, folder, problem) &&
           read_rows(data, folder, "gyeonggi-spending-by-category-2019.csv", problem, take_kind) &&
           read_rows(data, folder, "gyeonggi-uses-by-age-2019.csv", problem, take_age) &&
           find_opening(data, problem);
}
