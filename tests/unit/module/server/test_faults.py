"""The faults of a running server: logged once, counted, and over when it works again."""

from radtune.server.faults import MESSAGES, Fault, Faults


def faults() -> tuple[Faults, list[str], list[str]]:
    logged: list[str] = []
    infos: list[str] = []
    return Faults(logged.append, infos.append), logged, infos


def test_a_fault_is_logged_once_and_has_an_end() -> None:
    made, logged, infos = faults()
    for at in range(3):
        made.begin("events", "the disk is full", 100.0 + at)
    assert made.current() == (Fault("events", "the disk is full", 100.0, 3),)
    assert logged == ["client events are lost: the disk is full"]
    for _ in range(2):
        made.end("events", 130.0)
    assert made.current() == ()
    assert infos == ["client events are written again; 3 requests met the fault in 30 seconds"]
    made.begin("events", "the disk is full", 200.0)
    assert (len(logged), made.current()[0].since) == (2, 200.0)


def test_another_message_of_the_same_fault_is_logged_as_well_and_not_again_and_again() -> None:
    made, logged, _ = faults()
    for message in ("locked", "damaged", "locked", "damaged"):
        made.begin("devices", message, 5.0)
    assert made.current() == (Fault("devices", "damaged", 5.0, 4),)
    assert len(logged) == 2
    for number in range(100):
        made.begin("devices", f"row {number}", 6.0)
    assert len(logged) == MESSAGES


def test_what_is_no_fault_is_logged_as_well() -> None:
    made, logged, infos = faults()
    made.note("replaced")
    assert (logged, infos, made.current()) == ([], ["replaced"], ())


def test_the_one_that_began_first_is_in_front() -> None:
    made, _, _ = faults()
    made.begin("events", "full", 9.0)
    made.begin("devices", "locked", 8.0)
    assert [fault.what for fault in made.current()] == ["devices", "events"]
