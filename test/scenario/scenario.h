/* Scenarios: texts in which people do something and the ledger answers.  A line is a step; the
   lines set in behind it are what it was answered, or what the ledger holds.  The step language is
   described in README.md. */
#ifndef DURE_SCENARIO_H
#define DURE_SCENARIO_H

#include "scenario/stage.h"
#include "yak/dure_yak_tools.h"

typedef enum {
    THING_PARTY = 1,
    THING_FUND,
    THING_ACCOUNT,
    THING_ROSTER, /* rows of a batch */
    THING_CODE,   /* a mandate */
    THING_DONE    /* a transaction that was given a name in brackets */
} thing_kind_t;

typedef struct {
    thing_kind_t kind;
    char name[32];
    uint64_t number; /* of a party or fund */
    uint8_t slot;    /* of the key that a party signs with */
    bool far;        /* of the other city */
    uint64_t signer; /* who signs for it in truth; 0 = itself */
    dure_mandate_t mandate;
    dure_batch_row_t *rows;
    uint32_t row_count;
    dure_effect_t *effect; /* of a transaction, and its bytes */
    uint8_t *wire;
    size_t wire_size;
    const char *roster; /* of a batch: which one was approved */
} thing_t;

typedef struct {
    uint64_t fund;
    uint8_t version;
    uint8_t image[DURE_YAK_IMAGE_SIZE_MAX];
    char source[DURE_YAK_SOURCE_SIZE_MAX];
    dure_yak_program_t program;
    dure_yak_tree_t *tree;
    void *workspace;
} law_t;

enum { things_max = 1200, laws_max = 12, text_size = 1 << 18, args_max = 8 };

typedef struct {
    world_t *world;
    thing_t things[things_max];
    uint32_t thing_count;
    law_t *laws[laws_max];
    uint32_t law_count;
    char *text; /* the scenario as it went */
    size_t text_used;
    const char *path;
    uint32_t line;
    bool included; /* by another: its answers are not told */
    bool failed;
    bool lost;      /* this step is signed and does not arrive */
    char label[32]; /* of this step, with its brackets; empty if none */
} scenario_t;

/* What a placeholder of a step took. */
typedef struct {
    char text[64];
    thing_t *thing;
    uint64_t won;
    int64_t value;
    dure_day_t day;
    const char *rest; /* of the line */
} arg_t;

typedef struct {
    const char *form;
    void (*perform)(scenario_t *scenario, const arg_t *args);
} step_t;

/* Placeholders of a form: %p party, %f fund, %r roster, %c code, %l done in brackets, %n new name,
   %w word, %m money, %d date, %# number, %s the rest of the line. */
bool scenario_match(scenario_t *scenario, const char *form, const char *line, arg_t *args);

thing_t *scenario_find(scenario_t *scenario, const char *name);
thing_t *scenario_add(scenario_t *scenario, thing_kind_t kind, const char *name, uint64_t number);
/* The name of a party or fund. */
const char *scenario_name(scenario_t *scenario, thing_kind_t kind, uint64_t number);
law_t *scenario_law(scenario_t *scenario, uint64_t fund, uint8_t version);
/* Compiles a program for the next version of a fund; NULL and a problem if it cannot be read. */
law_t *scenario_law_add(scenario_t *scenario, uint64_t fund, const char *path);

void scenario_say(scenario_t *scenario, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Something is wrong with the text itself or with the ledger: the scenario ends. */
void scenario_problem(scenario_t *scenario, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Signs and sends; the effect stays in world->effect.  `proven` only for a refund. */
dure_result_t scenario_send(scenario_t *scenario, thing_t *party, const dure_body_t *body,
                            const dure_effect_t *proven);
/* The same bytes once more. */
dure_result_t scenario_resend(scenario_t *scenario, const thing_t *done,
                              const dure_effect_t *proven);
/* Keeps what was sent last under the step's label, if it has one. */
thing_t *scenario_keep(scenario_t *scenario);

/* Writes the answer of world->effect. */
void scenario_tell(scenario_t *scenario);
/* The same, but only a refusal: for what only sets the stage. */
void scenario_tell_refusal(scenario_t *scenario);
/* Writes what the ledger holds under a name; false if nothing is called that. */
bool scenario_see(scenario_t *scenario, const char *name);

const char *scenario_won(uint64_t won); /* valid until some calls later */
const char *scenario_day(dure_day_t day);

/* An officer puts an act, told in words, before the others. */
void scenario_propose(scenario_t *scenario, const arg_t *args);
/* officer_1 proposes it, officer_2 approves; the last answer is told. */
void scenario_decide(scenario_t *scenario, const arg_t *args);
/* A chunk of a batch, with the rows of a roster. */
void scenario_carry_out(scenario_t *scenario, thing_t *officer, const thing_t *batch,
                        const char *roster_name, uint32_t chunk);

/* Every record goes into a fresh ledger, and life goes on there. */
void scenario_move(scenario_t *scenario, const arg_t *args);
/* The same with a little more in somebody's first lot. */
void scenario_forge(scenario_t *scenario, const arg_t *args);

/* A party's own record under the present root, by its proof. */
void scenario_prove(scenario_t *scenario, const arg_t *args);

/* The steps; the last has no form. */
extern const step_t scenario_steps[];

#endif
