/* chain_command: a chain's directory as a whole: packed into one signed file, unpacked again, its
   old segments archived.  Offline: no node is asked. */
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/chain_command.h"
#include "app/dure_command.h"
#include "store/dure_archive.h"
#include "store/dure_pack.h"

#define PATH_SIZE        1024u
#define GENESIS_SIZE_MAX (1u << 20)
#define PROGRESS_NS      UINT64_C(500000000)

/* ---- small things ---------------------------------------------------------------------------- */

typedef struct {
    dure_io_t *clock;
    const char *what;
    uint64_t shown_ns;
} progress_t;

static void show(void *user, const char *what, uint64_t done, uint64_t all)
{
    progress_t *self = user;
    const bool is_live = isatty(STDERR_FILENO) == 1;
    const uint64_t now = dure_io_monotonic_ns(self->clock);
    const bool is_end = done >= all;
    if (all == 0 || (now - self->shown_ns < PROGRESS_NS * (is_live ? 1 : 20) && !is_end)) {
        return;
    }
    if (is_end && self->what == what && !is_live) {
        return;
    }
    self->shown_ns = now;
    self->what = is_end ? what : NULL;
    fprintf(stderr, "%s%s: %3.0f %%%s", is_live ? "\r" : "", what,
            100.0 * (double)(is_end ? all : done) / (double)all,
            is_live && !is_end ? "\033[K" : "\n");
}

/* A path as the directory that holds it and the name there. */
typedef struct {
    char directory[PATH_SIZE], copy[PATH_SIZE];
    const char *name;
} place_of_file_t;

static bool place_of(place_of_file_t *place, const char *path)
{
    struct stat status;
    if (strlen(path) >= PATH_SIZE) {
        return complain(EXIT_USAGE, "the path %s is too long", path) == EXIT_DONE;
    }
    snprintf(place->copy, sizeof place->copy, "%s", path);
    place->name = basename(place->copy);
    char again[PATH_SIZE];
    snprintf(again, sizeof again, "%s", path);
    snprintf(place->directory, sizeof place->directory, "%s", dirname(again));
    if (stat(place->directory, &status) != 0 || !S_ISDIR(status.st_mode)) {
        return complain(EXIT_WORLD, "there is no directory %s", place->directory) == EXIT_DONE;
    }
    return true;
}

static bool read_whole(dure_io_t *io, const char *name, uint8_t **bytes, size_t *size)
{
    dure_io_file_t file = 0;
    uint64_t length = 0;
    bool is_read = dure_io_file_open(io, &file, name, DURE_IO_OPEN) == DURE_IO_OK &&
                   dure_io_file_size(io, file, &length) == DURE_IO_OK && length <= GENESIS_SIZE_MAX;
    *size = (size_t)length;
    *bytes = is_read ? malloc(*size + 1) : NULL;
    is_read = *bytes != NULL && dure_io_file_read(io, file, *bytes, *size, 0) == DURE_IO_OK;
    dure_io_file_close(io, file);
    return is_read;
}

/* "64 characters 0-9a-f" of an Ed25519 key, 66 of a P-256 key; or a key file, which has both. */
static bool parse_signer(dure_public_key_t *key, const char *text)
{
    const size_t size = strlen(text);
    *key = (dure_public_key_t){.scheme = size == 64 ? DURE_SCHEME_ED25519 : DURE_SCHEME_P256};
    bool is_hex = (size == 64 || size == 66) && strspn(text, "0123456789abcdef") == size;
    for (size_t i = 0; is_hex && i < size / 2; i++) {
        const char pair[3] = {text[2 * i], text[2 * i + 1], 0};
        key->bytes[i] = (uint8_t)strtoul(pair, NULL, 16);
    }
    /* `dure key show` writes an Ed25519 key with its unused byte. */
    if (is_hex && size == 66 && text[64] == '0' && text[65] == '0') {
        key->scheme = DURE_SCHEME_ED25519;
    }
    if (is_hex && dure_public_key_check(key) == DURE_CRYPTO_OK) {
        return true;
    }
    dure_key_file_t file;
    char problem[DURE_KEY_FILE_PROBLEM_SIZE];
    if (!is_hex && dure_key_file_read(&file, text, problem)) {
        *key = file.public_key;
        return true;
    }
    return complain(EXIT_USAGE,
                    "--signer %s: neither a public key as `dure key show` prints it nor a key file",
                    text) == EXIT_DONE;
}

static void key_text(char out[67], const dure_public_key_t *key)
{
    const size_t size = key->scheme == DURE_SCHEME_ED25519 ? 32 : 33;
    for (size_t i = 0; i < size; i++) {
        snprintf(out + 2 * i, 3, "%02x", key->bytes[i]);
    }
}

/* ---- what a command has open ----------------------------------------------------------------- */

typedef struct {
    const args_t *args;
    dure_io_t *io, *archive, *file_io; /* of the directory, the archive, the packed file */
    dure_store_t *store;
    dure_store_report_t report;
    uint8_t *genesis;
    size_t genesis_size;
    progress_t progress;
    dure_pack_t pack;
    dure_pack_info_t info;
    dure_pack_file_t file;
} chain_t;

static int close_all(chain_t *self, int code)
{
    dure_pack_close(&self->file);
    (void)dure_store_close(self->store);
    dure_io_close(self->io);
    dure_io_close(self->archive);
    dure_io_close(self->file_io);
    free(self->genesis);
    return code;
}

static bool open_io(dure_io_t **io, const char *directory, dure_io_mode_t mode)
{
    dure_io_result_t got = dure_io_linux_open(io, directory, mode);
    if (got == DURE_IO_LOCKED) {
        return complain(EXIT_WORLD, "a node runs on %s", directory) == EXIT_DONE;
    }
    return got == DURE_IO_OK ||
           complain(EXIT_WORLD, "%s: %s", directory,
                    *io == NULL ? "no memory" : dure_io_error_text(*io)) == EXIT_DONE;
}

/* The chain of a directory, for reading alone; a node may run on it. */
static bool open_chain(chain_t *self, const char *directory)
{
    const char *archive = args_option(self->args, "--archive");
    if (!open_io(&self->io, directory, DURE_IO_READ_ONLY) ||
        (archive != NULL && !open_io(&self->archive, archive, DURE_IO_READ_ONLY))) {
        return false;
    }
    self->progress.clock = self->io;
    if (!read_whole(self->io, "genesis.dure", &self->genesis, &self->genesis_size)) {
        return complain(EXIT_WORLD, "%s has no readable genesis.dure", directory) == EXIT_DONE;
    }
    dure_store_config_t config = {.first_height = 1, .read_only = true, .archive = self->archive};
    dure_hash(&config.chain_id, DURE_TAG_GENESIS, self->genesis, self->genesis_size);
    dure_store_result_t result = dure_store_open(&self->store, &self->report, self->io, &config);
    return result == DURE_STORE_OK ||
           complain(result == DURE_STORE_CORRUPT ? EXIT_REFUSED : EXIT_WORLD, "%s: %s", directory,
                    self->store == NULL ? "no memory" : dure_store_message(self->store)) ==
               EXIT_DONE;
}

/* ---- pack ------------------------------------------------------------------------------------ */

static void print_info(const chain_t *self, const char *done, const char *file)
{
    const dure_pack_info_t *info = &self->info;
    char key[67];
    key_text(key, &info->signer);
    if (self->args->json) {
        json_t *object = json_pack(
            "{s:s, s:s, s:b, s:o, s:o, s:o, s:o, s:s, s:s}", "file", file, "chain_id",
            hash_text(&info->chain_id).text, "state_only", (int)info->is_state_alone,
            "first_height", json_u64(info->first_height), "height", json_u64(info->head_height),
            "checkpoint", json_u64(info->checkpoint_height), "bytes", json_u64(info->file_size),
            "signer", key, "app_hash", hash_text(&info->app_hash).text);
        print_json(object);
        return;
    }
    printf("%s %s\n  chain %s\n", done, file, hash_text(&info->chain_id).text);
    printf("  blocks %" PRIu64 " to %" PRIu64 "%s\n", info->first_height, info->head_height,
           info->is_state_alone ? ": the state, and not what was before" : ", the whole log");
    if (info->checkpoint_height != 0) {
        printf("  checkpoint at block %" PRIu64 ", app hash %s\n", info->checkpoint_height,
               hash_text(&info->app_hash).text);
    }
    printf("  %" PRIu64 " bytes, signed by %s\n", info->file_size, key);
}

static int pack(const args_t *args)
{
    chain_t self = {.args = args, .pack = {.progress = show}};
    const char *directory = args->positionals[0];
    const char *path = args->positionals[1];
    const char *key_path_given = args_option(args, "--key");
    dure_key_file_t key;
    char problem[DURE_KEY_FILE_PROBLEM_SIZE];
    place_of_file_t place;
    if (key_path_given == NULL) {
        return complain(EXIT_USAGE, "--key FILE is missing: the key of who packs, which the other "
                                    "side is told beforehand");
    }
    if (!dure_key_file_read(&key, key_path_given, problem)) {
        return complain(EXIT_WORLD, "%s", problem);
    }
    self.pack.user = &self.progress;
    if (!place_of(&place, path) || !open_chain(&self, directory) ||
        !open_io(&self.file_io, place.directory, DURE_IO_EXCLUSIVE)) {
        return close_all(&self, EXIT_WORLD);
    }
    if (!dure_pack_write(&self.pack, &self.info, self.store, self.file_io, place.name,
                         dure_bytes(self.genesis, self.genesis_size), &key.secret,
                         args_option(args, "--state-only") != NULL)) {
        return close_all(&self, complain(EXIT_WORLD, "%s: %s", path, self.pack.message));
    }
    print_info(&self, "packed into", path);
    return close_all(&self, EXIT_DONE);
}

/* ---- unpack ---------------------------------------------------------------------------------- */

/* The file, checked to its last byte, of a signer that is trusted. */
static int open_file(chain_t *self, const char *path)
{
    const char *trusted = args_option(self->args, "--signer");
    dure_public_key_t signer;
    place_of_file_t place;
    char key[67];
    if (trusted == NULL) {
        return complain(EXIT_USAGE, "--signer KEY is missing: whose packed chain is trusted");
    }
    if (!parse_signer(&signer, trusted)) {
        return EXIT_USAGE;
    }
    if (!place_of(&place, path) || !open_io(&self->file_io, place.directory, DURE_IO_READ_ONLY)) {
        return EXIT_WORLD;
    }
    self->progress.clock = self->file_io;
    if (!dure_pack_open(&self->pack, &self->file, self->file_io, place.name)) {
        return complain(EXIT_REFUSED, "%s: %s", path, self->pack.message);
    }
    self->info = self->file.info;
    key_text(key, &self->info.signer);
    if (memcmp(&signer, &self->info.signer, sizeof signer) != 0) {
        return complain(EXIT_REFUSED, "%s: it is signed by %s, who is not the trusted signer", path,
                        key);
    }
    if (!dure_pack_check(&self->pack, &self->file)) {
        return complain(EXIT_REFUSED, "%s: %s", path, self->pack.message);
    }
    return EXIT_DONE;
}

static int unpack(const args_t *args)
{
    chain_t self = {.args = args, .pack = {.progress = show}};
    const char *path = args->positionals[0];
    const char *directory = args->positionals[1];
    struct stat status;
    self.pack.user = &self.progress;
    int code = open_file(&self, path);
    if (code != EXIT_DONE) {
        return close_all(&self, code);
    }
    const bool was_there = stat(directory, &status) == 0;
    if (!open_io(&self.io, directory, DURE_IO_EXCLUSIVE)) {
        return close_all(&self, EXIT_WORLD);
    }
    if (!dure_pack_unpack(&self.pack, &self.file, self.io)) {
        code = complain(EXIT_WORLD, "%s: %s", directory, self.pack.message);
        close_all(&self, code);
        if (!was_there && rmdir(directory) != 0) {
            return complain(EXIT_WORLD, "%s is left: remove it", directory);
        }
        return code;
    }
    print_info(&self, "unpacked", path);
    if (!args->json) {
        printf("next: dured %s\n", directory);
    }
    return close_all(&self, EXIT_DONE);
}

static int packed(const args_t *args)
{
    chain_t self = {.args = args, .pack = {.progress = show}};
    self.pack.user = &self.progress;
    int code = open_file(&self, args->positionals[0]);
    if (code == EXIT_DONE) {
        print_info(&self, "whole and signed:", args->positionals[0]);
    }
    return close_all(&self, code);
}

/* ---- archive --------------------------------------------------------------------------------- */

#define COPY_STEP (4u << 20)

/* Copies every full segment from the base on; *until: the first that has no copy. */
static int copy_segments(chain_t *self, dure_archiver_t *archiver, const char *to, uint64_t *until)
{
    dure_store_segment_t segment;
    uint64_t all = dure_store_base_segment(self->store);
    while (dure_store_segment(self->store, &segment, all)) {
        all++;
    }
    const uint64_t base = dure_store_base_segment(self->store);
    for (*until = base; *until < all; (*until)++) {
        dure_store_result_t result = DURE_STORE_BUSY;
        while (result == DURE_STORE_BUSY) {
            result = dure_archiver_step(archiver, *until, COPY_STEP);
            show(&self->progress, "archiving", *until - base, all - base);
        }
        if (result != DURE_STORE_OK) {
            return complain(result == DURE_STORE_CORRUPT ? EXIT_REFUSED : EXIT_WORLD, "%s: %s", to,
                            dure_archiver_message(archiver));
        }
    }
    show(&self->progress, "archiving", all - base, all - base);
    return EXIT_DONE;
}

/* The directory's own store, which no node may have meanwhile; both checkpoints read whole. */
static bool open_to_remove(chain_t *self, const char *directory)
{
    dure_checkpoint_t checkpoint;
    dure_bytes_t chunk;
    if (!open_io(&self->io, directory, DURE_IO_EXCLUSIVE)) {
        return false;
    }
    self->progress.clock = self->io;
    if (!read_whole(self->io, "genesis.dure", &self->genesis, &self->genesis_size)) {
        return complain(EXIT_WORLD, "%s has no readable genesis.dure", directory) == EXIT_DONE;
    }
    dure_store_config_t config = {.first_height = 1};
    dure_hash(&config.chain_id, DURE_TAG_GENESIS, self->genesis, self->genesis_size);
    if (dure_store_open(&self->store, &self->report, self->io, &config) != DURE_STORE_OK) {
        return complain(EXIT_WORLD, "%s: %s", directory,
                        self->store == NULL ? "no memory" : dure_store_message(self->store)) ==
               EXIT_DONE;
    }
    while (dure_store_checkpoint_next(self->store, &checkpoint) == DURE_STORE_OK) {
        while (dure_store_checkpoint_read(self->store, &chunk) == DURE_STORE_OK && chunk.size > 0) {
        }
    }
    return true;
}

static int remove_segments(chain_t *self, uint64_t copied, uint64_t *until)
{
    const uint64_t older = dure_store_checkpoint_older_height(self->store);
    dure_store_segment_t segment;
    bool is_done = false;
    *until = dure_store_base_segment(self->store);
    while (*until < copied && dure_store_segment(self->store, &segment, *until) &&
           segment.last_height < older) {
        (*until)++;
    }
    while (!is_done) {
        if (dure_store_prune(self->store, &is_done, *until) != DURE_STORE_OK) {
            return complain(EXIT_WORLD, "%s", dure_store_message(self->store));
        }
    }
    return EXIT_DONE;
}

static int archive(const args_t *args)
{
    chain_t self = {.args = args};
    const char *directory = args->positionals[0];
    const char *to = args_option(args, "--to");
    const bool removes = args_option(args, "--remove") != NULL;
    uint64_t copied = 0;
    if (to == NULL) {
        return complain(EXIT_USAGE, "--to DIR2 is missing: where the segments are copied to");
    }
    const bool is_open = removes ? open_to_remove(&self, directory) : open_chain(&self, directory);
    if (!is_open || !open_io(&self.archive, to, DURE_IO_EXCLUSIVE)) {
        return close_all(&self, EXIT_WORLD);
    }
    dure_hash_t chain_id;
    dure_hash(&chain_id, DURE_TAG_GENESIS, self.genesis, self.genesis_size);
    dure_archiver_t *archiver =
        dure_archiver_new(self.io, self.archive, &chain_id, DURE_STORE_BUG_NONE);
    if (archiver == NULL) {
        return close_all(&self, complain(EXIT_WORLD, "no memory"));
    }
    const uint64_t base = dure_store_base_segment(self.store);
    uint64_t until = base;
    int code = copy_segments(&self, archiver, to, &copied);
    if (code == EXIT_DONE && removes) {
        code = remove_segments(&self, copied, &until);
    }
    dure_archiver_free(archiver);
    if (code == EXIT_DONE && args->json) {
        print_json(json_pack("{s:o, s:o, s:o}", "archived", json_u64(copied - base), "removed",
                             json_u64(until - base), "first_height",
                             json_u64(dure_store_first_height(self.store))));
    } else if (code == EXIT_DONE) {
        printf("%" PRIu64 " segments are in %s, read again there; %" PRIu64 " removed\n",
               copied - base, to, until - base);
        printf("the log in %s begins with block %" PRIu64 "\n", directory,
               dure_store_first_height(self.store));
    }
    return close_all(&self, code);
}

const command_t chain_commands[] = {
    {.words = "chain pack",
     .arguments = "DIR FILE --key KEYFILE [--state-only] [--archive DIR2]",
     .summary = "a node's chain as one signed file, for another machine",
     .options = "--key= --state-only --archive=",
     .help =
         "Genesis, newest checkpoint and the whole log, each under a hash, signed with KEYFILE.\n"
         "The node may be running; what it decides meanwhile is not in the file. Keys and\n"
         "node.conf are not in it either.\n"
         "  --state-only     only the log from the checkpoint on: the other side has no history\n"
         "                   before it\n"
         "  --archive DIR2   where segments are that were removed from DIR\n",
     .least = 2,
     .most = 2,
     .run = pack},
    {.words = "chain unpack",
     .arguments = "FILE DIR --signer KEY",
     .summary = "a new directory from a packed chain; its node goes on from there",
     .options = "--signer=",
     .help =
         "Checks every hash and the signature before it writes anything. DIR must be empty or not\n"
         "there. Interrupted, it leaves nothing that a node starts from, and can be repeated.\n"
         "  --signer KEY     whom you trust: a public key as `dure key show` prints it, or a key\n"
         "                   file. Have it told to you on another way than the file.\n"
         "Never let two nodes go on with one chain: stop the old one for good first.\n",
     .least = 2,
     .most = 2,
     .run = unpack},
    {.words = "chain packed",
     .arguments = "FILE --signer KEY",
     .summary = "check a packed chain without unpacking it",
     .options = "--signer=",
     .least = 1,
     .most = 1,
     .run = packed},
    {.words = "chain archive",
     .arguments = "DIR --to DIR2 [--remove]",
     .summary = "copy full segments of the log elsewhere",
     .options = "--to= --remove",
     .help =
         "Every batch is verified as it is copied, and every copy is read again from its device.\n"
         "The node may be running; with --remove it must be stopped: then segments before the\n"
         "older checkpoint are removed from DIR once their copy was read. A running node does\n"
         "both by itself: node.conf, archive and keep_*.\n",
     .least = 1,
     .most = 1,
     .run = archive},
    {0},
};
