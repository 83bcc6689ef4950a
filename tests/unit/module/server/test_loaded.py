"""The code of the module that a server has loaded."""

from radtune.server.state import CODE


def test_the_code_that_is_compared_is_the_whole_module() -> None:
    assert (CODE / "__init__.py").is_file()
    assert (CODE / "server/state.py").is_file()
    assert CODE.name == "radtune"
