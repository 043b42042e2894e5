/* make bench: what a node does, always beside what the machine can do in the same run.
   Results go to the file given by --out, a table to stderr.  bench/README.md says what each row
   means. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <jansson.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "bench/bench.h"

uint64_t bench_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

void bench_row(bench_t *bench, const char *name, double value, const char *unit,
               const char *baseline, double baseline_value)
{
    json_t *row = json_pack("{s:s, s:f, s:s}", "name", name, "value", value, "unit", unit);
    if (baseline == NULL) {
        json_object_set_new(row, "baseline", json_null());
        json_object_set_new(row, "baseline_value", json_null());
        json_object_set_new(row, "ratio", json_null());
        fprintf(stderr, "  %-18s %14.1f %s\n", name, value, unit);
    } else {
        double ratio = baseline_value > 0 ? value / baseline_value : 0;
        json_object_set_new(row, "baseline", json_string(baseline));
        json_object_set_new(row, "baseline_value", json_real(baseline_value));
        json_object_set_new(row, "ratio", json_real(ratio));
        fprintf(stderr, "  %-18s %14.1f %-8s %6.2f x %s\n", name, value, unit, ratio, baseline);
    }
    json_array_append_new(bench->rows, row);
}

double bench_resident(void)
{
    long pages[2] = {0};
    FILE *file = fopen("/proc/self/statm", "r");
    if (file == NULL || fscanf(file, "%ld %ld", &pages[0], &pages[1]) != 2) {
        pages[1] = 0;
    }
    if (file != NULL) {
        fclose(file);
    }
    return (double)pages[1] * (double)sysconf(_SC_PAGESIZE);
}

dure_body_t bench_registration(const dure_public_key_t *key, uint64_t party, uint8_t kind)
{
    dure_body_t body = {.kind = DURE_BODY_REGISTRATION};
    dure_registration_t *registration = &body.registration;
    registration->subject = party;
    registration->kind = kind;
    dure_put_u64(registration->blind.bytes, party);
    registration->keys_count = 1;
    registration->keys[0].key = *key;
    static const uint64_t citizen[3][2] = {
        {DURE_ATTRIBUTE_RESIDENCE, DURE_TRACE_CITY}, {DURE_ATTRIBUTE_BIRTH_YEAR, 1980}, {0, 0}};
    static const uint64_t shop[3][2] = {{DURE_ATTRIBUTE_REGION, DURE_TRACE_CITY},
                                        {DURE_ATTRIBUTE_CATEGORY, DURE_CATEGORY_BAKERY},
                                        {DURE_ATTRIBUTE_ANNUAL_SALES, 200000000}};
    const uint64_t(*facts)[2] = kind == DURE_KIND_CITIZEN ? citizen : shop;
    for (uint32_t i = 0; i < 3 && facts[i][0] != 0; i++) {
        registration->attributes[registration->attributes_count++] = (dure_attribute_entry_t){
            .what = facts[i][0], .value = facts[i][1], .until = DURE_DAY_MAX};
    }
    return body;
}

/* ---- the machine
 * ----------------------------------------------------------------------------------------- */

typedef struct {
    const uint8_t *messages;
    const dure_signature_t *signatures;
    const dure_public_key_t *key;
    bool together;
    uint64_t until_ns, done;
} verifier_t;

static void *verify_thread(void *argument)
{
    verifier_t *verifier = argument;
    dure_signature_job_t jobs[DURE_SIGNATURES_AT_ONCE];
    while (bench_now_ns() < verifier->until_ns) {
        for (uint32_t i = 0; i < DURE_SIGNATURES_AT_ONCE; i++) {
            jobs[i] = (dure_signature_job_t){.key = verifier->key,
                                             .signature = &verifier->signatures[i],
                                             .message = verifier->messages + 128 * i,
                                             .message_size = 128};
            if (!verifier->together) {
                jobs[i].result = dure_signature_verify(jobs[i].key, jobs[i].signature,
                                                       jobs[i].message, jobs[i].message_size);
            }
        }
        if (verifier->together) {
            dure_signatures_verify(jobs, DURE_SIGNATURES_AT_ONCE);
        }
        for (uint32_t i = 0; i < DURE_SIGNATURES_AT_ONCE; i++) {
            DURE_ASSERT(jobs[i].result == DURE_CRYPTO_OK);
        }
        verifier->done += DURE_SIGNATURES_AT_ONCE;
    }
    return NULL;
}

/* Signatures of 128-byte messages verified per second, all cores busy: one by one it is what
   libsodium can do here. */
static double verify_rate(uint32_t threads, bool together)
{
    static uint8_t messages[DURE_SIGNATURES_AT_ONCE * 128];
    static dure_signature_t signatures[DURE_SIGNATURES_AT_ONCE];
    dure_secret_key_t secret = {.scheme = DURE_SCHEME_ED25519, .seed = {7}};
    dure_public_key_t key;
    bool made = dure_public_key_of(&key, &secret);
    for (uint32_t i = 0; i < DURE_SIGNATURES_AT_ONCE; i++) {
        messages[128 * i] = (uint8_t)i;
        made = made && dure_sign(&signatures[i], &secret, messages + 128 * i, 128);
    }
    DURE_ASSERT(made);
    verifier_t verifiers[BENCH_THREADS_MAX];
    pthread_t handles[BENCH_THREADS_MAX];
    uint64_t start = bench_now_ns();
    for (uint32_t i = 0; i < threads; i++) {
        verifiers[i] = (verifier_t){.messages = messages,
                                    .signatures = signatures,
                                    .key = &key,
                                    .together = together,
                                    .until_ns = start + UINT64_C(3000000000)};
        int error = pthread_create(&handles[i], NULL, verify_thread, &verifiers[i]);
        DURE_ASSERT(error == 0);
    }
    uint64_t done = 0;
    for (uint32_t i = 0; i < threads; i++) {
        pthread_join(handles[i], NULL);
        done += verifiers[i].done;
    }
    return (double)done * 1e9 / (double)(bench_now_ns() - start);
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

double bench_percentile(double *values, size_t count, uint32_t percent)
{
    qsort(values, count, sizeof values[0], compare_doubles);
    return values[count * percent / 100];
}

/* Median microseconds of writing 4 KiB at the end of a preallocated file and fdatasync. */
static double fdatasync_us(const char *folder)
{
    enum { TIMES = 500 };
    static double times[TIMES];
    static uint8_t page[4096];
    char path[BENCH_PATH_SIZE + 32];
    snprintf(path, sizeof path, "%s/fdatasync", folder);
    int file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    int reserved = file < 0 ? -1 : posix_fallocate(file, 0, TIMES * 4096);
    DURE_ASSERT(reserved == 0);
    for (int i = 0; i < TIMES; i++) {
        uint64_t start = bench_now_ns();
        ssize_t written = pwrite(file, page, sizeof page, (off_t)i * 4096);
        int synced = fdatasync(file);
        DURE_ASSERT(written == sizeof page && synced == 0);
        times[i] = (double)(bench_now_ns() - start) / 1e3;
    }
    close(file);
    unlink(path);
    return bench_percentile(times, TIMES, 50);
}

static json_t *machine(uint32_t threads)
{
    char line[256];
    char cpu[128] = "unknown";
    FILE *file = fopen("/proc/cpuinfo", "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, "model name", 10) == 0 && strchr(line, ':') != NULL) {
            snprintf(cpu, sizeof cpu, "%.*s", (int)strcspn(strchr(line, ':') + 2, "\n"),
                     strchr(line, ':') + 2);
        }
    }
    if (file != NULL) {
        fclose(file);
    }
    double load[3] = {0};
    (void)getloadavg(load, 3);
    return json_pack("{s:s, s:i, s:s, s:f}", "cpu", cpu, "threads", (int)threads, "compiler",
                     __VERSION__, "load_before", load[0]);
}

static const struct {
    const char *name;
    bool (*run)(bench_t *bench);
} parts[] = {{"yak", bench_yak},     {"memory", bench_memory}, {"ledger", bench_ledger},
             {"grant", bench_grant}, {"node", bench_node},     {"restart", bench_restart}};

#define PARTS (sizeof parts / sizeof parts[0])

static bool find_part(const char *name)
{
    for (uint32_t i = 0; i < PARTS; i++) {
        if (strcmp(parts[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"out", required_argument, NULL, 'o'},
                                            {"only", required_argument, NULL, 'p'},
                                            {"citizens", required_argument, NULL, 'c'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    static bench_t bench = {.out = "bench.json", .citizens = 210000};
    const char *only = NULL;
    int option;
    while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        if (option == 'o') {
            bench.out = optarg;
        } else if (option == 'p' && find_part(optarg)) {
            only = optarg;
        } else if (option == 'c' && atoi(optarg) >= 1000 && atoi(optarg) <= 10000000) {
            bench.citizens = (uint32_t)atoi(optarg);
        } else {
            fprintf(option == 'h' ? stdout : stderr,
                    "usage: dure-bench [--out FILE] "
                    "[--only yak|memory|ledger|grant|node|restart] [--citizens N]\n");
            return option == 'h' ? 0 : 2;
        }
    }
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    bench.threads = cores < 1                         ? 1
                    : cores > (long)BENCH_THREADS_MAX ? BENCH_THREADS_MAX
                                                      : (uint32_t)cores;
    snprintf(bench.folder, sizeof bench.folder, "%s.work", bench.out);
    if (!dure_crypto_init() || (mkdir(bench.folder, 0700) != 0 && errno != EEXIST)) {
        fprintf(stderr, "dure-bench: cannot make %s\n", bench.folder);
        return 3;
    }
    bench.rows = json_array();
    json_t *report = json_pack("{s:o}", "machine", machine(bench.threads));
    fprintf(stderr, "on %u processors:\n", bench.threads);
    bench.verify_raw = verify_rate(bench.threads, false);
    bench_row(&bench, "verify_raw", bench.verify_raw, "1/s", NULL, 0);
    bench_row(&bench, "verify_batch", verify_rate(bench.threads, true), "1/s", "verify_raw",
              bench.verify_raw);
    bench.fdatasync_us = fdatasync_us(bench.folder);
    bench_row(&bench, "fdatasync", bench.fdatasync_us / 1000, "ms", NULL, 0);
    bool measured = true;
    for (uint32_t i = 0; i < PARTS && measured; i++) {
        measured = (only != NULL && strcmp(only, parts[i].name) != 0) || parts[i].run(&bench);
    }
    json_object_set(report, "rows", bench.rows);
    if (json_dump_file(report, bench.out, JSON_INDENT(2) | JSON_REAL_PRECISION(6)) != 0) {
        fprintf(stderr, "dure-bench: cannot write %s\n", bench.out);
        return 3;
    }
    fprintf(stderr, "written: %s\n", bench.out);
    json_decref(bench.rows);
    json_decref(report);
    return measured ? 0 : 3;
}
