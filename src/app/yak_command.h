/* `dure yak`: checks, asks and tests programs of money.  Reads files and writes to stdout and
   stderr. */
#ifndef DURE_APP_YAK_COMMAND_H
#define DURE_APP_YAK_COMMAND_H

/* dure_yak_command: argv[0] is the first word after `dure yak`.  Returns the exit code: 0 all is
   well, 1 an example fails, 2 the program or the command line is wrong. */
int dure_yak_command(int argc, char **argv);

#endif
