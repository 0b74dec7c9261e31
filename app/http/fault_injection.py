"""Injected faults for drills. The settings refuse them outside the lab."""

import time
from secrets import SystemRandom

from flask import Flask, request
from werkzeug.exceptions import InternalServerError

from app.config import Settings
from app.http import probes


def install(app: Flask, settings: Settings) -> None:
    """Delay every request but probes, and answer the configured ratio of them with 500. Does nothing by default."""
    if not (settings.fault_delay_s or settings.fault_error_ratio):
        return
    random = SystemRandom()

    @app.before_request
    def inject_fault() -> None:
        if request.path in probes.PATHS:
            return
        time.sleep(settings.fault_delay_s)
        if random.random() < settings.fault_error_ratio:
            raise InternalServerError("This error was injected.")
