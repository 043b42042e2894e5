/* The `dure` command: what its parts share.  Private header of src/app/dure_*.c.

   A command is a row of a table: its words, its arguments, its options, its help and a function
   that returns the exit code.  dure_main.c lists the tables. */
#ifndef DURE_COMMAND_H
#define DURE_COMMAND_H

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>

#include "api/dure_client.h"
#include "app/dure_key_file.h"
#include "app/text.h"
#include "codec/dure_codec.h"
#include "yak/dure_yak_tools.h"

/* Exit codes, docs/commands.md. */
#define EXIT_DONE    0
#define EXIT_REFUSED 1 /* by the ledger */
#define EXIT_USAGE   2 /* the command or its input is wrong */
#define EXIT_WORLD   3 /* the node cannot be reached, a file cannot be written */

#define ARGS_POSITIONALS_MAX 8u
#define ARGS_OPTIONS_MAX     24u

typedef struct command command_t;

/* The command line, taken apart. */
typedef struct {
    const command_t *command;
    uint32_t count;
    const char *positionals[ARGS_POSITIONALS_MAX];
    uint32_t option_count;
    const char *option_names[ARGS_OPTIONS_MAX];
    const char *option_values[ARGS_OPTIONS_MAX]; /* "" for a flag */
    const char *directory;                       /* --dir, DURE_DIR or ./city */
    bool json;
    uint8_t language; /* dure_yak_language_t */
} args_t;

struct command {
    const char *words;     /* "party show" */
    const char *arguments; /* "N" */
    const char *summary;   /* one line */
    const char *options;   /* names separated by blanks; those that take a value end with '=' */
    const char *help;      /* more, or NULL */
    uint32_t least, most;  /* positionals */
    int (*run)(const args_t *args);
    /* Takes the rest of the line as it is; argv[0] is the command's last word. */
    int (*raw)(int argc, char **argv);
};

extern const command_t key_commands[];
extern const command_t city_commands[];
extern const command_t party_commands[];
extern const command_t money_commands[];
extern const command_t bank_commands[];
extern const command_t show_commands[];
extern const command_t grant_commands[];
extern const command_t hold_commands[];
extern const command_t mandate_commands[];
extern const command_t upkeep_commands[];

/* ---- dure_args.c: strict reading of what people type
 * --------------------------------------------- */
/* complain: `dure: ...` on stderr; returns the exit code. */
__attribute__((format(printf, 2, 3))) int complain(int code, const char *format, ...);

/* args_parse: false after a complaint. */
bool args_parse(args_t *args, const command_t *command, int argc, char **argv);
/* language_choose: the one given ("ko", "en", "zh"), or if it is NULL the environment's.  False
   after a complaint. */
bool language_choose(uint8_t *language, const char *given);
/* args_option: the value, "" for a flag, NULL if it was not given. */
const char *args_option(const args_t *args, const char *name);

/* Each complains about what is wrong with `text`, naming it `what`, and returns false. */
bool parse_amount(dure_amount_t *amount, const char *what, const char *text);
bool parse_number(uint64_t *number, const char *what, const char *text, uint64_t low,
                  uint64_t high);
bool parse_name(dure_name_t *name, const char *what, const char *text);
bool parse_day(dure_day_t *day, const char *what, const char *text);
/* A date, a date and time, or a step such as +1d, +2h, +30m from `now`. */
bool parse_time(dure_time_t *time, const char *text, const dure_zone_t *zone, dure_time_t now);
/* PARTY:LANE:NUMBER */
bool parse_id(dure_tx_id_t *id, const char *what, const char *text);

/* ---- dure_print.c: what people and programs read
 * ------------------------------------------------- */
/* The one of three texts in the language asked for. */
const char *in_language(const args_t *args, const char *ko, const char *en, const char *zh);
/* The sentence of a result code in the language asked for. */
const char *result_sentence(const args_t *args, uint16_t code);

json_t *json_amount(dure_amount_t amount);
json_t *json_u64(uint64_t number);
json_t *json_text(const char *text);
/* print_json: prints the object on a line of its own and frees it. */
void print_json(json_t *object);

/* ---- dure_session.c: a node and what is known of its chain
 * --------------------------------------- */
#define SESSION_FUNDS_MAX 16u

typedef struct {
    uint64_t fund;
    dure_name_t name; /* of its program; empty if there is no such fund */
} fund_name_t;

typedef struct {
    const args_t *args;
    dure_client_t *client;
    dure_hash_t chain_id;
    uint64_t height;
    dure_time_t time;
    dure_genesis_t genesis;
    dure_zone_t zone;
    uint32_t city; /* the chain's first */
    uint32_t fund_count;
    fund_name_t funds[SESSION_FUNDS_MAX];
} session_t;

/* session_open: false after a complaint; the caller then returns EXIT_WORLD. */
bool session_open(session_t *session, const args_t *args);
void session_close(session_t *session);
/* session_failed: complains with the client's problem; EXIT_WORLD. */
int session_failed(const session_t *session);
/* fund_label: "gimpo_general (fund 1)". */
text_t fund_label(session_t *session, uint64_t fund);
/* Whether an amount of the fund has a name yet; the bare name. */
const char *fund_name(session_t *session, uint64_t fund);

/* session_key: reads --key, or the service's key DIR/keys/NAME.key if `service` is given; --as
   takes its place.  The key must have a party.  False after a complaint. */
bool session_key(dure_key_file_t *key, const args_t *args, const char *service);
/* The key of a party or service: --key, --as, or the service's if `service` is given. */
bool session_own_key(dure_key_file_t *key, const args_t *args, const char *service);
/* The present time: the chain's if its clock is driven, else the wall's if that is later. */
dure_time_t session_now(const session_t *session);
/* Path of a key: the file itself, or DIR/keys/NAME.key. */
void key_path(char out[1024], const args_t *args, const char *name);

/* session_next: the party's next id, and until when a transaction signed now holds. */
bool session_next(session_t *session, dure_tx_id_t *id, dure_time_t *until, uint64_t party);

/* What became of a transaction. */
typedef struct {
    dure_tx_id_t id;
    bool recorded;
    uint64_t height;
    uint32_t index;
    dure_effect_t effect;
} outcome_t;

/* session_submit: numbers, signs and submits the body, and waits for the answer.  EXIT_DONE,
   EXIT_REFUSED after telling why, or EXIT_WORLD. */
int session_submit(session_t *session, outcome_t *outcome, const dure_key_file_t *key,
                   const dure_body_t *body);

/* ---- dure_city.c: what officers decide
 * ------------------------------------------------------------ */
#define ACT_TEXT_SIZE 640u
/* What an act would do, in a line. */
void act_text(char out[ACT_TEXT_SIZE], const dure_act_t *act);
/* Proposes it, signed by an officer, and tells how far that is; the exit code. */
int act_propose(session_t *session, const dure_act_t *act, const char *what);

/* ---- dure_effect.c: effects in words
 * -------------------------------------------------------------- */
json_t *effect_json(const dure_effect_t *effect);
/* The outcome as one JSON object. */
json_t *outcome_json(const args_t *args, const outcome_t *outcome);
/* Why it was refused, on stderr (or as JSON on stdout). */
void print_refusal(session_t *session, const outcome_t *outcome);
/* The lines under a done transaction: each move, indented, then id, block and time. */
void print_moves(session_t *session, const dure_effect_t *effect);
/* A number of an effect with a label of the vocabulary: won, a day or a count. */
text_t label_value_text(const dure_effect_t *effect, uint8_t label, int64_t value);
/* The rule that spoke, in the words of its program and the language asked for, and the numbers. */
void print_reason(session_t *session, FILE *out, const dure_effect_t *effect);
void print_place(session_t *session, const outcome_t *outcome);
/* perform: session_submit, then the moves under `text`, or JSON. */
int perform(session_t *session, outcome_t *outcome, const dure_key_file_t *key,
            const dure_body_t *body, const char *text);
/* show_counters: what of the programs' limits is used, as far as the programs are still known. */
void show_counters(session_t *session, const dure_counter_t *counters, uint32_t count);
/* ---- dure_hold.c
 * ------------------------------------------------------------------------------- */
/* What stops a party today, why, until when, and how it ends; false if the node fails. */
bool show_holds(session_t *session, uint64_t party);
/* The same as a list, or NULL. */
json_t *holds_json(session_t *session, uint64_t party);
/* One line for a list. */
void print_effect_line(session_t *session, const dure_answer_t *answer);

#endif
