"""What web back ends call gateways with (docs/rpc.md): synchronous, and of many threads at once."""

from ..change import Change
from ..events import Entry, Message, Page
from .call import Call
from .client import Rpc, every
from .objects import MountInfo, QueueInfo, SessionInfo, UserInfo

__all__ = [
    "Call",
    "Change",
    "Entry",
    "Message",
    "MountInfo",
    "Page",
    "QueueInfo",
    "Rpc",
    "SessionInfo",
    "UserInfo",
    "every",
]
