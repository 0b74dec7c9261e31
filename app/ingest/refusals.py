"""Why a file is not taken in: a stable code, and one line that names the file, the variable and the cause."""

from app.domain.printable import one_line
from app.errors import HaloclineError

# code: what it means. Codes are part of the contract with whoever scripts `halocline ingest --json`.
CODES = {
    "not_found": "there is no such file, or it cannot be read",
    "empty_file": "the file has no bytes",
    "too_large": "the file, or what it holds, is larger than this installation takes",
    "changed_while_reading": "the file became another one while it was taken in",
    "html_page": "a web page was saved instead of data",
    "not_netcdf": "the bytes are neither a NetCDF file nor a table of observations",
    "truncated": "the file ends too early or is damaged inside",
    "unreadable": "the file is built in a way that no reader here expects",
    "not_observations": "the file is sound but holds no observations of a platform",
    "no_header": "a table without a row of names, as ERDDAP's .csv0",
    "no_time": "no usable time",
    "time_out_of_range": "no time between the earliest accepted date and now",
    "no_valid_position": "no sample has a usable position",
    "position_not_degrees": "positions are not in degrees, as raw NMEA (DDMM.mm)",
    "no_samples": "there are variables but no rows",
    "no_mission": "the file does not say which mission it belongs to",
    "no_navigation": "a sailbuoy's payload without the file of its positions beside it",
    "no_voyage": "nothing in a sailbuoy's files is a mission: harbour, and trips shorter than three days",
    "several_missions": "the files hold several missions, which one name (--mission) cannot mean",
    "no_platform": "the file does not say which platform it belongs to",
    "bad_identity": "the identity holds characters that cannot be in an address",
    "lower_mode": "the stored data have a higher mode",
    "not_newer": "the stored data have the same mode and are as new",
    "other_kind": "a profile of a glider for a stored mission of a sailbuoy, or the other way round",
    "other_world": "the file is simulated and the stored mission real, or the other way round",
    "part_of_mission": "only a part of a dataset, and more of the mission is stored",
    "fetch_failed": "the server could not be reached, was too slow, or its answer broke off",
    "server_error": "the server answers with an error, whose message follows",
    "redirected": "the server points elsewhere, where the import does not go by itself",
    "not_profiles": "the file brings profiles but has no profile in it",
}


# Code and cause for whoever notices.
CHANGED = ("changed_while_reading", "it is still being written: take it in once it is complete")


class Refused(HaloclineError):
    """The file is not taken in. `code` is one of CODES, `cause` one line, `variable` what it is about."""

    def __init__(self, code: str, cause: str, variable: str | None = None) -> None:
        super().__init__(f"{variable}: {cause}" if variable else cause)
        self.code = code
        self.cause = cause
        self.variable = variable

    def line(self, file_name: str) -> str:
        """The reason as people read it: one line, whatever the file's texts hold."""
        return one_line(f"{file_name}: {self}")
