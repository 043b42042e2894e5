/* pack: a whole chain as one signed file, to go on with in another directory.  Not a journal for
   people (that is `dure export`) and not a log: genesis, checkpoint, log and head marker as they
   stand in a directory, each under a hash, and a signature over the list.  docs/formats/pack.md.

   For programs without a loop: calls wait for the device.  Nothing is held in memory whole. */
#ifndef DURE_PACK_H
#define DURE_PACK_H

#include "store/dure_store.h"

#define DURE_PACK_HEADER_SIZE   512u
#define DURE_PACK_MANIFEST_HEAD 184u /* bytes before the parts */
#define DURE_PACK_PART_SIZE     64u
#define DURE_PACK_PARTS_MAX     100000u
#define DURE_PACK_MESSAGE_SIZE  512u

typedef enum {
    DURE_PACK_GENESIS = 1,
    DURE_PACK_CHECKPOINT = 2,
    DURE_PACK_BASE = 3,
    DURE_PACK_SEGMENT = 4,
    DURE_PACK_MARKER = 5,
} dure_pack_kind_t;

typedef struct {
    uint8_t kind;     /* dure_pack_kind_t */
    uint64_t segment; /* its number; 0 of another kind */
    uint64_t offset, size;
    dure_hash_t hash;
} dure_pack_part_t;

/* What the file says of itself. */
typedef struct {
    bool is_state_alone;
    dure_hash_t chain_id;
    uint64_t first_height, head_height; /* of the blocks in it; first = head + 1: none */
    dure_hash_t head_hash;              /* of the log's last batch */
    uint64_t checkpoint_height;         /* 0: it has none */
    dure_hash_t app_hash;               /* of the checkpoint */
    uint64_t time;                      /* when it was made: ms of the maker's wall clock */
    dure_public_key_t signer;
    uint64_t file_size;
    uint32_t part_count;
} dure_pack_info_t;

/* ---- the manifest's bytes; pure ----------------------------------------------------------------
 */
/* dure_pack_manifest_decode: takes the manifest apart, the signature not yet looked at.  Every part
   must stand where its place in the order puts it.  NULL, or what is wrong. */
const char *dure_pack_manifest_decode(dure_pack_info_t *info, dure_bytes_t manifest,
                                      uint64_t manifest_offset);
/* A part of a manifest that was decoded. */
dure_pack_part_t dure_pack_part(dure_bytes_t manifest, uint32_t index);
/* dure_pack_header_decode: where the manifest stands.  NULL, or what is wrong. */
const char *dure_pack_header_decode(dure_hash_t *chain_id, uint64_t *offset, uint64_t *size,
                                    const uint8_t header[DURE_PACK_HEADER_SIZE]);

/* ---- working -----------------------------------------------------------------------------------
 */
typedef struct {
    /* May be NULL.  done and all are bytes. */
    void (*progress)(void *user, const char *what, uint64_t done, uint64_t all);
    void *user;
    char message[DURE_PACK_MESSAGE_SIZE]; /* after a refusal: a sentence */
} dure_pack_t;

/* dure_pack_write: the chain of an open, read-only store as the file `name`, which must not be
   there; it has that name only when all of it is on the disk.  state_alone: only the log from the
   newest checkpoint's segment on.  False with a message, and nothing is left behind. */
DURE_MUST_USE bool dure_pack_write(dure_pack_t *pack, dure_pack_info_t *info, dure_store_t *store,
                                   dure_io_t *out, const char *name, dure_bytes_t genesis,
                                   const dure_secret_key_t *secret, bool state_alone);

/* An open file whose header, manifest and signature hold. */
typedef struct {
    dure_io_t *io;
    dure_io_file_t file;
    dure_pack_info_t info;
    uint8_t *manifest; /* owned */
    size_t manifest_size;
} dure_pack_file_t;

/* dure_pack_open: also false if the signature is not of the key in it.  Whether that signer is
   trusted is for the caller.  To be closed in any case. */
DURE_MUST_USE bool dure_pack_open(dure_pack_t *pack, dure_pack_file_t *file, dure_io_t *io,
                                  const char *name);
void dure_pack_close(dure_pack_file_t *file);
/* dure_pack_check: every byte of every part against its hash. */
DURE_MUST_USE bool dure_pack_check(dure_pack_t *pack, const dure_pack_file_t *file);
/* dure_pack_unpack: makes a node's directory of it, which must hold no file but what an interrupted
   call left.  genesis.dure comes last: before it is there nothing starts from the directory.  What
   was written is read again from the device: hashes, links, checkpoint.  False with a message, and
   everything that was written is removed. */
DURE_MUST_USE bool dure_pack_unpack(dure_pack_t *pack, const dure_pack_file_t *file,
                                    dure_io_t *out);

#endif
