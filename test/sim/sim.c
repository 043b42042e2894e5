/* sim: one seed: a client, a node that keeps dying, and what both must agree on in the end. */
#include "sim/sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STEPS_MAX 200000u

typedef struct {
    bool is_answered;
    uint64_t height;
    uint32_t index;
} heard_t;

/* How a process ends. */
typedef enum { END_KILL, END_POWER, END_DEATH, END_FAULT, END_CLEAN, ENDS } end_t;

typedef struct {
    uint64_t random;
    const workload_t *workload;
    const sim_bugs_t *bugs;
    sim_stats_t *stats;
    dure_io_sim_t *sim;
    dure_io_t *io;
    dure_io_sim_t *archive; /* another device; NULL: this seed has none */
    history_t *history;
    dure_node_t *node;
    dure_node_config_t config;
    uint32_t length; /* transactions of the list that this seed plays */
    heard_t *heard;
    uint32_t answered; /* how many */
    uint32_t next;     /* to submit */
    uint64_t process;  /* which one; in the tokens */
    uint64_t highest;  /* height that was told durable */
    bool has_fault;    /* one was planted in this process */
    bool is_replaying; /* the last round: everything is asked once more */
    uint32_t burst, ahead, life;
    uint32_t ends[ENDS]; /* weights */
    uint64_t save_began; /* blocks told when the checkpoint under way was first seen */
    bool was_saving;
    uint32_t point; /* not 0: power is lost at this operation after a checkpoint began, once */
    bool is_past;   /* that checkpoint ended before */
    const char *failure;
    char text[512];
} world_t;

static uint64_t roll(world_t *world, uint64_t below)
{
    world->random += UINT64_C(0x9E3779B97F4A7C15);
    uint64_t z = world->random;
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    z ^= z >> 31;
    return z % below;
}

static void fail(world_t *world, const char *what, uint32_t index)
{
    if (world->failure == NULL) {
        (void)snprintf(world->text, sizeof world->text, "%s (transaction %u)", what, index);
        world->failure = world->text;
    }
}

/* ---- the client ------------------------------------------------------------------------------ */

static void check_final(world_t *world, uint32_t index, const item_t *expected,
                        const dure_answer_t *answer)
{
    heard_t *heard = &world->heard[index];
    if (!answer->recorded || answer->code != expected->code ||
        !dure_bytes_equal(answer->effect, expected->effect)) {
        fail(world, "the answer is not a clean run's", index);
    }
    if (heard->is_answered &&
        (!answer->repeated || answer->height != heard->height || answer->index != heard->index)) {
        fail(world, "a second answer differs from the first", index);
    }
    heard->height = answer->height;
    heard->index = answer->index;
}

static void on_answer(void *user, uint64_t token, const dure_answer_t *answer)
{
    world_t *world = user;
    uint32_t index = (uint32_t)(token & UINT32_MAX);
    if (token >> 32 != world->process || index >= world->length) {
        fail(world, "an answer to nobody", index);
        return;
    }
    const item_t *item = &world->workload->items[index];
    const item_t *first = item->repeats >= 0 ? &world->workload->items[item->repeats] : item;
    if (first->is_final) {
        check_final(world, index, first, answer);
        if (item->repeats >= 0 && !answer->repeated) {
            fail(world, "a repetition was decided again", index);
        }
    } else if (answer->recorded || dure_result_is_final(answer->code) ||
               (!world->heard[index].is_answered && !world->is_replaying && world->process == 1 &&
                answer->code != item->code)) {
        fail(world, "the refusal is not a clean run's", index);
    }
    world->answered += !world->heard[index].is_answered;
    world->heard[index].is_answered = true;
    world->stats->answered++;
    world->stats->repeated += answer->repeated;
}

static void on_durable(void *user, uint64_t height)
{
    world_t *world = user;
    if (height <= world->highest) {
        fail(world, "the durable height did not rise", 0);
    }
    world->highest = height;
}

static void on_block(void *user, const dure_decided_t *decided)
{
    world_t *world = user;
    (void)decided;
    world->stats->blocks++;
}

static uint32_t first_unanswered(const world_t *world)
{
    uint32_t i = 0;
    while (i < world->length && world->heard[i].is_answered) {
        i++;
    }
    return i;
}

static void submit(world_t *world)
{
    uint32_t burst = (uint32_t)roll(world, world->burst) + 1;
    dure_consensus_t *consensus = dure_node_consensus(world->node);
    while (burst-- > 0 && world->next < world->length &&
           dure_consensus_waiting(consensus) < world->ahead) {
        uint64_t token = world->process << 32 | world->next;
        if (!dure_consensus_submit(consensus, world->workload->items[world->next].wire, token)) {
            return;
        }
        world->next++;
        world->stats->submitted++;
    }
}

/* ---- the process ----------------------------------------------------------------------------- */

static void plan_end(world_t *world, end_t end)
{
    static const uint32_t failing[] = {DURE_IO_OP_SYNC, DURE_IO_OP_WRITE,
                                       DURE_IO_OP_SYNC | DURE_IO_OP_WRITE, DURE_IO_OP_ANY};
    world->has_fault = end == END_FAULT;
    if (end == END_DEATH) {
        dure_io_sim_die_after(world->sim, 1 + roll(world, UINT64_C(1) << (1 + roll(world, 9))));
        if (world->archive != NULL && roll(world, 2) == 0) {
            dure_io_sim_die_after(world->archive, 1 + roll(world, 200));
        }
    } else if (end == END_FAULT) {
        dure_io_sim_fail(world->sim, failing[roll(world, 4)], 1 + roll(world, 40),
                         roll(world, 4) == 0 ? DURE_IO_NO_SPACE : DURE_IO_DEVICE, false);
    }
}

static end_t choose_end(world_t *world)
{
    uint32_t sum = 0;
    for (uint32_t i = 0; i < ENDS; i++) {
        sum += world->ends[i];
    }
    uint64_t at = roll(world, sum);
    for (uint32_t i = 0; i < ENDS; i++) {
        if (at < world->ends[i]) {
            return (end_t)i;
        }
        at -= world->ends[i];
    }
    return END_POWER;
}

/* A cause for the node to stay down. */
static bool has_cause(const world_t *world)
{
    return dure_io_sim_is_dead(world->sim) || dure_io_sim_has_failed(world->sim) ||
           (world->archive != NULL && dure_io_sim_is_dead(world->archive));
}

static void end_archive(world_t *world, bool is_power_loss)
{
    if (world->archive != NULL && is_power_loss) {
        (void)dure_io_sim_crash(world->archive, roll(world, UINT64_MAX));
    } else if (world->archive != NULL) {
        dure_io_sim_kill(world->archive);
    }
}

/* The process ends without another word.  An orderly close would write: it must be dead before. */
static void end_process(world_t *world, bool is_power_loss)
{
    world->stats->deaths += dure_io_sim_is_dead(world->sim);
    world->stats->crashes_in_save += world->was_saving;
    world->was_saving = false;
    if (!dure_io_sim_is_dead(world->sim)) {
        dure_io_sim_die_after(world->sim, 1);
    }
    if (world->archive != NULL && !dure_io_sim_is_dead(world->archive)) {
        dure_io_sim_die(world->archive);
    }
    dure_node_close(world->node);
    world->node = NULL;
    world->stats->crashes++;
    end_archive(world, is_power_loss);
    if (!is_power_loss) {
        world->stats->kills++;
        dure_io_sim_kill(world->sim);
        return;
    }
    dure_io_sim_losses_t losses = dure_io_sim_crash(world->sim, roll(world, UINT64_MAX));
    uint64_t lost = losses.dropped + losses.torn + losses.garbled;
    world->stats->power_losses++;
    world->stats->losing += lost > 0;
    world->stats->lost_bytes += lost;
    if (roll(world, 24) == 0) {
        history_cut(world->history, 0); /* somebody deleted the file */
        world->stats->index_deleted++;
    } else if (roll(world, 3) == 0) {
        uint64_t open = history_height(world->history) - history_synced(world->history);
        history_cut(world->history, history_height(world->history) - roll(world, open + 1));
        world->stats->index_losses++;
    }
}

static void check_recovered(world_t *world)
{
    uint32_t matched = 0;
    const char *wrong = oracle_recovered(world->workload, world->node, &matched);
    if (wrong != NULL) {
        fail(world, wrong, matched);
        return;
    }
    for (uint32_t i = matched; i < world->length; i++) {
        if (world->heard[i].is_answered && world->workload->items[i].is_final) {
            fail(world, "an acknowledged transaction is lost", i);
            return;
        }
    }
    if (dure_consensus_height(dure_node_consensus(world->node)) < world->highest) {
        fail(world, "a durable block is lost", matched);
    }
}

/* Starts a process, again and again if it dies on the way.  False: it stays down without cause. */
static bool start(world_t *world, end_t end)
{
    for (uint32_t attempt = 0; world->failure == NULL; attempt++) {
        dure_node_report_t report;
        world->io = dure_io_sim_process(world->sim);
        if (world->archive != NULL) {
            world->config.archive = dure_io_sim_process(world->archive);
            world->config.archive_to = world->config.archive;
        }
        plan_end(world, attempt < 4 ? end : END_KILL);
        world->process++;
        dure_node_result_t result =
            dure_node_open(&world->node, &report, world->io, &world->config);
        if (result == DURE_NODE_OK) {
            world->stats->from_checkpoint += report.checkpoint_height > 0;
            world->stats->from_genesis += report.checkpoint_height == 0;
            world->stats->rebuilt += report.index_rebuilt;
            if (report.index_rebuilt && history_synced(world->history) > 0) {
                fail(world, "a checkpoint was written before the history was safe", 0);
            }
            if (report.checkpoints_wrong > 0) {
                fail(world, "a whole checkpoint came to another state", 0);
            }
            break;
        }
        if (!has_cause(world)) {
            fail(world, dure_node_message(world->node), 0);
            return false;
        }
        end_process(world, roll(world, 2) == 0);
    }
    if (world->failure != NULL) {
        return false;
    }
    dure_listener_t listener = {
        .user = world,
        .answer = on_answer,
        .block = on_block,
        .durable = on_durable,
    };
    dure_consensus_listen(dure_node_consensus(world->node), &listener);
    /* A fault that waits for the oracle's own reading would be nobody's fault. */
    if (!world->has_fault && end != END_DEATH) {
        check_recovered(world);
    }
    world->next = world->is_replaying ? 0 : first_unanswered(world);
    return world->failure == NULL;
}

static bool is_done(const world_t *world)
{
    return world->is_replaying ? world->next == world->length &&
                                     dure_consensus_waiting(dure_node_consensus(world->node)) == 0
                               : world->answered == world->length;
}

static void fill_disk(world_t *world)
{
    world->stats->full_disks++;
    dure_io_sim_space(world->sim, roll(world, 20000) + 1);
}

/* Counts what became of checkpoints. */
static void watch_save(world_t *world)
{
    const bool is_saving = dure_node_is_saving(world->node);
    if (is_saving && !world->was_saving) {
        world->save_began = world->stats->blocks;
        if (world->point != 0 && !world->is_past && world->process == 1) {
            dure_io_sim_die_after(world->sim, world->point);
        }
    }
    if (!is_saving && world->was_saving) {
        world->stats->checkpoints++;
        world->stats->beside += world->stats->blocks > world->save_began;
        world->is_past |= world->process == 1;
    }
    world->was_saving = is_saving;
}

static void on_log(void *user, const char *line)
{
    world_t *world = user;
    world->stats->archived += strstr(line, "event=archive result=ok") != NULL;
    world->stats->pruned += strstr(line, "event=prune") != NULL;
    world->stats->given_up += strstr(line, "event=checkpoint result=memory") != NULL;
}

/* One life: until everything is answered, or its time is over, or it fails.  True: it goes on. */
static bool live(world_t *world, uint32_t life, bool is_full)
{
    uint32_t full_until = is_full ? life / 2 : 0;
    if (is_full) {
        fill_disk(world);
    }
    for (uint32_t i = 0; i < life && !is_done(world) && world->failure == NULL; i++) {
        if (i == full_until) {
            dure_io_sim_space(world->sim, UINT64_MAX);
        }
        submit(world);
        world->stats->steps++;
        uint64_t wait = roll(world, 3) == 0 ? 0 : roll(world, 3000000);
        if (dure_node_step(world->node, wait) != DURE_NODE_OK) {
            if (!has_cause(world)) {
                fail(world, dure_node_message(world->node), 0);
            }
            return false;
        }
        watch_save(world);
    }
    return true;
}

static void one_life(world_t *world)
{
    end_t end = choose_end(world);
    if (!start(world, end)) {
        return;
    }
    const bool is_sweep = world->point != 0;
    const uint32_t life = is_sweep ? STEPS_MAX : (uint32_t)roll(world, world->life) + 1;
    bool lives = live(world, life, !is_sweep && roll(world, 12) == 0);
    dure_io_sim_space(world->sim, UINT64_MAX);
    world->stats->faults += dure_io_sim_has_failed(world->sim);
    if (lives && end == END_CLEAN && world->failure == NULL) {
        if (dure_node_stop(world->node) != DURE_NODE_OK) {
            fail(world, dure_node_message(world->node), 0);
        }
        dure_node_close(world->node);
        world->node = NULL;
        dure_io_close(world->io);
        if (world->archive != NULL) {
            dure_io_close(world->config.archive);
        }
        world->stats->clean_stops++;
        world->was_saving = false;
        return;
    }
    bool is_kill = end == END_KILL || (end == END_DEATH && roll(world, 2) == 0);
    end_process(world, !is_kill);
}

/* Everything was answered: after one more power loss, all of it once more, in peace. */
static void ask_again(world_t *world)
{
    world->is_replaying = true;
    if (!start(world, END_KILL) || !live(world, STEPS_MAX, false)) {
        return;
    }
    if (!is_done(world)) {
        fail(world, "not everything was answered in peace", world->next);
    }
    const dure_chain_t *chain = dure_consensus_chain(dure_node_consensus(world->node));
    const dure_chain_head_t *head = dure_chain_head(chain);
    if (!dure_hash_equal(&head->ledger_root, &world->workload->items[world->length - 1].root)) {
        fail(world, "the ledger root is not a clean run's", world->length);
    }
    const char *wrong = oracle_proofs(dure_chain_ledger(chain), &head->ledger_root);
    if (wrong != NULL) {
        fail(world, wrong, world->length);
    }
    if (world->failure == NULL && dure_node_stop(world->node) != DURE_NODE_OK) {
        fail(world, dure_node_message(world->node), 0);
    }
}

/* ---- a seed ---------------------------------------------------------------------------------- */

/* Every rate is drawn anew, so that rare things meet. */
static void draw(world_t *world)
{
    uint64_t slow = roll(world, 4) == 0 ? 20000000 : 2000000;
    uint64_t least = roll(world, slow);
    dure_io_sim_latency(world->sim, least, least + 1 + roll(world, slow));
    world->length = 20 + (uint32_t)roll(world, world->workload->count - 19);
    world->burst = 1u << roll(world, 8);
    world->ahead = 1u << roll(world, 10);
    world->life = 4u << roll(world, 6);
    for (uint32_t i = 0; i < ENDS; i++) {
        world->ends[i] = roll(world, 3) == 0 ? 0 : (uint32_t)roll(world, 8);
    }
    world->ends[END_POWER]++;
    world->config = dure_node_config_default();
    world->config.limits = world->workload->limits;
    world->config.threads = 0;
    world->config.queue_txs = 16u << roll(world, 6);
    world->config.queue_bytes = 4u * DURE_TX_SIZE_MAX;
    world->config.checkpoint_blocks = roll(world, 3) == 0 ? 0 : 1 + roll(world, 40);
    world->config.checkpoint_bytes = roll(world, 2) == 0 ? 0 : 1 + roll(world, 60000);
    world->config.checkpoint_share = roll(world, 2) == 0 ? 0 : 1 + roll(world, 8);
    world->config.checkpoint_memory =
        roll(world, 3) == 0 ? DURE_SNAPSHOT_MEMORY_MIN + roll(world, 60000) : 1u << 20;
    world->config.checkpoint_part = roll(world, 4) == 0 ? 0 : 1 + (uint32_t)roll(world, 4000);
    world->config.log = on_log;
    world->config.log_user = world;
    world->config.segment_size = 512u * (8u + roll(world, world->archive != NULL ? 60 : 400));
    world->config.scrub_bytes = roll(world, 2) == 0 ? 0 : 1 + roll(world, 20000);
    /* What is pruned is in the archive: the history may be lost at any time. */
    world->config.keep_blocks =
        world->archive == NULL || roll(world, 4) == 0 ? 0 : 1 + roll(world, 30);
    world->config.history = history_hook(world->history);
    world->config.verify = workload_verify;
    world->config.store_bug = world->bugs->store_bug;
    world->config.ledger_bug = world->bugs->ledger_bug;
    world->config.node_bug = world->bugs->node_bug;
    if (world->bugs->store_bug == DURE_STORE_BUG_ACK_BEFORE_SYNC) {
        /* The store then calls durable what it cannot find yet: a checkpoint of it is nonsense of
           another kind than the one to be caught. */
        world->config.checkpoint_blocks = 0;
        world->config.checkpoint_bytes = 0;
    }
}

/* Nothing else happens to the process than that one loss of power. */
static void draw_point(world_t *world)
{
    memset(world->ends, 0, sizeof world->ends);
    world->ends[END_POWER] = 1;
    world->length = world->workload->count;
    world->burst = 4;
    world->ahead = 32;
    world->config.checkpoint_blocks = 25;
    world->config.checkpoint_part = 300;
    world->config.checkpoint_memory = 1u << 20;
    world->config.segment_size = 512u * 24u;
}

static const char *sim_run_with(uint64_t seed, const workload_t *workload, const sim_bugs_t *bugs,
                                sim_stats_t *stats, uint32_t point, bool *is_past);

const char *sim_run(uint64_t seed, const workload_t *workload, const sim_bugs_t *bugs,
                    sim_stats_t *stats)
{
    bool unused;
    return sim_run_with(seed, workload, bugs, stats, 0, &unused);
}

const char *sim_run_point(uint64_t seed, const workload_t *workload, const sim_bugs_t *bugs,
                          sim_stats_t *stats, uint32_t point, bool *is_past)
{
    return sim_run_with(seed, workload, bugs, stats, point, is_past);
}

static const char *sim_run_with(uint64_t seed, const workload_t *workload, const sim_bugs_t *bugs,
                                sim_stats_t *stats, uint32_t point, bool *is_past)
{
    static world_t world;
    world = (world_t){.random = seed, .workload = workload, .bugs = bugs, .stats = stats};
    world.sim = dure_io_sim_new(seed);
    world.archive = seed % 2 == 0 ? dure_io_sim_new(seed + UINT64_C(1000000000)) : NULL;
    world.history = history_new();
    world.heard = calloc(workload->count, sizeof *world.heard);
    DURE_ASSERT(world.sim != NULL && world.history != NULL && world.heard != NULL);
    draw(&world);
    world.point = point;
    if (point != 0) {
        draw_point(&world);
    }
    if (bugs->plants_no_poison) {
        dure_io_sim_plant_no_poison(world.sim);
    }
    dure_io_sim_put(world.sim, DURE_NODE_GENESIS, workload->genesis.data, workload->genesis.size);
    for (uint32_t lives = 0; world.failure == NULL && world.answered < world.length; lives++) {
        one_life(&world);
        if (lives % 16 == 15) {
            world.life *= 2; /* whoever dies all the time gets nowhere */
        }
        if (lives == 2000) {
            fail(&world, "it gets nowhere", world.answered);
        }
    }
    if (world.failure == NULL) {
        ask_again(&world);
    }
    stats->seeds++;
    *is_past = world.is_past;
    if (world.node != NULL) {
        if (!dure_io_sim_is_dead(world.sim)) {
            dure_io_sim_die_after(world.sim, 1);
        }
        dure_node_close(world.node);
    }
    free(world.heard);
    history_free(world.history);
    dure_io_sim_free(world.archive);
    dure_io_sim_free(world.sim);
    return world.failure;
}

void sim_print(const sim_stats_t *stats)
{
    const struct {
        const char *name;
        uint64_t value;
    } rows[] = {
        {"seeds", stats->seeds},
        {"steps", stats->steps},
        {"blocks", stats->blocks},
        {"submitted", stats->submitted},
        {"answered", stats->answered},
        {"repeated", stats->repeated},
        {"crashes", stats->crashes},
        {"kills", stats->kills},
        {"power_losses", stats->power_losses},
        {"losing_unsynced_bytes", stats->losing},
        {"lost_bytes", stats->lost_bytes},
        {"deaths_inside_an_operation", stats->deaths},
        {"device_faults", stats->faults},
        {"full_disks", stats->full_disks},
        {"clean_stops", stats->clean_stops},
        {"recoveries_from_checkpoint", stats->from_checkpoint},
        {"recoveries_from_genesis", stats->from_genesis},
        {"index_rebuilt", stats->rebuilt},
        {"index_tails_lost", stats->index_losses},
        {"index_deleted", stats->index_deleted},
        {"checkpoints", stats->checkpoints},
        {"checkpoints_beside_blocks", stats->beside},
        {"checkpoints_given_up", stats->given_up},
        {"archived_segments_told", stats->archived},
        {"prunings", stats->pruned},
        {"crashes_in_a_checkpoint", stats->crashes_in_save},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        printf("# %s %llu\n", rows[i].name, (unsigned long long)rows[i].value);
    }
    fflush(stdout);
}
