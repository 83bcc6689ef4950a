"""Run `radtune sync`, each in a process of its own, and kill it: JSON lines on standard input, and one back for each.

`{"from": "start", "after": 0.02}` kills it so many seconds after its start, "plan" after it has shown what it is about
to publish; `after` null lets it end. Answered is whether it was `killed` before its end, and after how many seconds
its plan was seen (`planned`) and it was over (`ended`). A process is forked, for most of a start are imports.
"""

import json
import os
import select
import signal
import sys
import time
from typing import Any

from radtune_tools.main import main

PLAN = b" devices; "


def sync(output: int) -> None:
    """Be the command, with this as its standard output."""
    os.dup2(output, 1)
    sys.stdout = os.fdopen(1, "w", buffering=1)
    sys.argv = ["radtune", "sync"]
    code = 70
    try:
        code = main()
    finally:
        os._exit(code)


def run(start: str, after: float | None) -> dict[str, Any]:
    """Run the command once."""
    ours, theirs = os.pipe()
    begun = time.monotonic()
    process = os.fork()
    if not process:
        sync(theirs)
    os.close(theirs)
    planned = begun if after is not None and start == "start" else read_until(ours, PLAN)
    if after is not None:
        time.sleep(max(0.0, planned + after - time.monotonic()))
        os.kill(process, signal.SIGKILL)
    else:
        read_until(ours, None)
    status = os.waitpid(process, 0)[1]
    ended = time.monotonic()
    os.close(ours)
    if not os.WIFSIGNALED(status) and os.WEXITSTATUS(status):
        raise RuntimeError(f"radtune sync exited {os.WEXITSTATUS(status)}")
    return {"killed": os.WIFSIGNALED(status), "planned": planned - begun, "ended": ended - begun}


def read_until(pipe: int, text: bytes | None) -> float:
    """Read until this comes, or the end; return when that was."""
    seen = b""
    while text is None or text not in seen:
        select.select([pipe], [], [])
        if not (read := os.read(pipe, 65536)):
            break
        seen += read
    return time.monotonic()


for line in sys.stdin:
    asked = json.loads(line)
    sys.stdout.write(json.dumps(run(asked["from"], asked["after"])) + "\n")
    sys.stdout.flush()
