/* The walk of test_walk.c, a hundred times as long. */
#define WALK_LONG
#include "walk/test_walk.c"
