"""The variables of a file that are not imported, and why: nothing is left out without a word."""

from app.domain.printable import encodable
from app.ingest.formats import flag_meanings, flag_variables, precise_positions
from app.ingest.formats.cf_time import counts_time
from app.ingest.formats.observations import Observations
from app.ingest.formats.variable_source import Variables

_LAYOUT = ("sample_dimension", "instance_dimension", "cf_role")
# A file with more variables is refused; names and dimensions of real files are shorter.
_MOST, _LONGEST = 1000, 200


def reasons(file: Variables, rows: Observations) -> dict[str, str]:
    """Name and reason of each variable of the file that is neither a coordinate, a measurement nor a text of `rows`.

    Flags that are stored as unknown are named, too.
    """
    # Texts such as `platform.wmo_id` are attributes of a variable.
    read = {name.lower() for name in rows.names.values()} | {key.partition(".")[0] for key in rows.texts}
    read |= {str(column.about.source_name).lower() for column in rows.columns}
    unexplained = {name for name in rows.flag_variables if flag_meanings.is_contradictory(file, name)}
    read |= rows.flag_variables
    flags = flag_variables.names(file)
    # These describe the layout of the samples, which was read.
    read |= {name for name in file.variables if any(file.attribute(name, each) for each in _LAYOUT)}
    read -= unexplained
    time = next((name for name in file.variables if name == rows.names["time"].lower()), None)
    along = tuple(file.variables[time].dimensions) if time else ()
    unread = (
        (encodable(str(variable.name))[:_LONGEST], _reason(file, name, along, name in flags, name in unexplained))
        for name, variable in file.variables.items()
        if encodable(str(variable.name))[:_LONGEST].lower() not in read and name not in read
    )
    return dict(sorted(list(unread)[:_MOST]))


def _reason(file: Variables, name: str, along: tuple[str, ...], is_flag: bool, is_unexplained: bool) -> str:
    variable = file.variables[name]
    dimensions = tuple(str(dimension) for dimension in variable.dimensions)
    if is_unexplained:
        return "its flag_meanings do not fit its flag_values, or it is packed: its flags are stored as unknown"
    if is_flag or name.endswith("_qc_tests"):
        return "it holds quality flags of no variable that is imported, or in a form that is not read"
    if not file.is_number(name):
        return "it holds texts, which describe the file or its instruments"
    if not dimensions:
        return "it holds a single value, which describes the file or its instruments"
    if counts_time(file.attribute(name, "units")) or name in precise_positions.NAMES:
        return "it is another time or position than that of the samples"
    if not set(along) <= set(dimensions):
        return f"it has the dimensions ({', '.join(dimensions)}), not that of the samples, {', '.join(along)}"[
            :_LONGEST
        ]
    return "it has no value, or it is a coordinate or describes the platform"
