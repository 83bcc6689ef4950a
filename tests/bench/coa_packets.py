"""Write what `radtune apply` would send for every live session, as it gives it to radclient.

Called with settings.yaml, the directory for the files, one for each run of radclient, and the start of their names;
prints as JSON radclient's command line for them, and how many are run at once.
"""

import json
import sys
import time
from contextlib import closing
from pathlib import Path

from radtune.config.settings import read_settings
from radtune.stores.sessions import SessionStore
from radtune.stores.store import TOOL_TIMEOUT
from radtune_tools.enforce.nas_requests import NasRequests
from radtune_tools.radclient.batch import PACKETS, PROCESSES
from radtune_tools.radclient.packet import packet_text
from radtune_tools.radclient.run import BATCH, command


def main(settings_file: Path, directory: Path) -> None:
    """Write the files."""
    settings = read_settings(settings_file)
    nas_requests = NasRequests(settings)
    with closing(SessionStore(settings.session_store, create=False, timeout=TOOL_TIMEOUT)) as store:
        sessions = sorted(store.sessions(), key=lambda session: session.key)
    packets = [prepared.packet for prepared in map(nas_requests.prepare, sessions) if prepared.packet is not None]
    for start in range(0, len(packets), BATCH):
        batch = packets[start : start + BATCH]
        texts = (packet_text(packet, time.time(), str(mark)) for mark, packet in enumerate(batch))
        (directory / f"{start:08}.packets").write_text("\n".join(texts), encoding="ascii")
    at_once = min(PROCESSES, PACKETS // BATCH)
    answer = {"packets": len(packets), "command": command(settings.nas[0].secret_file), "at_once": at_once}
    json.dump(answer, sys.stdout)


main(Path(sys.argv[1]), Path(sys.argv[2]))
