#!/usr/bin/python3
"""A client of imq over TLS, as Python's own `ssl` speaks it.

The same form of output as check.py.
"""

import argparse
import ssl
import sys

from client import Client
from report import World, address, run, scenario
from schema import Schema
from wire import Ended, Failed, check, same


def context(authority, version=None):
    """Believes whom this authority has signed; speaks this version alone."""
    made = ssl.create_default_context(cafile=authority)
    if version is not None:
        made.minimum_version = made.maximum_version = version
    return made


@scenario("TLS 1.2 and 1.3: a login, and messages through both gateways")
def versions(world):
    spoken = []
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        world.tls = context(world.authority, version)
        room, ann, bob = world.pair()
        spoken.append(ann.wire.socket.version())
        for payload in (b"short", b"x" * 60_000):
            seq = ann.say(room, payload)
            event = bob.wait("message")
            same((event.seq, event.payload), (seq, payload), "message")
            ann.wait("message")
        ann.bye()
    same(spoken, ["TLSv1.2", "TLSv1.3"], "versions")


@scenario("a resume over TLS goes on at the other gateway")
def resumed(world):
    world.tls = context(world.authority)
    room, ann, bob = world.pair()
    bob.close()
    seq = ann.say(room, b"missed")
    back = world.resume(bob, 0)
    same(back.wait("message").seq, seq, "what was missed")


@scenario("who doesn't know the authority doesn't connect")
def strange(world):
    world.tls = ssl.create_default_context()
    try:
        world.raw()
    except ssl.SSLCertVerificationError:
        return
    raise Failed("the certificate was believed")


@scenario("a plain client at the TLS port is refused at once, and hears no frame")
def plain(world):
    for gateway in world.gateways:
        client = Client(world.schema, gateway)
        client.send("connect", protocol=1, user=world.name("plain"))
        try:
            while True:
                data = client.wire.socket.recv(65536)
                if not data:
                    raise Ended("as it should")
                # All that may come is an alert of TLS.
                check(data[0] == 0x15 and len(data) < 64, f"bytes of a plain answer: {data!r}")
        except (Ended, ConnectionError):
            pass
        client.close()
    world.tls = context(world.authority)
    world.works()


def main():
    """Reads the arguments, runs the scenarios; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--schema", required=True, metavar="DIR")
    parser.add_argument("--tcp", required=True, action="append", type=address, metavar="HOST:PORT")
    parser.add_argument("--authority", required=True, metavar="FILE")
    arguments = parser.parse_args()
    world = World(Schema(arguments.schema), arguments.tcp)
    world.authority = arguments.authority
    return 0 if run(world) else 1


if __name__ == "__main__":
    sys.exit(main())
