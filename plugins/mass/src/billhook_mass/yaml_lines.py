"""YAML with line numbers: what a profile's author wrote, and where, so that an error can point to it.

Only what a profile needs is read: mappings, lists and plain values. Anchors, tags of one's own and a key that stands twice are
refused; a date stays text, for the model to read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

LARGEST = 1_000_000
"""Characters; no profile is larger."""

DEEPEST = 20

Path = tuple[str | int, ...]


class YamlProblem(ValueError):
    """The text cannot be read. `line` counts from 1; 0 where no line can be named."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True, slots=True)
class LinedYaml:
    """A document: its data, and the line of every value by its path."""

    data: dict[str, Any]
    lines: Mapping[Path, int]

    def line_of(self, path: Path) -> int:
        """The line of a value, or of the nearest thing around it that is written down."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def read_yaml(text: str) -> LinedYaml:
    """The document in a text.

    Raises:
        YamlProblem: it is no YAML, or not of the kind that is described above.
    """
    if len(text) > LARGEST:
        raise YamlProblem(0, "the file is too large for a profile")
    try:
        node = _Reader(text).get_single_node()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise YamlProblem(mark.line + 1 if mark else 0, error.problem or "it is no YAML") from None
    except yaml.reader.ReaderError as error:
        place = error.position if isinstance(error.position, int) else 0
        raise YamlProblem(text.count("\n", 0, place) + 1, "there is a character that no text file has") from None
    except RecursionError:
        raise YamlProblem(0, "it is nested too deeply") from None
    if not isinstance(node, yaml.MappingNode):
        raise YamlProblem(1, "it must be a list of keys with their values")
    lines: dict[Path, int] = {}
    return LinedYaml(_mapping(node, (), lines), lines)


class _Reader(yaml.SafeLoader):
    """Refuses aliases, which can make a small file huge, and nesting that no profile has."""

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise YamlProblem(self._line(), "write the value out; aliases (*) are not read")
        self.depth += 1
        if self.depth > DEEPEST:
            raise YamlProblem(self._line(), "it is nested too deeply")
        node: yaml.Node | None = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def _line(self) -> int:
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]  # its stubs leave it out
        return int(event.start_mark.line) + 1


def _mapping(node: yaml.MappingNode, path: Path, lines: dict[Path, int]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, yaml.ScalarNode):
            raise YamlProblem(line, "a key must be a word")
        key = str(key_node.value)
        if key in found:
            raise YamlProblem(line, f"the key {key} stands here twice")
        lines[*path, key] = line
        found[key] = _value(value_node, (*path, key), lines)
    return found


def _value(node: yaml.Node, path: Path, lines: dict[Path, int]) -> Any:
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, path, lines)
    if isinstance(node, yaml.SequenceNode):
        found = []
        for place, one in enumerate(node.value):
            lines[*path, place] = one.start_mark.line + 1
            found.append(_value(one, (*path, place), lines))
        return found
    return _scalar(node)


def _scalar(node: yaml.Node) -> Any:
    text = str(node.value)
    if node.tag == "tag:yaml.org,2002:null":
        return None
    # `on`, `off`, `yes` and `no` are words in German and Dutch tables; only true and false are meant.
    if node.tag == "tag:yaml.org,2002:bool" and text.lower() in ("true", "false"):
        return text.lower() == "true"
    if node.tag == "tag:yaml.org,2002:int" and text.lstrip("-").isdecimal() and not text.lstrip("-").startswith("0"):
        return int(text)
    if node.tag == "tag:yaml.org,2002:int" and text == "0":
        return 0
    return text
