"""Prometheus and promtool of Debian's packages, unpacked and not installed: so no service starts on any machine."""

import fcntl
import json
import shutil
import subprocess
import threading
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode
from urllib.request import urlopen

import yaml

from parts.ports import LOOPBACK, free_tcp_port
from parts.process import Program
from parts.readable import PROJECT

UNPACKED = PROJECT / ".venv" / "prometheus"
TIMEOUT_SECONDS = 60


class NoPrometheusError(Exception):
    """The package can't be had; the text says why."""


@cache
def program(name: str) -> Path:
    """Give the program `prometheus` or `promtool`: this machine's own, or that of the package, which apt downloads."""
    if (installed := shutil.which(name)) is not None:
        return Path(installed)
    UNPACKED.mkdir(parents=True, exist_ok=True)
    with (UNPACKED / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        found = UNPACKED / name
        # promtool has a package of its own from Debian 13 on.
        for package in dict.fromkeys(("prometheus", name)):
            if not found.exists():
                _unpack(package)
    return found


def _unpack(package: str) -> None:
    """Download a package, and keep its programs, each put in place as a whole."""
    done = _run("apt-get", "download", "-q", package)
    if done.returncode:
        _run("apt-get", "update", "-qq")
        done = _run("apt-get", "download", "-q", package)
    archives = list(UNPACKED.glob(f"{package}_*.deb"))
    if done.returncode or not archives:
        raise NoPrometheusError(f"Debian's package {package} can't be downloaded: {' '.join(done.stderr.split())}")
    aside = UNPACKED / "aside"
    for archive in archives:
        _run("dpkg-deb", "--extract", str(archive), str(aside)).check_returncode()
        archive.unlink()
    for file in (aside / "usr/bin").iterdir():
        file.rename(UNPACKED / file.name)
    shutil.rmtree(aside)


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=UNPACKED, capture_output=True, text=True, check=False)


def promtool(*arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
    """Run promtool with this on its standard input."""
    command = [str(program("promtool")), *arguments]
    return subprocess.run(
        command, input=text, capture_output=True, text=True, check=False, timeout=TIMEOUT_SECONDS, cwd=PROJECT
    )


class Exporter:
    """A page `/metrics` with what `text` holds, inside `with`."""

    def __init__(self) -> None:
        self.text = ""
        exporter = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = exporter.text.encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Print nothing."""

        self._server = ThreadingHTTPServer((LOOPBACK, free_tcp_port()), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever)

    @property
    def address(self) -> str:
        """Host and port."""
        return f"{LOOPBACK}:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class Prometheus:
    """A Prometheus that scrapes one address every second, and has these alerts, inside `with`."""

    def __init__(self, directory: Path, target: str, rules: Path) -> None:
        self._url = f"http://{LOOPBACK}:{(port := free_tcp_port())}"
        configuration = {
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
            "rule_files": [str(rules)],
            "scrape_configs": [{"job_name": "radtune", "static_configs": [{"targets": [target]}]}],
        }
        (directory / "prometheus.yml").write_text(yaml.safe_dump(configuration))
        options = [
            f"--config.file={directory}/prometheus.yml",
            f"--storage.tsdb.path={directory}/data",
            f"--web.listen-address={LOOPBACK}:{port}",
        ]
        self._program = Program(
            [str(program("prometheus")), *options], directory / "prometheus.log", "Server is ready to receive"
        )

    def __enter__(self) -> Self:
        self._program.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._program.__exit__(kind, error, trace)

    def query(self, expression: str) -> list[dict[str, Any]]:
        """Give the samples of an expression as of now; HTTPError where it can't be read."""
        result: list[dict[str, Any]] = self._get("query", query=expression)["result"]
        return result

    def rules(self) -> list[dict[str, Any]]:
        """Give the alerts, each with its health."""
        return [rule for group in self._get("rules")["groups"] for rule in group["rules"]]

    def _get(self, path: str, **parameters: str) -> Any:
        with urlopen(f"{self._url}/api/v1/{path}?{urlencode(parameters)}", timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310
            return json.load(answer)["data"]
