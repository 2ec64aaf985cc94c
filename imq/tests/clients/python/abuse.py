#!/usr/bin/python3
"""What a gateway has to shrug off: bytes that mean nothing, floods, readers that don't read.

The same form of output as check.py. The process that is abused must not grow, and others who
are connected to it must not feel it.
"""

import argparse
import os
import pathlib
import sys

from bystanders import Bystanders
from report import World, address, run, scenario
from schema import Schema
from wire import Failed, check

import garbage
import floods
import strangers

MODULES = (garbage, floods, strangers)  # each adds its scenarios
# What the allocator may keep of twenty outputs of 1 MiB, and of the floods: some 800 MB are poured in. The process of
# `imq dev` has the queue nodes, too, with two copies of the queues and results that abusers leave behind for a while.
GROWTH_BYTES = 48 * 1024 * 1024


def resident(pid):
    """Bytes of memory that a process holds."""
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise Failed(f"process {pid} is gone")


@scenario("after all that, a normal client works at once")
def afterwards(world):
    world.works()


def main():
    """Reads the arguments, runs the scenarios, looks at the memory; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--schema", required=True, metavar="DIR")
    parser.add_argument("--tcp", required=True, action="append", type=address, metavar="HOST:PORT")
    parser.add_argument("--rpc", type=address, metavar="HOST:PORT")
    parser.add_argument("--pid", required=True, type=int, metavar="GATEWAY_PID",
                        help="of the gateway of the first --tcp")
    arguments = parser.parse_args()
    world = World(Schema(arguments.schema), arguments.tcp, arguments.rpc,
                  os.environ.get("IMQ_RPC_KEY", ""))
    world.works()
    world.clear()
    before = resident(arguments.pid)
    bystanders = Bystanders(world)

    @scenario("two who talk all the while are hardly slower than before")
    def unhurt(_world):
        return bystanders.judge()

    @scenario("the gateway grew by less than 48 MB")
    def growth(_world):
        grown = resident(arguments.pid) - before
        note = f"VmRSS grew by {grown / 2**20:.1f} MiB from {before / 2**20:.1f} MiB"
        check(grown < GROWTH_BYTES, note)
        return note

    return 0 if run(world) else 1


if __name__ == "__main__":
    sys.exit(main())
