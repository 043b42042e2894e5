/* What the files of merkle/ share.  Nothing outside this folder includes it. */
#ifndef DURE_MERKLE_PRIVATE_H
#define DURE_MERKLE_PRIVATE_H

#include "merkle/dure_merkle.h"

/* The first byte of an encoded proof: kind and version in one.  Never reused. */
#define PROOF_FORMAT_TREE  1u
#define PROOF_FORMAT_LIST  2u
#define PROOF_FORMAT_RANGE 3u

#endif
