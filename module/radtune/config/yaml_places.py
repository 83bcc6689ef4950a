"""Where each value of a YAML file stands in its text, for whoever changes one and leaves the rest as it is."""

from dataclasses import dataclass

import yaml

from radtune.config.yaml_file import KeyPath, dotted


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands in a text: from character `start` to `end`, its key (if it has none, the value) from `key`.

    `block` is a list or a mapping without brackets; it ends where the last value in it does.
    """

    key: int
    start: int
    end: int
    block: bool


def places(text: str, key: str) -> dict[KeyPath, Place]:
    """Return where the value of this top-level key stands, and everything in it; nothing where there is no such key.

    The text has been read without faults. Raises ValueError where an alias is in it, for that stands elsewhere, too.
    """
    found: dict[KeyPath, Place] = {}
    node = yaml.SafeLoader(text).get_single_node()
    for name, value in node.value if isinstance(node, yaml.MappingNode) else ():
        if name.value == key:
            _place(found, text, value, (key,), name.start_mark.index)
    return found


def _place(found: dict[KeyPath, Place], text: str, node: yaml.Node, path: KeyPath, key: int) -> int:
    """Note where the node and all in it stand; return its end. PyYAML lets a block end at the next token only."""
    start, end = node.start_mark.index, node.end_mark.index
    if start < key:
        raise ValueError(f"{dotted(path)}: an alias")
    block = isinstance(node, yaml.CollectionNode) and not node.flow_style
    ends = [end]
    if isinstance(node, yaml.MappingNode):
        ends += [_place(found, text, value, (*path, name.value), name.start_mark.index) for name, value in node.value]
    elif isinstance(node, yaml.SequenceNode):
        ends += [_place(found, text, item, (*path, at), start) for at, item in enumerate(node.value)]
    elif isinstance(node, yaml.ScalarNode) and node.style in ("|", ">"):
        ends = [start + len(text[start:end].rstrip())]
    found[path] = Place(key, start, ends[-1] if block else ends[0], block)
    return found[path].end
