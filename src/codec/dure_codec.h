/* codec: canonical bytes <-> values.  The layouts are generated from schema/formats.json into
   dure_formats.h; this header holds the reader and writer under them, the transaction envelope, and
   the result codes.  Pure.

   One value has one encoding: integers are little-endian and of fixed width, lists are counted,
   names are length-prefixed, and a reader refuses a value outside its range and bytes left over. */
#ifndef DURE_CODEC_H
#define DURE_CODEC_H

#include "base/dure_base.h"
#include "codec/dure_results.h"
#include "codec/dure_vocabulary.h"
#include "crypto/dure_crypto.h"

typedef struct {
    uint8_t bytes[16];
} dure_blind_t;

typedef struct {
    uint8_t bytes[8];
} dure_mark_t;

/* A long list, kept as its encoded elements: count, and the bytes after the count. */
typedef struct {
    uint16_t count;
    dure_bytes_t bytes; /* borrows */
} dure_view_t;

/* ---- reader
   --------------------------------------------------------------------------------------- After the
   first failure every further read fails and gives zero; `field` and `offset` keep the first. */
typedef struct {
    const uint8_t *data; /* borrows */
    size_t size;         /* bytes */
    size_t offset;       /* next byte */
    const char *field;   /* NULL while all is well, else the name of the field that was wrong */
    const char *wrong;   /* why: "cut off", "out of range", "bytes left over", ... */
    size_t wrong_offset;
} dure_reader_t;

dure_reader_t dure_reader(dure_bytes_t bytes);
bool dure_reader_ok(const dure_reader_t *reader);
/* dure_reader_end: true if all is well and no byte is left over. */
DURE_MUST_USE bool dure_reader_end(dure_reader_t *reader);
void dure_reader_fail(dure_reader_t *reader, const char *field, const char *wrong);

uint64_t dure_read_uint(dure_reader_t *reader, const char *field, size_t width, uint64_t low,
                        uint64_t high);
int64_t dure_read_i64(dure_reader_t *reader, const char *field, int64_t low, int64_t high);
void dure_read_raw(dure_reader_t *reader, const char *field, void *out, size_t size);
void dure_read_name(dure_reader_t *reader, const char *field, dure_name_t *out, bool may_be_empty);
dure_bytes_t dure_read_bytes(dure_reader_t *reader, const char *field, size_t size_max);
void dure_read_key(dure_reader_t *reader, const char *field, dure_public_key_t *out);

/* ---- writer
   --------------------------------------------------------------------------------------- Never
   writes past capacity: on overflow it sets `overflow` and writes nothing more. */
typedef struct {
    uint8_t *data; /* borrows */
    size_t capacity;
    size_t size;
    bool overflow;
} dure_writer_t;

dure_writer_t dure_writer(void *data, size_t capacity);
void dure_write_uint(dure_writer_t *writer, size_t width, uint64_t value);
void dure_write_raw(dure_writer_t *writer, const void *data, size_t size);
void dure_write_name(dure_writer_t *writer, const dure_name_t *name);
void dure_write_bytes(dure_writer_t *writer, dure_bytes_t bytes);
dure_bytes_t dure_writer_bytes(const dure_writer_t *writer);

#include "codec/dure_formats.h"

/* ---- the transaction on the wire: body bytes, then seal bytes
 * --------------------------------------- */
#define DURE_SEAL_SIZE 65u

typedef struct {
    dure_tx_t tx;
    dure_seal_t seal;
    dure_bytes_t body;  /* the bytes of tx; borrows from the wire bytes */
    dure_bytes_t whole; /* body and seal; borrows */
} dure_envelope_t;

/* dure_envelope_decode: DURE_RESULT_DONE, _MALFORMED or _TOO_LARGE; *reader (may be NULL) tells
   which field was wrong. */
dure_result_t dure_envelope_decode(dure_envelope_t *envelope, dure_bytes_t wire,
                                   dure_reader_t *reader);
/* dure_tx_hash: H(TX_BODY, chain id || body): what an effect and a verdict name. */
void dure_tx_hash(dure_hash_t *hash, const dure_hash_t *chain_id, dure_bytes_t body);
/* The message that a seal signs: 0x61 || chain id || body.  Returns its size; out needs 33 + body.
 */
size_t dure_tx_message(uint8_t *out, const dure_hash_t *chain_id, dure_bytes_t body);
/* dure_tx_seal: encodes tx, signs it with slot's key, writes the wire bytes.  False: does not fit.
 */
DURE_MUST_USE bool dure_tx_seal(dure_writer_t *out, const dure_tx_t *tx,
                                const dure_hash_t *chain_id, uint8_t slot,
                                const dure_secret_key_t *secret);

/* The number under which membership of a list is kept among a party's attributes. */
uint64_t dure_list_attribute(const dure_name_t *list);

#endif
