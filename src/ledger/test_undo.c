/* Keep and drop: a dropped block leaves no byte behind, admission changes nothing, a verdict is
   believed only where it fits, and where blocks are cut is of no consequence. */
#include "ledger/test_snapshot.h"
#include "ledger/test_world.h"
#include "trace/trace.h"

#define PROGRAM     "examples/gimpo/general.yak"
#define PARTIES_MAX 512u
#define BLOCK_MAX   64u

/* ---- a ledger and a stream for it */
typedef struct {
    void *memory;
    dure_ledger_t *ledger;
    dure_hasher_t effects; /* over all effects kept */
} ledger_t;

typedef struct {
    uint32_t count;
    size_t *sizes;
    uint8_t **wires;
    dure_time_t *times; /* what a block of a real clock would carry */
    uint8_t genesis[8192];
    size_t genesis_size;
} stream_t;

static uint64_t random_state;

static uint32_t chance(uint32_t below)
{
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(random_state >> 33) % below;
}

static stream_t *stream_new(uint64_t seed, uint8_t clock, uint32_t count)
{
    assert_true(dure_crypto_init());
    const dure_trace_config_t config = {.seed = seed, .clock = clock, .mischief = 20};
    dure_trace_t *trace = dure_trace_new_from(&config, PROGRAM);
    stream_t *stream = calloc(1, sizeof *stream);
    assert_non_null(trace);
    assert_non_null(stream);
    stream->count = count;
    stream->sizes = calloc(count, sizeof *stream->sizes);
    stream->wires = calloc(count, sizeof *stream->wires);
    stream->times = calloc(count, sizeof *stream->times);
    assert_true(stream->sizes != NULL && stream->wires != NULL && stream->times != NULL);
    const dure_bytes_t genesis = dure_trace_genesis(trace);
    assert_true(genesis.size <= sizeof stream->genesis);
    memcpy(stream->genesis, genesis.data, genesis.size);
    stream->genesis_size = genesis.size;
    for (uint32_t i = 0; i < count; i++) {
        const dure_bytes_t wire = dure_trace_next(trace);
        stream->sizes[i] = wire.size;
        stream->wires[i] = malloc(wire.size + 1);
        assert_non_null(stream->wires[i]);
        memcpy(stream->wires[i], wire.data, wire.size);
        stream->times[i] = dure_trace_time(trace);
    }
    dure_trace_free(trace);
    return stream;
}

static void stream_free(stream_t *stream)
{
    for (uint32_t i = 0; i < stream->count; i++) {
        free(stream->wires[i]);
    }
    free(stream->sizes);
    free(stream->wires);
    free(stream->times);
    free(stream);
}

static ledger_t ledger_new(const stream_t *stream, uint64_t journal_bytes)
{
    dure_ledger_limits_t limits = dure_ledger_limits_for(PARTIES_MAX);
    limits.journal_bytes_max = journal_bytes;
    const size_t size = dure_ledger_size(&limits);
    ledger_t made = {.memory = aligned_alloc(64, (size + 63) / 64 * 64)};
    assert_non_null(made.memory);
    const char *problem = NULL;
    made.ledger = dure_ledger_init(made.memory, size, &limits,
                                   dure_bytes(stream->genesis, stream->genesis_size), &problem);
    if (made.ledger == NULL) {
        print_error("%s\n", problem);
    }
    assert_non_null(made.ledger);
    dure_hasher_init(&made.effects, DURE_TAG_DERIVE);
    return made;
}

static void ledger_free(ledger_t *ledger)
{
    free(ledger->memory);
}

/* Applies some transactions of the stream; hashes their effects into *hasher unless it is NULL. */
static void play(ledger_t *on, const stream_t *stream, uint32_t first, uint32_t count,
                 dure_hasher_t *hasher)
{
    static uint8_t bytes[16384];
    for (uint32_t i = first; i < first + count; i++) {
        dure_envelope_t envelope;
        const dure_bytes_t wire = dure_bytes(stream->wires[i], stream->sizes[i]);
        if (dure_envelope_decode(&envelope, wire, NULL) != DURE_RESULT_DONE) {
            continue;
        }
        dure_effect_t effect;
        dure_ledger_apply(on->ledger, &envelope, NULL, NULL, &effect);
        dure_writer_t out = dure_writer(bytes, sizeof bytes);
        dure_effect_encode(&out, &effect);
        assert_false(out.overflow);
        if (hasher != NULL) {
            dure_hasher_update(hasher, out.data, out.size);
        }
    }
}

static dure_hash_t root_of(const ledger_t *of)
{
    dure_hash_t root;
    dure_ledger_root(of->ledger, &root);
    return root;
}

static void unchanged(const snapshot_t *snapshot, const ledger_t *of)
{
    const char *differs = snapshot_differs(snapshot, of->ledger);
    if (differs != NULL) {
        print_error("after the drop there differs: %s\n", differs);
    }
    assert_null(differs);
    const dure_hash_t root = root_of(of);
    assert_memory_equal(&root, &snapshot->root, sizeof root);
}

/* ---- drop */

/* Some of what comes, dropped; sometimes the root was taken before, once or twice. */
static void play_and_drop(ledger_t *on, const stream_t *stream, uint32_t first, uint32_t count)
{
    snapshot_t before;
    snapshot_take(&before, on->ledger);
    dure_hash_t walk;
    snapshot_walk(on->ledger, &walk);
    const uint32_t way = chance(3);
    dure_ledger_begin(on->ledger, stream->times[first + count - 1]);
    play(on, stream, first, count / 2, NULL);
    if (way == 1) {
        root_of(on);
    }
    play(on, stream, first + count / 2, count - count / 2, NULL);
    if (way >= 1) {
        root_of(on);
    }
    assert_true(dure_ledger_drop(on->ledger));
    unchanged(&before, on);
    dure_hash_t walk_after;
    snapshot_walk(on->ledger, &walk_after);
    assert_memory_equal(&walk, &walk_after, sizeof walk);
    snapshot_free(&before);
}

static void dropped_blocks_leave_nothing(uint64_t seed, uint8_t clock)
{
    random_state = seed;
    stream_t *stream = stream_new(seed, clock, 1200);
    ledger_t straight = ledger_new(stream, UINT64_C(96) << 20);
    ledger_t hesitant = ledger_new(stream, UINT64_C(96) << 20);
    for (uint32_t at = 0; at < stream->count;) {
        const uint32_t rest = stream->count - at;
        uint32_t count = 1 + chance(BLOCK_MAX);
        count = count < rest ? count : rest;
        for (uint32_t drops = chance(3); drops > 0; drops--) {
            play_and_drop(&hesitant, stream, at, 1 + chance(count));
            play_and_drop(&hesitant, stream, at, count);
        }
        const dure_time_t time = stream->times[at + count - 1];
        dure_ledger_begin(straight.ledger, time);
        play(&straight, stream, at, count, &straight.effects);
        dure_ledger_keep(straight.ledger);
        dure_ledger_begin(hesitant.ledger, time);
        play(&hesitant, stream, at, count, &hesitant.effects);
        dure_ledger_keep(hesitant.ledger);
        at += count;
        const dure_hash_t a = root_of(&straight);
        const dure_hash_t b = root_of(&hesitant);
        assert_memory_equal(&a, &b, sizeof a);
        assert_int_equal(straight.ledger->now, hesitant.ledger->now);
    }
    dure_hash_t a;
    dure_hash_t b;
    dure_hasher_final(&straight.effects, &a);
    dure_hasher_final(&hesitant.effects, &b);
    assert_memory_equal(&a, &b, sizeof a);
    assert_null(dure_ledger_invariants(hesitant.ledger));
    ledger_free(&straight);
    ledger_free(&hesitant);
    stream_free(stream);
}

static void a_drop_gives_back_every_byte(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 4; seed++) {
        dropped_blocks_leave_nothing(seed, DURE_TRACE_CLOCK_DRIVEN);
    }
    dropped_blocks_leave_nothing(5, DURE_TRACE_CLOCK_REAL);
    dropped_blocks_leave_nothing(6, DURE_TRACE_CLOCK_REAL);
}

/* Blocks of all sizes over one journal: where it overflows the drop says so, and keeping what was
   applied is as good as ever. */
static void a_full_journal_is_told(void **state)
{
    (void)state;
    random_state = 7;
    stream_t *stream = stream_new(7, DURE_TRACE_CLOCK_DRIVEN, 600);
    uint32_t told = 0;
    uint32_t undone = 0;
    for (uint64_t journal = 0; journal <= 16384; journal = journal == 0 ? 64 : journal * 2) {
        ledger_t small = ledger_new(stream, journal);
        ledger_t ample = ledger_new(stream, UINT64_C(96) << 20);
        dure_ledger_begin(small.ledger, 0);
        play(&small, stream, 0, 100, NULL);
        dure_ledger_keep(small.ledger); /* overflowed or not */
        dure_ledger_begin(ample.ledger, 0);
        play(&ample, stream, 0, 100, NULL);
        dure_ledger_keep(ample.ledger);
        const dure_hash_t a = root_of(&small);
        const dure_hash_t b = root_of(&ample);
        assert_memory_equal(&a, &b, sizeof a);
        for (uint32_t count = 1; count < 200; count = count * 2 + 1) {
            snapshot_t before;
            snapshot_take(&before, small.ledger);
            dure_ledger_begin(small.ledger, 0);
            play(&small, stream, 100, count, NULL);
            if (!dure_ledger_drop(small.ledger)) {
                told++;
                snapshot_free(&before);
                break; /* the ledger must be loaded again */
            }
            undone++;
            unchanged(&before, &small);
            snapshot_free(&before);
        }
        ledger_free(&small);
        ledger_free(&ample);
    }
    assert_true(told >= 5);
    assert_true(undone >= 5);
    stream_free(stream);
}

/* ---- admission */
static void admission_changes_nothing(void **state)
{
    (void)state;
    stream_t *stream = stream_new(8, DURE_TRACE_CLOCK_DRIVEN, 800);
    ledger_t on = ledger_new(stream, UINT64_C(96) << 20);
    uint32_t turned_away = 0;
    dure_ledger_begin(on.ledger, 0);
    for (uint32_t i = 0; i < stream->count; i++) {
        dure_envelope_t envelope;
        const dure_bytes_t wire = dure_bytes(stream->wires[i], stream->sizes[i]);
        if (dure_envelope_decode(&envelope, wire, NULL) != DURE_RESULT_DONE) {
            continue;
        }
        snapshot_t before;
        snapshot_take(&before, on.ledger);
        const size_t journal_used = on.ledger->journal_used;
        const dure_result_t admitted = dure_ledger_admit(on.ledger, &envelope, NULL);
        assert_int_equal(admitted, dure_ledger_admit(on.ledger, &envelope, NULL));
        assert_int_equal(on.ledger->journal_used, journal_used);
        assert_int_equal(on.ledger->dirty_count, 0);
        unchanged(&before, &on);
        dure_effect_t effect;
        const dure_result_t code = dure_ledger_apply(on.ledger, &envelope, NULL, NULL, &effect);
        assert_int_equal(admitted, code >= 200 ? DURE_RESULT_DONE : code);
        if (code >= 100 && code < 200) {
            turned_away++;
            unchanged(&before, &on);
        }
        snapshot_free(&before);
    }
    assert_true(turned_away > 20);
    dure_ledger_keep(on.ledger);
    ledger_free(&on);
    stream_free(stream);
}

/* ---- verdicts */
#define ANNA UINT64_C(101)
#define BORA UINT64_C(102)

/* The wire of world->wire, not applied; signed with the key of another's slot. */
static void prepare(world_t *world, uint64_t party, const dure_body_t *body, uint64_t key_of,
                    uint8_t key_slot)
{
    const dure_tx_t tx = world_tx(world, party, body);
    const dure_secret_key_t secret = test_secret(key_of, key_slot);
    dure_writer_t out = dure_writer(world->wire, sizeof world->wire);
    assert_true(dure_tx_seal(&out, &tx, dure_ledger_chain_id(world->ledger), 0, &secret));
    world->wire_size = out.size;
    assert_code(
        dure_envelope_decode(&world->envelope, dure_bytes(world->wire, world->wire_size), NULL),
        DURE_RESULT_DONE);
}

static dure_result_t with_verdict(world_t *world, dure_hash_t tx, dure_public_key_t key,
                                  dure_crypto_result_t result)
{
    const dure_verdict_t verdict = {.tx = tx, .key = key, .result = (uint8_t)result};
    const dure_result_t admitted = dure_ledger_admit(world->ledger, &world->envelope, &verdict);
    const dure_result_t code =
        dure_ledger_apply(world->ledger, &world->envelope, &verdict, NULL, &world->effect);
    assert_code(admitted, code >= 200 ? DURE_RESULT_DONE : code);
    if (code == DURE_RESULT_DONE || code >= 200) {
        world->numbers[world->envelope.tx.id.party]++;
    }
    return code;
}

static dure_hash_t hash_of(const world_t *world)
{
    dure_hash_t tx;
    dure_tx_hash(&tx, dure_ledger_chain_id(world->ledger), world->envelope.body);
    return tx;
}

static void a_verdict_counts_only_where_it_fits(void **state)
{
    (void)state;
    world_t *world = world_new(NULL, false, 2);
    world_register(world, ANNA, DURE_KIND_CITIZEN);
    world_register(world, BORA, DURE_KIND_CITIZEN);
    const dure_public_key_t annas = test_key(ANNA, 0).key;
    const dure_public_key_t boras = test_key(BORA, 0).key;
    const dure_body_t body = body_rotate(ANNA, 3);
    /* The signature is BORA's: no verdict that does not fit makes it right. */
    prepare(world, ANNA, &body, BORA, 0);
    const dure_hash_t tx = hash_of(world);
    dure_hash_t other = tx;
    other.bytes[31] ^= 1;
    const dure_hash_t before = world_bytes(world);
    assert_code(with_verdict(world, other, annas, DURE_CRYPTO_OK), DURE_RESULT_SIGNATURE_WRONG);
    assert_code(with_verdict(world, tx, boras, DURE_CRYPTO_OK), DURE_RESULT_SIGNATURE_WRONG);
    assert_code(with_verdict(world, other, boras, DURE_CRYPTO_OK), DURE_RESULT_SIGNATURE_WRONG);
    dure_public_key_t nearly = annas;
    nearly.bytes[32] ^= 1;
    assert_code(with_verdict(world, tx, nearly, DURE_CRYPTO_OK), DURE_RESULT_SIGNATURE_WRONG);
    const dure_hash_t after = world_bytes(world);
    assert_memory_equal(&before, &after, sizeof before);
    /* The signature is right: no verdict that does not fit makes it wrong, one that fits does. */
    prepare(world, ANNA, &body, ANNA, 0);
    assert_code(with_verdict(world, tx, annas, DURE_CRYPTO_MISMATCH), DURE_RESULT_SIGNATURE_WRONG);
    assert_code(with_verdict(world, other, annas, DURE_CRYPTO_MISMATCH), DURE_RESULT_DONE);
    prepare(world, ANNA, &body, ANNA, 0);
    assert_code(with_verdict(world, hash_of(world), boras, DURE_CRYPTO_MISMATCH), DURE_RESULT_DONE);
    prepare(world, ANNA, &body, ANNA, 0);
    assert_code(with_verdict(world, hash_of(world), annas, DURE_CRYPTO_OK), DURE_RESULT_DONE);
    /* A fitting verdict opens the signature's gate alone. */
    assert_code(with_verdict(world, hash_of(world), annas, DURE_CRYPTO_OK),
                DURE_RESULT_ALREADY_USED);
    dure_ledger_keep(world->ledger);
    world_free(world);
}

/* Verdicts are formed ahead of the block; a key replaced within the block ends them. */
static void a_new_key_ends_old_verdicts(void **state)
{
    (void)state;
    world_t *world = world_new(NULL, false, 2);
    world_register(world, ANNA, DURE_KIND_CITIZEN);
    const dure_public_key_t old = test_key(ANNA, 0).key;
    const dure_public_key_t new = test_key(ANNA, 1).key;
    dure_body_t body = body_rotate(ANNA, 0);
    body.rotate.entry.key = new;
    assert_code(world_send(world, ANNA, &body), DURE_RESULT_DONE);
    body = body_rotate(ANNA, 3);
    prepare(world, ANNA, &body, ANNA, 0); /* by the old key, rightly checked before */
    assert_code(with_verdict(world, hash_of(world), old, DURE_CRYPTO_OK),
                DURE_RESULT_SIGNATURE_WRONG);
    prepare(world, ANNA, &body, ANNA, 1); /* by the new key, against the old one wrong */
    assert_code(with_verdict(world, hash_of(world), old, DURE_CRYPTO_MISMATCH), DURE_RESULT_DONE);
    /* Dropped, the old key and its verdict are right again. */
    world_cut(world);
    body = body_rotate(ANNA, 0);
    body.rotate.entry.key = old;
    prepare(world, ANNA, &body, ANNA, 1);
    assert_code(with_verdict(world, hash_of(world), new, DURE_CRYPTO_OK), DURE_RESULT_DONE);
    assert_true(dure_ledger_drop(world->ledger));
    world->numbers[ANNA]--;
    dure_ledger_begin(world->ledger, START);
    prepare(world, ANNA, &body, ANNA, 1);
    assert_code(with_verdict(world, hash_of(world), old, DURE_CRYPTO_MISMATCH), DURE_RESULT_DONE);
    dure_ledger_keep(world->ledger);
    world_free(world);
}

/* ---- cuts */
static void cut_and_play(const stream_t *stream, uint32_t longest, dure_hash_t *root,
                         dure_hash_t *walk, dure_hash_t *effects)
{
    ledger_t on = ledger_new(stream, UINT64_C(96) << 20);
    uint32_t blocks = 0;
    for (uint32_t at = 0; at < stream->count; blocks++) {
        const uint32_t rest = stream->count - at;
        uint32_t count = longest < rest ? 1 + chance(longest) : longest;
        count = count < rest ? count : rest;
        dure_ledger_begin(on.ledger, 0);
        play(&on, stream, at, count, &on.effects);
        if (chance(2) == 0) {
            root_of(&on);
        }
        dure_ledger_keep(on.ledger);
        at += count;
    }
    *root = root_of(&on);
    snapshot_walk(on.ledger, walk);
    dure_hasher_final(&on.effects, effects);
    assert_null(dure_ledger_invariants(on.ledger));
    printf("# %u transactions in %u blocks\n", stream->count, blocks);
    ledger_free(&on);
}

static void cuts_are_of_no_consequence(void **state)
{
    (void)state;
    static const uint32_t longest[] = {1, 7, 300, 3000};
    random_state = 9;
    stream_t *stream = stream_new(9, DURE_TRACE_CLOCK_DRIVEN, 3000);
    dure_hash_t root;
    dure_hash_t walk;
    dure_hash_t effects;
    cut_and_play(stream, 3000, &root, &walk, &effects);
    for (size_t i = 0; i < sizeof longest / sizeof longest[0]; i++) {
        dure_hash_t again[3];
        cut_and_play(stream, longest[i], &again[0], &again[1], &again[2]);
        assert_memory_equal(&root, &again[0], sizeof root);
        assert_memory_equal(&walk, &again[1], sizeof walk);
        assert_memory_equal(&effects, &again[2], sizeof effects);
    }
    stream_free(stream);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_drop_gives_back_every_byte),
        cmocka_unit_test(a_full_journal_is_told),
        cmocka_unit_test(admission_changes_nothing),
        cmocka_unit_test(a_verdict_counts_only_where_it_fits),
        cmocka_unit_test(a_new_key_ends_old_verdicts),
        cmocka_unit_test(cuts_are_of_no_consequence),
    };
    return cmocka_run_group_tests_name("ledger undo", tests, NULL, NULL);
}
