/* Commands whose code has a header of its own and reads its own arguments. */
#ifndef DURE_EXTERN_H
#define DURE_EXTERN_H

#include "app/dure_command.h"

extern const command_t extern_commands[];

#endif
