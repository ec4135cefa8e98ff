"""A loopback Discord for tests; see `server`."""

from tests.loopback.errors import Code
from tests.loopback.interaction import Callback, Interaction
from tests.loopback.message import Message
from tests.loopback.offer import NotOfferedError
from tests.loopback.permissions import Permission
from tests.loopback.server import LoopbackDiscord
from tests.loopback.typed import ImpossibleInputError
from tests.loopback.world import Channel, Guild, Member, Role, User

__all__ = [
    "Callback",
    "Channel",
    "Code",
    "Guild",
    "ImpossibleInputError",
    "Interaction",
    "LoopbackDiscord",
    "Member",
    "Message",
    "NotOfferedError",
    "Permission",
    "Role",
    "User",
]
