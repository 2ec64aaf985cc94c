"""Scenarios: more than a client may send, and clients that don't read what they are sent."""

import select
import time

from report import scenario
from wire import Ended, Failed, check, same

SILENT = 50


@scenario("a busy room with 50 subscribers that never read: the others get everything")
def never_read(world):
    room = world.room()
    readers = [world.client(number % 2) for number in range(4)]
    for reader in readers:
        reader.subscribe(room)
    for number in range(SILENT):
        client = world.raw(number % 2, receive_bytes=4096).login(world.name("silent"))
        client.send("subscribe", op_id=1, queue=room)
    heard = set()
    while len(heard) < SILENT + len(readers) - 1:
        heard.update(readers[0].wait("joined").users)
    sender, latencies = readers[0], []
    for _ in range(100):
        for _ in range(16):
            payload = str(time.monotonic_ns()).encode().ljust(1024)
            sender.send("send_message", op_id=sender.next_op_id(), queue=room, mount="chat",
                        payload=payload)
        for reader in readers:
            reader.inbox = [item for item in reader.inbox if item[0] not in ("joined", "left")]
            for _ in range(16):
                event = reader.wait("message")
                latencies.append(time.monotonic_ns() - int(event.payload))
            check(all(name != "gap" for name, _ in reader.inbox), "a gap at one who reads")
        for _ in range(16):
            same(sender.wait("result").status, 0, "status")
    latencies.sort()
    check(len(latencies) == 100 * 16 * len(readers), f"only {len(latencies)} deliveries")
    return f"p99 {latencies[len(latencies) * 99 // 100] / 1e6:.1f} ms of {len(latencies)}"


def flood(client, data, wait_s=8):
    """Sends all of `data` while reading what comes, then a ping; the bodies by name.

    It ends with the pong of the ping, or with the end of the connection.
    """
    last = 2**40
    rest = memoryview(data + client.encode("ping", nonce=last))
    seen, until = {}, time.monotonic() + wait_s
    client.wire.socket.setblocking(False)
    try:
        while time.monotonic() < until:
            readable, writable, _ = select.select(
                [client.wire.socket], [client.wire.socket] if rest else [], [], 1)
            if writable:
                rest = rest[client.wire.socket.send(rest[:65536]):]
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
                    return seen
            client.wire.socket.setblocking(False)
    except ConnectionError:
        return seen
    raise Failed(f"the flood wasn't dealt with in {wait_s} s: {seen}")


@scenario("floods of subscribes, names of queues, pings and operations end in limits or 3009")
def floods(world):
    notes = []
    for word, data in (
            ("subscribes", lambda client, n: client.encode(
                "subscribe", op_id=n + 1, queue=f"/room/flood-{world.run}")),
            ("names", lambda client, n: client.encode(
                "subscribe", op_id=n + 1, queue=f"/room/{world.run}-{n}")),
            ("unknown", lambda client, n: client.encode(
                "get_state", op_id=n + 1, mount="scores", queue=f"/room/no-{world.run}-{n}")),
            ("pings", lambda client, n: client.encode("ping", nonce=n))):
        flooder = world.client()
        packet = b"".join(data(flooder, number) for number in range(20_000))
        seen = flood(flooder, packet)
        check(set(seen) & {"result 8", "result 5", "closing 3009", "pong"}, f"{word}: {seen}")
        check(seen.get("subscribed", 0) <= 256 or word == "subscribes", f"{word}: {seen}")
        notes.append(f"{word}: {seen}")
        world.works()
    return "; ".join(notes)


@scenario("logins in a flood: 1,000 connections that log in and break off")
def logins(world):
    for _ in range(1000):
        client = world.raw()
        client.send("connect", protocol=1, user=world.name("flood"))
        client.close()
        world.clients.clear()
    world.works()
