"""Call radtune's hook again as a server has called it, and find out where the time goes: called with settings, calls.

Runs in a process of its own, with the module of the checkout that is looked at. Nothing in it is changed: a timer
interrupts it again and again, and the stack says where it was. Prints JSON; times are in µs a call of the first kind.
"""

import json
import linecache
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

CODES = ("REJECT", "FAIL", "OK", "HANDLED", "INVALID", "USERLOCK", "NOTFOUND", "NOOP", "UPDATED", "NUMCODES")
LEVELS = ("AUTH", "INFO", "ERR", "WARN", "PROXY", "ACCT", "DBG", "DBG_WARN", "DBG_ERR")
INTERVAL = 0.0005
"""Seconds between two looks at the stack."""
STEPS = (
    ("request/", "facts of the request"),
    ("config/", "is the policy still the same"),
    ("identity/", "find the device"),
    ("stores/device", "find the device"),
    ("policy/grants", "reply"),
    ("policy/templates", "reply"),
    ("policy/", "decide"),
    ("stores/quarantines", "quarantines"),
    ("server/session", "session"),
    ("stores/session", "session"),
    ("stores/write", "session"),
    ("server/client_events", "event"),
    ("server/event_recorder", "event"),
    ("server/state", "the server's own state"),
    ("server/server_report", "the server's own state"),
    ("server/", "hook and judge"),
)
"""What a file of the module does for a login, by the start of its name; the others do it for those that call them."""
Call = tuple[str, Any]
Lines = Counter[tuple[str, int]]


class Sampler:
    """Counts by step, by each line of the module that was under way, and by stack, as flame graphs are made of."""

    def __init__(self, module: Path) -> None:
        self.steps: Counter[str] = Counter()
        self.lines: Lines = Counter()
        self.files: Counter[str] = Counter()
        self.stacks: Counter[str] = Counter()
        self._root = f"{module}/"

    def look(self, _signal: int, frame: FrameType | None) -> None:
        """Note where the program is."""
        found = list(self._frames(frame))
        names = (name for file, _, _ in found for start, name in STEPS if file.startswith(start))
        if found:
            self.steps[next(names, "hook and judge")] += 1
            self.lines.update({(file, line) for file, line, _ in found})
            self.files.update({file for file, _, _ in found})
            self.stacks[";".join(f"{function} ({file})" for file, _, function in reversed(found))] += 1

    def _frames(self, frame: FrameType | None) -> Iterator[tuple[str, int, str]]:
        """Yield file, line and function of each frame of the module, the innermost first."""
        while frame is not None:
            file = frame.f_code.co_filename
            if file.startswith(self._root):
                yield file.removeprefix(self._root), frame.f_lineno or 0, frame.f_code.co_name
            frame = frame.f_back


def main(settings: str, calls_file: str) -> None:
    """Replay the calls: to warm up, to take the time, and to look where it goes."""
    radiusd = ModuleType("radiusd")
    for code, name in enumerate(CODES):
        setattr(radiusd, f"RLM_MODULE_{name}", code)
    for level, name in enumerate(LEVELS):
        setattr(radiusd, f"L_{name}", level)
    radiusd.config, radiusd.radlog = {"settings": settings}, lambda _level, _text: None  # type: ignore[attr-defined]
    sys.modules["radiusd"] = radiusd
    from radtune.server import hook  # noqa: PLC0415  # needs radiusd

    with Path(calls_file).open() as file:
        calls = [(name, _as_given(lists)) for name, lists in map(json.loads, file)]
    if hook.instantiate(None) == -1:
        raise SystemExit("the hook doesn't start")
    functions = {name: getattr(hook, name) for name in ("authorize", "post_auth", "accounting")}
    _replay(functions, calls)
    took = min(_replay(functions, calls) for _ in range(3))
    sampler = Sampler(Path(hook.__file__).parents[1])
    signal.signal(signal.SIGALRM, sampler.look)
    signal.setitimer(signal.ITIMER_REAL, INTERVAL, INTERVAL)
    _replay(functions, calls)
    signal.setitimer(signal.ITIMER_REAL, 0)
    hook.detach(None)
    logins = sum(name == calls[0][0] for name, _ in calls)
    _print(sampler, took / logins * 1e6, Path(hook.__file__).parents[1])


def _as_given(lists: dict[str, Any]) -> dict[str, Any]:
    """Make tuples of what JSON has as lists."""
    return {name: pairs and tuple((pair[0], pair[1]) for pair in pairs) for name, pairs in lists.items()}


def _replay(functions: dict[str, Callable[[Any], Any]], calls: list[Call]) -> float:
    """Make all calls and give the CPU time that they took."""
    started = time.process_time()
    for name, lists in calls:
        functions[name](lists)
    return time.process_time() - started


def _print(sampler: Sampler, total: float, module: Path) -> None:
    samples = sampler.steps.total()
    page = _page(sampler)
    lines = [
        (number, seen / samples * total, linecache.getline(str(module / page), number).strip())
        for (file, number), seen in sorted(sampler.lines.items())
        if file == page and number
    ]
    steps = {name: seen / samples * total for name, seen in sampler.steps.most_common()}
    found = {"total": total, "samples": samples, "steps": steps, "page": page, "lines": lines}
    print(json.dumps({**found, "stacks": sampler.stacks}))


def _page(sampler: Sampler) -> str:
    """Choose the file in which a login can be followed best: it is nearly always under way, and in the most lines."""
    samples = sampler.steps.total()
    wide = {file for file, seen in sampler.files.items() if seen > samples * 0.8}
    lines = Counter(file for (file, _), seen in sampler.lines.items() if file in wide and seen > samples / 100)
    return lines.most_common(1)[0][0]


main(*sys.argv[1:])
