"""The real radtune-web on a made-up company, and the real browser."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Self

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

from parts.ports import free_tcp_port
from parts.process import Program, wait_for
from parts.raddb import give_to_server
from parts.readable import INTERPRETER, code
from web.company import Company, found

PASSWORD = "a password of alice"
FLAGS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--hide-scrollbars"),
    *("--disable-dev-shm-usage", "--font-render-hinting=none", "--disable-lcd-text"),
)


class Desk:
    """radtune-web with a company in a directory of the server's user, and with alice; runs inside `with`."""

    def __init__(
        self, directory: Path, devices: int = 160, events: int = 900, more: str = "", *, debian: bool = False
    ) -> None:
        """With `debian`, it runs with Debian's own packages, as an operator installs them.

        It is started in a directory that is closed to its user, as root's home is.
        """
        self.port = free_tcp_port()
        self.company: Company = found(directory, devices, events, port=self.port, more=more)
        give_to_server(directory)
        self.home = directory / "home-of-root"
        self.home.mkdir(mode=0o700)
        module, tools, libraries = code()
        path = f"{module}:{tools}" if debian else f"{module}:{tools}:{libraries}"
        self.environment = {**os.environ, "PYTHONPATH": path, "TZ": "UTC"}
        self.command = [str(INTERPRETER), str(tools / "radtune-web"), "--settings", str(self.company.settings_file)]
        self.add_user("alice", PASSWORD)
        self._stack = ExitStack()
        self.program = self._program()

    @property
    def url(self) -> str:
        """The address of the page."""
        return f"http://127.0.0.1:{self.port}"

    def _program(self) -> Program:
        environment = [f"{name}={self.environment[name]}" for name in ("PYTHONPATH", "TZ")]
        command = ["env", f"--chdir={self.home}", *environment, *self.command]
        return Program(command, self.company.directory / "web.log", "radtune-web listens on")

    def add_user(self, name: str, password: str) -> None:
        """Give a person a password, as an administrator does."""
        subprocess.run(
            [*self.command, "--add-user", name],
            input=f"{password}\n",
            text=True,
            check=True,
            capture_output=True,
            env=self.environment,
        )

    def __enter__(self) -> Self:
        self._stack.enter_context(self.program)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()


class Browser:
    """A Chromium without a window; `requests` are all addresses that it has asked for."""

    def __init__(self, driver: webdriver.Chrome, desk: Desk) -> None:
        self.driver = driver
        self.desk = desk

    def open(self, path: str, width: int = 1280, height: int = 900) -> None:
        """Open a page in a window of this size."""
        self.resize(width, height)
        self.driver.get(self.desk.url + path)

    def resize(self, width: int, height: int) -> None:
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)

    def emulate(self, scheme: str = "light", medium: str = "") -> None:
        """Prefer a colour scheme; `medium` may be print."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": medium, "features": features})

    def sign_in(self) -> None:
        self.open("/sign-in")
        if "/sign-in" in self.driver.current_url:
            self.find("#user").send_keys("alice")
            self.find("#password").send_keys(PASSWORD)
            self.find("main button").click()
        wait_for(lambda: "Overview" in self.driver.title, "the overview")

    def find(self, selector: str) -> WebElement:
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def all(self, selector: str) -> list[WebElement]:
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def texts(self, selector: str) -> set[str]:
        """Return the texts of elements, in one look: live rows may be replaced at any time."""
        script = f"return [...document.querySelectorAll('{selector}')].map(each => each.innerText)"
        return set(self.driver.execute_script(script))

    @property
    def text(self) -> str:
        """The text of the page, in one look: it may load itself again at any time."""
        return str(self.run("return document.querySelector('main')?.innerText ?? ''"))

    def run(self, script: str) -> object:
        """Run JavaScript on the page; return what it returns."""
        return self.driver.execute_script(script)

    def log(self, kind: str) -> list[dict[str, str]]:
        """Return the entries of a log of the browser since this was last called."""
        found: list[dict[str, str]] = self.driver.get_log(kind)  # type: ignore[no-untyped-call]
        return found

    def wait_for_index(self) -> None:
        """Load the overview until the index has what the company has."""

        def is_there() -> bool:
            self.open("/")
            return "just started" not in self.text and "\n0\n" not in self.find(".figures").text[:20]

        wait_for(is_there, "the index")


@contextmanager
def browser_of(desk: Desk) -> Iterator[Browser]:
    """Start the browser with a profile of its own, signed in, once the index is there."""
    with tempfile.TemporaryDirectory(prefix="radtune-browser-", ignore_cleanup_errors=True) as profile:
        options = Options()
        options.binary_location = "/usr/bin/chromium"
        for flag in (*FLAGS, f"--user-data-dir={profile}"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        driver = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))
        try:
            browser = Browser(driver, desk)
            browser.sign_in()
            browser.wait_for_index()
            yield browser
        finally:
            driver.quit()
