"""Handing over: once, whatever happens in between, and never again by itself when nobody knows."""

import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from billhook.billing.archiving import Selection, delete_archived
from billhook.billing.following import regenerate
from billhook.billing.problems import BillingProblem, UnknownThing
from billhook.billing.sending import SendResult, resolve, send
from billhook.channels import ChannelRefused, NotHandedOver
from billhook.hookspecs import hookimpl
from billhook.model import StoredArtifact
from billhook.scheme import Context, Delivery
from billhook.store import Busy, ConfigError, journal, tables
from tests.core.billing.conftest import Desk, open_desk
from tests.support.toy import NOW, ToyPlugin, ToyScheme


class Posting(ToyScheme):
    """Sends what goes to some branches by the channel `post`, the rest by hand."""

    by_hand: tuple[str, ...] = ()

    def delivery(self, file_key: tuple[str, ...], artifacts: Sequence[StoredArtifact], ctx: Context) -> Delivery | None:
        """Both files, the slip last."""
        assert ctx.version is not None
        if set(self.by_hand) & set(file_key):
            return None
        return Delivery("post", tuple(one.name for one in artifacts), {"to": "the Brook fund"})


class Post:
    """A channel that keeps what it was given, after failing as often as it is told."""

    key = "post"

    def __init__(self) -> None:
        self.taken: list[tuple[dict[str, bytes], Mapping[str, Any]]] = []
        self.troubles: list[BaseException] = []

    def send(self, files: Sequence[Path], settings: Mapping[str, Any]) -> str:
        """Take the files, or raise the next trouble."""
        if self.troubles:
            raise self.troubles.pop(0)
        self.taken.append(({file.name: file.read_bytes() for file in files}, settings))
        return f"no. {len(self.taken)}"


class PostPlugin(ToyPlugin):
    """Brings the channel."""

    def __init__(self, post: Post, scheme: Posting) -> None:
        super().__init__(scheme)
        self.post = post
        self.secrets: dict[str, str] = {}

    @hookimpl
    def billhook_channels(self) -> Sequence[Post]:
        """The post."""
        return [self.post]

    @hookimpl
    def billhook_secret(self, name: str) -> str | None:
        """A key ring."""
        return self.secrets.get(name)


@pytest.fixture
def post() -> Post:
    return Post()


@pytest.fixture
def plugin(post: Post) -> PostPlugin:
    return PostPlugin(post, Posting())


@pytest.fixture
def billed(database_url: str, tmp_path: Path, plugin: PostPlugin, rows: list[dict[str, Any]]) -> Iterator[Desk]:
    """Forty items, exported, with the post set up."""
    for desk in open_desk(tmp_path, database_url, plugin):
        (desk.workspace.path / "billhook.toml").write_text('[schemes.toy]\n[channels.post]\nkind = "post"\n')
        desk.reopen()
        desk.take(rows)
        desk.check()
        assert len(desk.export().exchanges) >= 2
        yield desk


def hand_over(desk: Desk, **options: Any) -> SendResult:
    return send(desk.workspace, pauses=(), **options)


def states(desk: Desk) -> set[str]:
    return {row["state"] for row in desk.rows(tables.exchange)}


def events(desk: Desk, exchange: int) -> list[str]:
    with desk.workspace.database.read() as connection:
        return [entry.event for entry in journal.entries(connection, subject=f"exchange:{exchange}")]


def test_everything_is_handed_over_once(billed: Desk, post: Post) -> None:
    result = hand_over(billed)
    assert len(result.sent) == len(billed.rows(tables.exchange)) == len(post.taken)
    assert states(billed) == {"sent"}
    assert {item.state.value for item in billed.items()} == {"sent"}
    # Byte for byte what export laid into the out folder.
    handed = [content for files, _ in post.taken for content in files.values()]
    assert sorted(handed) == sorted(billed.files().values())
    assert post.taken[0][1]["to"] == "the Brook fund"
    assert events(billed, 1) == ["exchange.rendered", "exchange.sending", "exchange.sent"]
    again = hand_over(billed)
    assert again == SendResult()
    assert len(post.taken) == len(result.sent)
    with billed.workspace.database.read() as connection:
        assert journal.verify(connection).ok


def test_what_was_certainly_not_taken_is_sent_the_next_time(billed: Desk, post: Post) -> None:
    post.troubles = [ChannelRefused("the box is closed")]
    first = hand_over(billed)
    assert [(one.exchange, one.problem) for one in first.failed] == [(1, "the box is closed")]
    assert len(first.sent) == len(billed.rows(tables.exchange)) - 1, "the others went on"
    assert [one.exchange for one in hand_over(billed).sent] == [1]
    assert events(billed, 1)[1:] == ["exchange.sending", "exchange.not-sent", "exchange.sending", "exchange.sent"]


def test_only_what_may_be_gone_soon_is_tried_again_at_once(billed: Desk, post: Post) -> None:
    post.troubles = [NotHandedOver("busy", again=True), NotHandedOver("busy", again=True)]
    assert not send(billed.workspace, pauses=(0, 0), exchange=1).failed
    post.troubles = [ChannelRefused("no"), AssertionError("must not be asked again")]
    assert len(send(billed.workspace, pauses=(0, 0), exchange=2).failed) == 1
    post.troubles = []


def test_what_may_have_arrived_is_never_sent_again_by_itself(billed: Desk, post: Post) -> None:
    post.troubles = [ConnectionResetError("in the middle")]
    first = hand_over(billed)
    assert [one.exchange for one in first.unknown] == [1]
    assert "ask the receiver" in first.unknown[0].problem
    taken = len(post.taken)
    assert [one.exchange for one in hand_over(billed).unknown] == [1]
    assert len(post.taken) == taken
    assert events(billed, 1)[1:] == ["exchange.sending", "exchange.unknown"]
    # Names and contents of the files never come into the journal with a channel's own words.
    resolve(billed.workspace, 1, arrived=True)
    assert states(billed) == {"sent"}
    assert not hand_over(billed).unknown
    assert len(post.taken) == taken


def test_the_receiver_says_that_it_never_came(billed: Desk, post: Post) -> None:
    post.troubles = [TimeoutError("no answer")]
    hand_over(billed)
    resolve(billed.workspace, 1, arrived=False)
    assert [one.exchange for one in hand_over(billed).sent] == [1]
    with pytest.raises(BillingProblem, match="nothing to ask the receiver about"):
        resolve(billed.workspace, 1, arrived=True)
    with pytest.raises(UnknownThing):
        resolve(billed.workspace, 4711, arrived=True)


KILLED = """
import os, signal, sys
from pathlib import Path
from billhook.billing.sending import send
from billhook.plugins import Registry
from billhook.store import Workspace
from tests.core.billing.test_sending import Post, PostPlugin, Posting

class Deadly(Post):
    def send(self, files, settings):
        Path(sys.argv[3]).write_bytes(files[0].read_bytes())
        os.kill(os.getpid(), signal.SIGKILL)

with Workspace.open(Path(sys.argv[1]), sys.argv[2], plugins=Registry.of(PostPlugin(Deadly(), Posting()))) as workspace:
    send(workspace)
"""


def test_killed_after_the_hand_over_it_is_unknown(billed: Desk, post: Post, project: Path, tmp_path: Path) -> None:
    url = billed.workspace.database.url
    arrived = tmp_path / "arrived"
    command = [sys.executable, "-c", KILLED, str(billed.workspace.path), str(url), str(arrived)]
    done = subprocess.run(command, cwd=project, capture_output=True, check=False)
    assert done.returncode == -9, done.stderr
    assert arrived.exists(), "the receiver has it"
    result = send(billed.workspace, pauses=(), wait=10)
    assert [one.exchange for one in result.unknown] == [1]
    sent = [content for files, _ in post.taken for content in files.values()]
    assert arrived.read_bytes() not in sent


def test_two_programs_do_not_send_at_once(billed: Desk, post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    def meanwhile(_files: Sequence[Path], _settings: Mapping[str, Any]) -> str:
        with pytest.raises(Busy):
            send(billed.workspace)
        seen.append("busy")
        return "ok"

    monkeypatch.setattr(post, "send", meanwhile)
    hand_over(billed)
    assert len(seen) == len(billed.rows(tables.exchange))


def test_what_has_no_channel_is_named(billed: Desk, plugin: PostPlugin, post: Post) -> None:
    Posting.by_hand = tuple({part for row in billed.rows(tables.exchange) for part in row["file_key"].split("\x1f")})
    try:
        result = hand_over(billed)
    finally:
        Posting.by_hand = ()
    assert len(result.by_hand) == len(billed.rows(tables.exchange))
    assert post.taken == []
    assert plugin.post is post


def test_a_channel_that_is_not_set_up_is_named(billed: Desk) -> None:
    config = billed.workspace.path / "billhook.toml"
    for text, said in (
        ("[schemes.toy]\n", "channels.post: there is no such channel"),
        ('[schemes.toy]\n[channels.post]\nkind = "pigeon"\n', "channels.post.kind"),
        ('[schemes.toy]\n[channels.post]\nkind = "post"\npassword = "x"\n', "a password never stands here"),
        ('[schemes.toy]\n[channels.post]\nkind = "post"\npassword_file = "none"\n', "it cannot be read"),
    ):
        config.write_text(text)
        billed.reopen()
        with pytest.raises(ConfigError, match=said):
            hand_over(billed)
    assert states(billed) == {"rendered"}


def test_the_password_comes_from_a_private_file_or_a_key_ring(billed: Desk, plugin: PostPlugin, post: Post) -> None:
    config = billed.workspace.path / "billhook.toml"
    config.write_text('[schemes.toy]\n[channels.post]\nkind = "post"\npassword_file = "secret"\n')
    secret = billed.workspace.path / "secret"
    secret.write_text("open sesame\n")
    secret.chmod(0o644)
    billed.reopen()
    with pytest.raises(ConfigError, match="others may read it"):
        hand_over(billed)
    secret.chmod(0o600)
    hand_over(billed, exchange=1)
    plugin.secrets["billhook/channel/post"] = "from the ring"
    hand_over(billed, exchange=2)
    assert [told["password"] for _, told in post.taken] == ["open sesame", "from the ring"]


def test_a_damaged_archive_sends_nothing(billed: Desk, post: Post) -> None:
    sha256 = billed.rows(tables.artifact)[0]["sha256"]
    path = billed.workspace.archive.path(sha256)
    path.write_bytes(path.read_bytes() + b"x")
    result = hand_over(billed, exchange=1)
    assert "is damaged" in result.failed[0].problem
    assert post.taken == []


def test_a_file_with_items_that_were_taken_back_is_not_sent(billed: Desk, post: Post) -> None:
    """The payer would get what is billed again or not at all; the file is made once more instead."""
    first = billed.rows(tables.document)[0]
    taken = next(row["number"] for row in billed.rows(tables.item) if row["document_id"] == first["id"])
    delete_archived(billed.workspace, Selection(items=[taken]), reset=False, now=NOW)
    result = hand_over(billed)
    assert [one.exchange for one in result.failed] == [first["exchange_id"]]
    assert f"billhook regenerate {first['exchange_id']}" in result.failed[0].problem
    assert len(post.taken) == len(billed.rows(tables.exchange)) - 1
    regenerate(billed.workspace, first["exchange_id"], now=NOW)
    assert len(hand_over(billed).sent) == 1
