/* The benchmark's parts share this. */
#ifndef DURE_BENCH_H
#define DURE_BENCH_H

#include <jansson.h>

#include "codec/dure_codec.h"
#include "trace/trace.h"

#define BENCH_THREADS_MAX 64u
#define BENCH_PATH_SIZE   1024u

typedef struct {
    const char *out;
    char folder[BENCH_PATH_SIZE]; /* for files while measuring */
    uint32_t threads;
    uint32_t citizens; /* of the city whose restart is measured */
    json_t *rows;
    double verify_raw, fdatasync_us;
} bench_t;

uint64_t bench_now_ns(void);
/* bench_percentile: sorts the values; percent in [0, 99]. */
double bench_percentile(double *values, size_t count, uint32_t percent);
/* bench_row: adds a row and shows it; baseline may be NULL. */
void bench_row(bench_t *bench, const char *name, double value, const char *unit,
               const char *baseline, double baseline_value);

/* bench_resident: bytes of memory of this process. */
double bench_resident(void);
/* bench_registration: a citizen or a shop of the trace's city with one key, its attributes and a
   blind that follows from its number. */
dure_body_t bench_registration(const dure_public_key_t *key, uint64_t party, uint8_t kind);
/* bench_program: compiles examples/gimpo/general.yak into the trace's configuration; image and
   source have the limits' sizes and must outlive it. */
DURE_MUST_USE bool bench_program(dure_trace_config_t *config, uint8_t *image, uint8_t *source);
/* One decision of the general program's payment, by the VM and by the tree walker. */
DURE_MUST_USE bool bench_yak(bench_t *bench);
/* The ledger and chain alone: payments already verified, in blocks of 10,000. */
DURE_MUST_USE bool bench_ledger(bench_t *bench);
/* What each of a million parties takes of memory. */
DURE_MUST_USE bool bench_memory(bench_t *bench);
/* A million rows of grants, through the chain alone. */
DURE_MUST_USE bool bench_grant(bench_t *bench);
/* A node on a real directory: signed payments, durable. */
DURE_MUST_USE bool bench_node(bench_t *bench);
/* A city's node: payments beside its checkpoints, and how long it takes to be back. */
DURE_MUST_USE bool bench_restart(bench_t *bench);

#endif
