"""Refusals: why a file is not imported, as a stable code and one line that names the file, variable and cause."""

from app.domain.printable import one_line
from app.errors import HaloclineError

# code: its meaning. Codes are part of the contract with scripts that read `halocline ingest --json`.
CODES = {
    "not_found": "there is no such file, or it cannot be read",
    "empty_file": "the file has no bytes",
    "too_large": "the file, or its contents, exceed a limit of this installation",
    "changed_while_reading": "the file changed during the import",
    "html_page": "a web page was saved instead of data",
    "unknown_format": "the bytes are neither a NetCDF file nor a table of observations",
    "archive": "an archive of several files, or a compression that is not read: unpack it",
    "slocum_raw": "a raw file of a Slocum glider, which must be converted first",
    "truncated": "the file ends too early or is damaged inside",
    "unreadable": "no reader of this portal expects the structure of the file",
    "external_data": "a part of the file is a reference to another file, which is never read",
    "not_observations": "the file is valid but holds no observations of a platform",
    "no_header": "a table without a row of names, as ERDDAP's .csv0",
    "no_time": "no usable time",
    "time_out_of_range": "no time between the earliest accepted date and now",
    "no_valid_position": "no sample has a usable position",
    "position_not_degrees": "positions are not in degrees, as raw NMEA (DDMM.mm)",
    "no_samples": "there are variables but no rows",
    "no_mission": "the file does not name its mission",
    "no_navigation": "a sailbuoy's payload file without the navigation file beside it",
    "no_deployment": "a sailbuoy's files hold no mission: only rows in harbour and trips shorter than three days",
    "several_missions": "the file holds several missions and cannot be split, or one name (--mission) is ambiguous",
    "no_platform": "the file does not name its platform",
    "bad_identity": "the identity holds characters that are not allowed in a URL",
    "lower_mode": "the stored data have a higher mode",
    "not_newer": "the stored data have the same mode and are as new",
    "platform_kind_mismatch": "a profile of a glider for a stored mission of a sailbuoy, or the reverse",
    "simulated_mismatch": "the file is simulated and the stored mission real, or the reverse",
    "withdrawn": "an operator withdrew the mission; it must be restored first",
    "loses_data": "the file would replace a mission of which it has less than half of the samples, span or variables",
    "wrong_provider": "the platform belongs to another provider than the one that imports",
    "part_of_mission": "the file covers only a part of the stored mission, or is a subset of a dataset",
    "fetch_failed": "the server is unreachable or too slow, or its response is incomplete",
    "server_error": "the server responds with an error; its message follows as a quotation",
    "redirected": "the server redirects to an address that the import does not follow",
    "not_profiles": "the format delivers single profiles, but the file holds none",
}


# Code and cause of a change that is detected during the import.
CHANGED = ("changed_while_reading", "it is still being written: import it once it is complete")


class Refused(HaloclineError):
    """The file is not imported. `code` is one of CODES, `cause` one line, `variable` the variable concerned."""

    def __init__(self, code: str, cause: str, variable: str | None = None) -> None:
        super().__init__(f"{variable}: {cause}" if variable else cause)
        self.code = code
        self.cause = cause
        self.variable = variable

    def line(self, file_name: str) -> str:
        """The reason for people: always one line, whatever the texts of the file hold."""
        return one_line(f"{file_name}: {self}")
