/* Transactions on the wire: the vectors that tools/gen_format_vectors.py wrote with an encoder of
   its own, and what an envelope refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "codec/test_shapes.h"

#define VECTORS   "test/vectors/formats.txt"
#define LINE_SIZE 65536u

static uint8_t nibble(char c)
{
    return (uint8_t)(c <= '9' ? c - '0' : c - 'a' + 10);
}

static size_t unhex(uint8_t *out, const char *text)
{
    size_t size = strlen(text) / 2;
    for (size_t i = 0; i < size; i++) {
        out[i] = (uint8_t)(nibble(text[2 * i]) << 4 | nibble(text[2 * i + 1]));
    }
    return size;
}

typedef struct {
    dure_hash_t chain;
    dure_secret_key_t secret;
    dure_public_key_t public;
    uint32_t shapes, kinds;
} vectors_t;

static void check_shape(vectors_t *vectors, const char *name, const char *hex)
{
    static uint8_t bytes[LINE_SIZE / 2], back[LINE_SIZE / 2];
    size_t size = hex[0] == '-' ? 0 : unhex(bytes, hex);
    for (size_t i = 0; i < shapes_count; i++) {
        if (strcmp(shapes[i].name, name) != 0) {
            continue;
        }
        void *value = malloc(shapes[i].size);
        assert_non_null(value);
        dure_reader_t reader = dure_reader(dure_bytes(bytes, size));
        shapes[i].decode(&reader, value);
        assert_true(dure_reader_end(&reader));
        dure_writer_t writer = dure_writer(back, sizeof back);
        shapes[i].encode(&writer, value);
        assert_int_equal(writer.size, size);
        assert_memory_equal(back, bytes, size);
        free(value);
        vectors->shapes++;
    }
}

/* The wire with the witness is read, and is what attaching it to the wire without one gives. */
static void check_witness(uint8_t *wire, size_t signed_size, const char *hex)
{
    static uint8_t with[DURE_TX_SIZE_MAX], again[DURE_TX_SIZE_MAX];
    memcpy(with, wire, signed_size);
    const size_t witness_size = unhex(with + signed_size + 4, hex);
    const size_t size = signed_size + 4 + witness_size;
    dure_put_u32(with + signed_size, (uint32_t)witness_size);
    dure_envelope_t envelope;
    assert_int_equal(dure_envelope_decode(&envelope, dure_bytes(with, size), NULL),
                     DURE_RESULT_DONE);
    assert_int_equal(envelope.witness.size, witness_size);
    assert_memory_equal(envelope.witness.data, with + signed_size + 4, witness_size);
    const dure_bytes_t witness = envelope.witness;
    dure_put_u32(wire + signed_size, 0);
    assert_int_equal(dure_envelope_decode(&envelope, dure_bytes(wire, signed_size + 4), NULL),
                     DURE_RESULT_DONE);
    assert_int_equal(envelope.witness.size, 0);
    dure_writer_t writer = dure_writer(again, sizeof again);
    assert_true(dure_tx_attach(&writer, &envelope, witness));
    assert_int_equal(writer.size, size);
    assert_memory_equal(again, with, size);
}

static void check_tx(vectors_t *vectors, const char *kind, char *rest)
{
    static uint8_t wire[DURE_TX_SIZE_MAX], again[DURE_TX_SIZE_MAX], message[DURE_TX_SIZE_MAX + 33];
    const char *body = strtok(rest, " \n");
    const char *hash = strtok(NULL, " \n");
    const char *signature = strtok(NULL, " \n");
    const char *witness = strtok(NULL, " \n");
    assert_non_null(signature);
    size_t body_size = unhex(wire, body);
    wire[body_size] = 0;
    assert_int_equal(unhex(wire + body_size + 1, signature), 64);
    size_t size = body_size + DURE_SEAL_SIZE;
    dure_envelope_t envelope;
    if (witness != NULL) {
        check_witness(wire, size, witness);
        dure_put_u32(wire + size, 0);
        size += 4;
    }
    assert_int_equal(dure_envelope_decode(&envelope, dure_bytes(wire, size), NULL),
                     DURE_RESULT_DONE);
    assert_int_equal(witness != NULL, dure_tx_has_witness(envelope.tx.body.kind));
    assert_string_equal(dure_body_kind_name(envelope.tx.body.kind), kind);
    assert_int_equal(envelope.body.size, body_size);
    dure_hash_t mine, theirs;
    dure_tx_hash(&mine, &vectors->chain, envelope.body);
    unhex(theirs.bytes, hash);
    assert_memory_equal(mine.bytes, theirs.bytes, 32);
    size_t message_size = dure_tx_message(message, &vectors->chain, envelope.body);
    assert_int_equal(
        dure_signature_verify(&vectors->public, &envelope.seal.signature, message, message_size),
        DURE_CRYPTO_OK);
    dure_writer_t writer = dure_writer(again, sizeof again);
    assert_true(dure_tx_seal(&writer, &envelope.tx, &vectors->chain, 0, &vectors->secret));
    assert_int_equal(writer.size, size);
    assert_memory_equal(again, wire, size);
    vectors->kinds++;
}

static void vectors_of_another_encoder_agree(void **state)
{
    (void)state;
    FILE *file = fopen(VECTORS, "r");
    assert_non_null(file);
    vectors_t vectors = {.secret.scheme = DURE_SCHEME_ED25519,
                         .public.scheme = DURE_SCHEME_ED25519};
    static char line[LINE_SIZE];
    while (fgets(line, sizeof line, file) != NULL) {
        char *word = strtok(line, " \n");
        char *name = word == NULL || word[0] == '#' ? NULL : strtok(NULL, " \n");
        if (name == NULL) {
            continue;
        }
        if (strcmp(word, "shape") == 0) {
            check_shape(&vectors, name, strtok(NULL, " \n"));
        } else if (strcmp(word, "chain") == 0) {
            unhex(vectors.chain.bytes, name);
        } else if (strcmp(word, "secret") == 0) {
            unhex(vectors.secret.seed, name);
        } else if (strcmp(word, "public") == 0) {
            unhex(vectors.public.bytes, name);
        } else {
            assert_string_equal(word, "tx");
            check_tx(&vectors, name, name + strlen(name) + 1);
        }
    }
    fclose(file);
    assert_int_equal(vectors.shapes, shapes_count);
    uint32_t kinds = 0;
    for (uint32_t kind = 0; kind < 256; kind++) {
        kinds += dure_body_kind_name((uint8_t)kind) != NULL;
    }
    assert_int_equal(vectors.kinds, kinds);
}

/* ---- what an envelope refuses
 * ------------------------------------------------------------------- */

static size_t sample(uint8_t *wire, const dure_hash_t *chain)
{
    dure_tx_t tx = {.version = 1, .id = {.party = 7, .number = 1}, .valid_until = 5};
    tx.body.kind = DURE_BODY_PAYMENT;
    tx.body.payment =
        (dure_payment_t){.payee = 9, .amount = dure_amount(100), .channel = 1, .funds_count = 1};
    tx.body.payment.funds[0].fund = 3;
    dure_secret_key_t secret = {.scheme = DURE_SCHEME_ED25519, .seed = {1}};
    dure_writer_t writer = dure_writer(wire, DURE_TX_SIZE_MAX);
    assert_true(dure_tx_seal(&writer, &tx, chain, 2, &secret));
    return writer.size;
}

static void an_envelope_is_exactly_body_and_seal(void **state)
{
    (void)state;
    static uint8_t wire[DURE_TX_SIZE_MAX + 2];
    const dure_hash_t chain = {{1}};
    size_t size = sample(wire, &chain);
    dure_envelope_t envelope;
    dure_reader_t reader;
    assert_int_equal(dure_envelope_decode(&envelope, dure_bytes(wire, size), &reader),
                     DURE_RESULT_DONE);
    assert_int_equal(envelope.seal.slot, 2);
    assert_int_equal(envelope.whole.size, size);
    for (size_t cut = 0; cut < size; cut++) {
        assert_int_equal(dure_envelope_decode(&envelope, dure_bytes(wire, cut), &reader),
                         DURE_RESULT_MALFORMED);
        assert_non_null(reader.field);
    }
    wire[size] = 0;
    assert_int_equal(dure_envelope_decode(&envelope, dure_bytes(wire, size + 1), &reader),
                     DURE_RESULT_MALFORMED);
    assert_string_equal(reader.field, "end");
    wire[size - DURE_SEAL_SIZE] = 4;
    assert_int_equal(dure_envelope_decode(&envelope, dure_bytes(wire, size), &reader),
                     DURE_RESULT_MALFORMED);
    assert_string_equal(reader.field, "slot");
    assert_int_equal(
        dure_envelope_decode(&envelope, dure_bytes(wire, DURE_TX_SIZE_MAX + 1), &reader),
        DURE_RESULT_TOO_LARGE);
}

static void a_refund_alone_ends_in_a_witness(void **state)
{
    (void)state;
    static uint8_t wire[DURE_TX_SIZE_MAX + 1], longer[DURE_TX_SIZE_MAX];
    static uint8_t witness[DURE_WITNESS_SIZE_MAX + 1];
    const dure_hash_t chain = {{1}};
    dure_tx_t tx = {.version = 1, .id = {.party = 7, .number = 1}, .valid_until = 5};
    tx.body.kind = DURE_BODY_REFUND;
    tx.body.refund =
        (dure_refund_t){.payment = {.party = 9, .number = 3}, .amount = dure_amount(100)};
    dure_secret_key_t secret = {.scheme = DURE_SCHEME_ED25519, .seed = {1}};
    dure_writer_t writer = dure_writer(wire, DURE_TX_SIZE_MAX);
    assert_true(dure_tx_seal(&writer, &tx, &chain, 2, &secret));
    const size_t size = writer.size;
    dure_envelope_t envelope, other;
    dure_reader_t reader;
    for (size_t cut = 0; cut < size; cut++) {
        assert_int_equal(dure_envelope_decode(&envelope, dure_bytes(wire, cut), &reader),
                         DURE_RESULT_MALFORMED);
    }
    assert_string_equal(reader.field, "witness");
    assert_int_equal(dure_envelope_decode(&envelope, dure_bytes(wire, size + 1), &reader),
                     DURE_RESULT_MALFORMED);
    assert_string_equal(reader.field, "end");
    assert_int_equal(dure_envelope_decode(&envelope, dure_bytes(wire, size), &reader),
                     DURE_RESULT_DONE);
    assert_int_equal(envelope.body.size + DURE_SEAL_SIZE + 4, size);
    const dure_bytes_t most = dure_bytes(witness, DURE_WITNESS_SIZE_MAX);
    writer = dure_writer(longer, sizeof longer);
    assert_true(dure_tx_attach(&writer, &envelope, most));
    assert_int_equal(writer.size, size + DURE_WITNESS_SIZE_MAX);
    assert_int_equal(dure_envelope_decode(&other, dure_writer_bytes(&writer), &reader),
                     DURE_RESULT_DONE);
    assert_int_equal(other.witness.size, DURE_WITNESS_SIZE_MAX);
    assert_true(dure_bytes_equal(other.body, envelope.body));
    const size_t exact = writer.size;
    writer = dure_writer(longer, exact - 1);
    assert_false(dure_tx_attach(&writer, &envelope, most));
    writer = dure_writer(longer, sizeof longer);
    assert_false(
        dure_tx_attach(&writer, &envelope, dure_bytes(witness, DURE_WITNESS_SIZE_MAX + 1)));
    dure_put_u32(longer + size - 4, DURE_WITNESS_SIZE_MAX + 1);
    assert_int_equal(dure_envelope_decode(&other, dure_bytes(longer, exact + 1), &reader),
                     DURE_RESULT_MALFORMED);
    assert_string_equal(reader.field, "witness");
}

static void hash_and_signature_cover_the_chain_and_every_bit(void **state)
{
    (void)state;
    static uint8_t wire[DURE_TX_SIZE_MAX], message[DURE_TX_SIZE_MAX + 33];
    const dure_hash_t chain = {{1}}, other = {{2}};
    size_t size = sample(wire, &chain);
    dure_bytes_t body = dure_bytes(wire, size - DURE_SEAL_SIZE);
    dure_hash_t first, second;
    dure_tx_hash(&first, &chain, body);
    dure_tx_hash(&second, &other, body);
    assert_memory_not_equal(first.bytes, second.bytes, 32);
    size_t message_size = dure_tx_message(message, &chain, body);
    assert_int_equal(message_size, 33 + body.size);
    assert_int_equal(message[0], 0x61);
    assert_memory_equal(message + 1, chain.bytes, 32);
    assert_memory_equal(message + 33, body.data, body.size);
    for (size_t bit = 0; bit < 8 * body.size; bit++) {
        wire[bit / 8] ^= (uint8_t)(1u << bit % 8);
        dure_tx_hash(&second, &chain, body);
        assert_memory_not_equal(first.bytes, second.bytes, 32);
        wire[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}

static void a_transaction_too_large_is_not_sealed(void **state)
{
    (void)state;
    static uint8_t wire[2 * DURE_TX_SIZE_MAX], image[24576], source[32768];
    dure_tx_t tx = {.version = 1, .id = {.party = 7, .number = 1}};
    tx.body.kind = DURE_BODY_PROPOSE;
    tx.body.propose.act.kind = DURE_ACT_FUND;
    tx.body.propose.act.fund.fund = 1;
    tx.body.propose.act.fund.image = dure_bytes(image, sizeof image);
    tx.body.propose.act.fund.source = dure_bytes(source, sizeof source);
    const dure_hash_t chain = {{1}};
    dure_secret_key_t secret = {.scheme = DURE_SCHEME_ED25519, .seed = {1}};
    /* The largest program there may be fits one transaction, whatever room there is beyond it. */
    dure_writer_t writer = dure_writer(wire, sizeof wire);
    assert_true(dure_tx_seal(&writer, &tx, &chain, 0, &secret));
    assert_true(writer.size <= DURE_TX_SIZE_MAX);
    const size_t exact = writer.size;
    writer = dure_writer(wire, exact - 1);
    assert_false(dure_tx_seal(&writer, &tx, &chain, 0, &secret));
    writer = dure_writer(wire, exact);
    assert_true(dure_tx_seal(&writer, &tx, &chain, 0, &secret));
}

static void lists_have_numbers_apart_from_attributes(void **state)
{
    (void)state;
    dure_name_t a, b;
    assert_true(dure_name_from(&a, "rural_marts", 11));
    assert_true(dure_name_from(&b, "rural_mart", 10));
    assert_true(dure_list_attribute(&a) >> 63 == 1);
    assert_true(dure_list_attribute(&a) != dure_list_attribute(&b));
}

int main(void)
{
    if (!dure_crypto_init()) {
        return 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_of_another_encoder_agree),
        cmocka_unit_test(an_envelope_is_exactly_body_and_seal),
        cmocka_unit_test(a_refund_alone_ends_in_a_witness),
        cmocka_unit_test(hash_and_signature_cover_the_chain_and_every_bit),
        cmocka_unit_test(a_transaction_too_large_is_not_sealed),
        cmocka_unit_test(lists_have_numbers_apart_from_attributes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
