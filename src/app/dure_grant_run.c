/* dure_grant_run: carrying out an approved list.  The ledger keeps which chunks are done, so a run
   asks it, sends the others, and can be started again after anything.  What became of rows that an
   earlier run carried out is read from the chain's blocks. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/dure_list.h"
#include "chain/dure_chain.h"

#define WINDOW     16u /* chunks in one submission, at most */
#define ROUNDS_MAX 8u  /* submissions in a row that bring nothing on */

typedef struct {
    session_t *session;
    list_t *list;
    dure_tx_id_t id;
    dure_key_file_t key;
    dure_record_batch_t batch;
    bool *done;                 /* owned; by chunk */
    bool *known;                /* owned; by chunk: its results are in `results` */
    dure_effect_row_t *results; /* owned; by row */
    uint32_t done_count;
    uint32_t sent_count; /* carried out by this run */
    uint32_t window;     /* chunks in the next submission: the first goes alone, so that what
                            refuses them all is told once */
    bool is_over;        /* the record is gone: every chunk is done, or the last day has passed */
} run_t;

static uint32_t rows_in(const run_t *run, uint32_t chunk)
{
    return list_chunk(run->list, chunk).count;
}

static void free_run(run_t *run)
{
    free(run->done);
    free(run->known);
    free(run->results);
}

/* ---- where it stands */
/* The proposal that was decided: also when its batch is closed. */
static int read_over(run_t *run)
{
    static dure_record_proposal_t proposal;
    bool found = false;
    if (!dure_client_proposal(run->session->client, &found, &proposal, &run->id)) {
        return session_failed(run->session);
    }
    if (found) {
        return complain(EXIT_REFUSED, "%s waits for approval: dure city approve %s",
                        id_text(&run->id).text, id_text(&run->id).text);
    }
    dure_tell_t tell;
    dure_request_t request = {.kind = DURE_REQUEST_ANSWER, .answer.id = run->id};
    if (!dure_client_call(run->session->client, &tell, &request)) {
        return session_failed(run->session);
    }
    if (!tell.what.answer.found || tell.what.answer.answer.code != DURE_RESULT_DONE) {
        return complain(EXIT_REFUSED, "there is no approved list %s", id_text(&run->id).text);
    }
    run->is_over = true;
    return EXIT_DONE;
}

static int read_batch(run_t *run)
{
    bool found = false;
    if (!dure_client_batch(run->session->client, &found, &run->batch, &run->id)) {
        return session_failed(run->session);
    }
    if (!found) {
        return read_over(run);
    }
    run->done_count = 0;
    for (uint32_t i = 0; i < run->list->chunks && i / 64 < run->batch.done_count; i++) {
        run->done[i] = (run->batch.done[i / 64].bits >> (i % 64) & 1) != 0;
        run->done_count += run->done[i];
    }
    return EXIT_DONE;
}

static int check_list(const run_t *run, uint8_t what)
{
    const dure_record_batch_t *batch = &run->batch;
    if (run->is_over) {
        return EXIT_DONE;
    }
    if (batch->what != what) {
        return complain(EXIT_USAGE, "%s is a %s", id_text(&run->id).text,
                        batch->what == 1 ? "grant" : "recall");
    }
    if (batch->rows != run->list->count || !dure_hash_equal(&batch->root, &run->list->root)) {
        text_t given = hash_text(&run->list->root);
        return complain(EXIT_USAGE,
                        "this is not the list that was approved: it has %u rows and the root %s, "
                        "approved are %u rows and the root %s",
                        (unsigned)run->list->count, given.text, (unsigned)batch->rows,
                        hash_text(&batch->root).text);
    }
    return EXIT_DONE;
}

/* ---- results */
/* The rows of an effect of this chunk; false if they are not as many. */
static bool keep_rows(run_t *run, uint32_t chunk, const dure_effect_t *effect)
{
    if (effect->rows.count != rows_in(run, chunk)) {
        return false;
    }
    dure_reader_t reader = dure_reader(effect->rows.bytes);
    for (uint32_t i = 0; i < effect->rows.count; i++) {
        dure_effect_row_decode(&reader, &run->results[(size_t)chunk * LIST_CHUNK_ROWS + i]);
    }
    run->known[chunk] = dure_reader_end(&reader);
    return run->known[chunk];
}

/* ---- sending */
static void mark_done(run_t *run, uint32_t chunk)
{
    run->done_count += !run->done[chunk];
    run->done[chunk] = true;
}

/* One answer; false after a complaint that ends the run. */
static bool take_answer(run_t *run, uint32_t chunk, const dure_answer_t *answer,
                        const dure_tx_id_t *id, int *code)
{
    static outcome_t outcome;
    outcome = (outcome_t){
        .id = *id, .recorded = answer->recorded, .height = answer->height, .index = answer->index};
    const bool decoded = dure_client_effect(&outcome.effect, answer);
    if (answer->code == DURE_RESULT_DONE && decoded && keep_rows(run, chunk, &outcome.effect)) {
        mark_done(run, chunk);
        run->sent_count++;
        return true;
    }
    if (answer->code == DURE_RESULT_BATCH_CHUNK_DONE) {
        mark_done(run, chunk); /* by another run */
        return true;
    }
    if (answer->code == DURE_RESULT_ALREADY_USED || answer->code == DURE_RESULT_NUMBER_TOO_OLD) {
        return true; /* another program signs with this key: again, with a new number */
    }
    if (!decoded) {
        outcome.effect = (dure_effect_t){.code = answer->code, .id = *id};
    }
    print_refusal(run->session, &outcome);
    *code = EXIT_REFUSED;
    return false;
}

/* Sends up to run->window chunks that are not done; EXIT_DONE if the run may go on. */
static int send_some(run_t *run, uint32_t *next)
{
    static uint8_t wires[WINDOW][8192];
    static dure_body_t body;
    dure_bytes_t bytes[WINDOW];
    dure_tx_id_t ids[WINDOW];
    uint32_t chunks[WINDOW];
    uint32_t count = 0;
    dure_tx_t tx = {.version = 1};
    if (!session_next(run->session, &tx.id, &tx.valid_until, run->key.party)) {
        return session_failed(run->session);
    }
    for (; *next < run->list->chunks && count < run->window; ++*next) {
        if (run->done[*next]) {
            continue;
        }
        list_body(run->list, &body, &run->id, *next);
        tx.body = body;
        dure_writer_t writer = dure_writer(wires[count], sizeof wires[count]);
        if (!dure_tx_seal(&writer, &tx, &run->session->chain_id, run->key.slot, &run->key.secret)) {
            return complain(EXIT_WORLD, "the transaction cannot be signed");
        }
        bytes[count] = dure_writer_bytes(&writer);
        ids[count] = tx.id;
        chunks[count++] = *next;
        tx.id.number++;
    }
    if (count == 0) {
        return EXIT_DONE;
    }
    static dure_answer_t answers[WINDOW];
    if (!dure_client_submit(run->session->client, answers, bytes, count)) {
        return session_failed(run->session);
    }
    int code = EXIT_DONE;
    for (uint32_t i = 0; i < count && take_answer(run, chunks[i], &answers[i], &ids[i], &code);
         i++) {
    }
    return code;
}

static void tell_progress(const run_t *run)
{
    if (!run->session->args->json && isatty(STDERR_FILENO) != 0) {
        fprintf(stderr, "\r%u of %u parts done", (unsigned)run->done_count,
                (unsigned)run->list->chunks);
        if (run->done_count == run->list->chunks) {
            fputc('\n', stderr);
        }
    }
}

static int send_all(run_t *run)
{
    uint32_t idle = 0;
    uint32_t next = 0;
    int code = EXIT_DONE;
    while (code == EXIT_DONE && run->done_count < run->list->chunks && idle < ROUNDS_MAX) {
        const uint32_t before = run->done_count;
        next = next == run->list->chunks ? 0 : next;
        code = send_some(run, &next);
        idle = run->done_count == before ? idle + 1 : 0;
        run->window = 2 * run->window < WINDOW ? 2 * run->window : WINDOW;
        tell_progress(run);
    }
    if (code == EXIT_WORLD) {
        complain(code, "%u of %u parts are done; start it again: it goes on where it stopped",
                 (unsigned)run->done_count, (unsigned)run->list->chunks);
    }
    return code != EXIT_DONE || run->done_count == run->list->chunks
               ? code
               : complain(EXIT_WORLD, "other programs sign with this key: start it again");
}

/* ---- what earlier runs did */
static int read_chunk(run_t *run, uint32_t chunk, const dure_tx_id_t *id)
{
    dure_tell_t tell;
    static dure_effect_t effect;
    dure_request_t request = {.kind = DURE_REQUEST_ANSWER, .answer.id = *id};
    if (!dure_client_call(run->session->client, &tell, &request)) {
        return session_failed(run->session);
    }
    if (tell.what.answer.found && tell.what.answer.answer.code == DURE_RESULT_DONE &&
        (!dure_client_effect(&effect, &tell.what.answer.answer) ||
         !keep_rows(run, chunk, &effect))) {
        return complain(EXIT_WORLD, "the node's effect is malformed");
    }
    return EXIT_DONE;
}

typedef struct {
    dure_tx_id_t id;
    uint32_t chunk;
} found_t;

static bool same_id(const dure_tx_id_t *a, const dure_tx_id_t *b)
{
    return a->party == b->party && a->lane == b->lane && a->number == b->number;
}

static bool is_of_list(const run_t *run, const dure_batch_rows_t *rows)
{
    const dure_view_t ours = list_chunk(run->list, rows->chunk);
    return rows->rows.count == ours.count &&
           memcmp(rows->rows.bytes.data, ours.bytes.data, ours.bytes.size) == 0;
}

/* The transactions of a block that carry out chunks of the list that are not known. */
static uint32_t find_chunks(const run_t *run, const dure_block_t *block, found_t *found,
                            uint32_t found_max)
{
    static dure_envelope_t envelope;
    size_t offset = 0;
    dure_bytes_t wire;
    uint32_t count = 0;
    while (count < found_max && dure_block_next(block, &offset, &wire)) {
        if (dure_envelope_decode(&envelope, wire, NULL) != DURE_RESULT_DONE ||
            envelope.tx.body.kind != DURE_BODY_BATCH_ROWS) {
            continue;
        }
        const dure_batch_rows_t *rows = &envelope.tx.body.batch_rows;
        if (same_id(&rows->batch, &run->id) && rows->chunk < run->list->chunks &&
            !run->known[rows->chunk] && is_of_list(run, rows)) {
            found[count++] = (found_t){envelope.tx.id, rows->chunk};
        }
    }
    return count;
}

static int read_block(run_t *run, uint64_t height)
{
    static found_t found[DURE_BLOCK_TXS_MAX];
    dure_tell_t tell;
    dure_block_t block;
    const char *problem = NULL;
    dure_request_t request = {.kind = DURE_REQUEST_BLOCK, .block.height = height};
    if (!dure_client_call(run->session->client, &tell, &request)) {
        return session_failed(run->session);
    }
    if (!tell.what.block.found) {
        return EXIT_DONE;
    }
    if (!dure_block_decode(&block, tell.what.block.block, &problem)) {
        return complain(EXIT_WORLD, "the node's block is malformed: %s", problem);
    }
    const uint32_t count = find_chunks(run, &block, found, DURE_BLOCK_TXS_MAX);
    int code = EXIT_DONE;
    for (uint32_t i = 0; i < count && code == EXIT_DONE; i++) {
        code = read_chunk(run, found[i].chunk, &found[i].id);
    }
    return code;
}

static uint32_t unknown_chunks(const run_t *run)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < run->list->chunks; i++) {
        count += !run->known[i];
    }
    return count;
}

/* From the block of the proposal on. */
static int read_earlier(run_t *run)
{
    if (unknown_chunks(run) == 0 || (!run->is_over && run->done_count == 0)) {
        return EXIT_DONE;
    }
    dure_tell_t tell;
    dure_request_t request = {.kind = DURE_REQUEST_ANSWER, .answer.id = run->id};
    dure_tell_head_t head;
    if (!dure_client_call(run->session->client, &tell, &request)) {
        return session_failed(run->session);
    }
    uint64_t height = tell.what.answer.found ? tell.what.answer.answer.height : 1;
    if (!dure_client_head(run->session->client, &head)) {
        return session_failed(run->session);
    }
    const uint64_t last = head.height;
    int code = EXIT_DONE;
    for (; height <= last && code == EXIT_DONE && unknown_chunks(run) > 0; height++) {
        code = read_block(run, height);
    }
    return code;
}

/* ---- the report */
static const char *result_name(const run_t *run, uint32_t i)
{
    if (!run->known[i / LIST_CHUNK_ROWS]) {
        return "open";
    }
    const dure_result_text_t *text = dure_result_text(run->results[i].code);
    return text == NULL ? "?" : text->name;
}

static int write_report(const run_t *run, const char *path)
{
    char temporary[1024];
    snprintf(temporary, sizeof temporary, "%.1000s.new", path);
    FILE *file = fopen(temporary, "w");
    if (file == NULL) {
        return complain(EXIT_WORLD, "cannot write %s: %s", temporary, strerror(errno));
    }
    fprintf(file, "party,result,amount,lot,sentence\n");
    for (uint32_t i = 0; i < run->list->count; i++) {
        const dure_effect_row_t *row = &run->results[i];
        const bool known = run->known[i / LIST_CHUNK_ROWS];
        fprintf(file, "%" PRIu64 ",%s,", run->list->rows[i].party, result_name(run, i));
        if (known && row->code == DURE_RESULT_DONE) {
            fprintf(file, "%" PRIu64 ",%u,\n", row->amount.won, (unsigned)row->lot);
        } else {
            fprintf(file, ",,\"%s\"\n",
                    known ? result_sentence(run->session->args, row->code) : "");
        }
    }
    const bool wrong = ferror(file) != 0 || fflush(file) != 0 || fsync(fileno(file)) != 0;
    if (fclose(file) != 0 || wrong || rename(temporary, path) != 0) {
        return complain(EXIT_WORLD, "cannot write %s: %s", path, strerror(errno));
    }
    return EXIT_DONE;
}

typedef struct {
    uint32_t done, refused, open;
    dure_amount_t moved;
    uint32_t by_code[1024];
} sum_t;

static void sum_up(const run_t *run, sum_t *sum)
{
    for (uint32_t i = 0; i < run->list->count; i++) {
        const dure_effect_row_t *row = &run->results[i];
        if (!run->known[i / LIST_CHUNK_ROWS]) {
            sum->open++;
        } else if (row->code == DURE_RESULT_DONE) {
            sum->done++;
            sum->moved = dure_amount_plus(sum->moved, row->amount);
        } else {
            sum->refused++;
            sum->by_code[row->code % 1024]++;
        }
    }
}

static void tell_sum(const run_t *run)
{
    static sum_t sum;
    const args_t *args = run->session->args;
    sum_up(run, &sum);
    if (args->json) {
        print_json(json_pack("{s:s, s:i, s:i, s:i, s:i, s:i, s:o}", "id", id_text(&run->id).text,
                             "rows", (int)run->list->count, "done", (int)sum.done, "refused",
                             (int)sum.refused, "open", (int)sum.open, "parts_of_this_run",
                             (int)run->sent_count, "moved", json_amount(sum.moved)));
        return;
    }
    text_t rows = number_text(run->list->count), done = number_text(sum.done);
    text_t moved = amount_text(sum.moved);
    printf("%s rows: %s done, %s moved, %s refused\n", rows.text, done.text, moved.text,
           number_text(sum.refused).text);
    for (uint16_t code = 0; code < 1024; code++) {
        if (sum.by_code[code] > 0) {
            printf("  %s: %s\n", number_text(sum.by_code[code]).text, result_sentence(args, code));
        }
    }
    if (sum.open > 0) {
        printf("  %s are not carried out, or not found in this node's index\n",
               number_text(sum.open).text);
    }
}

/* ---- the command */
static int run_whole(run_t *run, const args_t *args)
{
    run->done = calloc(run->list->chunks, sizeof *run->done);
    run->known = calloc(run->list->chunks, sizeof *run->known);
    run->results = calloc(run->list->count, sizeof *run->results);
    if (run->done == NULL || run->known == NULL || run->results == NULL) {
        return complain(EXIT_WORLD, "no memory for the list");
    }
    int code = read_batch(run);
    code = code != EXIT_DONE ? code : check_list(run, args->command->words[0] == 'g' ? 1 : 2);
    if (code == EXIT_DONE && !run->is_over) {
        code = send_all(run);
    }
    const bool reads = code == EXIT_DONE || code == EXIT_REFUSED;
    if (!reads) {
        return code;
    }
    const int earlier = read_earlier(run);
    if (earlier != EXIT_DONE) {
        return earlier;
    }
    const char *path = args_option(args, "--report");
    const int wrote = path == NULL ? EXIT_DONE : write_report(run, path);
    tell_sum(run);
    return code != EXIT_DONE ? code : wrote;
}

int grant_run(const args_t *args)
{
    static run_t run;
    list_t list;
    session_t session;
    run = (run_t){.session = &session, .list = &list, .window = 1};
    if (!parse_id(&run.id, "the proposal", args->positionals[0]) ||
        !session_key(&run.key, args, "officer-1") || !list_read(&list, args->positionals[1])) {
        return EXIT_USAGE;
    }
    list_sort(&list);
    int code = list_twice(&list) ? EXIT_USAGE : EXIT_WORLD;
    if (code == EXIT_WORLD && list_seal(&list) && session_open(&session, args)) {
        code = run_whole(&run, args);
        session_close(&session);
    }
    free_run(&run);
    list_free(&list);
    return code;
}
