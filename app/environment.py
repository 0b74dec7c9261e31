"""Where settings come from: environment variables, and the files that variables NAME_FILE name."""

from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_settings import EnvSettingsSource


class EnvironmentOrFile(EnvSettingsSource):
    """The content of the file that NAME_FILE names, without the last line end; else NAME from the environment.

    The file takes precedence, so that a mounted secret replaces a default.
    """

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        value, key, is_complex = super().get_field_value(field, field_name)
        path = self.env_vars.get(f"{key}_file".lower())
        if path:
            value = text(path)
        return value, key, is_complex


def text(path: str) -> str | None:
    """The content of the file without the last line end; None if it cannot be read."""
    try:
        return Path(path).read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError):
        return None  # `config.load` reports it, together with all other problems.
