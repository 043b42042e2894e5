/* Receipts: docs/formats/receipt.md has the table. */
#include "chain/chain_private.h"

#include <string.h>

#define RECEIPT_VERSION 1u

void dure_receipt_encode(dure_writer_t *writer, const dure_receipt_t *receipt)
{
    dure_write_uint(writer, 1, RECEIPT_VERSION);
    witness_write(writer, &receipt->witness);
    dure_write_raw(writer, receipt->ledger_root.bytes, sizeof receipt->ledger_root.bytes);
    dure_block_header_encode(writer, &receipt->header);
}

bool dure_receipt_decode(dure_receipt_t *receipt, dure_bytes_t bytes, const char **problem)
{
    memset(receipt, 0, sizeof *receipt);
    dure_reader_t reader = dure_reader(bytes);
    (void)dure_read_uint(&reader, "version", 1, RECEIPT_VERSION, RECEIPT_VERSION);
    *problem = witness_read(&reader, &receipt->witness);
    dure_read_raw(&reader, "ledger root", receipt->ledger_root.bytes, 32);
    dure_block_header_decode(&reader, &receipt->header);
    if (!dure_reader_end(&reader)) {
        *problem = "the receipt's bytes are not canonical";
    }
    return *problem == NULL;
}

const char *dure_receipt_check(const dure_receipt_t *receipt, dure_hash_t *block_hash)
{
    uint8_t header_bytes[DURE_BLOCK_HEADER_SIZE];
    dure_writer_t writer = dure_writer(header_bytes, sizeof header_bytes);
    dure_block_header_encode(&writer, &receipt->header);
    block_hash_of(block_hash, dure_writer_bytes(&writer));
    const dure_witness_t *witness = &receipt->witness;
    if (receipt->header.height < witness->height) {
        return "the header is older than the block of the receipt";
    }
    dure_range_t range;
    dure_range_init(&range);
    range.count = witness->range.count;
    memcpy(range.peaks, witness->range.peaks, sizeof range.peaks);
    const char *problem = dure_witness_check(witness, &range);
    if (problem != NULL) {
        return problem;
    }
    dure_hash_t app_hash;
    app_hash_of(&app_hash, &receipt->ledger_root, &range);
    if (!dure_hash_equal(&app_hash, &receipt->header.app_hash)) {
        return "the range and the ledger root are not those of the header";
    }
    return NULL;
}
