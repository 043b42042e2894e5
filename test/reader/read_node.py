#!/usr/bin/env python3
"""Reads a node's directory by docs/formats alone and says what is in it: read_node.py DIR"""

import pathlib
import sys

import keys
from layouts import Refused
from log import Log
from state import CHECKPOINT_NAMES, Chain, checkpoint_check


class Node:
    """Everything that can be checked without executing a transaction."""

    def __init__(self, directory):
        directory = pathlib.Path(directory)
        self.chain = Chain((directory / "genesis.dure").read_bytes())
        self.log = Log(directory, self.chain.id)
        for height, block, _ in self.log.blocks:
            self.chain.append(block, height)
        self.states = {}
        for name in CHECKPOINT_NAMES:
            if (directory / name).exists():
                self.states[name] = checkpoint_check((directory / name).read_bytes(), self.chain, self.log)

    def newest(self):
        return max(self.states.values(), key=lambda state: state.height)

    def check_signatures(self, most, done=None):
        """How many of at most `most` transactions, spread over the log, are signed by a key that the slot has had."""
        signed = [entry for entry in self.chain.keys(done) if entry[0] is not None]
        sample = signed[::max(1, -(-len(signed) // most))]
        good = sum(any(keys.verify(key, tx.message, tx.seal["signature"]) == "ok" for key in reversed(candidates))
                   for tx, candidates, _ in sample)
        return good, len(sample)


def main():
    try:
        node = Node(sys.argv[1])
        good, tried = node.check_signatures(1000)
    except Refused as problem:
        print(f"refused: {problem}")
        return 1
    print(f"chain {node.chain.id.hex()}: {len(node.chain.headers)} blocks, {len(node.chain.txs)} transactions, "
          f"{node.log.segments} segments, {node.log.batches} batches; {good} of {tried} signatures right")
    for name, state in node.states.items():
        print(f"{name}: height {state.height}, {len(state.records)} records, root {state.ledger_root.hex()}")
    return 0 if good == tried else 1


if __name__ == "__main__":
    sys.exit(main())
