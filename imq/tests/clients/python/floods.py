"""Scenarios: more than a client may send, and clients that don't read what they are sent."""

import pathlib
import select
import time

from report import scenario
from wire import WAIT_S, Ended, Failed, check, same

SILENT = 20
PAYLOAD_BYTES = 4096
# What a gateway keeps for a slow receiver, and as much again for what is on its way.
KEPT_BYTES = 2 * 1024 * 1024


def rounds():
    """After so many rounds of 16 messages, neither the gateway nor the system takes more."""
    wmem = pathlib.Path("/proc/sys/net/ipv4/tcp_wmem").read_text(encoding="ascii")
    return (int(wmem.split()[2]) + KEPT_BYTES) // (16 * PAYLOAD_BYTES)


def missed(client, first, last):
    """What one who never read has to read now: how many messages it gets, and how many it lost.

    None if it was closed for being too slow.
    """
    got, lost, at = 0, 0, first - 1
    while at < last:
        name, body = client.next()
        if name == "closing":
            same(body.code, 3008, f"close code ({body.reason})")
            return None
        if name == "message":
            check(body.seq > at, f"{body.seq} comes after {at}")
            got, at = got + 1, body.seq
        elif name == "gap" and body.mount == "chat":
            check(body.after_seq <= at < body.before_seq, f"{body} after {at}")
            lost, at = lost + body.before_seq - 1 - at, body.before_seq - 1
    return got, lost


@scenario("a busy room with 20 subscribers that never read: they miss some and hear so, nobody else")
def never_read(world):
    room = world.room()
    readers = [world.client(number % 2) for number in range(4)]
    for reader in readers:
        reader.subscribe(room)
    silent = []
    for number in range(SILENT):
        client = world.raw(number % 2, receive_bytes=4096).login(world.name("silent"))
        client.send("subscribe", op_id=1, queue=room)
        silent.append(client)
    heard = set()
    while len(heard) < SILENT + len(readers) - 1:
        heard.update(readers[0].wait("joined").users)
    latencies, seqs, count = [], [], rounds()
    for number in range(count):
        # One alone would be too fast for its own limit on bytes.
        sender = readers[number % len(readers)]
        for _ in range(16):
            payload = str(time.monotonic_ns()).encode().ljust(PAYLOAD_BYTES)
            sender.send("send_message", op_id=sender.next_op_id(), queue=room, mount="chat",
                        payload=payload)
        for reader in readers:
            reader.inbox = [item for item in reader.inbox if item[0] not in ("joined", "left")]
            for _ in range(16):
                event = reader.wait("message")
                latencies.append(time.monotonic_ns() - int(event.payload))
            check(all(name != "gap" for name, _ in reader.inbox), "a gap at one who reads")
        for _ in range(16):
            result = sender.wait("result")
            same(result.status, 0, "status")
            seqs.append(result.seq)
    latencies.sort()
    check(len(latencies) == count * 16 * len(readers), f"only {len(latencies)} deliveries")
    fates = [missed(client, seqs[0], seqs[-1]) for client in silent]
    told = [fate for fate in fates if fate is not None]
    check(all(lost > 0 for _, lost in told), f"nothing is missing: {told}")
    same({got + lost for got, lost in told} - {len(seqs)}, set(), "sums of what came and was lost")
    lost = [lost for _, lost in told]
    return (f"p99 {latencies[len(latencies) * 99 // 100] / 1e6:.1f} ms of {len(latencies)}; of "
            f"{len(seqs)} messages {min(lost, default=0)} to {max(lost, default=0)} lost at "
            f"{len(told)}, {SILENT - len(told)} closed")


def poured(client, rest):
    """What is left of it when the system has taken some; nothing, if the gateway bears no more."""
    try:
        return rest[client.wire.socket.send(rest[:65536]):]
    except ConnectionError:
        return rest[:0]


def flood(client, data, wait_s=8):
    """Sends all of `data` while reading what comes, then a ping; the bodies by name.

    It ends with the pong of the ping, or with the end of the connection.
    """
    last = 2**40
    rest = memoryview(data + client.encode("ping", nonce=last))
    seen, until = {}, time.monotonic() + wait_s
    client.wire.socket.setblocking(False)
    while time.monotonic() < until:
        readable, writable, _ = select.select(
            [client.wire.socket], [client.wire.socket] if rest else [], [], 1)
        if writable:
            rest = poured(client, rest)
        if not readable:
            continue
        while True:
            try:
                name, body = client.read(0.001)
            except Ended:
                return seen
            except Failed:
                break
            key = f"closing {body.code}" if name == "closing" else name
            key = f"result {body.status}" if name == "result" else key
            seen[key] = seen.get(key, 0) + 1
            if name == "pong" and body.nonce == last:
                seen["pong last"] = 1
                return seen
        client.wire.socket.setblocking(False)
    raise Failed(f"the flood wasn't dealt with in {wait_s} s: {seen}")


# More than a connection may send at once, and then in the time that the flood takes.
OPERATIONS = 60_000


def notes(seen):
    """What was seen, for the line of a scenario."""
    return ", ".join(f"{count} {key}" for key, count in sorted(seen.items()))


def rated(world, data):
    """Floods the first gateway, which has to close with 3009 and to count that; the bodies by name.

    Of what comes after its `closing` a gateway throws away 1 MiB. Whoever floods on is cut off then,
    and may lose what was on its way; the count isn't lost.
    """
    counter = 'imq_gateway_closed_total{code="rate"'
    before = world.metric(counter)
    seen = flood(world.client(), data)
    codes = {key for key in seen if key.startswith("closing")}
    check(codes <= {"closing 3009"} and "pong last" not in seen, f"{seen}")
    until = time.monotonic() + WAIT_S
    while world.metric(counter) == before:
        check(time.monotonic() < until, f"no connection was closed with 3009: {seen}")
    return seen


@scenario("floods of subscribes, names of queues and operations: limits, then 3009")
def floods(world):
    found = []
    for word, wanted, data in (
            ("subscribes", "result 8", lambda client, n: client.encode(
                "subscribe", op_id=n + 1, queue=f"/room/flood-{world.run}")),
            ("names", "result 8", lambda client, n: client.encode(
                "subscribe", op_id=n + 1, queue=f"/room/{world.run}-{n}")),
            ("unknown", "result 5", lambda client, n: client.encode(
                "get_state", op_id=n + 1, mount="scores", queue=f"/room/no-{world.run}-{n}"))):
        maker = world.client()
        seen = rated(world, b"".join(data(maker, number) for number in range(OPERATIONS)))
        # Whoever sends on while results are owed may be closed before the first of them comes.
        check(set(seen) <= {wanted, "result 0", "result 8", "subscribed", "closing 3009"},
              f"{word}: {seen}")
        check(seen.get("subscribed", 0) <= 256 or word == "subscribes", f"{word}: {seen}")
        found.append(f"{word}: {notes(seen)}")
        world.works()
    return "; ".join(found)


@scenario("a flood of pings, and one of bytes in few frames, are closed with 3009")
def too_fast(world):
    found = []
    room = world.room()
    for word, count, data in (
            ("pings", OPERATIONS, lambda client, n: client.encode("ping", nonce=n)),
            ("bytes", 600, lambda client, n: client.encode(
                "send_message", op_id=n + 1, queue=room, mount="chat", payload=b"x" * 60_000))):
        maker = world.client()
        seen = rated(world, b"".join(data(maker, number) for number in range(count)))
        found.append(f"{word}: {notes(seen)}")
        world.works()
    return "; ".join(found)


@scenario("logins in a flood: 1,000 connections that log in and break off")
def logins(world):
    for _ in range(1000):
        client = world.raw()
        client.send("connect", protocol=1, user=world.name("flood"))
        client.close()
        world.clients.clear()
    world.works()
