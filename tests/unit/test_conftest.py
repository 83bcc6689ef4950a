"""The guards of conftest.py hold."""

import os
import socket
import sqlite3
from pathlib import Path

import pytest

from unit.conftest import FORBIDDEN, UnitTestTouchedTheMachineError, UnitTestUsedTheNetworkError


def test_a_connection_fails_and_says_so() -> None:
    with socket.socket() as sender, pytest.raises(UnitTestUsedTheNetworkError, match=r"test_a_connection.*connect"):
        sender.connect(("127.0.0.1", 9))


def test_a_datagram_fails() -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as sender, pytest.raises(UnitTestUsedTheNetworkError):
        sender.sendto(b"", ("127.0.0.1", 9))


def test_a_name_look_up_fails() -> None:
    with pytest.raises(UnitTestUsedTheNetworkError):
        socket.getaddrinfo("localhost", 80)


@pytest.mark.parametrize("place", FORBIDDEN)
def test_the_machine_s_own_files_fail(place: str) -> None:
    with pytest.raises(UnitTestTouchedTheMachineError, match="scandir"):
        os.scandir(place)
    with pytest.raises(UnitTestTouchedTheMachineError):
        Path(place, "radtune.yaml").read_text()
    with pytest.raises(UnitTestTouchedTheMachineError):
        sqlite3.connect(f"{place}/cache.db")


def test_a_relative_way_there_fails_too() -> None:
    with pytest.raises(UnitTestTouchedTheMachineError):
        os.open(os.path.relpath("/etc/freeradius/3.0/radiusd.conf"), os.O_RDONLY)


def test_there_is_no_home() -> None:
    assert not Path.home().exists()
