/* dure: one command for all that a person does with a node.  docs/commands.md. */
#include <string.h>

#include "app/chain_command.h"
#include "app/dure_command.h"
#include "app/dure_export.h"
#include "app/dure_extern.h"

/* To add commands: a table of rows ended by an empty one, named here. */
static const command_t *const groups[] = {
    key_commands,    city_commands,   party_commands,   money_commands, bank_commands,
    show_commands,   hold_commands,   mandate_commands, grant_commands, upkeep_commands,
    export_commands, extern_commands, chain_commands};
#define GROUPS (sizeof groups / sizeof groups[0])

/* How many of the line's words the command's are; 0 if it is another command. */
static int words_match(const char *words, int argc, char **argv)
{
    int count = 0;
    while (*words != 0) {
        size_t size = strcspn(words, " ");
        if (count == argc || strlen(argv[count]) != size || memcmp(argv[count], words, size) != 0) {
            return 0;
        }
        count++;
        words += size;
        words += strspn(words, " ");
    }
    return count;
}

static const command_t *find(int argc, char **argv, int *used)
{
    for (size_t i = 0; i < GROUPS; i++) {
        for (const command_t *command = groups[i]; command->words != NULL; command++) {
            *used = words_match(command->words, argc, argv);
            if (*used > 0) {
                return command;
            }
        }
    }
    return NULL;
}

static void print_command(const command_t *command)
{
    printf("usage: dure %s %s\n\n%s.\n", command->words, command->arguments, command->summary);
    if (command->help != NULL) {
        printf("\n%s", command->help);
    }
    if (command->raw == NULL) {
        printf("\nEverywhere: --dir DIR (else DURE_DIR, else ./city), --json, --lang ko|en|zh\n");
    }
}

/* The commands whose first word is `first`, or all. */
static uint32_t print_list(FILE *out, const char *first)
{
    uint32_t count = 0;
    size_t size = first == NULL ? 0 : strlen(first);
    for (size_t i = 0; i < GROUPS; i++) {
        for (const command_t *command = groups[i]; command->words != NULL; command++) {
            if (size > 0 &&
                (strncmp(command->words, first, size) != 0 || command->words[size] != ' ')) {
                continue;
            }
            if (count++ == 0 && first != NULL) {
                fprintf(out, "dure %s:\n", first);
            }
            fprintf(out, "  %-18s %s\n", command->words, command->summary);
        }
    }
    return count;
}

static void print_all(FILE *out)
{
    fprintf(out, "usage: dure COMMAND [ARGUMENTS]\n\n");
    print_list(out, NULL);
    fprintf(out, "\ndure COMMAND --help tells more about each.\n"
                 "The node is the one on --dir DIR, else DURE_DIR, else ./city.\n"
                 "Ends with 0: done, 1: refused by the ledger, 2: wrong usage or input,\n"
                 "3: the node cannot be reached or a file cannot be read or written.\n");
}

static bool is_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0;
}

int main(int argc, char **argv)
{
    if (!dure_crypto_init()) {
        return complain(EXIT_WORLD, "the crypto library does not start");
    }
    argc--;
    argv++;
    if (argc == 0) {
        print_all(stderr);
        return EXIT_USAGE;
    }
    if (is_help(argv[0])) {
        print_all(stdout);
        return EXIT_DONE;
    }
    int used = 0;
    const command_t *command = find(argc, argv, &used);
    if (command == NULL) {
        FILE *out = argc > 1 && is_help(argv[1]) ? stdout : stderr;
        if (print_list(out, argv[0]) > 0) {
            return out == stdout ? EXIT_DONE : EXIT_USAGE;
        }
        return complain(EXIT_USAGE, "there is no command '%s'; see dure --help", argv[0]);
    }
    if (command->raw != NULL) {
        return command->raw(argc - used + 1, argv + used - 1);
    }
    for (int i = used; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            print_command(command);
            return EXIT_DONE;
        }
    }
    args_t args;
    if (!args_parse(&args, command, argc - used, argv + used)) {
        return EXIT_USAGE;
    }
    return command->run(&args);
}
