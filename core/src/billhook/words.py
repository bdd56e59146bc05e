"""Sentences for people that remember how they were put together, so that they can be said in another language.

A sentence is written in English where it arises, with `words` or `many`. It is an ordinary text and can be printed, logged,
raised and stored as such; whoever speaks to a person has a `billhook.language.Language` say it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Self


class Words(str):
    """A sentence with its placeholders filled in English, and the template and values that it was made of.

    `several` is the template for every `number` but one; both are empty where nothing is counted.
    """

    __slots__ = ("number", "several", "template", "values")

    template: str
    several: str
    number: int
    values: Mapping[str, Any]

    def __new__(cls, template: str, several: str, number: int, values: Mapping[str, Any]) -> Self:
        """Use `words` and `many`."""
        chosen = several if several and number != 1 else template
        made = super().__new__(cls, chosen.format_map(values) if values else chosen)
        made.template, made.several, made.number, made.values = template, several, number, values
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        return Words, (self.template, self.several, self.number, self.values)


def words(template: str, /, **values: Any) -> Words:
    """A sentence. `{name}` stands for the value of that name; a value that is itself `Words` is said in the same language.

    The template is written out in the call, so that the catalogs can be held against the program.

    >>> words("{file}: refused.", file="items.csv")
    'items.csv: refused.'
    """
    return Words(template, "", 1, values)


def many(number: int, one: str, several: str, /, **values: Any) -> Words:
    """A sentence about a number of things, which is the value of `{number}`.

    >>> many(2, "{number} item", "{number} items")
    '2 items'
    """
    return Words(one, several, number, {"number": number, **values})


def listed(parts: Iterable[str], separator: str = ", ") -> Words:
    """Several texts one after the other, each said in the language if it is `Words`.

    >>> listed([many(2, "{number} error", "{number} errors"), "EHI"])
    '2 errors, EHI'
    """
    values = {f"part_{place}": part for place, part in enumerate(parts)}
    return Words(separator.join(f"{{{name}}}" for name in values), "", 1, values)


def said(error: BaseException) -> str:
    """What an exception says, as the `Words` that it was raised with where there were any."""
    first = error.args[0] if len(error.args) == 1 else None
    return first if isinstance(first, Words) else str(error)
