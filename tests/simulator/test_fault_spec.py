"""How faults are written, and what is said of those that can't be read."""

from pathlib import Path

import pytest

from parts.graph_simulator import fault_spec
from parts.graph_simulator.fault import InvalidFaultError
from parts.graph_simulator.fault_plan import FaultPlan, FaultState
from parts.graph_simulator.kinds import MANAGED_DEVICES as LIST
from parts.graph_simulator.kinds import Kind

DEVICE = f"{LIST}/8a0f3c11-0000-4000-8000-000000000001"


@pytest.mark.parametrize(
    "text",
    [
        "page=3:status=504",
        "page=2:status=429,retry-after=2.128",
        "request=list,nth=5,times=2:reset",
        "request=any:status=503,body=html,retry-after=date+5",
        "request=token:aadsts=7000215",
        "request=delta,page=2:empty-page",
        "request=single,every=3,times=4:status=500,body=nested",
        "page=1:slow=1.5,end",
        "page=1:slow=1,status=429,retry-after=absent,truncate=10",
        "page=2:foreign-link=127.0.0.1:8443",
        "request=list:drip=2",
        "path=/v1.0/*,nth=2,times=always:withdraw=claims",
        "request=identity:status=500",
        "request=list:not-json=half",
    ],
)
def test_faults_that_can_be_read(text: str) -> None:
    assert fault_spec.read(f" {text} ").text == text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "expected WHERE:WHAT"),
        ("status=504", "expected WHERE:WHAT"),
        (":reset", "expected WHERE:WHAT"),
        ("page=3:", "expected WHERE:WHAT"),
        ("page=x:reset", "page: expected a whole number from 1 on, got 'x'"),
        ("page=0:reset", "page: expected a whole number from 1 on, got '0'"),
        ("pages=2:reset", "'pages' says nothing about where; did you mean page?"),
        ("page=2:statsu=500", "'statsu' says nothing about what; did you mean status?"),
        ("page=2:zzz", "'zzz' says nothing about what; known are status, retry-after"),
        ("page=2,page=3:reset", "page is there twice"),
        ("request=lists:reset", "request: expected discovery, token"),
        ("request=single,page=2:reset", "page: only request=list and request=delta have pages, not single"),
        ("nth=2,every=3:reset", "every can't be together with nth"),
        ("page=2:status=200", "status: expected a whole number from 400 to 599, got '200'"),
        ("page=2:status=429,retry-after=soon", "retry-after: expected seconds, date+SECONDS or absent, got 'soon'"),
        ("page=2:status=500,body=xml", "body: expected json or nested or html or empty, got 'xml'"),
        ("page=2:reset,retry-after=3", "retry-after: belongs to status="),
        ("request=token:aadsts=1", "aadsts: expected one of 50011, "),
        ("page=2:aadsts=90033", "aadsts comes from the sign-in host"),
        ("page=2:slow=601", "slow: expected seconds up to 600, got '601'"),
        ("page=2:slow=-1", "slow: expected seconds up to 600"),
        ("page=2:reset=head", "reset: expected nothing or body, got 'head'"),
        ("page=2:end=1", "end: expected nothing, got '1'"),
        ("page=2:reset,truncate", "truncate can't be together with what stands before it"),
        ("page=2:end,status=500", "end can't be together with another answer"),
        ("page=2:status=500,reset", "reset leaves no answer"),
        (
            "request=single:no-value",
            "no-value changes a page of a walk: it needs page=N, request=list or request=delta",
        ),
        ("request=delta:rename", "rename changes a page of a walk: it needs request=list"),
        ("request=any:end", "end changes a page of a walk"),
        ("request=token:withdraw", "withdraw needs a request with an access token, not token"),
        ("request=token:status=500,body=nested", "body=nested is Graph's, not that of token"),
    ],
)
def test_faults_that_cannot_be_read_say_why(text: str, said: str) -> None:
    with pytest.raises(InvalidFaultError) as caught:
        fault_spec.read(text)
    assert str(caught.value).startswith(f"fault '{text}': ")
    assert said in str(caught.value)


def test_file_of_faults(tmp_path: Path) -> None:
    file = tmp_path / "faults"
    file.write_text("# the third page\npage=3:status=504\n\n  request=list:reset\n")
    assert fault_spec.read_file(file) == ["page=3:status=504", "request=list:reset"]
    file.write_text("page=3:reset\npage=none:reset\n")
    with pytest.raises(InvalidFaultError, match=r"faults:2: fault 'page=none:reset': page: expected"):
        fault_spec.read_file(file)


def happened(text: str, requests: int, kind: Kind = Kind.LIST, path: str = LIST, page: int = 1) -> list[int]:
    """Give which of some equal requests a fault happens to, counted from 1."""
    plan = FaultPlan([text])
    return [number for number in range(1, requests + 1) if plan.meet(kind, path, page) is not None]


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("request=list", [1]),
        ("request=any", [1]),
        ("request=list,times=3", [1, 2, 3]),
        ("request=list,times=always", [1, 2, 3, 4, 5, 6, 7, 8]),
        ("nth=5", [5]),
        ("nth=5,times=2", [5, 6]),
        ("every=3", [3, 6]),
        ("every=3,times=1", [3]),
        ("page=1", [1]),
        ("page=2", []),
        ("request=single", []),
        (f"path={LIST}", [1]),
        ("path=/v1.0/*", [1]),
        ("path=/v1.0", []),
    ],
)
def test_which_requests_a_fault_meets(where: str, expected: list[int]) -> None:
    assert happened(f"{where}:reset", 8) == expected


def test_path_of_one_device() -> None:
    assert happened(f"path={DEVICE}:reset", 2, Kind.SINGLE, DEVICE) == [1]
    assert happened(f"path={DEVICE}:reset", 2, Kind.SINGLE, f"{LIST}/other") == []


def test_first_fault_that_is_due_happens_and_all_count() -> None:
    plan = FaultPlan(["nth=2:reset", "request=list,times=2:status=500"])
    met = [plan.meet(Kind.LIST, LIST, 1) for _ in range(4)]
    assert [fault and fault.text for fault in met] == [
        "request=list,times=2:status=500",
        "nth=2:reset",
        "request=list,times=2:status=500",
        None,
    ]
    assert plan.state() == [FaultState("nth=2:reset", 4, 1), FaultState("request=list,times=2:status=500", 4, 2)]


def test_a_plan_with_one_bad_fault_changes_nothing() -> None:
    plan = FaultPlan(["page=1:reset"])
    for change in (plan.replace, plan.add):
        with pytest.raises(InvalidFaultError):
            change(["page=2:reset", "nonsense"])
    assert [state.fault for state in plan.state()] == ["page=1:reset"]


def test_connections_do_not_break_inside_of_a_batch() -> None:
    plan = FaultPlan(["request=single:reset", "request=single:status=429"])
    met = plan.meet(Kind.SINGLE, DEVICE, None, inner=True)
    assert met is not None
    assert met.answer is not None
    assert plan.state()[0] == FaultState("request=single:reset", 0, 0)
