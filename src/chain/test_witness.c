/* A refund's witness: what proves the payment under the range before the block lets the refund be
   decided; whatever else stands there turns it away, without a trace in the state. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "chain/test_support.h"
#include "trace/trace.h"

#define PLAYED     180u
#define BLOCK_TXS  20u
#define BLOCKS_MAX 32u

/* A block's effects, as whoever makes a witness keeps them. */
typedef struct {
    dure_block_header_t header;
    dure_hash_t app_hash;
    uint8_t *bytes;
    size_t size;
    uint32_t count;
    dure_hash_t leaves[BLOCK_TXS];
    dure_blind_t blinds[BLOCK_TXS];
    uint8_t effects[BLOCK_TXS][DURE_EFFECT_SIZE_MAX];
    size_t sizes[BLOCK_TXS];
} kept_t;

static play_t play;
static dure_chain_t *chain;
static kept_t kept[BLOCKS_MAX];
static dure_hash_t range_leaves[BLOCKS_MAX];
static uint32_t blocks;

/* The payment to be refunded: where it stands, and who received it. */
static uint32_t paid_block, paid_index;
static dure_tx_id_t paid;
static uint64_t payee;
static uint8_t paid_wire[1024];
static size_t paid_wire_size;

static uint8_t refund_wire[1024];
static dure_envelope_t refund;

static dure_chain_update_t finalize_wires(const dure_bytes_t *wires, uint32_t count)
{
    dure_chain_tx_t txs[BLOCK_TXS];
    for (uint32_t i = 0; i < count; i++) {
        txs[i] = (dure_chain_tx_t){.wire = wires[i]};
    }
    const dure_chain_event_t event = {.kind = DURE_CHAIN_FINALIZE,
                                      .height = dure_chain_head(chain)->height + 1,
                                      .time = dure_trace_time(play.trace),
                                      .txs = txs,
                                      .tx_count = count};
    dure_chain_update_t update;
    assert_int_equal(dure_chain_step(chain, &update, &event), DURE_CHAIN_OK);
    return update;
}

static void commit_block(const dure_bytes_t *wires, uint32_t count)
{
    const dure_chain_update_t update = finalize_wires(wires, count);
    assert_true(blocks < BLOCKS_MAX);
    kept_t *block = &kept[blocks];
    block->header = update.header;
    block->app_hash = update.header.app_hash;
    block->size = update.block.size;
    block->bytes = malloc(update.block.size);
    assert_non_null(block->bytes);
    memcpy(block->bytes, update.block.data, update.block.size);
    block->count = count;
    for (uint32_t i = 0; i < count; i++) {
        const dure_chain_result_t *result = &update.results[i];
        block->leaves[i] = result->leaf;
        block->blinds[i] = result->blind;
        block->sizes[i] = result->effect.size;
        if (result->effect.size > 0) {
            memcpy(block->effects[i], result->effect.data, result->effect.size);
        }
    }
    dure_range_leaf(&range_leaves[blocks++], update.header.height, &update.header.effects_root);
    commit(chain);
}

/* The last payment done, in the middle of a block. */
static void choose_payment(void)
{
    for (uint32_t i = 0; i < PLAYED; i++) {
        const kept_t *block = &kept[i / BLOCK_TXS];
        dure_envelope_t envelope;
        dure_effect_t effect;
        dure_reader_t reader =
            dure_reader(dure_bytes(block->effects[i % BLOCK_TXS], block->sizes[i % BLOCK_TXS]));
        dure_effect_decode(&reader, &effect);
        if (dure_reader_end(&reader) && effect.code == DURE_RESULT_DONE &&
            effect.kind == DURE_BODY_PAYMENT && i / BLOCK_TXS < 5 &&
            dure_envelope_decode(&envelope, play.wires[i], NULL) == DURE_RESULT_DONE) {
            paid_block = i / BLOCK_TXS;
            paid_index = i % BLOCK_TXS;
            paid = effect.id;
            payee = envelope.tx.body.payment.payee;
            paid_wire_size = play.wires[i].size;
            assert_true(paid_wire_size <= sizeof paid_wire);
            memcpy(paid_wire, play.wires[i].data, paid_wire_size);
        }
    }
    assert_true(payee != 0);
}

static void make_refund(const dure_tx_id_t *payment)
{
    const dure_body_t body = {.kind = DURE_BODY_REFUND,
                              .refund = {.payment = *payment, .amount = dure_amount(1)}};
    const dure_bytes_t wire = dure_trace_make(play.trace, payee, &body);
    assert_true(wire.size <= sizeof refund_wire);
    memcpy(refund_wire, wire.data, wire.size);
    assert_int_equal(dure_envelope_decode(&refund, dure_bytes(refund_wire, wire.size), NULL),
                     DURE_RESULT_DONE);
    assert_int_equal(refund.witness.size, 0);
}

static int set_up(void **state)
{
    (void)state;
    blocks = 0;
    payee = 0;
    play = play_make(21, DURE_TRACE_CLOCK_DRIVEN, 0, PLAYED);
    chain = chain_new(&play);
    for (uint32_t first = 0; first < PLAYED; first += BLOCK_TXS) {
        commit_block(&play.wires[first], BLOCK_TXS);
    }
    choose_payment();
    make_refund(&paid);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < blocks; i++) {
        free(kept[i].bytes);
    }
    chain_free(chain);
    play_free(&play);
    return 0;
}

/* ---- making them ----------------------------------------------------------------------------- */

static uint8_t witness_bytes[DURE_WITNESS_SIZE_MAX];
static size_t witness_size;

static void make_witness(uint32_t block, uint32_t index)
{
    static dure_witness_t witness;
    dure_hash_t scratch[BLOCKS_MAX + BLOCK_TXS];
    memset(&witness, 0, sizeof witness);
    witness.effect = dure_bytes(kept[block].effects[index], kept[block].sizes[index]);
    witness.blind = kept[block].blinds[index];
    witness.height = kept[block].header.height;
    dure_witness_prove(&witness, kept[block].leaves, kept[block].count, index, range_leaves, blocks,
                       block, scratch);
    dure_writer_t writer = dure_writer(witness_bytes, sizeof witness_bytes);
    dure_witness_encode(&writer, &witness);
    witness_size = dure_writer_bytes(&writer).size;
}

static dure_bytes_t attached(dure_bytes_t witness)
{
    static uint8_t wire[DURE_TX_SIZE_MAX];
    dure_writer_t writer = dure_writer(wire, sizeof wire);
    assert_true(dure_tx_attach(&writer, &refund, witness));
    return dure_writer_bytes(&writer);
}

static dure_bytes_t attached_now(void)
{
    return attached(dure_bytes(witness_bytes, witness_size));
}

static uint32_t proposed(dure_bytes_t wire)
{
    const dure_chain_tx_t tx = {.wire = wire};
    const dure_chain_event_t event = {.kind = DURE_CHAIN_PROPOSE,
                                      .time = dure_trace_time(play.trace),
                                      .txs = &tx,
                                      .tx_count = 1,
                                      .block_bytes_max = DURE_BLOCK_SIZE_MAX};
    dure_chain_update_t update;
    assert_int_equal(dure_chain_step(chain, &update, &event), DURE_CHAIN_OK);
    return update.chosen_count;
}

static uint32_t checked(dure_bytes_t wire)
{
    const dure_chain_tx_t tx = {.wire = wire};
    const dure_chain_event_t event = {
        .kind = DURE_CHAIN_CHECK, .time = dure_trace_time(play.trace), .txs = &tx, .tx_count = 1};
    dure_chain_update_t update;
    assert_int_equal(dure_chain_step(chain, &update, &event), DURE_CHAIN_OK);
    return update.code;
}

/* What a block with it alone comes to; the block is never committed. */
static void expect_decided(dure_bytes_t wire)
{
    assert_int_equal(proposed(wire), 1);
    assert_int_equal(checked(wire), DURE_RESULT_DONE);
    const dure_chain_update_t update = finalize_wires(&wire, 1);
    assert_true(update.results[0].code == DURE_RESULT_DONE || update.results[0].code >= 200);
    assert_false(dure_hash_equal(&update.ledger_root, &dure_chain_head(chain)->ledger_root));
    (void)finalize_wires(NULL, 0); /* which undoes it */
}

static void expect_turned_away(dure_bytes_t wire)
{
    assert_int_equal(proposed(wire), 0);
    assert_int_equal(checked(wire), DURE_RESULT_DONE);
    const dure_chain_update_t update = finalize_wires(&wire, 1);
    assert_int_equal(update.results[0].code, DURE_RESULT_WITNESS_WRONG);
    assert_true(dure_hash_equal(&update.ledger_root, &dure_chain_head(chain)->ledger_root));
}

/* ---- the tests ------------------------------------------------------------------------------- */

static void every_payment_has_a_witness(void **state)
{
    (void)state;
    for (uint32_t b = 0; b < blocks; b++) {
        for (uint32_t i = 0; i < kept[b].count; i++) {
            dure_witness_t witness;
            const char *problem = NULL;
            make_witness(b, i);
            const dure_bytes_t bytes = dure_bytes(witness_bytes, witness_size);
            assert_true(dure_witness_decode(&witness, bytes, &problem));
            assert_null(dure_witness_check(&witness, &dure_chain_head(chain)->range));
            assert_int_equal(witness.height, kept[b].header.height);
            assert_int_equal(witness.effect.size, kept[b].sizes[i]);
        }
    }
}

static void a_right_witness_lets_it_be_decided(void **state)
{
    (void)state;
    expect_turned_away(refund.whole);
    make_witness(paid_block, paid_index);
    expect_decided(attached_now());
    /* Turned away before, its number was free. */
    expect_turned_away(refund.whole);
    expect_decided(attached_now());
}

static void a_byte_changed_turns_it_away(void **state)
{
    (void)state;
    make_witness(paid_block, paid_index);
    const size_t size = witness_size;
    assert_true(size > 500);
    for (size_t at = 0; at < size; at++) {
        const uint8_t right = witness_bytes[at];
        static const uint8_t masks[] = {0x01, 0x80, 0xFF};
        witness_bytes[at] = right ^ masks[at % sizeof masks];
        expect_turned_away(attached_now());
        witness_bytes[at] = right;
    }
    for (size_t cut = 0; cut < size; cut += cut < 60 ? 1 : 13) {
        expect_turned_away(attached(dure_bytes(witness_bytes, cut)));
    }
    witness_bytes[size] = 0;
    expect_turned_away(attached(dure_bytes(witness_bytes, size + 1)));
    expect_decided(attached_now());
}

static void a_witness_is_right_for_one_range(void **state)
{
    (void)state;
    make_witness(paid_block, paid_index);
    const dure_body_t tick = dure_trace_tick(dure_trace_time(play.trace));
    /* A block without transactions leaves the range as it is. */
    const dure_chain_update_t empty = finalize_wires(NULL, 0);
    assert_int_equal(empty.result_count, 0);
    commit(chain);
    expect_decided(attached_now());
    const dure_bytes_t wire = dure_trace_make(play.trace, DURE_TRACE_CLOCK, &tick);
    commit_block(&wire, 1);
    expect_turned_away(attached_now());
    make_witness(paid_block, paid_index);
    expect_decided(attached_now());
    /* Under the range of before the block, and so not of what stands in the block itself. */
    const dure_bytes_t both[] = {attached_now(), attached_now()};
    const dure_chain_update_t twice = finalize_wires(both, 2);
    assert_int_equal(twice.results[1].code, DURE_RESULT_ALREADY_USED);
}

static void the_proof_of_something_else_is_none(void **state)
{
    (void)state;
    make_witness(paid_block, (paid_index + 1) % BLOCK_TXS);
    expect_turned_away(attached_now());
    /* Sent once more it is turned away; the effect of that bears the id, and proves no payment. */
    const dure_bytes_t again = dure_bytes(paid_wire, paid_wire_size);
    commit_block(&again, 1);
    make_witness(blocks - 1, 0);
    dure_effect_t effect;
    dure_reader_t reader =
        dure_reader(dure_bytes(kept[blocks - 1].effects[0], kept[blocks - 1].sizes[0]));
    dure_effect_decode(&reader, &effect);
    assert_true(dure_reader_end(&reader) && effect.code > 0 && effect.code < 200);
    assert_int_equal(effect.id.number, paid.number);
    expect_turned_away(attached_now());
}

static void a_block_with_a_witness_is_replayed(void **state)
{
    (void)state;
    make_witness(paid_block, paid_index);
    const dure_bytes_t wires[] = {refund.whole, attached_now()};
    commit_block(wires, 2);
    dure_chain_t *other = chain_new(&play);
    for (uint32_t i = 0; i < blocks; i++) {
        dure_block_t block;
        dure_chain_update_t update;
        const char *problem = NULL;
        assert_true(dure_block_decode(&block, dure_bytes(kept[i].bytes, kept[i].size), &problem));
        assert_null(dure_chain_replay(other, &block, NULL, &update));
        assert_true(dure_hash_equal(&dure_chain_head(other)->app_hash, &kept[i].app_hash));
    }
    assert_true(
        dure_hash_equal(&dure_chain_head(other)->block_hash, &dure_chain_head(chain)->block_hash));
    chain_free(other);
    /* The last byte of the block is the witness's: the transaction root covers it. */
    dure_block_t block;
    const char *problem = NULL;
    kept_t *last = &kept[blocks - 1];
    last->bytes[last->size - 1] ^= 1;
    assert_false(dure_block_decode(&block, dure_bytes(last->bytes, last->size), &problem));
}

int main(void)
{
    if (!dure_crypto_init()) {
        return 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_payment_has_a_witness, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_right_witness_lets_it_be_decided, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_byte_changed_turns_it_away, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_witness_is_right_for_one_range, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_proof_of_something_else_is_none, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_block_with_a_witness_is_replayed, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
