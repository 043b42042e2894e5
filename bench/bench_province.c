/* A province on one machine: millions of parties of 31 cities through the real transactions,
   payments among them, a checkpoint in a real directory, and a restart from it.  Signatures count
   as checked (the verdicts are given); everything else is done.  The log begins with the payments:
   that of the founding would be gigabytes that nobody reads. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "chain/dure_chain.h"
#include "io/dure_io.h"
#include "store/dure_store.h"
#include "trace/trace.h"
#include "yak/dure_yak.h"

#define CITIES        31u
#define BLOCK_TXS     10000u
#define TX_ROOM       (96u * 1024u) /* of the largest: a fund's program */
#define WIRES_SIZE    (BLOCK_TXS * 1024u)
#define START_MS      UINT64_C(1767571200000) /* 2026-01-05T00:00Z */
#define UNTIL_DAY     20500
#define FIRST_SERVICE UINT64_C(101)
#define FIRST_CITIZEN UINT64_C(1000000000)
#define FIRST_SHOP    UINT64_C(9000000000)
#define SHOP_OF       60u /* parties for each shop */
#define FACE          UINT64_C(30000)
#define PRICE         UINT64_C(28200)
#define MIB           (1024.0 * 1024.0)

/* Region codes of the cities and counties of Gyeonggi. */
static const uint32_t REGIONS[CITIES] = {41110, 41130, 41150, 41170, 41190, 41210, 41220, 41250,
                                         41270, 41280, 41290, 41310, 41360, 41370, 41390, 41410,
                                         41430, 41450, 41460, 41480, 41500, 41550, 41570, 41590,
                                         41610, 41630, 41650, 41670, 41800, 41820, 41830};

typedef struct {
    const char *out, *folder;
    uint32_t citizens, shops, payments;
    bool is_quick; /* only the first of each city come by transactions, the others are like them */
    double limit_bytes;
    json_t *report;

    uint8_t genesis[8192];
    size_t genesis_size;
    dure_hash_t chain_id;
    dure_ledger_limits_t limits;
    dure_public_key_t key; /* everybody's: only its bytes matter here */
    void *memory;
    size_t memory_size;
    dure_chain_t *chain;
    dure_io_t *io;
    dure_store_t *store;
    uint64_t first_height; /* of the log */

    uint8_t *wires;
    size_t wires_used;
    dure_chain_tx_t *txs;
    dure_verdict_t *verdicts;
    uint32_t count;
    uint64_t numbers[CITIES]; /* next number of each city's service */
    uint64_t random;
    uint64_t step_ns, step_cpu_ns, append_ns;
    uint64_t refused;
} province_t;

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

/* Of this process, all its threads: what a busy machine does not stretch. */
static uint64_t cpu_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

static void note(province_t *province, const char *name, double value, const char *unit)
{
    json_object_set_new(province->report, name, json_real(value));
    fprintf(stderr, "  %-28s %16.2f %s\n", name, value, unit);
}

static uint64_t note_seconds(province_t *province, const char *name, uint64_t since_ns)
{
    const uint64_t now = now_ns();
    note(province, name, (double)(now - since_ns) / 1e9, "s");
    return now;
}

/* A figure of /proc/self/status in bytes: VmRSS, VmHWM. */
static double memory_figure(const char *name)
{
    char line[256];
    double kib = 0;
    FILE *file = fopen("/proc/self/status", "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, name, strlen(name)) == 0) {
            kib = strtod(line + strlen(name) + 1, NULL);
        }
    }
    if (file != NULL) {
        fclose(file);
    }
    return kib * 1024;
}

static bool fails(const char *what, const char *why)
{
    fprintf(stderr, "dure-province: %s: %s\n", what, why);
    return false;
}

static uint32_t draw(province_t *province, uint32_t bound)
{
    province->random =
        province->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(((province->random >> 32) * bound) >> 32);
}

/* ---- blocks ---------------------------------------------------------------------------------- */

static bool run_block(province_t *province)
{
    static dure_chain_update_t update;
    dure_chain_event_t event = {.kind = DURE_CHAIN_FINALIZE,
                                .height = dure_chain_head(province->chain)->height + 1,
                                .time = START_MS + 1000,
                                .txs = province->txs,
                                .tx_count = province->count};
    if (province->count == 0) {
        return true;
    }
    const uint64_t start = now_ns();
    const uint64_t cpu_start = cpu_ns();
    bool done = dure_chain_step(province->chain, &update, &event) == DURE_CHAIN_OK;
    for (uint32_t i = 0; done && i < update.result_count; i++) {
        province->refused += update.results[i].code != DURE_RESULT_DONE ? 1 : 0;
    }
    event.kind = DURE_CHAIN_COMMIT;
    const dure_bytes_t block = update.block;
    done = done && dure_chain_step(province->chain, &update, &event) == DURE_CHAIN_OK;
    const uint64_t stepped = now_ns();
    province->step_ns += stepped - start;
    province->step_cpu_ns += cpu_ns() - cpu_start;
    if (done && province->store != NULL) {
        done = dure_store_append(province->store, &block, 1) == DURE_STORE_OK;
        province->append_ns += now_ns() - stepped;
    }
    province->count = 0;
    province->wires_used = 0;
    return done || fails("a block", "the chain or the store refused it");
}

static bool push(province_t *province, uint64_t party, uint64_t number, const dure_body_t *body)
{
    static dure_tx_t tx;
    tx = (dure_tx_t){
        .version = 1, .id = {party, 0, number}, .valid_until = START_MS + 3600000, .body = *body};
    const dure_seal_t seal = {.slot = 0};
    if (WIRES_SIZE - province->wires_used < TX_ROOM && !run_block(province)) {
        return false;
    }
    dure_writer_t writer =
        dure_writer(province->wires + province->wires_used, WIRES_SIZE - province->wires_used);
    dure_tx_encode(&writer, &tx);
    dure_verdict_t *verdict = &province->verdicts[province->count];
    dure_tx_hash(&verdict->tx, &province->chain_id, dure_writer_bytes(&writer));
    verdict->key = province->key;
    verdict->result = DURE_CRYPTO_OK;
    dure_seal_encode(&writer, &seal);
    province->txs[province->count] =
        (dure_chain_tx_t){.wire = dure_writer_bytes(&writer), .verdict = verdict};
    province->wires_used += writer.size;
    return ++province->count < BLOCK_TXS || run_block(province);
}

static bool push_service(province_t *province, uint32_t city, const dure_body_t *body)
{
    return push(province, FIRST_SERVICE + city, province->numbers[city]++, body);
}

/* ---- founding -------------------------------------------------------------------------------- */

static void genesis_make(province_t *province)
{
    static dure_genesis_t genesis;
    genesis = (dure_genesis_t){.version = 1,
                               .clock = 1,
                               .parties_max = province->limits.parties_max,
                               .time = START_MS,
                               .zones_count = 1,
                               .zones = {{.offset_s = 9 * 3600}},
                               .cities_count = CITIES,
                               .services_count = CITIES};
    for (uint32_t i = 0; i < CITIES; i++) {
        genesis.cities[i] = (dure_genesis_city_t){.city = REGIONS[i], .threshold = 1};
        genesis.services[i] = (dure_genesis_service_t){
            .party = FIRST_SERVICE + i,
            .city = REGIONS[i],
            .roles = DURE_SERVICE_REGISTRAR | DURE_SERVICE_BANK | DURE_SERVICE_OFFICER,
            .key = province->key,
        };
        province->numbers[i] = 1;
    }
    dure_writer_t writer = dure_writer(province->genesis, sizeof province->genesis);
    dure_genesis_encode(&writer, &genesis);
    DURE_ASSERT(!writer.overflow);
    province->genesis_size = writer.size;
    dure_hash(&province->chain_id, DURE_TAG_GENESIS, province->genesis, writer.size);
}

static bool chain_open(province_t *province)
{
    const char *problem = "no memory";
    province->memory_size = dure_chain_size(&province->limits);
    province->memory = aligned_alloc(64, (province->memory_size + 63) / 64 * 64);
    if (province->memory != NULL) {
        dure_io_memory_prepare(province->memory, province->memory_size); /* as a node does */
    }
    province->chain =
        province->memory == NULL
            ? NULL
            : dure_chain_init(province->memory, province->memory_size, &province->limits,
                              dure_bytes(province->genesis, province->genesis_size), &problem);
    return province->chain != NULL || fails("the tables", problem);
}

/* Puts `with` in the place of `what`, which stands in the source. */
static void replace(char *source, size_t *size, const char *what, const char *with)
{
    char *at = memmem(source, *size, what, strlen(what));
    DURE_ASSERT(at != NULL);
    const size_t behind = (size_t)(source + *size - at) - strlen(what);
    memmove(at + strlen(with), at + strlen(what), behind);
    memcpy(at, with, strlen(with));
    *size = *size - strlen(what) + strlen(with);
}

/* The fund of one city: examples/gimpo/general.yak in its name, with room for a large city. */
static bool fund_open(province_t *province, uint32_t city, const char *text, size_t text_size)
{
    static char source[DURE_YAK_SOURCE_SIZE_MAX];
    static uint8_t image[DURE_YAK_IMAGE_SIZE_MAX];
    static dure_yak_diagnostics_t diagnostics;
    static dure_body_t body;
    char name[32];
    size_t size = text_size;
    size_t image_size = 0;
    memcpy(source, text, text_size);
    snprintf(name, sizeof name, "city %u", (unsigned)REGIONS[city]);
    replace(source, &size, "city 41570", name);
    replace(source, &size, "= 10,000,000,000 won ", "= 100,000,000,000 won ");
    const size_t workspace_size = dure_yak_workspace_size();
    void *workspace = aligned_alloc(64, (workspace_size + 63) / 64 * 64);
    const bool compiled =
        workspace != NULL && dure_yak_compile(workspace, workspace_size, dure_bytes(source, size),
                                              image, &image_size, &diagnostics);
    free(workspace);
    if (!compiled) {
        return fails("a fund", "its program does not compile");
    }
    dure_act_t act = {.kind = DURE_ACT_ACCOUNT};
    bool done = dure_name_from(&act.account.account, "budget", 6);
    body = dure_trace_propose(UNTIL_DAY, &act);
    done = done && push_service(province, city, &body) && run_block(province);
    body = dure_trace_deposit("budget", UINT64_C(10000000000));
    done = done && push_service(province, city, &body) && run_block(province);
    act = (dure_act_t){.kind = DURE_ACT_FUND,
                       .fund = {.fund = city + 1,
                                .ceiling = dure_amount(UINT64_C(1000000000000)),
                                .image = dure_bytes(image, image_size),
                                .source = dure_bytes(source, size)}};
    body = dure_trace_propose(UNTIL_DAY, &act);
    return done && push_service(province, city, &body) && run_block(province);
}

static bool found(province_t *province)
{
    static char text[DURE_YAK_SOURCE_SIZE_MAX];
    FILE *file = fopen("examples/gimpo/general.yak", "rb");
    const size_t size = file == NULL ? 0 : fread(text, 1, sizeof text - 64, file);
    if (file != NULL) {
        fclose(file);
    }
    bool done = size > 0 || fails("examples/gimpo/general.yak", "cannot be read");
    for (uint32_t city = 0; done && city < CITIES; city++) {
        done = fund_open(province, city, text, size);
    }
    return done && (province->refused == 0 || fails("the founding", "something was refused"));
}

/* ---- people ---------------------------------------------------------------------------------- */

static bool register_party(province_t *province, uint64_t party, uint32_t city, uint8_t kind)
{
    static dure_body_t body;
    body = (dure_body_t){
        .kind = DURE_BODY_REGISTRATION,
        .registration = {
            .subject = party, .kind = kind, .keys_count = 1, .keys = {{.key = province->key}}}};
    dure_registration_t *made = &body.registration;
    dure_put_u64(made->blind.bytes, party);
    const uint64_t citizen[3][2] = {{DURE_ATTRIBUTE_RESIDENCE, REGIONS[city]},
                                    {DURE_ATTRIBUTE_BIRTH_YEAR, 1940 + party % 65}};
    const uint64_t shop[3][2] = {{DURE_ATTRIBUTE_REGION, REGIONS[city]},
                                 {DURE_ATTRIBUTE_CATEGORY, DURE_CATEGORY_BAKERY},
                                 {DURE_ATTRIBUTE_ANNUAL_SALES, 200000000}};
    const uint64_t(*facts)[2] = kind == DURE_KIND_CITIZEN ? citizen : shop;
    for (uint32_t i = 0; i < 3 && facts[i][0] != 0; i++) {
        made->attributes[made->attributes_count++] = (dure_attribute_entry_t){
            .what = facts[i][0], .value = facts[i][1], .until = DURE_DAY_MAX};
    }
    return push_service(province, city, &body);
}

static bool register_all(province_t *province, uint32_t citizens, uint32_t shops)
{
    bool done = true;
    for (uint32_t i = 0; done && i < citizens; i++) {
        done = register_party(province, FIRST_CITIZEN + i, i % CITIES, DURE_KIND_CITIZEN);
    }
    for (uint32_t i = 0; done && i < shops; i++) {
        done = register_party(province, FIRST_SHOP + i, i % CITIES, DURE_KIND_MERCHANT);
    }
    return done && run_block(province);
}

/* One lot for each citizen: an order, and the bank's credit behind it. */
static bool buy_all(province_t *province, uint32_t citizens)
{
    bool done = true;
    for (uint32_t i = 0; done && i < citizens; i++) {
        const uint64_t citizen = FIRST_CITIZEN + i;
        dure_body_t order = dure_trace_order(FACE);
        order.purchase_order.fund = i % CITIES + 1;
        const dure_body_t credit = dure_trace_credit((dure_tx_id_t){citizen, 0, 1}, PRICE);
        done = push(province, citizen, 1, &order) && push_service(province, i % CITIES, &credit);
    }
    return done && run_block(province);
}

/* How many of those numbered from 0 are of this city. */
static uint32_t of_city(uint32_t count, uint32_t city)
{
    return (count + CITIES - 1 - city) / CITIES;
}

/* ---- people in a hurry: everybody like the first of the city --------------------------------- */

typedef struct {
    uint8_t *bytes; /* table, blind, length, record; and so on */
    size_t size, room;
} records_t;

#define RECORD_PREFIX (1 + sizeof(dure_blind_t) + 4)

static bool records_copy(records_t *records, const dure_ledger_t *ledger)
{
    uint64_t cursor = 0;
    for (;;) {
        if (records->room - records->size < RECORD_PREFIX + DURE_RECORD_SIZE_MAX) {
            records->room += 64 * (size_t)DURE_RECORD_SIZE_MAX;
            uint8_t *bytes = realloc(records->bytes, records->room);
            if (bytes == NULL) {
                return fails("the records", "no memory");
            }
            records->bytes = bytes;
        }
        uint8_t *at = records->bytes + records->size;
        dure_blind_t blind;
        dure_writer_t out = dure_writer(at + RECORD_PREFIX, DURE_RECORD_SIZE_MAX);
        if (!dure_ledger_next(ledger, &cursor, at, &blind, &out)) {
            return true;
        }
        memcpy(at + 1, blind.bytes, sizeof blind.bytes);
        dure_put_u32(at + 1 + sizeof blind.bytes, (uint32_t)out.size);
        records->size += RECORD_PREFIX + out.size;
    }
}

static bool give(province_t *province, uint8_t table, const dure_blind_t *blind,
                 dure_bytes_t record)
{
    const char *problem = NULL;
    return dure_ledger_load_record(dure_chain_ledger_mutable(province->chain), table, blind, record,
                                   &problem) ||
           fails("a record", problem);
}

/* The fund holds what all citizens of the city hold. */
static bool give_fund(province_t *province, const dure_blind_t *blind, dure_bytes_t record)
{
    static uint8_t bytes[DURE_RECORD_SIZE_MAX];
    dure_record_fund_t fund;
    dure_reader_t reader = dure_reader(record);
    dure_record_fund_decode(&reader, &fund);
    const uint32_t citizens = of_city(province->citizens, (uint32_t)fund.fund - 1);
    fund.issued = fund.held_citizens = fund.escrow = dure_amount(citizens * FACE);
    dure_writer_t out = dure_writer(bytes, sizeof bytes);
    dure_record_fund_encode(&out, &fund);
    return give(province, DURE_TABLE_FUND, blind, dure_writer_bytes(&out));
}

/* Copies of the records in `like`, one for each city in turn: only number and blind differ. */
static bool give_like(province_t *province, const dure_bytes_t *like, uint64_t first,
                      uint32_t count)
{
    static uint8_t bytes[DURE_RECORD_SIZE_MAX];
    bool done = true;
    for (uint32_t i = CITIES; done && i < count; i++) {
        const dure_bytes_t model = like[i % CITIES];
        dure_blind_t blind = {{0}};
        memcpy(bytes, model.data, model.size);
        dure_put_u64(bytes, first + i);
        dure_put_u64(blind.bytes, first + i);
        done = give(province, DURE_TABLE_PARTY, &blind, dure_bytes(bytes, model.size));
    }
    return done;
}

static bool multiply(province_t *province)
{
    static dure_bytes_t citizens[CITIES], shops[CITIES];
    records_t records = {.bytes = NULL};
    dure_ledger_t *ledger = dure_chain_ledger_mutable(province->chain);
    bool done = records_copy(&records, ledger);
    dure_ledger_load_begin(ledger);
    for (size_t at = 0; done && at < records.size;) {
        const uint8_t *head = records.bytes + at;
        const uint8_t *record = head + RECORD_PREFIX;
        dure_blind_t blind;
        memcpy(blind.bytes, head + 1, sizeof blind.bytes);
        const dure_bytes_t bytes = dure_bytes(record, dure_get_u32(record - 4));
        const uint64_t party = *head == DURE_TABLE_PARTY ? dure_get_u64(record) : 0;
        if (party >= FIRST_SHOP) {
            shops[party - FIRST_SHOP] = bytes;
        } else if (party >= FIRST_CITIZEN) {
            citizens[party - FIRST_CITIZEN] = bytes;
        }
        done = *head == DURE_TABLE_FUND ? give_fund(province, &blind, bytes)
                                        : give(province, *head, &blind, bytes);
        at += RECORD_PREFIX + bytes.size;
    }
    done = done && give_like(province, citizens, FIRST_CITIZEN, province->citizens) &&
           give_like(province, shops, FIRST_SHOP, province->shops);
    free(records.bytes);
    const char *problem = NULL;
    done = done && (dure_ledger_load_end(ledger, &problem) || fails("the records", problem));
    dure_hash_t root;
    dure_ledger_root(ledger, &root); /* here, and not with the first block of payments */
    return done;
}

/* Payments of anybody to some shop of the same city. */
static bool pay(province_t *province, uint32_t count, uint64_t *numbers)
{
    bool done = true;
    for (uint32_t i = 0; done && i < count; i++) {
        const uint32_t payer = draw(province, province->citizens);
        const uint32_t shops = of_city(province->shops, payer % CITIES);
        const uint32_t shop = draw(province, shops) * CITIES + payer % CITIES;
        const dure_body_t body = dure_trace_payment(FIRST_SHOP + shop, 1000 + draw(province, 4000));
        const uint64_t number = 2 + numbers[payer]++;
        done = push(province, FIRST_CITIZEN + payer, number, &body);
    }
    return done && run_block(province);
}

/* ---- the directory --------------------------------------------------------------------------- */

static bool folder_clear(province_t *province)
{
    static dure_io_entry_t entries[256];
    size_t count = 0;
    bool done = dure_io_list(province->io, entries, &count, 256) == DURE_IO_OK;
    for (size_t i = 0; done && i < count; i++) {
        done = dure_io_unlink(province->io, entries[i].name) == DURE_IO_OK;
    }
    return done || fails(province->folder, "cannot be emptied");
}

static bool store_open(province_t *province, bool is_new)
{
    dure_store_report_t report;
    const dure_store_config_t config = {.chain_id = province->chain_id,
                                        .first_height = province->first_height};
    if (dure_io_linux_open(&province->io, province->folder, DURE_IO_EXCLUSIVE) != DURE_IO_OK) {
        return fails(province->folder, "cannot be opened");
    }
    if (is_new && !folder_clear(province)) {
        return false;
    }
    return dure_store_open(&province->store, &report, province->io, &config) == DURE_STORE_OK ||
           fails("the store", dure_store_message(province->store));
}

static bool store_close(province_t *province)
{
    const bool done = dure_store_close(province->store) == DURE_STORE_OK;
    dure_io_close(province->io);
    province->store = NULL;
    province->io = NULL;
    return done || fails("the store", "cannot be closed");
}

/* Until the chunk under way is on the disk. */
static bool chunk_wait(province_t *province)
{
    static dure_io_event_t events[64];
    bool done = true;
    while (done && dure_store_checkpoint_state(province->store) == DURE_CHECKPOINT_WRITING) {
        size_t count = 0;
        done = dure_io_poll(province->io, events, &count, 64, DURE_IO_FOREVER) == DURE_IO_OK;
        for (size_t i = 0; i < count; i++) {
            (void)dure_store_take_event(province->store, &events[i]);
        }
    }
    return done && dure_store_state(province->store) == DURE_STORE_OK;
}

static bool checkpoint_save(province_t *province)
{
    const dure_chain_head_t *head = dure_chain_head(province->chain);
    const dure_checkpoint_t checkpoint = {.height = head->height,
                                          .block_hash = head->block_hash,
                                          .app_hash = head->app_hash,
                                          .ledger_root = head->ledger_root};
    uint8_t *chunk = malloc(DURE_STORE_CHUNK_SIZE_MAX);
    uint64_t cursor = 0;
    double bytes = 0;
    size_t size = 0;
    bool done =
        chunk != NULL && dure_store_checkpoint_begin(province->store, &checkpoint) == DURE_STORE_OK;
    do {
        done = done && chunk_wait(province);
        size =
            done ? dure_chain_save(province->chain, &cursor, chunk, DURE_STORE_CHUNK_SIZE_MAX) : 0;
        done = done && (size > 0 ? dure_store_checkpoint_chunk(province->store, chunk, size)
                                 : dure_store_checkpoint_end(province->store)) == DURE_STORE_OK;
        bytes += (double)size;
    } while (size > 0);
    done = done && chunk_wait(province);
    free(chunk);
    note(province, "checkpoint_bytes", bytes, "bytes");
    return done || fails("the checkpoint", dure_store_message(province->store));
}

static bool checkpoint_load(province_t *province)
{
    dure_checkpoint_t checkpoint;
    const char *problem = "there is none";
    bool done = dure_store_checkpoint_next(province->store, &checkpoint) == DURE_STORE_OK;
    if (done) {
        dure_chain_load_begin(province->chain);
    }
    dure_bytes_t chunk = {.size = 0};
    do {
        done = done && dure_store_checkpoint_read(province->store, &chunk) == DURE_STORE_OK &&
               dure_chain_load_part(province->chain, chunk, &problem);
    } while (done && chunk.size > 0);
    done = done && dure_chain_load_finish(province->chain, &problem);
    return done || fails("the checkpoint", problem);
}

/* What the disk gives when the file is not in the cache: bytes per second of one reader. */
static double read_rate(const province_t *province)
{
    char path[4096];
    static uint8_t page[1 << 20];
    double bytes = 0;
    uint64_t ns = 0;
    for (int slot = 0; slot < 2; slot++) {
        snprintf(path, sizeof path, "%s/checkpoint-%c.dure", province->folder, 'a' + slot);
        const int file = open(path, O_RDONLY | O_CLOEXEC);
        if (file < 0) {
            continue;
        }
        fsync(file);
        posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
        const uint64_t start = now_ns();
        for (ssize_t got; (got = read(file, page, sizeof page)) > 0;) {
            bytes += (double)got;
        }
        ns += now_ns() - start;
        posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
        close(file);
    }
    return ns == 0 ? 0 : bytes * 1e9 / (double)ns;
}

/* ---- the phases ------------------------------------------------------------------------------ */

static bool create(province_t *province)
{
    uint64_t at = now_ns();
    genesis_make(province);
    bool done = chain_open(province);
    note(province, "reserved_bytes", (double)province->memory_size, "bytes");
    note(province, "resident_empty", memory_figure("VmRSS:"), "bytes");
    done = done && found(province);
    at = note_seconds(province, "founding_s", at);
    const uint32_t citizens = province->is_quick ? CITIES : province->citizens;
    const uint32_t shops = province->is_quick ? CITIES : province->shops;
    done = done && register_all(province, citizens, shops);
    at = note_seconds(province, "registration_s", at);
    done = done && buy_all(province, citizens);
    at = note_seconds(province, "purchase_s", at);
    if (province->is_quick) {
        done = done && multiply(province);
        note_seconds(province, "multiplication_s", at);
    }
    note(province, "resident_created", memory_figure("VmRSS:"), "bytes");
    return done && (province->refused == 0 || fails("the creation", "something was refused"));
}

static bool trade(province_t *province, uint64_t *numbers)
{
    province->first_height = dure_chain_head(province->chain)->height + 1;
    bool done = store_open(province, true);
    province->step_ns = 0;
    province->step_cpu_ns = 0;
    province->append_ns = 0;
    done = done && pay(province, province->payments, numbers);
    note(province, "payments", province->payments, "");
    note(province, "payments_refused", (double)province->refused, "");
    note(province, "payments_per_s", province->payments * 1e9 / (double)province->step_ns, "1/s");
    note(province, "payments_per_cpu_s", province->payments * 1e9 / (double)province->step_cpu_ns,
         "1/s");
    note(province, "payments_durable_per_s",
         province->payments * 1e9 / (double)(province->step_ns + province->append_ns), "1/s");
    const uint64_t at = now_ns();
    done = done && checkpoint_save(province);
    note_seconds(province, "checkpoint_s", at);
    return done && store_close(province);
}

/* From nothing in memory to the same state; then it goes on. */
static bool restart(province_t *province, uint64_t *numbers)
{
    const dure_chain_head_t before = *dure_chain_head(province->chain);
    free(province->memory);
    province->memory = NULL;
    province->chain = NULL;
    const double rate = read_rate(province);
    note(province, "read_rate", rate / MIB, "MiB/s");
    uint64_t at = now_ns();
    const uint64_t start = at;
    const uint64_t cpu_start = cpu_ns();
    bool done = chain_open(province) && store_open(province, false);
    at = note_seconds(province, "open_s", at);
    done = done && checkpoint_load(province);
    at = note_seconds(province, "load_s", at);
    note(province, "restart_s", (double)(at - start) / 1e9, "s");
    note(province, "restart_cpu_s", (double)(cpu_ns() - cpu_start) / 1e9, "s");
    const double size = json_real_value(json_object_get(province->report, "checkpoint_bytes"));
    note(province, "size_by_read_rate_s", rate > 0 ? size / rate : 0, "s");
    note(province, "resident_restarted", memory_figure("VmRSS:"), "bytes");
    const dure_chain_head_t *after = dure_chain_head(province->chain);
    const bool same = done && before.height == after->height &&
                      dure_hash_equal(&before.block_hash, &after->block_hash) &&
                      dure_hash_equal(&before.ledger_root, &after->ledger_root) &&
                      dure_hash_equal(&before.app_hash, &after->app_hash);
    json_object_set_new(province->report, "roots_same", json_boolean(same));
    done = same || (done && fails("the restart", "another state came back"));
    return done && pay(province, BLOCK_TXS, numbers) && store_close(province);
}

static bool measure(province_t *province)
{
    const uint32_t parties = province->citizens + province->shops;
    uint64_t *numbers = calloc(province->citizens, sizeof *numbers);
    note(province, "parties", parties, "");
    bool done = numbers != NULL && create(province) && trade(province, numbers) &&
                restart(province, numbers);
    free(numbers);
    const double peak = memory_figure("VmHWM:");
    note(province, "peak_bytes", peak, "bytes");
    note(province, "peak_bytes_per_party", peak / parties, "bytes");
    note(province, "limit_bytes", province->limit_bytes, "bytes");
    if (dure_io_linux_open(&province->io, province->folder, DURE_IO_EXCLUSIVE) == DURE_IO_OK) {
        (void)folder_clear(province);
    }
    dure_io_close(province->io);
    (void)rmdir(province->folder);
    return done && (peak <= province->limit_bytes || fails("the memory", "above the limit"));
}

static bool room_make(province_t *province)
{
    const dure_secret_key_t secret = {.scheme = DURE_SCHEME_P256, .seed = {9}};
    province->wires = malloc(WIRES_SIZE);
    province->txs = calloc(BLOCK_TXS, sizeof *province->txs);
    province->verdicts = calloc(BLOCK_TXS, sizeof *province->verdicts);
    province->report = json_object();
    return province->wires != NULL && province->txs != NULL && province->verdicts != NULL &&
           province->report != NULL && dure_crypto_init() &&
           dure_public_key_of(&province->key, &secret);
}

static bool options_take(province_t *province, int argc, char **argv)
{
    static const struct option options[] = {{"out", required_argument, NULL, 'o'},
                                            {"folder", required_argument, NULL, 'f'},
                                            {"parties", required_argument, NULL, 'n'},
                                            {"payments", required_argument, NULL, 'p'},
                                            {"limit-gib", required_argument, NULL, 'l'},
                                            {"quick", no_argument, NULL, 'q'},
                                            {NULL, 0, NULL, 0}};
    unsigned long parties = 13000000;
    int option;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (option) {
        case 'o':
            province->out = optarg;
            break;
        case 'f':
            province->folder = optarg;
            break;
        case 'n':
            parties = strtoul(optarg, NULL, 10);
            break;
        case 'p':
            province->payments = (uint32_t)strtoul(optarg, NULL, 10);
            break;
        case 'l':
            province->limit_bytes = strtod(optarg, NULL) * 1024 * MIB;
            break;
        case 'q':
            province->is_quick = true;
            break;
        default:
            return false;
        }
    }
    if (parties < 10000 || parties > DURE_LEDGER_PARTIES_MAX - 64) {
        return false;
    }
    province->shops = (uint32_t)parties / SHOP_OF;
    province->citizens = (uint32_t)parties - province->shops;
    province->limits = dure_ledger_limits_for((uint32_t)parties + 64);
    return true;
}

int main(int argc, char **argv)
{
    static province_t province = {.out = "province.json",
                                  .folder = "province.work",
                                  .payments = 200000,
                                  .limit_bytes = 8.0 * 1024 * MIB};
    if (!options_take(&province, argc, argv)) {
        fprintf(stderr, "usage: dure-province [--parties N] [--payments N] [--limit-gib N] "
                        "[--quick] [--folder DIR] [--out FILE]\n");
        return 2;
    }
    if (!room_make(&province)) {
        (void)fails("starting", "no memory");
        return 3;
    }
    const bool good = measure(&province);
    if (json_dump_file(province.report, province.out, JSON_INDENT(2) | JSON_REAL_PRECISION(9)) !=
        0) {
        (void)fails(province.out, "cannot be written");
        return 3;
    }
    free(province.memory);
    free(province.wires);
    free(province.txs);
    free(province.verdicts);
    json_decref(province.report);
    return good ? 0 : 1;
}
