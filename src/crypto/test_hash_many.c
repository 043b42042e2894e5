/* Many hashes at once: every way, whatever its number of lanes, gives what the library gives. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "crypto/hash_lanes.h"

#define JOBS      300u
#define DATA_SIZE 4096u

static uint64_t random_state = 42;

static uint32_t draw(uint32_t bound)
{
    random_state = random_state * UINT64_C(6364136223846793005) + 1;
    return (uint32_t)(((random_state >> 32) * bound) >> 32);
}

static const unsigned WAYS[] = {
    1u << HASH_BY_LIBRARY,
    1u << HASH_BY_LIBRARY | 1u << HASH_BY_SHA,
    1u << HASH_BY_LIBRARY | 1u << HASH_BY_AVX512,
    1u << HASH_BY_LIBRARY | 1u << HASH_BY_SHA | 1u << HASH_BY_AVX512,
};

static bool has_all(unsigned ways)
{
    for (unsigned way = 0; way <= HASH_BY_AVX512; way++) {
        if ((ways >> way & 1u) != 0 && !hash_way_has((hash_way_t)way)) {
            printf("# this processor lacks way %u\n", way);
            return false;
        }
    }
    return true;
}

/* By the library's plain function over one copy of the whole message. */
static void expect(const dure_hash_job_t *job, const dure_hash_t *hash)
{
    static uint8_t message[1 + DURE_HASH_HEAD_MAX + DATA_SIZE];
    message[0] = (uint8_t)job->tag;
    memcpy(message + 1, job->head, job->head_size);
    memcpy(message + 1 + job->head_size, job->data, job->size);
    dure_hash_t expected;
    dure_sha256(&expected, message, 1u + job->head_size + job->size);
    assert_memory_equal(hash->bytes, expected.bytes, 32);
}

static uint8_t bytes[DATA_SIZE + 256];

static int set_up(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)draw(256);
    }
    return 0;
}

/* Every length up to some blocks, with heads of every length: each border of a block is met. */
static void every_length(unsigned ways)
{
    static dure_hash_t outs[400];
    static dure_hash_job_t jobs[400];
    for (uint32_t head = 0; head <= DURE_HASH_HEAD_MAX; head++) {
        for (uint32_t i = 0; i < 400; i++) {
            jobs[i] = (dure_hash_job_t){.out = &outs[i],
                                        .tag = DURE_TAG_EFFECT_LEAF,
                                        .head = bytes + 3,
                                        .head_size = (uint8_t)head,
                                        .data = bytes + i % 61,
                                        .size = i};
        }
        hash_many_by(ways, jobs, 400);
        for (uint32_t i = 0; i < 400; i++) {
            expect(&jobs[i], &outs[i]);
        }
    }
}

/* Any number of messages of any length; every lane of a group ends elsewhere. */
static void any_number(unsigned ways)
{
    static dure_hash_t outs[JOBS];
    static dure_hash_job_t jobs[JOBS];
    for (uint32_t count = 0; count < JOBS; count += count < 40 ? 1 : 37) {
        memset(outs, 0, sizeof outs);
        for (uint32_t i = 0; i < count; i++) {
            jobs[i] = (dure_hash_job_t){.out = &outs[i],
                                        .tag = (dure_tag_t)draw(256),
                                        .head = bytes + draw(128),
                                        .head_size = (uint8_t)draw(DURE_HASH_HEAD_MAX + 1),
                                        .data = bytes + draw(128),
                                        .size = draw(draw(2) == 0 ? 300 : DATA_SIZE)};
        }
        hash_many_by(ways, jobs, count);
        for (uint32_t i = 0; i < count; i++) {
            expect(&jobs[i], &outs[i]);
        }
        const dure_hash_t untouched = {{0}};
        assert_memory_equal(&outs[count], &untouched, sizeof untouched);
    }
}

static void pairs_of_any_number(unsigned ways)
{
    dure_hash_t hashes[80], outs[40];
    dure_pair_t pairs[40];
    for (uint32_t i = 0; i < 80; i++) {
        memcpy(hashes[i].bytes, bytes + 32 * (size_t)i, 32);
    }
    for (uint32_t count = 0; count <= 40; count++) {
        dure_hash_t expected[40];
        for (uint32_t i = 0; i < count; i++) {
            outs[i] = hashes[2 * i + i % 2];
            /* The result may replace the left or the right. */
            pairs[i] = (dure_pair_t){&outs[i], i % 2 == 0 ? &outs[i] : &hashes[2 * i],
                                     i % 2 == 0 ? &hashes[2 * i + 1] : &outs[i],
                                     i % 3 == 0 ? DURE_TAG_STATE_NODE : DURE_TAG_STATE_LEAF};
            dure_hash_pair(&expected[i], pairs[i].tag, &hashes[2 * i], &hashes[2 * i + 1]);
        }
        hash_pairs_by(ways, pairs, count);
        assert_memory_equal(outs, expected, count * sizeof outs[0]);
    }
}

static void test_lengths(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof WAYS / sizeof WAYS[0]; i++) {
        if (has_all(WAYS[i])) {
            every_length(WAYS[i]);
        }
    }
}

static void test_numbers(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof WAYS / sizeof WAYS[0]; i++) {
        if (has_all(WAYS[i])) {
            any_number(WAYS[i]);
        }
    }
}

static void test_pairs(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof WAYS / sizeof WAYS[0]; i++) {
        if (has_all(WAYS[i])) {
            pairs_of_any_number(WAYS[i]);
        }
    }
}

/* The million a's of FIPS 180-4, in sixteen lanes at once: their first letter is the tag. */
static void test_million(void **state)
{
    (void)state;
    static uint8_t letters[1000000];
    memset(letters, 'a', sizeof letters);
    dure_hash_t outs[16];
    dure_hash_job_t jobs[16];
    for (uint32_t i = 0; i < 16; i++) {
        jobs[i] = (dure_hash_job_t){.out = &outs[i],
                                    .tag = (dure_tag_t)'a',
                                    .head = letters,
                                    .head_size = (uint8_t)i,
                                    .data = letters,
                                    .size = sizeof letters - 1 - i};
    }
    dure_hash_many(jobs, 16);
    static const uint8_t expected[32] = {
        0xcd, 0xc7, 0x6e, 0x5c, 0x99, 0x14, 0xfb, 0x92, 0x81, 0xa1, 0xc7,
        0xe2, 0x84, 0xd7, 0x3e, 0x67, 0xf1, 0x80, 0x9a, 0x48, 0xa4, 0x97,
        0x20, 0x0e, 0x04, 0x6d, 0x39, 0xcc, 0xc7, 0x11, 0x2c, 0xd0,
    };
    for (uint32_t i = 0; i < 16; i++) {
        assert_memory_equal(outs[i].bytes, expected, 32);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_pairs),
        cmocka_unit_test(test_million),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
