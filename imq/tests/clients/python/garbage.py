"""Scenarios: bytes that mean nothing, most of them before anybody has logged in."""

import os
import random
import select
import socket
import time

from report import scenario
from wire import Ended, check, frame, same, varint

TOTAL_BYTES = 100_000_000
CHUNK_BYTES = 1_000_000
CONNECTIONS = 300


def pour(world, data, budget_s):
    """Sends `data` over and over, on one connection after the other, until 100 MB are gone.

    Each connection has to be closed by the gateway. Gives back what was sent, and in how many.
    """
    until = time.monotonic() + budget_s
    chunk = data * max(1, CHUNK_BYTES // len(data))
    sent = count = 0
    while sent < TOTAL_BYTES and count < CONNECTIONS and time.monotonic() < until:
        connection = socket.create_connection(world.gateways[0], timeout=8)
        count += 1
        try:
            while sent < TOTAL_BYTES:
                sent += connection.send(chunk)
                readable, _, _ = select.select([connection], [], [], 0)
                if readable and not connection.recv(65536):
                    break
        except (ConnectionError, socket.timeout):
            pass  # the gateway closed it, or bears no more of it
        finally:
            connection.close()
    return f"{sent / 1e6:.0f} MB in {count} connections"


def codes(world, data):
    """Sends `data` once on a fresh connection; the code that closes it, or None if it breaks."""
    client = world.raw()
    try:
        client.wire.send(data)
        while True:
            name, body = client.next(8)
            if name == "closing":
                return body.code
    except (Ended, ConnectionError):
        return None


def closes(world, data, wanted):
    """`data` has to be answered by one of these codes."""
    code = codes(world, data)
    check(code in wanted, f"{data[:16].hex()}… was closed with {code}, not {wanted}")


def poured(world, data, wanted=None):
    """Once politely, for the code, then in bulk; a normal client has to work at once."""
    if wanted is not None:
        closes(world, data, wanted)
    note = pour(world, data, 4)
    world.works()
    return note


@scenario("a socket that says nothing, and one with half a frame, are closed with 3504 after 5 s")
def silent(world):
    started = time.monotonic()
    nothing, half = world.raw(), world.raw()
    half.wire.send(half.encode("connect", protocol=1, user=world.name("user"))[:7])
    for client in (nothing, half):
        client.closing(3504, wait_s=9)
    took_s = time.monotonic() - started
    check(4 < took_s < 8, f"after {took_s:.1f} s")
    return f"{took_s:.1f} s"


@scenario("100 MB of garbage before connect")
def garbage(world):
    seed = int(os.environ.get("IMQ_TEST_SEED") or random.getrandbits(64))
    print(f"seed {seed}", flush=True)
    return poured(world, random.Random(seed).randbytes(65536))


@scenario("100 MB of huge lengths before connect")
def lengths(world):
    for huge in (16385, 2**20, 2**31, 2**32 - 1, 2**53, 2**63, 2**64 - 1):
        closes(world, varint(huge), {3507, 3502})
    return poured(world, varint(2**32 - 1) + b"x" * 1000, {3507, 3502})


@scenario("100 MB of varints of eleven bytes before connect")
def long_varints(world):
    closes(world, b"\xff" * 9 + b"\x7f", {3502, 3507})
    return poured(world, b"\x80" * 10 + b"\x01", {3502, 3507})


@scenario("100 MB of empty frames before connect")
def empty_frames(world):
    return poured(world, b"\0", {3502, 3508})


@scenario("100 MB of every body before connect: each is closed")
def every_body(world):
    client = world.raw()
    notes = []
    for name in ("open", "subscribe", "unsubscribe", "send_message", "send_state", "get_state",
                 "get_history", "list_members", "call", "refresh"):
        fields = {} if name == "open" else {"op_id": 1}
        data = client.encode(name, **fields)
        closes(world, data, {3508})
        notes.append(pour(world, data, 0.7))
    for name, fields in (("ping", {"nonce": 1}), ("pong", {"nonce": 1}), ("bye", {}),
                         ("connect", {"protocol": 9})):
        pour(world, client.encode(name, **fields), 0.7)
    world.works()
    return "; ".join(notes[:2]) + "; …"


@scenario("bombs of unknown fields, before and after connect")
def unknown_fields(world):
    user = world.name("user").encode()
    connect = b"\x08\x01\x1a" + varint(len(user)) + user
    filler = b"\xf8\x07\x01" * 5000
    body = connect + filler
    client = world.raw()
    client.wire.send(frame(b"\x0a" + varint(len(body)) + body))
    same(client.next()[0], "welcome", "the answer to a connect with 5,000 unknown fields")
    body = b"\x08\x07" + b"\xf8\x07\x01" * 80_000
    for _ in range(20):
        client.wire.send(frame(b"\x62" + varint(len(body)) + body))
        same(client.wait("pong").nonce, 7, "nonce")
    return poured(world, frame(b"\x0a" + varint(16_000) + b"\xf8\x07\x01" * 5333 + b"\x08"))


@scenario("deep nesting: groups in groups, and messages in messages")
def nesting(world):
    closes(world, frame(b"\x0b" * 10_000), {3502, 3508})
    nested = b""
    while len(nested) < 15_000:
        nested = b"\x32" + varint(len(nested)) + nested
    body = b"\x0a" + varint(len(nested)) + nested
    closes(world, frame(body), {3501, 3502, 3505})
    return poured(world, frame(b"\x0b" * 10_000), {3502, 3508})


@scenario("a million empty elements in one operation are refused, not stored")
def empty_elements(world):
    client, room = world.client(), world.room()
    client.subscribe(room)
    head = client.schema.body("send_state", {"op_id": client.next_op_id(), "queue": room,
                                             "mount": "scores"}).send_state.SerializeToString()
    body = head + b"\x22\x00" * 120_000
    client.wire.send(frame(b"\x32" + varint(len(body)) + body))
    name, answer = client.next()
    check(name == "closing" or answer.status in (3, 8), f"{name} {answer}")
    world.works()


@scenario("text that isn't UTF-8 is refused or closed, before and after connect")
def utf8(world):
    closes(world, frame(b"\x0a\x07\x08\x01\x1a\x03\xff\xfe\xfd"), {3502})
    for body in (b"\x08\x01\x12\x06/\xff\xfe\xfd/x", b"\x08\x01\x12\x07/room/\xc0"):
        client = world.client()
        client.wire.send(frame(b"\x1a" + varint(len(body)) + body))
        name, answer = client.next()
        good = answer.status == 3 if name == "result" else answer.code == 3502
        check(good, f"{name} {answer}")


@scenario("HTTP and JSON on the TCP port are closed")
def other_protocols(world):
    line = (b"GET /imq/v1/ws HTTP/1.1\r\nHost: imq\r\nUpgrade: websocket\r\nUser-Agent: "
            + b"x" * 300)
    closes(world, line, {3502, 3507, 3508})
    closes(world, b'{"connect":{"protocol":1,"user":"' + b"a" * 300 + b'"}}', {3502, 3507, 3508})
    closes(world, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"x" * 500,
           {3502, 3507, 3508})


@scenario("bytes are handed over after a second connect, and go nowhere")
def second_connect(world):
    client = world.client()
    client.wire.send(client.encode("connect", protocol=1, user=client.user) * 1000)
    client.closing(3506)
