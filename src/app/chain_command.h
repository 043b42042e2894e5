/* chain_command: the commands on a chain's directory as a whole. */
#ifndef DURE_APP_CHAIN_COMMAND_H
#define DURE_APP_CHAIN_COMMAND_H

#include "app/dure_command.h"

extern const command_t chain_commands[];

#endif
