/* dure_extern: the rows of commands that read their own arguments. */
#include "app/dure_extern.h"
#include "app/yak_command.h"

static int yak(int argc, char **argv)
{
    return dure_yak_command(argc - 1, argv + 1);
}

const command_t extern_commands[] = {
    {.words = "yak",
     .arguments = "COMMAND ...",
     .summary = "check, ask and test a program of money; dure yak --help",
     .raw = yak},
    {0},
};
