"""Which names a queue may have."""

from __future__ import annotations

import re

from .limits import NAME_BYTES_MAX

# Unicode's Default_Ignorable_Code_Point, which the standard library doesn't know, and U+FFF9 to
# U+FFFB: names must not differ by what nobody sees.
_INVISIBLE = (
    "\u00ad\u034f\u061c\u115f-\u1160\u17b4-\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
# Segments of what can be seen: no spaces, no control characters, no half of a surrogate pair.
_NAME = re.compile(rf"(?:/[^/\s\x00-\x1f\x7f-\x9f\ud800-\udfff{_INVISIBLE}]+)+")


def is_queue_name(name: str) -> bool:
    """Whether a queue may be called so."""
    return _NAME.fullmatch(name) is not None and len(name.encode()) <= NAME_BYTES_MAX
