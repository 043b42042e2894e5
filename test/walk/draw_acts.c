/* Drawing: what officers propose, approve and carry out. */
#include "walk/walk.h"

#include <string.h>

#define NO_FUND UINT64_C(77)

static uint64_t known_fund(walk_t *walk)
{
    return walk_fund(walk, WALK_GIMPO);
}

static const model_program_t *draw_program(walk_t *walk)
{
    return &walk->model->programs[walk_roll(walk, walk->programs_count)];
}

/* An image with a bit turned loads nowhere, or says what nobody wrote. */
static dure_bytes_t draw_image(walk_t *walk, const model_program_t *program)
{
    static uint8_t wrong[DURE_YAK_IMAGE_SIZE_MAX];
    if (!walk_chance(walk, 8)) {
        return program->image;
    }
    memcpy(wrong, program->image.data, program->image.size);
    wrong[0] ^= 1;
    return dure_bytes(wrong, program->image.size);
}

static dure_act_t act_fund(walk_t *walk)
{
    const model_program_t *program = draw_program(walk);
    const bool fresh = walk->model->funds_count < 9 && walk_chance(walk, 50);
    return (dure_act_t){
        .kind = DURE_ACT_FUND,
        .fund = {.fund = fresh ? UINT64_C(20) + walk->model->funds_count : known_fund(walk),
                 .ceiling = {walk_between(walk, 100000, 2000000)},
                 .image = draw_image(walk, program),
                 .source = program->source}};
}

static dure_act_t act_version(walk_t *walk)
{
    const model_program_t *program = draw_program(walk);
    return (dure_act_t){.kind = DURE_ACT_VERSION,
                        .version = {.fund = walk_chance(walk, 3) ? NO_FUND : known_fund(walk),
                                    .from = walk->model->today + 29 + (int)walk_roll(walk, 25),
                                    .image = draw_image(walk, program),
                                    .source = program->source}};
}

static dure_act_t act_parameter(walk_t *walk)
{
    const bool often = walk_chance(walk, 40); /* so that its changes are many */
    const uint64_t number = often ? UINT64_C(7) : walk_chance(walk, 3) ? NO_FUND : known_fund(walk);
    const model_fund_t *fund = model_fund(walk->model, number);
    dure_act_t act = {.kind = DURE_ACT_PARAMETER,
                      .parameter = {.fund = number,
                                    .parameter = walk_name("nothing"),
                                    .value = (int64_t)walk_roll(walk, 100000),
                                    .from = walk->model->today + (int)walk_roll(walk, 12)}};
    if (fund == NULL || walk_chance(walk, 5)) {
        return act;
    }
    const dure_yak_program_t *program = model_rules(fund, (uint8_t)(fund->versions_count - 1));
    if (program->parameter_count > 0) {
        const dure_yak_parameter_t *parameter =
            &program->parameters[often ? program->parameter_count - UINT64_C(1)
                                       : walk_roll(walk, program->parameter_count)];
        act.parameter.parameter = parameter->name;
        act.parameter.value =
            walk_chance(walk, 10)
                ? parameter->high + 1
                : parameter->low +
                      (int64_t)walk_roll(walk, (uint64_t)(parameter->high - parameter->low) + 1);
        /* What stops all buying for long teaches little. */
        if (parameter->unit == DURE_YAK_WON && walk_chance(walk, 60)) {
            act.parameter.value = parameter->initial;
        }
    }
    return act;
}

static dure_act_t act_roles(walk_t *walk)
{
    static const uint32_t core[] = {
        DURE_SERVICE_REGISTRAR, DURE_SERVICE_BANK,  DURE_SERVICE_OFFICER, DURE_SERVICE_OFFICER,
        DURE_SERVICE_OFFICER,   DURE_SERVICE_CLOCK, DURE_SERVICE_WATCH};
    uint32_t roles = (uint32_t)walk_roll(walk, 256);
    uint64_t subject =
        walk_party(walk, walk_chance(walk, 85) ? DURE_KIND_SERVICE : DURE_KIND_CITIZEN);
    if (subject == WALK_FAR) {
        roles = 255;
    }
    /* Those of the beginning keep what the city cannot go on without. */
    if (subject >= WALK_REGISTRAR && subject <= WALK_WATCH &&
        core[subject - WALK_REGISTRAR] != DURE_SERVICE_OFFICER) {
        roles |= core[subject - WALK_REGISTRAR];
    } else if (!walk_chance(walk, 30)) {
        roles &= ~(uint32_t)DURE_SERVICE_CLOCK;
    }
    return (dure_act_t){.kind = DURE_ACT_ROLES, .roles = {.subject = subject, .roles = roles}};
}

static dure_act_t act_ceiling(walk_t *walk)
{
    const uint64_t number = walk_chance(walk, 3) ? NO_FUND : known_fund(walk);
    const model_fund_t *fund = model_fund(walk->model, number);
    const uint64_t out = fund == NULL ? 0 : fund->issued + fund->ordered - fund->refunded;
    return (dure_act_t){
        .kind = DURE_ACT_CEILING,
        .ceiling = {
            .fund = number,
            .ceiling = {walk_chance(walk, 20) ? out / 2 : out + walk_between(walk, 0, 2000000)}}};
}

/* ---- batches: the rows are kept beside, for whoever carries them out */
static void rows_draw(walk_t *walk, walk_batch_t *batch)
{
    const uint32_t most = walk_chance(walk, 15) ? 300 + (uint32_t)walk_roll(walk, 400)
                                                : (uint32_t)walk_between(walk, 1, 12);
    uint64_t party = 1;
    batch->rows_count = 0;
    for (uint32_t i = 0; i < walk->model->parties_count && batch->rows_count < most; i++) {
        const model_party_t *at = &walk->model->parties[i];
        if (at->number > party && walk_chance(walk, at->kind == DURE_KIND_CITIZEN ? 60 : 4)) {
            batch->rows[batch->rows_count++] = (dure_batch_row_t){
                .party = at->number,
                .amount = {walk_chance(walk, 40) ? 0 : walk_between(walk, 1, 20000)}};
            party = at->number;
        }
    }
    for (uint32_t i = 0; batch->rows_count < most || batch->rows_count == 0; i++) {
        batch->rows[batch->rows_count++] =
            (dure_batch_row_t){.party = 2000000 + i, .amount = {walk_roll(walk, 100)}};
    }
}

static uint32_t chunks_of(const walk_batch_t *batch)
{
    return (batch->rows_count + 255) / 256;
}

static size_t chunk_bytes(walk_t *walk, const walk_batch_t *batch, uint32_t chunk, uint32_t *count)
{
    dure_writer_t out = dure_writer(walk->row_bytes, sizeof walk->row_bytes);
    *count = 0;
    for (uint32_t i = chunk * 256; i < batch->rows_count && *count < 256; i++) {
        dure_batch_row_encode(&out, &batch->rows[i]);
        *count += 1;
    }
    return out.size;
}

static void leaves_make(walk_t *walk, const walk_batch_t *batch, dure_hash_t *leaves)
{
    for (uint32_t chunk = 0; chunk < chunks_of(batch); chunk++) {
        uint32_t count;
        uint8_t label[4];
        dure_put_u32(label, chunk);
        const size_t size = chunk_bytes(walk, batch, chunk, &count);
        dure_hasher_t hasher;
        dure_hasher_init(&hasher, DURE_TAG_BATCH_LEAF);
        dure_hasher_update(&hasher, label, sizeof label);
        dure_hasher_update(&hasher, walk->row_bytes, size);
        dure_hasher_final(&hasher, &leaves[chunk]);
    }
}

static dure_act_t act_batch(walk_t *walk)
{
    walk_batch_t *batch = &walk->batches[walk->batches_count++ % 64];
    memset(batch, 0, sizeof *batch);
    rows_draw(walk, batch);
    dure_hash_t leaves[8];
    leaves_make(walk, batch, leaves);
    const bool grant = walk_chance(walk, 55);
    dure_act_batch_t act = {.what = grant ? 1 : 2,
                            .fund = walk_chance(walk, 2)             ? NO_FUND
                                    : grant && walk_chance(walk, 85) ? 9 + 2 * walk_roll(walk, 2)
                                                                     : known_fund(walk),
                            .rows = batch->rows_count,
                            .total = {walk_between(walk, 1, grant ? 90000 : 200000)}};
    dure_list_root(&act.root, DURE_TAG_BATCH_NODE, leaves, chunks_of(batch));
    act.from = walk->model->today + (walk_chance(walk, 70) ? 0 : 1) + (grant ? 0 : 7) -
               (walk_chance(walk, 3) ? 2 : 0);
    act.until = act.from + (int)walk_roll(walk, 20) - (walk_chance(walk, 3) ? 5 : 0);
    return (dure_act_t){.kind = DURE_ACT_BATCH, .batch = act};
}

bool walk_draw_batch_rows(walk_t *walk, dure_tx_t *tx)
{
    static dure_batch_rows_t body;
    memset(&body, 0, sizeof body);
    if (walk->model->batches_count == 0) {
        return false;
    }
    const model_batch_t *open = &walk->model->batches[walk_roll(walk, walk->model->batches_count)];
    for (uint32_t i = 0;
         i < 8 && (open->from > walk->model->today || open->until < walk->model->today); i++) {
        open = &walk->model->batches[walk_roll(walk, walk->model->batches_count)];
    }
    if ((open->from > walk->model->today || open->until < walk->model->today) &&
        !walk_chance(walk, 5)) {
        return false;
    }
    const walk_batch_t *batch = NULL;
    for (uint32_t i = 0; i < 64 && i < walk->batches_count; i++) {
        if (model_same_id(&walk->batches[i].id, &open->id)) {
            batch = &walk->batches[i];
        }
    }
    if (batch == NULL) {
        return false; /* its rows are forgotten */
    }
    const uint32_t chunks = chunks_of(batch);
    body.batch = walk_chance(walk, 2) ? (dure_tx_id_t){101, 0, 999} : open->id;
    body.chunk = (uint32_t)walk_roll(walk, chunks);
    for (uint32_t i = 0; i < chunks && open->done[body.chunk] && !walk_chance(walk, 8); i++) {
        body.chunk = (body.chunk + 1) % chunks;
    }
    uint32_t count;
    const size_t size = chunk_bytes(walk, batch, body.chunk, &count);
    dure_hash_t leaves[8];
    dure_hash_t siblings[DURE_LIST_DEPTH_MAX];
    dure_hash_t scratch[8];
    leaves_make(walk, batch, leaves);
    body.path_count = (uint16_t)dure_list_prove(siblings, DURE_TAG_BATCH_NODE, leaves, chunks,
                                                body.chunk, scratch);
    const size_t again = chunk_bytes(walk, batch, body.chunk, &count);
    DURE_ASSERT(again == size);
    for (uint32_t i = 0; i < body.path_count; i++) {
        body.path[i].hash = siblings[i];
    }
    if (walk_chance(walk, 4)) {
        walk->row_bytes[8] ^= 1; /* an amount that was not approved */
    }
    if (walk_chance(walk, 2)) {
        body.chunk += 1;
    }
    body.rows = (dure_view_t){(uint16_t)count, dure_bytes(walk->row_bytes, size)};
    const model_fund_t *fund = model_fund(walk->model, open->fund);
    tx->id.party = walk_service(walk, DURE_SERVICE_OFFICER, fund->city);
    tx->body = (dure_body_t){.kind = DURE_BODY_BATCH_ROWS, .batch_rows = body};
    return true;
}

/* ---- the rest */
static dure_act_t act_person(walk_t *walk)
{
    if (walk_chance(walk, 50)) {
        return (dure_act_t){.kind = DURE_ACT_RECOVER,
                            .recover = {.subject = walk_party(walk, DURE_KIND_CITIZEN),
                                        .entry = walk_key_entry(walk)}};
    }
    uint64_t subject = walk_party(walk, DURE_KIND_CITIZEN);
    for (uint32_t i = 0; i < walk->model->holds_count && walk_chance(walk, 90); i++) {
        if (walk->model->holds[i].what == DURE_HOLD_KIND_DEATH && walk_chance(walk, 50)) {
            subject = walk->model->holds[i].subject;
        }
    }
    return (dure_act_t){
        .kind = DURE_ACT_ESTATE,
        .estate = {.subject = subject,
                   .heir = walk_chance(walk, 4) ? subject : walk_party(walk, DURE_KIND_CITIZEN)}};
}

static dure_act_t draw_act(walk_t *walk)
{
    const uint64_t what = walk_roll(walk, 100);
    if (what < 6) {
        return (dure_act_t){.kind = DURE_ACT_ACCOUNT, .account = {.account = walk_account(walk)}};
    }
    if (what < 10) {
        return act_fund(walk);
    }
    if (what < 22) {
        return act_parameter(walk);
    }
    if (what < 32) {
        return act_ceiling(walk);
    }
    if (what < 40) {
        return act_roles(walk);
    }
    if (what < 44) {
        return (dure_act_t){.kind = DURE_ACT_THRESHOLD,
                            .threshold = {.threshold = (uint8_t)(walk_chance(walk, 70)
                                                                     ? walk_between(walk, 1, 2)
                                                                     : walk_between(walk, 1, 16))}};
    }
    if (what < 47) {
        return (dure_act_t){
            .kind = DURE_ACT_LIMIT,
            .limit = {.parties_max =
                          walk_chance(walk, 60)
                              ? walk->model->parties_max - (uint32_t)walk_roll(walk, 5)
                              : walk->model->parties_max +
                                    (uint32_t)walk_roll(
                                        walk, (MODEL_PARTIES - walk->model->parties_max) / 4 + 1)}};
    }
    if (what < 53) {
        return act_version(walk);
    }
    if (what < 58) {
        const uint8_t mode = (uint8_t)(walk_chance(walk, 80) ? 0 : walk_roll(walk, 3));
        return (dure_act_t){.kind = DURE_ACT_MODE,
                            .mode = {.fund = walk_chance(walk, 3) ? NO_FUND : known_fund(walk),
                                     .mode = mode,
                                     .successor = walk_chance(walk, 70) ? 0 : known_fund(walk)}};
    }
    return what < 68 ? act_person(walk) : act_batch(walk);
}

bool walk_draw_acts(walk_t *walk, dure_tx_t *tx)
{
    const model_t *model = walk->model;
    const uint32_t city = walk_chance(walk, 93) ? WALK_GIMPO : WALK_GOYANG;
    tx->id.party = walk_service(walk, DURE_SERVICE_OFFICER, city);
    if (walk_chance(walk, 45)) {
        dure_tx_id_t id = {101, 0, 999};
        if (model->proposals_count > 0 && !walk_chance(walk, 2)) {
            /* The latest more often: what is old is mostly refused. */
            const uint32_t back = (uint32_t)walk_roll(
                walk,
                walk_chance(walk, 70) && model->proposals_count > 5 ? 5 : model->proposals_count);
            id = model->proposals[model->proposals_count - 1 - back].id;
            for (uint32_t i = model->proposals_count; i > 0 && walk_chance(walk, 40); i--) {
                if (model->proposals[i - 1].act.kind == DURE_ACT_BATCH) {
                    id = model->proposals[i - 1].id;
                    break;
                }
            }
            if (model->proposals[model->proposals_count - 1 - back].until < model->today &&
                walk_chance(walk, 80)) {
                return false;
            }
        }
        tx->body = (dure_body_t){.kind = DURE_BODY_APPROVE, .approve = {.proposal = id}};
        return true;
    }
    static dure_propose_t body;
    memset(&body, 0, sizeof body);
    body.act = draw_act(walk);
    body.until = model->today + (int)walk_roll(walk, 12) - (walk_chance(walk, 4) ? 12 : 0);
    tx->body = (dure_body_t){.kind = DURE_BODY_PROPOSE, .propose = body};
    return true;
}
