"""The interface of an open file, whatever its format."""

from typing import Any, Protocol

from numpy.typing import NDArray

from app.ingest.formats.observations import Ints


class Variables(Protocol):
    """Named arrays with attributes. Names are in lower case; a variable's `name` is the file's own."""

    @property
    def variables(self) -> dict[str, Any]:
        """All variables by lower-case name."""

    def attributes(self) -> dict[str, Any]:
        """The global attributes of the file."""

    def attribute(self, name: str, attribute: str) -> Any:
        """An attribute of a variable, None when it has none."""

    def is_number(self, name: str) -> bool:
        """True if the variable holds numbers and not texts."""

    def text(self, name: str) -> str:
        """The one text of a variable."""

    def floats(self, name: str, narrow: bool = False) -> NDArray[Any]:
        """The variable as floats, NaN where missing; with `narrow` in the width that the file has."""

    def valid_range(self, name: str) -> tuple[float, float] | None:
        """The range of the values that the file declares valid, None if there is none."""

    def raw(self, name: str) -> NDArray[Any] | None:
        """The numbers or texts of a variable as they are stored; None for texts that the reader does not hold."""

    def integers(self, name: str) -> Ints:
        """The variable as whole numbers, -1 where missing."""

    def times_ms(self, name: str) -> Ints:
        """Milliseconds since 1970 UTC, NO_TIME where missing. Raises Refused for units without a reference time."""
