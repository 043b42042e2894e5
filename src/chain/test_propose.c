/* What a proposal takes, leaves out, and in which order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "chain/test_support.h"
#include "trace/trace.h"

#define SETUP      120u
#define OFFERS_MAX 64u

static play_t play;
static dure_chain_t *chain;

/* Transactions offered for a proposal; the bytes are copies. */
static struct {
    uint32_t count;
    uint8_t bytes[OFFERS_MAX][512];
    dure_chain_tx_t txs[OFFERS_MAX];
} offers;

static int city_setup(void **state)
{
    (void)state;
    play = play_make(31, DURE_TRACE_CLOCK_DRIVEN, 0, SETUP);
    chain = chain_new(&play);
    play_blocks(chain, &play, 0, SETUP, 40);
    return 0;
}

static int city_teardown(void **state)
{
    (void)state;
    chain_free(chain);
    play_free(&play);
    return 0;
}

static int offers_clear(void **state)
{
    (void)state;
    memset(&offers, 0, sizeof offers);
    return 0;
}

static void offer(dure_bytes_t wire)
{
    assert_true(offers.count < OFFERS_MAX && wire.size <= sizeof offers.bytes[0]);
    memcpy(offers.bytes[offers.count], wire.data, wire.size);
    offers.txs[offers.count].wire = dure_bytes(offers.bytes[offers.count], wire.size);
    offers.count++;
}

static void offer_body(uint64_t party, dure_body_t body)
{
    offer(dure_trace_make(play.trace, party, &body));
}

static dure_chain_update_t propose(size_t bytes_max)
{
    const dure_chain_event_t event = {.kind = DURE_CHAIN_PROPOSE,
                                      .time = dure_trace_time(play.trace),
                                      .txs = offers.txs,
                                      .tx_count = offers.count,
                                      .block_bytes_max = bytes_max};
    dure_chain_update_t update;
    assert_int_equal(dure_chain_step(chain, &update, &event), DURE_CHAIN_OK);
    return update;
}

static void assert_chosen(const dure_chain_update_t *update, uint32_t count, ...)
{
    va_list list;
    va_start(list, count);
    assert_int_equal(update->chosen_count, count);
    for (uint32_t i = 0; i < count; i++) {
        assert_int_equal(update->chosen[i], va_arg(list, uint32_t));
    }
    va_end(list);
}

static void what_is_admissible_is_taken_in_order_and_once(void **state)
{
    (void)state;
    offer_body(DURE_TRACE_BANK, dure_trace_deposit("budget", 1));
    offer(play.wires[0]); /* decided long ago */
    offer(dure_bytes("not a transaction", 17));
    offer_body(DURE_TRACE_BANK, dure_trace_deposit("budget", 2));
    offer(offers.txs[0].wire); /* the same again */
    dure_envelope_t envelope;
    assert_int_equal(dure_envelope_decode(&envelope, offers.txs[0].wire, NULL), DURE_RESULT_DONE);
    envelope.tx.body.deposit.amount = dure_amount(3); /* other bytes, the same id */
    dure_secret_key_t secret;
    dure_trace_secret(play.trace, DURE_TRACE_BANK, &secret);
    offer(dure_trace_sign(play.trace, &envelope.tx, 0, &secret));
    offer_body(DURE_TRACE_BANK, dure_trace_deposit("budget", 4));
    const dure_chain_update_t update = propose(DURE_BLOCK_SIZE_MAX);
    assert_chosen(&update, 3, 0, 3, 6);
}

static void bytes_are_bounded_and_order_is_kept(void **state)
{
    (void)state;
    size_t size = 0;
    for (uint32_t i = 0; i < 10; i++) {
        offer_body(DURE_TRACE_BANK, dure_trace_deposit("budget", 1 + i));
        size = 4 + offers.txs[i].wire.size;
    }
    for (uint32_t room = 0; room <= 11; room++) {
        dure_chain_update_t update = propose(room * size);
        assert_int_equal(update.chosen_count, room < 10 ? room : 10);
        update = propose(room * size + size - 1);
        assert_int_equal(update.chosen_count, room < 10 ? room : 10);
    }
}

static void what_no_block_holds_keeps_nobody_out(void **state)
{
    (void)state;
    offer_body(DURE_TRACE_REGISTRAR, dure_trace_registration(play.trace, dure_trace_citizen(39)));
    offer_body(DURE_TRACE_BANK, dure_trace_deposit("budget", 1));
    assert_true(offers.txs[0].wire.size > offers.txs[1].wire.size);
    const dure_chain_update_t update = propose(4 + offers.txs[1].wire.size);
    assert_chosen(&update, 1, 1);
}

static void who_is_registered_in_a_proposal_may_act_in_it(void **state)
{
    (void)state;
    const uint64_t late = dure_trace_citizen(38), stranger = dure_trace_citizen(37);
    offer_body(late, dure_trace_order(10000)); /* too early */
    offer_body(DURE_TRACE_REGISTRAR, dure_trace_registration(play.trace, late));
    offer_body(late, dure_trace_order(10000));
    offer_body(stranger, dure_trace_order(10000));
    dure_chain_update_t update = propose(DURE_BLOCK_SIZE_MAX);
    assert_chosen(&update, 2, 1, 2);
    dure_chain_tx_t txs[2] = {offers.txs[1], offers.txs[2]};
    const dure_chain_event_t event = {.kind = DURE_CHAIN_FINALIZE,
                                      .height = dure_chain_head(chain)->height + 1,
                                      .txs = txs,
                                      .tx_count = 2};
    assert_int_equal(dure_chain_step(chain, &update, &event), DURE_CHAIN_OK);
    assert_int_equal(update.results[0].code, DURE_RESULT_DONE);
    assert_int_equal(update.results[1].code, DURE_RESULT_DONE);
    commit(chain);
}

static void a_tick_in_a_proposal_moves_how_far_ahead_is_too_far(void **state)
{
    (void)state;
    const dure_time_t now = dure_trace_time(play.trace);
    dure_trace_time_set(play.trace, now + DURE_TX_VALIDITY_MS_MAX);
    offer_body(DURE_TRACE_BANK, dure_trace_deposit("budget", 1));
    dure_trace_time_set(play.trace, now);
    offer_body(DURE_TRACE_CLOCK, dure_trace_tick(now + DURE_TX_VALIDITY_MS_MAX));
    offer(offers.txs[0].wire);
    dure_chain_update_t update = propose(DURE_BLOCK_SIZE_MAX);
    assert_chosen(&update, 2, 1, 2);
    offers.bytes[2][offers.txs[2].wire.size - 1] ^= 1; /* still, the signature is looked at */
    update = propose(DURE_BLOCK_SIZE_MAX);
    assert_chosen(&update, 1, 1);
}

static void a_proposal_is_acceptable_to_others(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 5; i++) {
        offer_body(DURE_TRACE_BANK, dure_trace_deposit("budget", 1 + i));
    }
    const dure_chain_event_t event = {.kind = DURE_CHAIN_PROCESS,
                                      .height = dure_chain_head(chain)->height + 1,
                                      .txs = offers.txs,
                                      .tx_count = offers.count};
    dure_chain_update_t update;
    assert_int_equal(dure_chain_step(chain, &update, &event), DURE_CHAIN_OK);
    assert_int_equal(update.code, DURE_RESULT_DONE);
    offers.txs[3].wire.size--;
    assert_int_equal(dure_chain_step(chain, &update, &event), DURE_CHAIN_OK);
    assert_int_equal(update.code, DURE_RESULT_MALFORMED);
}

static void a_full_proposal_repeats_no_id(void **state)
{
    (void)state;
    const uint32_t count = DURE_BLOCK_TXS_MAX + 100;
    const dure_body_t body = dure_trace_deposit("budget", 1);
    const dure_bytes_t wire = dure_trace_make(play.trace, DURE_TRACE_BANK, &body);
    const size_t size = wire.size;
    uint8_t *bytes = malloc(count * size);
    dure_chain_tx_t *txs = calloc(count, sizeof *txs);
    dure_verdict_t *verdicts = calloc(count, sizeof *verdicts);
    assert_true(bytes != NULL && txs != NULL && verdicts != NULL);
    const dure_public_key_t key = dure_trace_key(play.trace, DURE_TRACE_BANK);
    for (uint32_t i = 0; i < count; i++) {
        uint8_t *at = bytes + i * size;
        memcpy(at, wire.data, size);
        dure_put_u64(at + 11, 1000000 + i / 2); /* the number: each twice */
        txs[i] = (dure_chain_tx_t){dure_bytes(at, size), &verdicts[i]};
        verdicts[i] = (dure_verdict_t){.key = key, .result = DURE_CRYPTO_OK};
        dure_tx_hash(&verdicts[i].tx, dure_trace_chain_id(play.trace),
                     dure_bytes(at, size - DURE_SEAL_SIZE));
    }
    dure_chain_event_t event = {.kind = DURE_CHAIN_PROPOSE,
                                .txs = txs,
                                .tx_count = count,
                                .block_bytes_max = DURE_BLOCK_SIZE_MAX};
    dure_chain_update_t update;
    assert_int_equal(dure_chain_step(chain, &update, &event), DURE_CHAIN_OK);
    assert_int_equal(update.chosen_count, count / 2);
    for (uint32_t i = 0; i < update.chosen_count; i++) {
        assert_int_equal(update.chosen[i], 2 * i);
    }
    for (uint32_t i = 0; i < count; i++) { /* each once: one more than a block takes */
        dure_put_u64(bytes + i * size + 11, 2000000 + i);
        dure_tx_hash(&verdicts[i].tx, dure_trace_chain_id(play.trace),
                     dure_bytes(bytes + i * size, size - DURE_SEAL_SIZE));
    }
    assert_int_equal(dure_chain_step(chain, &update, &event), DURE_CHAIN_OK);
    assert_int_equal(update.chosen_count, DURE_BLOCK_TXS_MAX);
    free(bytes);
    free(txs);
    free(verdicts);
}

int main(void)
{
    if (!dure_crypto_init()) {
        return 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(what_is_admissible_is_taken_in_order_and_once, offers_clear),
        cmocka_unit_test_setup(bytes_are_bounded_and_order_is_kept, offers_clear),
        cmocka_unit_test_setup(what_no_block_holds_keeps_nobody_out, offers_clear),
        cmocka_unit_test_setup(who_is_registered_in_a_proposal_may_act_in_it, offers_clear),
        cmocka_unit_test_setup(a_tick_in_a_proposal_moves_how_far_ahead_is_too_far, offers_clear),
        cmocka_unit_test_setup(a_proposal_is_acceptable_to_others, offers_clear),
        cmocka_unit_test_setup(a_full_proposal_repeats_no_id, offers_clear),
    };
    return cmocka_run_group_tests(tests, city_setup, city_teardown);
}
