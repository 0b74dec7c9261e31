"""A pair of passwords: one is in use, the other one is replaced at the next rotation."""

import hashlib
import secrets
from dataclasses import dataclass

# 32 bytes: not to be guessed, and none of its characters is special in a URI.
_BYTES = 32
SLOTS = ("a", "b")


@dataclass(frozen=True, slots=True)
class Passwords:
    """The passwords of one owner in both slots, and the slot in use."""

    slots: dict[str, str]
    used: str

    @classmethod
    def new(cls) -> "Passwords":
        """Two random passwords; the first one is in use."""
        return cls({slot: secrets.token_urlsafe(_BYTES) for slot in SLOTS}, SLOTS[0])

    @property
    def in_use(self) -> str:
        """The password in use."""
        return self.slots[self.used]

    def rotated(self) -> "Passwords":
        """A new password in the other slot, which is then in use."""
        other = SLOTS[1 - SLOTS.index(self.used)]
        return Passwords(self.slots | {other: secrets.token_urlsafe(_BYTES)}, other)

    @property
    def hashes(self) -> str:
        """The hashes of both passwords, as an access list of Redis has them."""
        return " ".join("#" + hashlib.sha256(self.slots[slot].encode()).hexdigest() for slot in SLOTS)
