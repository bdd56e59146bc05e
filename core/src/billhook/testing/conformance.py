"""The promises of a scheme as tests. A plugin inherits the class and names its example; pytest does the rest.

The kit needs no pytest itself: a broken promise is an AssertionError that says which one.
"""

from __future__ import annotations

import pickle
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

from pydantic import BaseModel

from billhook.billing.checking import check
from billhook.billing.examining import vouchers_of
from billhook.billing.exporting import ExportResult, export
from billhook.hookspecs import hookimpl
from billhook.model import BillingItem, Finding, ItemState
from billhook.model.finding import CODE_PATTERN
from billhook.plugins import Registry
from billhook.scheme import Keys, Scheme
from billhook.store import Workspace
from billhook.store.archive import plain_name
from billhook.store.encoding import KEY_SEPARATOR
from billhook.store.items import insert_items
from billhook.testing.elsewhere import rendered, rendered_elsewhere
from billhook.testing.example import Example
from billhook.testing.memory import MemoryBatch, batches_of, sum_up


def promise(kept: object, text: str) -> None:
    """Raise AssertionError with this text unless the promise was kept."""
    if not kept:
        raise AssertionError(text)


class SchemeConformance:
    """What every scheme promises. `n` items of `seed` are tried; set them in the class for a larger example."""

    example: ClassVar[Callable[[], Example]]
    n: ClassVar[int] = 60
    seed: ClassVar[int] = 1

    def _tried(self) -> tuple[Example, list[BillingItem]]:
        example = type(self).example()
        return example, list(example.items(self.n, self.seed))

    # --- What is declared ---------------------------------------------------------------------------------------------

    def test_the_scheme_is_declared_in_full(self) -> None:
        """Key, title, country, languages, sources and versions; a version of the spec has one day on which it begins."""
        scheme = type(self).example().scheme
        promise(isinstance(scheme, Scheme), "the object lacks a method or an attribute of billhook.scheme.Scheme")
        promise(re.fullmatch(r"[a-z][a-z0-9_]{1,30}", scheme.key), f"the key {scheme.key!r} is not lower-case letters")
        promise(scheme.title and scheme.country, "title and country say what the scheme is")
        promise(scheme.languages, "the languages of the payer are named")
        promise(scheme.sources and all(source.title for source in scheme.sources), "the sources are named")
        starts = [version.valid_from for version in scheme.versions if version.writable]
        promise(starts, "there is a version that can be written")
        promise(len(starts) == len(set(starts)), "two writable versions begin on the same day")

    def test_codes_are_unique_and_well_formed(self) -> None:
        """Every rule has a code of its own, a text, and the section that demands it."""
        rules = type(self).example().scheme.rules
        counts = Counter(rule.code for rule in rules)
        promise(all(CODE_PATTERN.match(code) for code in counts), "a code does not look like P302-EHI-007")
        promise(max(counts.values(), default=1) == 1, f"codes declared twice: {[c for c in counts if counts[c] > 1]}")
        for rule in rules:
            promise(rule.text and rule.source, f"{rule.code} lacks its text or its source")

    def test_settings_and_details_have_sound_schemas(self) -> None:
        """Both are pydantic models with a JSON Schema; details are frozen, lenient in presence, and every field is described."""
        scheme = type(self).example().scheme
        for model in (scheme.Details, scheme.Settings):
            promise(issubclass(model, BaseModel), "Details and Settings are pydantic models")
            promise(model.model_json_schema(), f"{model.__name__} has a JSON Schema")
        promise(scheme.Details.model_config.get("frozen"), "Details are frozen: an item never changes under anybody")
        promise(scheme.Details.model_config.get("extra") == "forbid", "Details refuse fields that they do not know")
        for name, info in scheme.Details.model_fields.items():
            promise(not info.is_required(), f"details.{name} is required; what is missing is a finding, not a refusal")
            promise(info.title and info.description, f"details.{name} needs a title and a description")

    # --- Checks -------------------------------------------------------------------------------------------------------

    def test_the_example_is_clean(self) -> None:
        """The cases that are right are called right."""
        example, items = self._tried()
        promise(items, "the example gives items")
        promise(len({item.id for item in items}) == len(items), "the items of the example have different ids")
        errors = [finding for finding in example.scheme.check(items, example.context) if finding.is_error]
        promise(not errors, f"the example has errors: {sorted({finding.code for finding in errors})}")

    def test_checks_are_pure(self) -> None:
        """Asked twice, in other portions or in another order of vouchers, they say the same, and they change nothing."""
        example, items = self._tried()
        items += [item for faulty in _fresh_ids(example, items) for item in faulty]
        before = [repr(item) for item in items]
        first = _told(example, items)
        promise([repr(item) for item in items] == before, "check changed an item")
        promise(_told(example, items) == first, "check says something else the second time")
        vouchers = list(vouchers_of(items))
        singly = sorted(told for voucher in vouchers for told in _told(example, voucher))
        promise(singly == sorted(first), "check says something else when the vouchers come one by one")
        backwards = [item for voucher in reversed(vouchers) for item in voucher]
        promise(sorted(_told(example, backwards)) == sorted(first), "check depends on the order of the vouchers")

    def test_findings_come_from_declared_rules(self) -> None:
        """Every code is in `rules`, every finding names an item that was asked about."""
        example, items = self._tried()
        items += [item for faulty in _fresh_ids(example, items) for item in faulty]
        known, asked = {rule.code for rule in example.scheme.rules}, {item.id for item in items}
        for finding in example.scheme.check(items, example.context):
            promise(finding.code in known, f"{finding.code} is not declared in rules")
            promise(finding.item in asked, f"{finding.code} names an item that was not asked about")

    def test_every_faulty_example_gives_exactly_its_code(self) -> None:
        """One fault, one code."""
        example = type(self).example()
        for faulty in example.faulty:
            codes = {finding.code for finding in _all_findings(example, faulty.items)}
            promise(codes == {faulty.code}, f"the example of {faulty.code} gives {sorted(codes) or 'nothing'}")

    # --- Files --------------------------------------------------------------------------------------------------------

    def test_keys_cut_the_run_into_a_partition(self) -> None:
        """Every item has one place, always the same; a voucher stays together; the order in a document is total."""
        example, items = self._tried()
        keys = [_keys(example, item) for item in items]
        promise(
            [_keys(example, item) for item in reversed(items)] == keys[::-1], "keys depend on what was asked before"
        )
        places: dict[int, Keys] = {item.id: key for item, key in zip(items, keys, strict=True)}
        for lines in vouchers_of(items):
            whole = {(places[item.id].file, places[item.id].collective, places[item.id].document) for item in lines}
            promise(
                len(whole) == 1, f"voucher {lines[0].voucher} is torn: its items have {len(whole)} different places"
            )
        ranks = Counter((key.file, key.collective, key.document, key.order) for key in keys)
        promise(max(ranks.values()) == 1, "two items of a document have the same order key")
        for key in keys:
            parts = (*key.file, *key.collective, *key.document, *key.order)
            promise(all(isinstance(part, str) for part in parts), "a part of a key is no text")
            promise(not any(KEY_SEPARATOR in part for part in parts), "a part of a key holds U+001F")

    def test_totals_add_up(self) -> None:
        """From items to documents to collectives to files, and to what the files themselves state."""
        example, items = self._tried()
        batches = batches_of(example.scheme, example.context, items)
        documents = [document for batch in batches for document in batch.documents]
        walked = [item for document in documents for item in document.items()]
        promise(sorted(item.id for item in walked) == sorted(item.id for item in items), "an item is lost or doubled")
        promise(sum(document.totals.billed for document in documents) == sum_up(items).billed, "the sums differ")
        if example.amounts_of is None:
            return
        for batch in batches:
            stated = example.amounts_of(_by_role(example, batch))
            totals = sum_up([item for document in batch.documents for item in document.items()])
            for name, amount in stated.items():
                expected = getattr(totals, name)
                promise(amount == expected, f"the file states {name} {amount}, its items come to {expected}")

    def test_rendering_is_deterministic(self) -> None:
        """The same batch gives the same bytes: again, and in another process with other hashes."""
        example, items = self._tried()
        first = rendered(example.scheme, example.context, items)
        promise(first, "the example makes files")
        promise(rendered(example.scheme, example.context, items) == first, "rendering again gives other bytes")
        for seed in (1, 2):
            elsewhere = rendered_elsewhere(example.scheme, example.context, items, seed)
            promise(
                elsewhere == first, "another process renders other bytes: something depends on hashes or on its state"
            )

    def test_files_have_proper_names(self) -> None:
        """Plain names, each once in its exchange, with one file of the role `data` at least."""
        example, items = self._tried()
        for batch in batches_of(example.scheme, example.context, items):
            files = batch.render(example.scheme, example.context)
            promise(any(role == "data" for role, _ in files.values()), "no file has the role data")
            for artifact in batch.stored:
                plain_name(artifact.name)
            promise(
                len({one.name.casefold() for one in batch.stored}) == len(batch.stored), "a file name is used twice"
            )

    def test_files_are_read_back(self, tmp_path: Path) -> None:
        """The scheme's own reader knows its files, finds nothing wrong, and reads what was written."""
        example, items = self._tried()
        formats = example.scheme.wire_formats()
        for batch in batches_of(example.scheme, example.context, items):
            for name, (role, content) in batch.render(example.scheme, example.context).items():
                path = tmp_path / name
                path.write_bytes(content)
                fitting = [one for one in formats if one.sniff(content[:4096], name)]
                promise(fitting or role != "data", f"no wire format of the scheme knows its own file {name}")
                for one in fitting[:1]:
                    wrong = [finding for finding in one.verify(path) if finding.is_error]
                    promise(not wrong, f"{one.key} finds errors in {name}: {sorted({f.code for f in wrong})}")
                    description = one.describe(path, mask=True)
                    promise(list(description.lines), f"{one.key} has nothing to say about {name}")
            if example.read_back is not None and example.projection is not None:
                written = [example.projection(item) for document in batch.documents for item in document.items()]
                read = list(example.read_back(_by_role(example, batch)))
                promise(sorted(read) == sorted(written), "what is read back is not what was written")

    # --- Elsewhere and again ------------------------------------------------------------------------------------------

    def test_work_can_go_to_other_processes(self) -> None:
        """The scheme, its settings, its reference and its items can be pickled, and are the same afterwards."""
        example, items = self._tried()
        try:
            scheme, context, again = pickle.loads(pickle.dumps((example.scheme, example.context, items)))  # noqa: S301  # our own bytes
        except Exception as error:
            message = f"scheme, context or items cannot be pickled: {error}"
            raise AssertionError(message) from error
        promise(again == items, "items differ after their way to another process")
        told = [repr(finding) for finding in scheme.check(again, context)]
        promise(told == _told(example, items), "the check says something else in another process")

    def test_a_dry_run_is_the_real_run_and_again_is_nothing(self, tmp_path: Path) -> None:
        """Through the whole engine: the dry run's files are those of the real run, and a second run has nothing to do."""
        example, items = self._tried()
        with _bench(example, tmp_path) as workspace:
            fresh = [replace(item, client_id=None, case_id=None, slot_id=None, corrects=None) for item in items]
            with workspace.database.write() as connection:
                insert_items(connection, workspace.schemes, (replace(i, state=ItemState.DRAFT) for i in fresh))
            checked = check(workspace, now=example.now)
            promise(not checked.errors, f"the engine's check finds {dict(checked.by_code)}")
            tried = export(workspace, dry_run=True, now=example.now, out=tmp_path / "try")
            done = export(workspace, now=example.now)
            promise(not done.failed, f"a file could not be rendered: {[one.problem for one in done.failed]}")
            promise(sum(one.items for one in done.exchanges) == len(items), "not every item left")
            promise(_hashes(tried) == _hashes(done), "the dry run's files are not those of the real run")
            again = export(workspace, now=example.now)
            promise(not again.exchanges and not again.resumed, "a second export bills something again")


# --- How the promises are tried -----------------------------------------------------------------------------------------


def _fresh_ids(example: Example, items: Sequence[BillingItem]) -> list[list[BillingItem]]:
    """The faulty examples under ids and vouchers of their own, so that they can stand beside the others."""
    key = max(item.id for item in items)
    found: list[list[BillingItem]] = []
    for at, faulty in enumerate(example.faulty):
        lines: list[BillingItem] = []
        for item in faulty.items:
            key += 1
            lines.append(replace(item, id=key, provider=f"{item.provider}~{at}"))
        found.append(lines)
    return found


def _told(example: Example, items: Sequence[BillingItem]) -> list[str]:
    return [repr(finding) for finding in example.scheme.check(items, example.context)]


def _all_findings(example: Example, items: Sequence[BillingItem]) -> list[Finding]:
    """What check says and, where it is content, keys."""
    findings = list(example.scheme.check(items, example.context))
    if any(finding.is_error for finding in findings):
        return findings
    keys = [example.scheme.keys(item, example.context) for item in items]
    return findings + [key for key in keys if isinstance(key, Finding)]


def _keys(example: Example, item: BillingItem) -> Keys:
    keys = example.scheme.keys(item, example.context)
    if isinstance(keys, Finding):
        message = f"{keys.code}: item {item.id} of the example has no place"
        raise AssertionError(message)  # noqa: TRY004  # the plugin's promise is broken, not a type
    return keys


def _by_role(example: Example, batch: MemoryBatch) -> dict[str, bytes]:
    files = batch.render(example.scheme, example.context)
    return dict(files.values())


def _hashes(result: ExportResult) -> list[list[tuple[str, str]]]:
    return [[(artifact.name, artifact.sha256) for artifact in one.artifacts] for one in result.exchanges]


class _Prepared:
    """The scheme with the example's reference in place of what it would read from its tables."""

    def __init__(self, example: Example) -> None:
        self._example = example

    def __getattr__(self, name: str) -> Any:
        return getattr(self._example.scheme, name)

    def prepare(self, *_arguments: object) -> Any:
        """The example's reference."""
        return self._example.reference


class _Plugin:
    """What an entry point would name."""

    def __init__(self, scheme: Any) -> None:
        self._scheme = scheme

    @hookimpl
    def billhook_schemes(self) -> Sequence[Scheme]:
        """The scheme."""
        return (self._scheme,)


class _Bench(Workspace):
    """A workspace whose settings are the example's."""

    example: Example

    def settings(self, scheme: str | Scheme) -> Any:  # noqa: ARG002  # there is only one
        """The example's settings."""
        return self.example.settings


def _bench(example: Example, folder: Path) -> _Bench:
    url = f"sqlite:///{folder / 'bench.db'}"
    workspace = _Bench.create(folder / "bench", url=url, plugins=Registry.of(_Plugin(_Prepared(example))))
    bench: Any = workspace
    bench.example = example
    found: _Bench = bench
    return found
