/* keep: what a node does for its log beside the traffic: looks for rot, a little every second,
   archives full segments, and removes those that its policy does not keep.

   Copying is on a thread of its own, because the archive may be on a slow device or gone for a
   while; the loop only tells it how far it may go, and asks how far it came.  Without threads
   (simulator) the loop copies. */
#include "node/node_private.h"

#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SCRUB_REST_NS  UINT64_C(3600000000000) /* between two passes over the whole log */
#define SCRUB_STEP     65536u                  /* bytes at once, if a batch is not longer */
#define SECOND_NS      UINT64_C(1000000000)
#define COPY_STEP      (1u << 20)
#define COPY_REST_NS   20000000L /* between two steps: the log's own syncs come first */
#define IDLE_REST_NS   20000000L /* while there is nothing to copy */
#define FAILED_REST_MS 60000u    /* after a failure */
#define KEEP_PERIOD_NS SECOND_NS /* between two looks at the policy */
#define DAY_MS         UINT64_C(86400000)

struct node_keep {
    dure_archiver_t *archiver; /* NULL: there is no archive */
    bool has_thread;
    pthread_t thread;
    _Atomic bool is_ending;
    _Atomic uint64_t wanted; /* segments before it may be copied */
    _Atomic uint64_t copied; /* segments before it have a copy that was read again */
    pthread_mutex_t mutex;   /* guards the message */
    char message[512];       /* of the last failure; empty: told, or there is none */
    uint64_t look_ns;        /* when the policy is looked at next, if nothing happens before */
    uint64_t seen_older, seen_copied; /* at the last look */
    uint64_t told;                    /* segments whose copy was told */
};

/* ---- copying --------------------------------------------------------------------------------- */

/* One step; false after a failure. */
static bool copy(node_keep_t *keep)
{
    const uint64_t segment = atomic_load(&keep->copied);
    if (segment >= atomic_load(&keep->wanted)) {
        return true;
    }
    dure_store_result_t result = dure_archiver_step(keep->archiver, segment, COPY_STEP);
    if (result == DURE_STORE_OK) {
        atomic_store(&keep->copied, segment + 1u);
        return true;
    }
    if (result == DURE_STORE_BUSY) {
        return true;
    }
    (void)pthread_mutex_lock(&keep->mutex);
    (void)snprintf(keep->message, sizeof keep->message, "%s",
                   dure_archiver_message(keep->archiver));
    (void)pthread_mutex_unlock(&keep->mutex);
    return false;
}

static void rest(const node_keep_t *keep, uint64_t milliseconds)
{
    const struct timespec part = {.tv_nsec = COPY_REST_NS};
    for (uint64_t i = 0; i < milliseconds && !atomic_load(&keep->is_ending);
         i += COPY_REST_NS / 1000000) {
        (void)nanosleep(&part, NULL);
    }
}

static void *run(void *argument)
{
    node_keep_t *keep = argument;
    (void)pthread_setname_np(pthread_self(), "archive");
    while (!atomic_load(&keep->is_ending)) {
        if (!copy(keep)) {
            rest(keep, FAILED_REST_MS);
        } else if (atomic_load(&keep->copied) < atomic_load(&keep->wanted)) {
            rest(keep, COPY_REST_NS / 1000000);
        } else {
            rest(keep, IDLE_REST_NS / 1000000);
        }
    }
    return NULL;
}

static bool start_thread(node_keep_t *keep)
{
    sigset_t all;
    sigset_t before;
    (void)sigfillset(&all); /* signals belong to whoever runs the loop */
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    keep->has_thread = pthread_create(&keep->thread, NULL, run, keep) == 0;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return keep->has_thread;
}

dure_node_result_t node_keep_open(dure_node_t *node)
{
    const dure_node_config_t *config = &node->config;
    node_keep_t *keep = calloc(1, sizeof *keep);
    node->keep = keep;
    if (keep == NULL || pthread_mutex_init(&keep->mutex, NULL) != 0) {
        return node_fail(node, DURE_NODE_NO_MEMORY, "no memory for the archive");
    }
    keep->told = dure_store_base_segment(node->store);
    atomic_store(&keep->copied, keep->told);
    if (config->archive_to == NULL) {
        return DURE_NODE_OK;
    }
    keep->archiver =
        dure_archiver_new(config->archive_from != NULL ? config->archive_from : node->io,
                          config->archive_to, &node->chain_id, config->store_bug);
    if (keep->archiver == NULL || (config->threads > 0 && !start_thread(keep))) {
        return node_fail(node, DURE_NODE_NO_MEMORY, "no memory or no thread for the archive");
    }
    return DURE_NODE_OK;
}

void node_keep_close(dure_node_t *node)
{
    node_keep_t *keep = node->keep;
    if (keep == NULL) {
        return;
    }
    atomic_store(&keep->is_ending, true);
    if (keep->has_thread) {
        (void)pthread_join(keep->thread, NULL);
    }
    dure_archiver_free(keep->archiver);
    (void)pthread_mutex_destroy(&keep->mutex);
    free(keep);
    node->keep = NULL;
}

/* ---- the policy ------------------------------------------------------------------------------ */

/* The time of a block; UINT64_MAX if it cannot be read. */
static dure_time_t time_of(dure_node_t *node, uint64_t height)
{
    dure_bytes_t bytes;
    dure_block_header_t header;
    if (dure_store_read(node->store, &bytes, height) != DURE_STORE_OK) {
        return UINT64_MAX;
    }
    dure_reader_t reader = dure_reader(bytes);
    dure_block_header_decode(&reader, &header);
    return reader.wrong != NULL ? UINT64_MAX : header.time;
}

/* True if no line of the policy keeps the segment. */
static bool may_go(dure_node_t *node, const dure_store_segment_t *segment, uint64_t log_size)
{
    const dure_node_config_t *config = &node->config;
    const dure_chain_head_t *head = dure_chain_head(node->chain);
    const uint64_t last = segment->last_height;
    if (config->keep_blocks != 0 && head->height - last < config->keep_blocks) {
        return false;
    }
    if (config->keep_bytes != 0 && log_size < config->keep_bytes) {
        return false;
    }
    if (config->keep_days == 0) {
        return true;
    }
    const dure_time_t time = time_of(node, last);
    return time <= head->time && head->time - time >= config->keep_days * DAY_MS;
}

/* The first segment that stays. */
static uint64_t prune_until(dure_node_t *node, uint64_t older, uint64_t copied)
{
    const dure_node_config_t *config = &node->config;
    uint64_t until = dure_store_base_segment(node->store);
    uint64_t size = dure_store_log_size(node->store);
    dure_store_segment_t segment;
    if (config->keep_blocks == 0 && config->keep_days == 0 && config->keep_bytes == 0) {
        return until;
    }
    while (dure_store_segment(node->store, &segment, until) && segment.last_height < older &&
           until < copied && may_go(node, &segment, size)) {
        const uint64_t takes =
            config->segment_size != 0 ? config->segment_size : DURE_STORE_SEGMENT_SIZE_DEFAULT;
        size -= takes < size ? takes : size;
        until++;
    }
    return until;
}

static void tell_copies(dure_node_t *node, uint64_t copied)
{
    node_keep_t *keep = node->keep;
    char message[sizeof keep->message];
    (void)pthread_mutex_lock(&keep->mutex);
    memcpy(message, keep->message, sizeof message);
    keep->message[0] = 0;
    (void)pthread_mutex_unlock(&keep->mutex);
    if (message[0] != 0) {
        node_log(node, "event=archive result=failed message=\"%s\"", message);
    }
    if (copied > keep->told) {
        keep->told = copied;
        node_log(node, "event=archive result=ok segments_before=%" PRIu64, copied);
    }
}

/* How far copying may go, and removing of what was copied. */
static dure_node_result_t look(dure_node_t *node)
{
    node_keep_t *keep = node->keep;
    const uint64_t older = dure_store_checkpoint_older_height(node->store);
    dure_store_segment_t segment;
    if (keep->archiver != NULL) {
        uint64_t wanted = atomic_load(&keep->wanted);
        wanted = wanted > keep->told ? wanted : keep->told;
        while (dure_store_segment(node->store, &segment, wanted) && segment.last_height < older) {
            wanted++;
        }
        atomic_store(&keep->wanted, wanted);
    }
    const uint64_t copied = atomic_load(&keep->copied);
    tell_copies(node, copied);
    const uint64_t until = prune_until(node, older, keep->archiver != NULL ? copied : UINT64_MAX);
    const uint64_t base = dure_store_base_segment(node->store);
    bool is_done = true;
    dure_store_result_t result = dure_store_prune(node->store, &is_done, until);
    if (!is_done) {
        keep->seen_older = 0; /* soon again */
    }
    if (result != DURE_STORE_OK && result != DURE_STORE_BUSY && result != DURE_STORE_NO_SPACE) {
        return node_fail(node, DURE_NODE_FAILED, "pruning the log: %s",
                         dure_store_message(node->store));
    }
    if (dure_store_base_segment(node->store) > base) {
        node_log(node, "event=prune segments_before=%" PRIu64 " first_height=%" PRIu64,
                 dure_store_base_segment(node->store), dure_store_first_height(node->store));
    }
    return DURE_NODE_OK;
}

/* ---- scrub ----------------------------------------------------------------------------------- */

static bool is_scrubbing(const dure_node_t *node)
{
    return node->config.scrub_bytes > 0 &&
           dure_store_durable_height(node->store) >= dure_store_first_height(node->store);
}

/* A step is one batch or a little more; then it rests for as long as the budget asks. */
static dure_node_result_t scrub(dure_node_t *node, uint64_t now)
{
    dure_store_scrub_t progress = {0};
    if (!is_scrubbing(node) || now < node->scrub_due_ns) {
        return DURE_NODE_OK;
    }
    if (dure_store_scrub_step(node->store, &progress, SCRUB_STEP) != DURE_STORE_OK) {
        return node_fail(node, DURE_NODE_FAILED, "scrub: %s", dure_store_message(node->store));
    }
    const uint64_t before = node->scrub_read < progress.read_size ? node->scrub_read : 0;
    const uint64_t read = progress.read_size - before;
    node->scrub_read = progress.read_size;
    node->scrub_due_ns =
        now + 1u + (uint64_t)((__uint128_t)read * SECOND_NS / node->config.scrub_bytes);
    if (progress.passes > node->scrub_passes) {
        node->scrub_passes = progress.passes;
        node->scrub_read = 0;
        node->scrub_due_ns = now + SCRUB_REST_NS;
        node_log(node, "event=scrub result=ok passes=%" PRIu64 " log_bytes=%" PRIu64,
                 progress.passes, dure_store_log_size(node->store));
    }
    return DURE_NODE_OK;
}

/* ---- the loop -------------------------------------------------------------------------------- */

static bool is_keeping(const dure_node_t *node)
{
    const dure_node_config_t *config = &node->config;
    return node->keep->archiver != NULL || config->keep_blocks != 0 || config->keep_days != 0 ||
           config->keep_bytes != 0;
}

uint64_t node_keep_wait_ns(const dure_node_t *node)
{
    const uint64_t now = dure_io_monotonic_ns(node->io);
    uint64_t due = is_scrubbing(node) ? node->scrub_due_ns : DURE_IO_FOREVER;
    if (is_keeping(node) && node->config.threads > 0 && node->keep->look_ns < due) {
        due = node->keep->look_ns;
    }
    return due == DURE_IO_FOREVER ? due : (due > now ? due - now : 0);
}

/* A checkpoint was completed, a copy was, or it is time for the days. */
static bool is_due(dure_node_t *node, uint64_t now)
{
    node_keep_t *keep = node->keep;
    const uint64_t older = dure_store_checkpoint_older_height(node->store);
    const uint64_t copied = atomic_load(&keep->copied);
    const bool due =
        older != keep->seen_older || copied != keep->seen_copied || now >= keep->look_ns;
    if (due) {
        keep->seen_older = older;
        keep->seen_copied = copied;
        keep->look_ns = now + KEEP_PERIOD_NS;
    }
    return due;
}

dure_node_result_t node_keep(dure_node_t *node)
{
    const uint64_t now = dure_io_monotonic_ns(node->io);
    if (node->keep->archiver != NULL && !node->keep->has_thread) {
        (void)copy(node->keep);
    }
    if (is_keeping(node) && is_due(node, now) && look(node) != DURE_NODE_OK) {
        return node->result;
    }
    return scrub(node, now);
}
