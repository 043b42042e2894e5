/* dure export: the row of the command. */
#ifndef DURE_EXPORT_H
#define DURE_EXPORT_H

#include "app/dure_command.h"

extern const command_t export_commands[];

#endif
