"""The number by which operators name a mission, such as `M17`."""

import re

# `M17` in `nrt_SEA077_M17.nc`: the convention of SeaExplorer files.
_NUMBER = re.compile(r"(?<![A-Za-z0-9])[Mm](\d{1,4})(?![A-Za-z0-9])")


def of_file(file_name: str) -> str | None:
    """The number in the name of a mission's file, as `M17`; None without exactly one."""
    numbers = {int(number) for number in _NUMBER.findall(file_name)}
    return f"M{numbers.pop()}" if len(numbers) == 1 else None


def named(mission: str, number: str | None) -> str:
    """The name of a mission for people: the number, if there is one, and the stamp: `M17 20221208T1145`."""
    return f"{number} {mission}" if number else mission
