"""Faults on purpose, for drills. The settings refuse them everywhere but in the lab."""

import time
from secrets import SystemRandom

from flask import Flask, request
from werkzeug.exceptions import InternalServerError

from app.config import Settings
from app.http import probes


def install(app: Flask, settings: Settings) -> None:
    """Delays every request but probes and makes the set share of them answer 500. Does nothing when nothing is set."""
    if not (settings.fault_delay_s or settings.fault_error_ratio):
        return
    chance = SystemRandom()

    @app.before_request
    def fault() -> None:
        if request.path in probes.PATHS:
            return
        time.sleep(settings.fault_delay_s)
        if chance.random() < settings.fault_error_ratio:
            raise InternalServerError("This error was asked for.")
