/* dure_extern: the rows of commands that read their own arguments. */
#include "app/dure_extern.h"
#include "app/verify.h"
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
    {.words = "verify",
     .arguments = "DIR ...",
     .summary = "check a whole chain offline; dure verify --help",
     .raw = dure_verify_command},
    {.words = "verify-receipt",
     .arguments = "FILE ...",
     .summary = "check a receipt offline; dure verify-receipt --help",
     .raw = dure_verify_receipt_command},
    {0},
};
