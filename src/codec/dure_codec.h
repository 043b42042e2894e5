/* codec: canonical bytes <-> values.  The layouts are generated from schema/formats.json into
   formats.h; this header holds the reader and writer under them, the transaction envelope, and
   the result codes.  Pure.

   One value has one encoding: integers are little-endian and of fixed width, lists are counted,
   names are length-prefixed, and a reader refuses a value outside its range and bytes left over. */
#ifndef DURE_CODEC_H
#define DURE_CODEC_H

#include "base/dure_base.h"
#include "codec/dure_results.h"
#include "codec/dure_vocabulary.h"
#include "codec/formats.h"
#include "codec/reader.h"
#include "crypto/dure_crypto.h"

/* ---- the transaction on the wire: body bytes, seal bytes, and a refund's witness
 * ------------------------------------------------------------------------------------ */
#define DURE_SEAL_SIZE 65u

/* True for the kind whose wire ends in a witness: a length of 4 bytes, then as many bytes.  It is
   whoever proposes a block that makes it: hash and signature do not cover it. */
bool dure_tx_has_witness(uint8_t body_kind);

typedef struct {
    dure_tx_t tx;
    dure_seal_t seal;
    dure_bytes_t body;    /* the bytes of tx; borrows from the wire bytes */
    dure_bytes_t witness; /* without its length; empty if there is none; borrows */
    dure_bytes_t whole;   /* body, seal and witness; borrows */
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
/* The message that a mandate's signature covers: 0x62 || chain id || mandate bytes. */
#define DURE_MANDATE_MESSAGE_SIZE (33u + DURE_MANDATE_SIZE)
void dure_mandate_message(uint8_t out[DURE_MANDATE_MESSAGE_SIZE], const dure_hash_t *chain_id,
                          const dure_mandate_t *mandate);
/* dure_tx_seal: encodes tx, signs it with slot's key, writes the wire bytes; a witness is empty.
   False: does not fit. */
DURE_MUST_USE bool dure_tx_seal(dure_writer_t *out, const dure_tx_t *tx,
                                const dure_hash_t *chain_id, uint8_t slot,
                                const dure_secret_key_t *secret);
/* dure_tx_attach: writes the wire bytes of a transaction that has a witness with this one instead
   of its own.  False: does not fit. */
DURE_MUST_USE bool dure_tx_attach(dure_writer_t *out, const dure_envelope_t *envelope,
                                  dure_bytes_t witness);

/* First 8 bytes of SHA-256 of a name: under it the changes of a parameter are kept. */
dure_mark_t dure_name_mark(const dure_name_t *name);
/* The number under which membership of a list is kept among a party's attributes. */
uint64_t dure_list_attribute(const dure_name_t *list);

#endif
