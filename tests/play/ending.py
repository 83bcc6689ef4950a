"""Ctrl-C, SIGTERM and a closed terminal, each noticed only where nothing is half begun."""

import signal
import time

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Ending:
    """Notes these signals from its making on."""

    def __init__(self) -> None:
        self.asked = False
        for number in SIGNALS:
            signal.signal(number, self._ask)

    def _ask(self, *_: object) -> None:
        self.asked = True

    def check(self, seconds: float = 0.0) -> None:
        """Wait so long; raises KeyboardInterrupt if the end was asked for."""
        time.sleep(seconds)
        if self.asked:
            raise KeyboardInterrupt
