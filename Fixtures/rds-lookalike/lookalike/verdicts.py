"""The verdict file: one JSON line per login, written before the login is answered."""

import json
import os
import time
from datetime import datetime, timezone

from .judge import judge


class ClockFile:
    """The judge's clock: the machine's, moved by the seconds written in a file, which may change at any time."""

    def __init__(self, path):
        self._path = path

    def __call__(self):
        try:
            with open(self._path, encoding="ascii") as file:
                return time.time() + float(file.read().strip() or 0)
        except (OSError, ValueError):
            return time.time()


class Recorder:
    """Judges a login, records the verdict, and gives the reason of a refusal or None."""

    def __init__(self, path, place, account_for, clock):
        self._place, self._account_for, self._clock = place, account_for, clock
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)

    def __call__(self, user, password):
        verdict = judge(user, password, self._place, self._account_for, self._clock())
        stamp = datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        line = json.dumps({"time": stamp} | verdict) + "\n"
        os.write(self._file, line.encode())
        return verdict["reason"]
