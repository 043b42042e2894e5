/* dure_key: `dure key ...` and `dure init`. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "app/dure_command.h"

#define PARTIES_DEFAULT 1000000u
#define SERVICES_BESIDE 4u /* beside the officers */

static int print_key(const args_t *args, const dure_key_file_t *key, const char *path,
                     const char *word)
{
    char hex[67];
    for (size_t i = 0; i < sizeof key->public_key.bytes; i++) {
        snprintf(hex + 2 * i, 3, "%02x", key->public_key.bytes[i]);
    }
    const char *scheme = key->public_key.scheme == DURE_SCHEME_P256 ? "p256" : "ed25519";
    if (args->json) {
        print_json(json_pack("{s:s, s:s, s:s, s:o}", "file", path, "scheme", scheme, "public", hex,
                             "party", key->party == 0 ? json_null() : json_u64(key->party)));
        return EXIT_DONE;
    }
    printf("%s %s\n  scheme %s\n  public %s\n", word, path, scheme, hex);
    if (key->party != 0) {
        printf("  party  %" PRIu64 ", slot %u\n", key->party, (unsigned)key->slot);
    } else {
        printf("  party  none yet: dure party register --key %s\n", path);
    }
    return EXIT_DONE;
}

static int key_new(const args_t *args)
{
    dure_key_file_t key;
    char problem[DURE_KEY_FILE_PROBLEM_SIZE];
    bool is_p256 = args_option(args, "--p256") != NULL;
    if (!dure_key_file_make(&key, is_p256 ? DURE_SCHEME_P256 : DURE_SCHEME_ED25519)) {
        return complain(EXIT_WORLD, "the system gives no random bytes");
    }
    if (!dure_key_file_write(&key, args->positionals[0], false, problem)) {
        return complain(EXIT_WORLD, "%s", problem);
    }
    return print_key(args, &key, args->positionals[0], "made");
}

static int key_show(const args_t *args)
{
    dure_key_file_t key;
    char path[1024], problem[DURE_KEY_FILE_PROBLEM_SIZE];
    key_path(path, args, args->positionals[0]);
    if (!dure_key_file_read(&key, path, problem)) {
        return complain(EXIT_USAGE, "%s", problem);
    }
    return print_key(args, &key, path, "key");
}

/* ---- init ------------------------------------------------------------------------------------ */

#define OFFICERS_FROM 11u /* party numbers of the services of a new chain */

typedef struct {
    const char *directory;
    uint32_t city;
    dure_genesis_t genesis;
} founding_t;

/* A service with a new key in DIR/keys; the genesis wants them in ascending order of party. */
static bool add_service(founding_t *founding, const char *name, uint64_t party, uint32_t roles)
{
    dure_key_file_t key;
    char path[1024], problem[DURE_KEY_FILE_PROBLEM_SIZE];
    dure_genesis_service_t *service =
        &founding->genesis.services[founding->genesis.services_count++];
    *service = (dure_genesis_service_t){.party = party, .city = founding->city, .roles = roles};
    if (!dure_key_file_make(&key, DURE_SCHEME_ED25519) ||
        getrandom(service->blind.bytes, sizeof service->blind.bytes, 0) !=
            (ssize_t)sizeof service->blind.bytes) {
        complain(EXIT_WORLD, "the system gives no random bytes");
        return false;
    }
    service->key = key.public_key;
    key.party = party;
    snprintf(path, sizeof path, "%.900s/keys/%s.key", founding->directory, name);
    if (!dure_key_file_write(&key, path, false, problem)) {
        complain(EXIT_WORLD, "%s", problem);
        return false;
    }
    return true;
}

static bool add_services(founding_t *founding, uint64_t officers)
{
    bool added = add_service(founding, "registrar", 1, DURE_SERVICE_REGISTRAR) &&
                 add_service(founding, "bank", 2, DURE_SERVICE_BANK) &&
                 add_service(founding, "clock", 3, DURE_SERVICE_CLOCK) &&
                 add_service(founding, "watch", 4, DURE_SERVICE_WATCH);
    for (uint64_t i = 0; i < officers && added; i++) {
        char name[32];
        snprintf(name, sizeof name, "officer-%" PRIu64, i + 1);
        added = add_service(founding, name, OFFICERS_FROM + i, DURE_SERVICE_OFFICER);
    }
    return added;
}

static bool write_genesis(const founding_t *founding, dure_hash_t *chain_id)
{
    static uint8_t bytes[65536];
    char path[1024];
    dure_writer_t writer = dure_writer(bytes, sizeof bytes);
    dure_genesis_encode(&writer, &founding->genesis);
    dure_hash(chain_id, DURE_TAG_GENESIS, bytes, writer.size);
    snprintf(path, sizeof path, "%.900s/genesis.dure", founding->directory);
    FILE *file = fopen(path, "wbx");
    bool written = file != NULL && fwrite(bytes, 1, writer.size, file) == writer.size &&
                   fflush(file) == 0 && fsync(fileno(file)) == 0;
    if (file != NULL) {
        written = fclose(file) == 0 && written;
    }
    if (!written) {
        complain(EXIT_WORLD, "cannot write %s: %s", path, strerror(errno));
    }
    return written;
}

static bool read_init_options(founding_t *founding, uint64_t *officers, const args_t *args)
{
    const char *city = args_option(args, "--city");
    const char *clock = args_option(args, "--clock");
    const char *start = args_option(args, "--start");
    const char *threshold = args_option(args, "--threshold");
    const char *count = args_option(args, "--officers");
    const char *most = args_option(args, "--parties");
    uint64_t code = 0, needed = 2, parties = PARTIES_DEFAULT;
    dure_genesis_t *genesis = &founding->genesis;
    if (city == NULL || clock == NULL) {
        complain(EXIT_USAGE, "a new chain needs %s",
                 city == NULL ? "--city CODE, the city's region code, such as 41570"
                              : "--clock real, or --clock driven for a demonstration or a replay");
        return false;
    }
    genesis->clock = strcmp(clock, "real") == 0 ? 1 : 2;
    if (genesis->clock == 2 && strcmp(clock, "driven") != 0) {
        complain(EXIT_USAGE, "--clock is real or driven, not '%s'", clock);
        return false;
    }
    *officers = 2;
    if (!parse_number(&code, "the city's code", city, 10000, 99999) ||
        (count != NULL && !parse_number(officers, "--officers", count, 1, 16)) ||
        (most != NULL && !parse_number(&parties, "--parties", most, DURE_LEDGER_PARTIES_MIN,
                                       DURE_LEDGER_PARTIES_MAX))) {
        return false;
    }
    needed = *officers < needed ? *officers : needed;
    if (threshold != NULL && !parse_number(&needed, "--threshold", threshold, 1, *officers)) {
        return false;
    }
    if (start != NULL && genesis->clock == 1) {
        complain(EXIT_USAGE, "--start is for a driven clock: a real one starts now");
        return false;
    }
    dure_zone_t zone = dure_zone_kst();
    genesis->time = (dure_time_t)time(NULL) * 1000;
    if (start != NULL && !parse_time(&genesis->time, start, &zone, genesis->time)) {
        return false;
    }
    genesis->parties_max = (uint32_t)parties;
    if (*officers + SERVICES_BESIDE > parties) {
        complain(EXIT_USAGE, "--parties %" PRIu64 " leaves no room for the services", parties);
        return false;
    }
    founding->city = (uint32_t)code;
    genesis->cities[0] =
        (dure_genesis_city_t){.city = (uint32_t)code, .threshold = (uint8_t)needed};
    return true;
}

static bool make_directories(const founding_t *founding)
{
    char path[1024];
    snprintf(path, sizeof path, "%.900s/genesis.dure", founding->directory);
    if (access(path, F_OK) == 0) {
        complain(EXIT_USAGE, "%s holds a chain already; nothing is ever overwritten",
                 founding->directory);
        return false;
    }
    snprintf(path, sizeof path, "%.900s/keys", founding->directory);
    if ((mkdir(founding->directory, 0700) != 0 && errno != EEXIST) ||
        (mkdir(path, 0700) != 0 && errno != EEXIST)) {
        complain(EXIT_WORLD, "cannot make %s: %s", path, strerror(errno));
        return false;
    }
    return true;
}

static int init(const args_t *args)
{
    static founding_t founding;
    uint64_t officers = 0;
    dure_hash_t chain_id;
    founding.directory = args->count > 0 ? args->positionals[0] : args->directory;
    dure_genesis_t *genesis = &founding.genesis;
    genesis->version = 1;
    genesis->zones_count = 1;
    genesis->zones[0] = (dure_genesis_zone_t){.from = 0, .offset_s = 9 * 3600};
    genesis->cities_count = 1;
    if (!read_init_options(&founding, &officers, args)) {
        return EXIT_USAGE;
    }
    if (getrandom(genesis->salt.bytes, sizeof genesis->salt.bytes, 0) !=
        (ssize_t)sizeof genesis->salt.bytes) {
        return complain(EXIT_WORLD, "the system gives no random bytes");
    }
    if (!make_directories(&founding)) {
        return errno == 0 || errno == EEXIST || errno == ENOENT ? EXIT_USAGE : EXIT_WORLD;
    }
    if (!add_services(&founding, officers) || !write_genesis(&founding, &chain_id)) {
        return EXIT_WORLD;
    }
    if (args->json) {
        print_json(json_pack("{s:s, s:s, s:i, s:i, s:i}", "directory", founding.directory,
                             "chain_id", hash_text(&chain_id).text, "city", (int)founding.city,
                             "officers", (int)officers, "threshold",
                             (int)genesis->cities[0].threshold));
        return EXIT_DONE;
    }
    printf("made the chain of city %u in %s\n  chain id %s\n  clock    %s, from %s KST\n",
           founding.city, founding.directory, hash_text(&chain_id).text,
           genesis->clock == 2 ? "driven" : "real",
           time_text(&(dure_zone_t){1, {{0, 9 * 3600}}}, genesis->time).text);
    printf("  keys     %s/keys: registrar, bank, clock, watch and %" PRIu64
           " officers, of which %u must agree\n"
           "           whoever has these files can act for them: keep them safe\n"
           "next: dured %s\n",
           founding.directory, officers, (unsigned)genesis->cities[0].threshold,
           founding.directory);
    return EXIT_DONE;
}

const command_t key_commands[] = {
    {.words = "init",
     .arguments = "[DIR] --city CODE --clock real|driven [--start DATE] [--officers N] "
                  "[--threshold N] [--parties N]",
     .summary = "make a new chain: its genesis and the keys of its services",
     .options = "--city= --clock= --start= --officers= --threshold= --parties=",
     .help = "Makes DIR/genesis.dure and DIR/keys with a new random key for the registrar, the\n"
             "bank, the clock, the watch and each officer. Nothing is ever overwritten.\n\n"
             "  --city CODE      region code of the city, such as 41570\n"
             "  --clock real     the chain's time is the clock on the wall\n"
             "  --clock driven   time moves by `dure tick` alone: for demonstrations and replays\n"
             "  --start DATE     first instant of a driven clock\n"
             "  --officers N     how many officers there are (2)\n"
             "  --threshold N    how many of them must approve an act (2)\n"
             "  --parties N      how many parties there may be, 16 to 20,000,000 (1,000,000); the\n"
             "                   officers can raise it: dure city limit\n",
     .most = 1,
     .run = init},
    {.words = "key new",
     .arguments = "FILE [--p256]",
     .summary = "make a key",
     .options = "--p256",
     .help =
         "Writes a new random key into FILE, readable by its owner alone. Ed25519, or P-256 as\n"
         "phones keep it with --p256. A file that is there is never overwritten.\n",
     .least = 1,
     .most = 1,
     .run = key_new},
    {.words = "key show",
     .arguments = "FILE",
     .summary = "show a key's public half and its party",
     .least = 1,
     .most = 1,
     .run = key_show},
    {0},
};
