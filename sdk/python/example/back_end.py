"""What a web back end does: it creates a room, speaks in it, and keeps scores."""

import sys

from imq_client import Conflict
from imq_client.rpc import Call, Change, Rpc

key, *rest = sys.argv[1:]
with Rpc(rest or "http://127.0.0.1:7490", key) as rpc:
    try:
        rpc.create_queue("/room/1")
    except Conflict:
        print("the room is there already")
    seq = rpc.send_message("/room/1", "chat", {"text": "welcome"})
    print("the message has the number", seq)
    rpc.send_state("/room/1", "scores", [Change.add("ann", 5)], idempotency_key="game-17-ann")
    for entry in rpc.get_state("/room/1", "scores").items:
        print(entry.key, "has", entry.value, "points")
    one, other = rpc.batch([Call.get_queue("/room/1"), Call.get_user("ann")])
    print("members:", one.members, "ann:", other)
