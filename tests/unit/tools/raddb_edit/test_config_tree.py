"""The parser of FreeRADIUS's configuration: what it reads, and what it refuses."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radtune_tools.raddb_edit.config_tree import ConfigText, Item, NotUnderstoodError

GAP = re.compile(r"(?:[\s,;]|\\\r?\n|#[^\n]*)*")
SITE = """\
server x {\t# a comment with { and "
\tlisten {
\t\tipaddr = *   # any
\t\tport=0
\t}
\tauthorize {
\t\teap { ok = return }
\t\t-sql
\t\tif (&User-Name =~ /^a{2}"\\/{/ || ("%{length:&User-Name}" > 3 && \\
\t\t    &A == 'b}')) {
\t\t\tupdate reply { &Reply-Message += "}%{User-Name}{" }
\t\t}
\t\telsif (1) { reject }
\t\t%{debug:1}
\t\tmap sql "SELECT '}' \\
\t\t    FROM x" { &A := 'b' }
\t}
\tfoo = "a \\"quoted\\" word", bar = ${x.y:z}
\t$INCLUDE ${confdir}/more.d/
\tempty =
}
"""


def outline(item: Item) -> list[object]:
    """Return the statements inside, sections as lists."""
    return [[*each.words, outline(each)] if each.kind == "section" else (each.kind, *each.words) for each in item.items]


def test_the_structure_is_read() -> None:
    assert outline(ConfigText(SITE).top) == [
        [
            "server",
            "x",
            [
                ["listen", [("pair", "ipaddr"), ("pair", "port")]],
                [
                    "authorize",
                    [
                        ["eap", [("pair", "ok")]],
                        ("word", "-sql"),
                        ["if", [["update", "reply", [("pair", "&Reply-Message")]]]],
                        ["elsif", [("word", "reject")]],
                        ("word", "%{debug:1}"),
                        ["map", "sql", "SELECT '}' \\\n\t\t    FROM x", [("pair", "&A")]],
                    ],
                ],
                ("pair", "foo"),
                ("pair", "bar"),
                ("include", "$INCLUDE", "${confdir}/more.d/"),
                ("pair", "empty"),
            ],
        ]
    ]


def test_a_value_is_read_without_its_quotes() -> None:
    file = ConfigText(SITE)
    server = file.top.items[0]
    values = [file.value(pair) for pair in (*server.pairs("foo"), *server.pairs("bar"), *server.pairs("empty"))]
    assert values == ['a \\"quoted\\" word', "${x.y:z}", ""]
    assert [file.line(item.start) for item in server.items] == [2, 6, 18, 18, 19, 20]


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        ("a {\n", 1, "a { is never closed"),
        ("a {\n}\n}\n", 3, "a closing brace without an opening one"),
        ('x = "a\n"\n', 1, "a quote that isn't closed on its line"),
        ("x = %{a\n}\n", 1, "an expansion that isn't closed on its line"),
        ("a {\n\tif (x) \n\t{\n\t}\n}\n", 2, "a condition that doesn't end in { on its line"),
        ("one two three\n", 1, "words that are no statement: one two three"),
        ("x = 1 # more \\\ny = 2\n", 1, "a comment behind a statement that goes on in the next line"),
        ("fo\\\no = 1\n", 1, "a word that goes on in the next line"),
        ("a b = c\n", 1, "an assignment to several words: a b"),
        ("a {\n x = b}\n", 2, "'}\\n' where a word is expected"),
        ("\n(a)\n", 2, "'(a)\\n' where a word is expected"),
        ("a {" * 60 + "}" * 60, 1, "sections inside of too many others"),
    ],
)
def test_what_is_not_known_is_refused_with_its_line(text: str, line: int, why: str) -> None:
    with pytest.raises(NotUnderstoodError) as refused:
        ConfigText(text)
    assert (refused.value.line, refused.value.why) == (line, why)


def test_a_comment_on_a_line_of_its_own_goes_on_nowhere() -> None:
    assert outline(ConfigText("# a \\\nx = 1\n#b \\\n# { c \\\ny\n").top) == [("pair", "x"), ("word", "y")]


WORDS = st.from_regex(r"[a-zA-Z&-][a-zA-Z0-9._-]{0,8}", fullmatch=True).filter(lambda word: word not in ("if", "elsif"))
VALUES = st.one_of(WORDS, WORDS.map(lambda word: f'"{word} {{#"'), WORDS.map(lambda word: f"%{{{word}:{{x}}}}"))
BLANKS = st.sampled_from(["\n", "\r\n", "\n\t", " # } {\n", "\n\n#x\n  "])
STATEMENTS = st.one_of(WORDS, st.builds("{} {}= {}".format, WORDS, st.sampled_from([":", "+", "", "="]), VALUES))
BODIES = st.recursive(
    st.lists(st.tuples(STATEMENTS, BLANKS), max_size=4),
    lambda inner: st.lists(
        st.tuples(st.builds("{} {{\n{}}}".format, WORDS, inner.map(lambda rows: "".join(map("".join, rows)))), BLANKS),
        max_size=4,
    ),
    max_leaves=12,
)


@given(BODIES)
def test_no_character_is_lost_or_read_twice(rows: list[tuple[str, str]]) -> None:
    text = "".join(map("".join, rows))
    file = ConfigText(text)
    assert len(file.top.items) == len(rows)
    check_places(file, file.top)


def check_places(file: ConfigText, section: Item) -> None:
    """What is between the statements of a section is blank or a comment; so all of the text is in the tree."""
    at, end = section.body
    for item in section.items:
        assert at <= item.start < item.end <= end
        assert GAP.fullmatch(file.text, at, item.start)
        if item.kind == "section":
            assert item.start < item.body[0] <= item.body[1] == item.end - 1
            check_places(file, item)
        at = item.end
    assert GAP.fullmatch(file.text, at, end)
