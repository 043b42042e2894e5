#include "codec/dure_codec.h"

#include <string.h>

dure_reader_t dure_reader(dure_bytes_t bytes)
{
    return (dure_reader_t){.data = bytes.data, .size = bytes.size};
}

bool dure_reader_ok(const dure_reader_t *reader)
{
    return reader->field == NULL;
}

void dure_reader_fail(dure_reader_t *reader, const char *field, const char *wrong)
{
    if (reader->field == NULL) {
        reader->field = field;
        reader->wrong = wrong;
        reader->wrong_offset = reader->offset;
    }
}

bool dure_reader_end(dure_reader_t *reader)
{
    if (reader->offset != reader->size) {
        dure_reader_fail(reader, "end", "bytes left over");
    }
    return reader->field == NULL;
}

uint64_t dure_reader_out_of_range(dure_reader_t *reader, const char *field, size_t width)
{
    reader->offset -= width;
    dure_reader_fail(reader, field, "out of range");
    return 0;
}

int64_t dure_read_i64(dure_reader_t *reader, const char *field, int64_t low, int64_t high)
{
    uint64_t raw = dure_read_uint(reader, field, 8, 0, UINT64_MAX);
    if (reader->field != NULL) {
        return 0;
    }
    int64_t value = (int64_t)raw;
    if (value < low || value > high) {
        reader->offset -= 8;
        dure_reader_fail(reader, field, "out of range");
        return 0;
    }
    return value;
}

void dure_read_raw(dure_reader_t *reader, const char *field, void *out, size_t size)
{
    const uint8_t *at = dure_reader_take(reader, field, size);
    if (at == NULL) {
        memset(out, 0, size);
        return;
    }
    memcpy(out, at, size);
}

void dure_read_name(dure_reader_t *reader, const char *field, dure_name_t *out, bool may_be_empty)
{
    memset(out, 0, sizeof *out);
    size_t size =
        (size_t)dure_read_uint(reader, field, 1, may_be_empty ? 0 : 1, DURE_NAME_SIZE - 1);
    const uint8_t *at = dure_reader_take(reader, field, size);
    if (at == NULL || size == 0) {
        return;
    }
    memcpy(out->text, at, size);
    if (!dure_name_is_valid(out) || out->text[size - 1] == 0) {
        memset(out, 0, sizeof *out);
        dure_reader_fail(reader, field, "not a name");
    }
}

dure_bytes_t dure_read_bytes(dure_reader_t *reader, const char *field, size_t size_max)
{
    size_t size = (size_t)dure_read_uint(reader, field, 4, 0, size_max);
    const uint8_t *at = dure_reader_take(reader, field, size);
    return at == NULL ? (dure_bytes_t){0} : dure_bytes(at, size);
}

void dure_read_key(dure_reader_t *reader, const char *field, dure_public_key_t *out)
{
    memset(out, 0, sizeof *out);
    out->scheme = (uint8_t)dure_read_uint(reader, field, 1, DURE_SCHEME_ED25519, DURE_SCHEME_P256);
    dure_read_raw(reader, field, out->bytes, sizeof out->bytes);
}

dure_writer_t dure_writer(void *data, size_t capacity)
{
    return (dure_writer_t){.data = data, .capacity = capacity};
}

void dure_write_name(dure_writer_t *writer, const dure_name_t *name)
{
    size_t size = 0;
    while (size < DURE_NAME_SIZE && name->text[size] != 0) {
        size++;
    }
    DURE_ASSERT(size < DURE_NAME_SIZE);
    dure_write_uint(writer, 1, size);
    dure_write_raw(writer, name->text, size);
}

void dure_write_bytes(dure_writer_t *writer, dure_bytes_t bytes)
{
    dure_write_uint(writer, 4, bytes.size);
    dure_write_raw(writer, bytes.data, bytes.size);
}

dure_bytes_t dure_writer_bytes(const dure_writer_t *writer)
{
    DURE_ASSERT(!writer->overflow);
    return dure_bytes(writer->data, writer->size);
}

bool dure_tx_has_witness(uint8_t body_kind)
{
    return body_kind == DURE_BODY_REFUND;
}

dure_result_t dure_envelope_decode(dure_envelope_t *envelope, dure_bytes_t wire,
                                   dure_reader_t *reader)
{
    dure_reader_t own = dure_reader(wire);
    dure_reader_t *from = reader == NULL ? &own : reader;
    *from = dure_reader(wire);
    if (wire.size > DURE_TX_SIZE_MAX) {
        dure_reader_fail(from, "transaction", "too large");
        return DURE_RESULT_TOO_LARGE;
    }
    dure_tx_decode(from, &envelope->tx);
    size_t body_size = from->offset;
    dure_seal_decode(from, &envelope->seal);
    envelope->witness = (dure_bytes_t){0};
    if (dure_reader_ok(from) && dure_tx_has_witness(envelope->tx.body.kind)) {
        envelope->witness = dure_read_bytes(from, "witness", DURE_WITNESS_SIZE_MAX);
    }
    if (!dure_reader_end(from)) {
        return DURE_RESULT_MALFORMED;
    }
    envelope->body = dure_bytes(wire.data, body_size);
    envelope->whole = wire;
    return DURE_RESULT_DONE;
}

void dure_tx_hash(dure_hash_t *hash, const dure_hash_t *chain_id, dure_bytes_t body)
{
    dure_hasher_t hasher;
    dure_hasher_init(&hasher, DURE_TAG_TX_BODY);
    dure_hasher_update(&hasher, chain_id->bytes, sizeof chain_id->bytes);
    dure_hasher_update(&hasher, body.data, body.size);
    dure_hasher_final(&hasher, hash);
}

size_t dure_tx_message(uint8_t *out, const dure_hash_t *chain_id, dure_bytes_t body)
{
    out[0] = DURE_TAG_SIGN_TX;
    memcpy(out + 1, chain_id->bytes, sizeof chain_id->bytes);
    memcpy(out + 1 + sizeof chain_id->bytes, body.data, body.size);
    return 1 + sizeof chain_id->bytes + body.size;
}

void dure_mandate_message(uint8_t out[DURE_MANDATE_MESSAGE_SIZE], const dure_hash_t *chain_id,
                          const dure_mandate_t *mandate)
{
    dure_writer_t writer = dure_writer(out, DURE_MANDATE_MESSAGE_SIZE);
    dure_write_uint(&writer, 1, DURE_TAG_SIGN_MANDATE);
    dure_write_raw(&writer, chain_id->bytes, sizeof chain_id->bytes);
    dure_mandate_encode(&writer, mandate);
    DURE_ASSERT(writer.size == DURE_MANDATE_MESSAGE_SIZE);
}

bool dure_tx_seal(dure_writer_t *out, const dure_tx_t *tx, const dure_hash_t *chain_id,
                  uint8_t slot, const dure_secret_key_t *secret)
{
    size_t start = out->size;
    dure_tx_encode(out, tx);
    const bool has_witness = dure_tx_has_witness(tx->body.kind);
    if (out->overflow ||
        out->size - start + DURE_SEAL_SIZE + (has_witness ? 4u : 0u) > DURE_TX_SIZE_MAX) {
        return false;
    }
    uint8_t message[33 + DURE_TX_SIZE_MAX];
    size_t message_size =
        dure_tx_message(message, chain_id, dure_bytes(out->data + start, out->size - start));
    dure_seal_t seal = {.slot = slot};
    if (!dure_sign(&seal.signature, secret, message, message_size)) {
        return false;
    }
    dure_seal_encode(out, &seal);
    if (has_witness) {
        dure_write_bytes(out, (dure_bytes_t){0});
    }
    return !out->overflow;
}

bool dure_tx_attach(dure_writer_t *out, const dure_envelope_t *envelope, dure_bytes_t witness)
{
    DURE_ASSERT(dure_tx_has_witness(envelope->tx.body.kind));
    const size_t signed_size = envelope->body.size + DURE_SEAL_SIZE;
    if (witness.size > DURE_WITNESS_SIZE_MAX ||
        signed_size + 4u + witness.size > DURE_TX_SIZE_MAX) {
        return false;
    }
    dure_write_raw(out, envelope->whole.data, signed_size);
    dure_write_bytes(out, witness);
    return !out->overflow;
}

dure_mark_t dure_name_mark(const dure_name_t *name)
{
    size_t size = 0;
    while (size < DURE_NAME_SIZE && name->text[size] != 0) {
        size++;
    }
    dure_hash_t hash;
    dure_sha256(&hash, name->text, size);
    dure_mark_t mark;
    memcpy(mark.bytes, hash.bytes, sizeof mark.bytes);
    return mark;
}

uint64_t dure_list_attribute(const dure_name_t *list)
{
    const dure_mark_t mark = dure_name_mark(list);
    return dure_get_u64(mark.bytes) | UINT64_C(1) << 63;
}
