"""What can go wrong, in our words. Layers below the edge raise these; only `http/problems.py` knows status codes.

HaloclineError
├── NotFound      there is no such thing
├── Invalid       the caller's words are off; names the field
├── Conflict      the state does not allow it
├── Unavailable   a neighbour is down; trying again later may help
└── Overloaded    a limit of this process is reached; trying again later may help
"""


class HaloclineError(Exception):
    """Anything Halocline raises on purpose; its text may be shown to the caller."""


class NotFound(HaloclineError):
    """There is no such thing."""


class Invalid(HaloclineError):
    """The caller's words are off: `field` names where, `problem` says what."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.field = field
        self.problem = problem


class Conflict(HaloclineError):
    """The present state does not allow it."""


class Unavailable(HaloclineError):
    """A neighbour such as MongoDB did not answer within its deadline."""

    def __init__(self, dependency: str) -> None:
        super().__init__(f"{dependency} is not available at the moment")
        self.dependency = dependency


class Overloaded(HaloclineError):
    """A limit of this process is reached; trying again later may help."""
