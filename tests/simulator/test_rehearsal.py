"""tools/radtune-graph-simulator: what it prints is what a client needs, and Ctrl-C ends it."""

import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from parts.graph_simulator.client import MANAGED_DEVICES as LIST
from parts.graph_simulator.client import Client, sign_in, trusting

PROGRAM = Path(__file__).resolve().parents[2] / "tools" / "radtune-graph-simulator"
END_SECONDS = 30


def settings_with(directory: Path, text: str) -> Path:
    """Return a file of settings with the section as it was printed."""
    file = directory / "settings.yaml"
    start = text.index("intune:\n")
    printed = text[start : text.index("\n\n", start)]
    file.write_text(f"store: store\nevents: events.jsonl\npolicy: policy.yaml\n{printed}\n")
    (directory / "policy.yaml").write_text("labels: {x: {vlan: 1}}\nrules: []\ndefault: deny\n")
    return file


@contextmanager
def rehearsal(*options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run the program until the end of the block; gives it and what it has printed before it serves."""
    with subprocess.Popen(
        [sys.executable, str(PROGRAM), "--port=0", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            lines = []
            for line in process.stdout:
                lines.append(line)
                if line.startswith("Serving until Ctrl-C"):
                    break
            yield process, "".join(lines)
        finally:
            process.kill()


def section(text: str) -> dict[str, str]:
    start = text.index("intune:\n")
    (entry,) = yaml.safe_load(text[start : text.index("\n\n", start)])["intune"]
    return dict(entry)


def test_what_it_prints_is_what_a_client_needs(tmp_path: Path) -> None:
    place = tmp_path / "kept"
    options = [f"--directory={place}", "--devices=2500", "--fault=page=2:status=504"]
    with rehearsal(*options) as (process, text):
        settings = section(text)
        assert list(settings) == ["tenant", "client_id", "client_secret_file", "authority", "graph", "ca_file"]
        assert "2500 devices are served" in text
        command = [sys.executable, str(PROGRAM.with_name("radtune")), "policy", "check"]
        file = settings_with(tmp_path, text)
        done = subprocess.run([*command, "--settings", str(file)], capture_output=True, text=True, check=False)
        assert (done.returncode, f"{file}: valid" in done.stdout) == (0, True), done.stderr
        running = SimpleNamespace(
            ca_file=Path(settings["ca_file"]),
            url=settings["graph"],
            authority=f"{settings['authority']}/{settings['tenant']}",
            scope=f"{settings['graph']}/.default",
        )
        secret = Path(settings["client_secret_file"])
        assert secret.stat().st_mode & 0o007 == 0
        with trusting(running.ca_file) as session:
            client = Client(running, session, settings["client_id"], secret.read_text().strip())
            page = client.get(LIST).json()
            # So that a rule for devices that checked in lately has some, now and in years.
            last = max(datetime.fromisoformat(device["lastSyncDateTime"]) for device in page["value"])
            assert timedelta() < datetime.now(UTC) - last < timedelta(days=1)
            link = page["@odata.nextLink"]
            assert [client.get(link).status_code for _ in range(2)] == [504, 200]
        process.send_signal(signal.SIGINT)
        rest, errors = process.communicate(timeout=END_SECONDS)
    assert (process.returncode, errors) == (0, "")
    assert "504 list page 2   <- page=2:status=504" in rest
    assert "contoso.example: 1 discovery, 3 list, 1 token" in rest
    assert "page=2:status=504: happened 1 times" in rest


def test_a_device_is_changed_as_it_prints(tmp_path: Path) -> None:
    with rehearsal(f"--directory={tmp_path}", "--devices=1", "--quiet") as (_, text):
        entry = section(text)
        (line,) = [line for line in text.splitlines() if "-X PATCH" in line]
        with trusting(Path(entry["ca_file"])) as session:
            running = SimpleNamespace(
                ca_file=Path(entry["ca_file"]),
                url=entry["graph"],
                authority=f"{entry['authority']}/{entry['tenant']}",
                scope=f"{entry['graph']}/.default",
            )
            client = Client(running, session, entry["client_id"], Path(entry["client_secret_file"]).read_text().strip())
            (device,) = client.get(LIST).json()["value"]
            curl, option, ca_file, *request, url = shlex.split(line)
            assert (curl, option, ca_file, request[:3]) == ("curl", "--cacert", entry["ca_file"], ["-X", "PATCH", "-d"])
            answer = session.patch(url.replace("/ID", f"/{device['id']}"), data=request[3])
            assert answer.json()["complianceState"] == "noncompliant"
            (device,) = client.get(LIST).json()["value"]
            assert device["complianceState"] == "noncompliant"
            (line,) = [line for line in text.splitlines() if "-X PUT" in line]
            *_, faults, url = shlex.split(line)
            assert session.put(url, data=faults).status_code == 200
            secret = Path(entry["client_secret_file"]).read_text().strip()
            signed_in = [sign_in(running, session, entry["client_id"], secret) for _ in range(2)]
            assert [each.get("error_codes") for each in signed_in] == [[7000215], None]


def test_secret_stays_in_a_directory_and_goes_with_a_temporary_one(tmp_path: Path) -> None:
    secrets = []
    for _ in range(2):
        with rehearsal(f"--directory={tmp_path}", "--devices=1", "--quiet") as (process, text):
            secrets.append(Path(section(text)["client_secret_file"]).read_text())
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=END_SECONDS)
    assert secrets[0] == secrets[1]
    with rehearsal("--devices=1", "--quiet") as (process, text):
        file = Path(section(text)["client_secret_file"])
        assert file.exists()
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=END_SECONDS)
    assert process.returncode == 0
    assert not file.parent.exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--fault=page=x:reset"], "fault 'page=x:reset': page: expected a whole number from 1 on, got 'x'"),
        (["--faults=/nonexistent"], "No such file"),
        (["--devices=2000000"], "0 to 1048576 devices, not 2000000"),
    ],
)
def test_what_it_cannot_do_is_said_in_a_line(options: list[str], said: str) -> None:
    done = subprocess.run([str(PROGRAM), "--port=0", *options], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_port_that_is_in_use_is_said(tmp_path: Path) -> None:
    with rehearsal(f"--directory={tmp_path}", "--devices=1") as (_, text):
        port = section(text)["graph"].rpartition(":")[2]
        done = subprocess.run([str(PROGRAM), "--port", port], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.endswith(f"error: port {port} is in use; choose another by --port\n")


def test_help_explains_faults_and_that_it_is_not_installed() -> None:
    done = subprocess.run([str(PROGRAM), "--help"], capture_output=True, text=True, timeout=60, check=True)
    for words in (
        "A fault is WHERE:WHAT",
        "retry-after=2.128",
        "--devices",
        "runs from a checkout",
        "settings.d",
        "PATCH",
        "docs/simulator.md",
    ):
        assert words in done.stdout
