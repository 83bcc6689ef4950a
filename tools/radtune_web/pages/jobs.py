"""What takes longer than a page may: each in a process of its own, with its answer kept for the person who began it."""

import multiprocessing
import os
import resource
import secrets
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from threading import Lock
from typing import Any

from radtune.dataclass import dataclass
from radtune.errors import ConfigurationError, RadtuneError

MOST_AT_ONCE = {"shadow": 1, "act": 4}
"""Jobs of a kind at the same time."""
LONGEST_SECONDS = 900.0
"""Time after which a job is ended."""
MOST_MEMORY = 2 * 1024**3
KEPT = 50
"""Jobs whose answers are kept."""
Function = Callable[..., dict[str, Any]]
_context = multiprocessing.get_context("spawn")


@dataclass(slots=True)
class Job:
    """A job: what it is about, whose it is, and its answer, None while it runs."""

    name: str
    kind: str
    title: str
    owner: str
    begun_at: float
    process: Any
    connection: Connection
    answer: dict[str, Any] | None = None

    def look(self, now: float) -> None:
        """Take the answer if it is there; end a job that takes too long."""
        if self.answer is not None:
            return
        try:
            if self.connection.poll():
                self.answer = self.connection.recv()
            elif not self.process.is_alive():
                self.answer = {"problem": "It has ended without an answer; the log of radtune-web says more."}
            elif now - self.begun_at > LONGEST_SECONDS:
                self.process.kill()
                self.answer = {"problem": "It took too long, and was ended."}
        except (EOFError, OSError):
            self.answer = {"problem": "It has ended without an answer; the log of radtune-web says more."}
        if self.answer is not None:
            self.connection.close()
            self.process.join()


class Jobs:
    """The jobs of one app."""

    def __init__(self) -> None:
        """Begin without any."""
        self._jobs: dict[str, Job] = {}
        self._lock = Lock()

    def begin(self, kind: str, title: str, owner: str, function: Function, *arguments: object) -> str:
        """Begin a job, and return its name; '' if too many of its kind run already."""
        now = time.time()
        with self._lock:
            for job in self._jobs.values():
                job.look(now)
            running = [job for job in self._jobs.values() if job.answer is None]
            if sum(job.kind == kind for job in running) >= MOST_AT_ONCE[kind]:
                return ""
            for name in [*self._jobs][: max(len(self._jobs) - KEPT + 1, 0)]:
                if self._jobs[name].answer is not None:
                    del self._jobs[name]
            ours, theirs = _context.Pipe(duplex=False)
            process = _context.Process(target=_run, args=(theirs, kind == "shadow", function, arguments), daemon=True)
            process.start()
            theirs.close()
            name = secrets.token_urlsafe(16)
            self._jobs[name] = Job(name, kind, title, owner, now, process, ours)
        return name

    def find(self, name: str, owner: str) -> Job | None:
        """Return the job of this name, if it is this person's."""
        with self._lock:
            job = self._jobs.get(name)
            if job is None or job.owner != owner:
                return None
            job.look(time.time())
            return job


def _run(connection: Connection, is_bounded: bool, function: Function, arguments: tuple[object, ...]) -> None:  # noqa: FBT001  # an argument of a process
    """Run in the job's own process: give its answer, or what is wrong."""
    os.nice(10)
    if is_bounded:  # what people send is read there
        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (int(LONGEST_SECONDS), int(LONGEST_SECONDS)))
    try:
        answer = function(*arguments)
    except ConfigurationError as error:
        lines = [": ".join(filter(None, (f"line {each.line}", each.key, each.message))) for each in error.problems]
        answer = {"problem": "The policy has faults.", "lines": lines}
    except RadtuneError as error:
        answer = {"problem": str(error)}
    except MemoryError:
        answer = {"problem": "It needs more memory than it may have."}
    connection.send(answer)
    connection.close()
