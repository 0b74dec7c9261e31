"""The portal's exceptions. All layers raise these; only `http/problems.py` maps them to status codes.

HaloclineError
├── NotFound      the resource does not exist
├── Gone          the resource was withdrawn, with the reason
├── Moved         the platform has another id now
├── Unauthenticated   the request has no valid API key
├── Forbidden     the API key of the request does not allow the operation
├── WrongType     the body of the request has a type that the operation does not accept
├── NoLength      the request does not announce the length of its body
├── TooLarge      the body of the request is larger than allowed
├── Mismatch      the content is not what the request announces
├── Invalid       an input of the caller is invalid; names the field
├── Conflict      the present state does not allow the operation
├── Unavailable   a dependency is unreachable; a later attempt may succeed
├── RunFailed     a run of a command could not be completed; a later one may succeed
├── Overloaded    a limit of this process is reached; a later attempt may succeed
└── TooMany       a limit of this client is reached; a later attempt may succeed
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


class HaloclineError(Exception):
    """Base of all exceptions that Halocline raises itself. The text may be shown to the caller."""


class NotFound(HaloclineError):
    """The resource does not exist."""


@dataclass(frozen=True, slots=True)
class WithdrawnMission:
    """A withdrawn mission of a platform that is gone. `name` is that for display: `SEA077 Smilla M17 20221208T1145`."""

    platform: str
    mission: str
    operator_number: str | None
    name: str
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class PublicPlatform:
    """The platform of a withdrawn mission, if it has other missions. `serial` is the address of its page."""

    serial: str
    name: str


class Gone(HaloclineError):
    """The resource existed and was withdrawn; the text has the reason.

    `missions`: the withdrawn ones of a platform. `platform`: that of a mission, if it has a page.
    """

    def __init__(
        self, text: str, missions: Sequence[WithdrawnMission] = (), platform: PublicPlatform | None = None
    ) -> None:
        super().__init__(text)
        self.missions = tuple(missions)
        self.platform = platform


class Moved(HaloclineError):
    """The platform has another id now: `platform`."""

    def __init__(self, platform: str) -> None:
        super().__init__(f"The platform is {platform} now.")
        self.platform = platform


class Invalid(HaloclineError):
    """An input of the caller is invalid: `field` names it, `problem` describes what is wrong."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.field = field
        self.problem = problem


class Unauthenticated(HaloclineError):
    """The request has no valid API key; the text says what is wrong, without the key."""


class Forbidden(HaloclineError):
    """The API key of the request does not allow the operation."""


class WrongType(HaloclineError):
    """The body of the request has a type that the operation does not accept."""


class NoLength(HaloclineError):
    """The request does not announce the length of its body."""


class TooLarge(HaloclineError):
    """The body of the request is larger than allowed."""


class Mismatch(HaloclineError):
    """The content is not what the request announces: `code` names the difference for programs."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


class Conflict(HaloclineError):
    """The present state does not allow the operation."""


class Unavailable(HaloclineError):
    """A dependency such as MongoDB did not answer within its timeout."""

    def __init__(self, dependency: str) -> None:
        super().__init__(f"{dependency} is not available at the moment")
        self.dependency = dependency


class RunFailed(HaloclineError):
    """A run of a command could not be completed: MongoDB refuses, a disk is full, a folder has vanished."""


class Overloaded(HaloclineError):
    """A limit of this process is reached; trying again later may help."""


class TooMany(HaloclineError):
    """The client uses as much at once as one client may; trying again later may help."""


def name_of(error: Exception) -> str:
    """The class of an exception, or the name that MongoDB gives its refusal, such as `AuthenticationFailed`.

    Messages of drivers contain addresses and sometimes parts of passwords, so no log line has them.
    """
    details = getattr(error, "details", None)
    name = details.get("codeName") if isinstance(details, dict) else None
    return str(name or type(error).__name__)
