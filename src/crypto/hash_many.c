/* SHA-256 of many messages at once.  One message alone leaves most of the processor waiting for
   the round before; messages that do not depend on each other are hashed side by side: sixteen with
   AVX-512, two with the SHA instructions, and elsewhere one by one by the library.  The results
   are the same bytes. */
#include "crypto/hash_lanes.h"

#include <string.h>

const uint32_t hash_round_constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

const uint32_t hash_start[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

/* ---- what the processor has --------------------------------------------------------------------
 */
#if defined(__x86_64__)

#include <cpuid.h>
#include <stdatomic.h>

#define BIT(n)      (1u << (n))
#define WAYS_KNOWN  0x80u
#define STATES_KEPT 0xe6u /* by the system, when it switches: SSE, AVX, and AVX-512's three */

/* The registers of AVX-512 may only be used if the system keeps them. */
static bool wide_registers_are_kept(void)
{
    unsigned a, b, c, d;
    if (__get_cpuid(1, &a, &b, &c, &d) == 0 || (c & BIT(27)) == 0) {
        return false;
    }
    unsigned low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (low & STATES_KEPT) == STATES_KEPT;
}

static unsigned ways_ask(void)
{
    unsigned a, b, c, d;
    unsigned ways = BIT(HASH_BY_LIBRARY);
    const bool has_sse =
        __get_cpuid(1, &a, &b, &c, &d) != 0 && (c & bit_SSE4_1) != 0 && (c & bit_SSSE3) != 0;
    if (__get_cpuid_count(7, 0, &a, &b, &c, &d) == 0) {
        return ways;
    }
    if (has_sse && (b & bit_SHA) != 0) {
        ways |= BIT(HASH_BY_SHA);
    }
    const unsigned wide = bit_AVX512F | bit_AVX512BW;
    if ((b & wide) == wide && wide_registers_are_kept()) {
        ways |= BIT(HASH_BY_AVX512);
    }
    return ways;
}

/* Asking the processor costs more than a hash, so it is asked once; two threads that both ask get
   the same answer. */
static unsigned ways_here(void)
{
    static _Atomic unsigned char known;
    unsigned ways = atomic_load_explicit(&known, memory_order_relaxed);
    if (ways == 0) {
        ways = ways_ask() | WAYS_KNOWN;
        atomic_store_explicit(&known, (unsigned char)ways, memory_order_relaxed);
    }
    return ways;
}

#else

#define BIT(n) (1u << (n))

static unsigned ways_here(void)
{
    return BIT(HASH_BY_LIBRARY);
}

static void hash_two_lanes(dure_hash_t *const out[2], const hash_lane_t *const lanes[2])
{
    (void)out;
    (void)lanes;
    DURE_ASSERT(false && "this processor has no such instructions");
}

static void hash_sixteen_lanes(dure_hash_t *const *out, const hash_lane_t *const *lanes,
                               uint32_t count)
{
    (void)count;
    hash_two_lanes(out, lanes);
}

#endif

bool hash_way_has(hash_way_t way)
{
    return (ways_here() & BIT(way)) != 0;
}

/* ---- messages as blocks ------------------------------------------------------------------------
 */
static uint32_t blocks_of(const dure_hash_job_t *job)
{
    const size_t size = 1u + job->head_size + job->size;
    return (uint32_t)((size + 1 + 8 + HASH_BLOCK - 1) / HASH_BLOCK);
}

/* What SHA-256 puts behind `size` bytes, of which the last `at` stand in lane->end: a one bit,
   zeros, the length in bits. */
static void lane_pad(hash_lane_t *lane, size_t at, size_t size)
{
    const size_t end = (size_t)HASH_BLOCK * (lane->blocks - lane->whole);
    memset(lane->end + at, 0, end - at);
    lane->end[at] = 0x80;
    const uint64_t bits = (uint64_t)size * 8;
    for (unsigned i = 0; i < 8; i++) {
        lane->end[end - 1 - i] = (uint8_t)(bits >> (8 * i));
    }
}

static void lane_lay(hash_lane_t *lane, const dure_hash_job_t *job)
{
    DURE_ASSERT(job->head_size <= DURE_HASH_HEAD_MAX);
    const size_t before = 1u + job->head_size;
    const size_t size = before + job->size;
    lane->blocks = blocks_of(job);
    lane->whole = (uint32_t)(size / HASH_BLOCK);
    lane->first = lane->whole > 0 ? 1 : 0;
    uint8_t *start = lane->whole > 0 ? lane->begin : lane->end;
    start[0] = (uint8_t)job->tag;
    if (job->head_size > 0) {
        memcpy(start + 1, job->head, job->head_size);
    }
    const uint8_t *data = job->data;
    size_t left = job->size;
    size_t at = before;
    if (lane->whole > 0) {
        memcpy(start + before, data, HASH_BLOCK - before);
        lane->data = data + (HASH_BLOCK - before);
        data = lane->data + (size_t)HASH_BLOCK * (lane->whole - 1);
        left = size % HASH_BLOCK;
        at = 0;
    }
    if (left > 0) {
        memcpy(lane->end + at, data, left);
    }
    lane_pad(lane, at + left, size);
}

/* ---- many --------------------------------------------------------------------------------------
 */
static void hash_one(const dure_hash_job_t *job)
{
    dure_hasher_t hasher;
    dure_hasher_init(&hasher, job->tag);
    dure_hasher_update(&hasher, job->head, job->head_size);
    dure_hasher_update(&hasher, job->data, job->size);
    dure_hasher_final(&hasher, job->out);
}

/* Sixteen lanes take as long as about so many messages by the SHA instructions. */
#define WIDE_FROM 7u

/* How many of the next `count` go side by side. */
static uint32_t lanes_for(unsigned ways, uint32_t count)
{
    const bool has_two = (ways & BIT(HASH_BY_SHA)) != 0;
    if ((ways & BIT(HASH_BY_AVX512)) != 0 && count >= (has_two ? WIDE_FROM : 2u)) {
        return count < HASH_LANES_MAX ? count : HASH_LANES_MAX;
    }
    return has_two && count >= 2 ? 2 : 1;
}

static void lanes_hash(unsigned ways, dure_hash_t *const *out, const hash_lane_t *const *lanes,
                       uint32_t count)
{
    if (count == 2 && (ways & BIT(HASH_BY_SHA)) != 0) {
        hash_two_lanes(out, lanes);
    } else {
        hash_sixteen_lanes(out, lanes, count);
    }
}

/* Lanes go on until the longest of them has ended, so that messages of like length go together. */
#define BATCH       128u
#define LENGTHS_MAX 16u

static void order_by_length(uint8_t order[BATCH], const dure_hash_job_t *jobs, uint32_t count)
{
    uint32_t start[LENGTHS_MAX + 1] = {0};
    uint8_t lengths[BATCH];
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t blocks = blocks_of(&jobs[i]);
        lengths[i] = (uint8_t)(blocks < LENGTHS_MAX ? blocks : LENGTHS_MAX);
        start[lengths[i]]++;
    }
    uint32_t sum = 0;
    for (uint32_t length = 0; length <= LENGTHS_MAX; length++) {
        const uint32_t here = start[length];
        start[length] = sum;
        sum += here;
    }
    for (uint32_t i = 0; i < count; i++) {
        order[start[lengths[i]]++] = (uint8_t)i;
    }
}

static void batch_hash(unsigned ways, const dure_hash_job_t *jobs, uint32_t count)
{
    uint8_t order[BATCH];
    order_by_length(order, jobs, count);
    hash_lane_t laid[HASH_LANES_MAX];
    const hash_lane_t *lanes[HASH_LANES_MAX];
    dure_hash_t *out[HASH_LANES_MAX];
    for (uint32_t i = 0; i < count;) {
        const uint32_t together = lanes_for(ways, count - i);
        if (together == 1) {
            hash_one(&jobs[order[i]]);
        } else {
            for (uint32_t lane = 0; lane < together; lane++) {
                const dure_hash_job_t *job = &jobs[order[i + lane]];
                lane_lay(&laid[lane], job);
                lanes[lane] = &laid[lane];
                out[lane] = job->out;
            }
            lanes_hash(ways, out, lanes, together);
        }
        i += together;
    }
}

void hash_many_by(unsigned ways, const dure_hash_job_t *jobs, uint32_t count)
{
    for (uint32_t i = 0; i < count; i += BATCH) {
        batch_hash(ways, jobs + i, count - i < BATCH ? count - i : BATCH);
    }
}

void dure_hash_many(const dure_hash_job_t *jobs, uint32_t count)
{
    hash_many_by(ways_here(), jobs, count);
}

/* ---- pairs: the nodes of trees -----------------------------------------------------------------
   65 bytes and their padding: always two blocks, the second with but one byte of the message. */
#define NODE_SIZE 65u

static void node_prepare(hash_lane_t *lane)
{
    *lane = (hash_lane_t){.blocks = 2, .first = 1, .whole = 1};
    lane_pad(lane, 1, NODE_SIZE);
}

static void node_lay(hash_lane_t *lane, const dure_pair_t *pair)
{
    lane->begin[0] = (uint8_t)pair->tag;
    memcpy(lane->begin + 1, pair->left->bytes, 32);
    memcpy(lane->begin + 33, pair->right->bytes, 31);
    lane->end[0] = pair->right->bytes[31];
}

void hash_pairs_by(unsigned ways, const dure_pair_t *pairs, uint32_t count)
{
    hash_lane_t laid[HASH_LANES_MAX];
    const hash_lane_t *lanes[HASH_LANES_MAX];
    dure_hash_t *out[HASH_LANES_MAX];
    uint32_t prepared = 0;
    for (uint32_t i = 0; i < count;) {
        const uint32_t together = lanes_for(ways, count - i);
        if (together == 1) {
            dure_hash_pair(pairs[i].out, pairs[i].tag, pairs[i].left, pairs[i].right);
        } else {
            for (uint32_t lane = 0; lane < together; lane++) {
                if (lane == prepared) {
                    node_prepare(&laid[prepared++]);
                }
                node_lay(&laid[lane], &pairs[i + lane]);
                lanes[lane] = &laid[lane];
                out[lane] = pairs[i + lane].out;
            }
            lanes_hash(ways, out, lanes, together);
        }
        i += together;
    }
}

void dure_hash_pairs(const dure_pair_t *pairs, uint32_t count)
{
    hash_pairs_by(ways_here(), pairs, count);
}
