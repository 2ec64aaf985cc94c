#!/usr/bin/python3
"""A client of imq written from docs/protocol.md alone: does a running cluster keep its word?

Every scenario prints `ok` or `not ok` with a sentence, the last line has the sums.
"""

import argparse
import os
import sys

from report import World, address, run
from schema import Schema

import connecting
import messages
import states
import rooms
import refusals
import resuming
import away
import secret
import resending
import grace
import logins
import inbox
import wandering

MODULES = (connecting, messages, states, rooms, refusals, resuming, away, secret, resending,
           grace, logins, inbox, wandering)  # each adds its scenarios


def main():
    """Reads the arguments, runs the scenarios; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--schema", required=True, metavar="DIR")
    parser.add_argument("--tcp", required=True, action="append", type=address, metavar="HOST:PORT")
    parser.add_argument("--rpc", required=True, type=address, metavar="HOST:PORT")
    arguments = parser.parse_args()
    rpc_key = os.environ.get("IMQ_RPC_KEY")
    if not rpc_key:
        parser.error("the key of a back end is missing: set IMQ_RPC_KEY")
    if len(arguments.tcp) != 2:
        parser.error("--tcp is needed twice: two gateways")
    world = World(Schema(arguments.schema), arguments.tcp, arguments.rpc, rpc_key)
    return 0 if run(world) else 1


if __name__ == "__main__":
    sys.exit(main())
