"""From a key request to files that only the data centre can read: `billhook p302 keys …` and `billhook export`."""

import json
import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import pkcs7

from billhook.billing.status import status
from billhook.seal import KeyStore, NoCertificate
from billhook.store import Workspace
from billhook_cli.main import main
from tests.cli.desk import EXAMPLES, init
from tests.support.authority import DER, PEM, Authority, key_list, private_pem, rsa_key

ME = "591104278"
PASSPHRASE = "Fuchs Birke Kessel Sonntag"
CENTRES = ("100395611", "102109128", "105313145", "105810615", "108018007", "109519005", "660510336", "661430035")
YESTERDAY = datetime.now(UTC) - timedelta(days=1)


class Shop:
    """A workspace, and what its commands print."""

    def __init__(self, home: Path, capfd: pytest.CaptureFixture[str]) -> None:
        self.home = home
        self._capfd = capfd
        self.printed = self.out = ""

    def runs(self, *arguments: object, exits: int = 0, passphrase: str | None = None) -> str:
        more: list[str] = []
        if passphrase is not None:
            reader, writer = os.pipe()
            os.write(writer, passphrase.encode() + b"\n")
            os.close(writer)
            more = ["--passphrase-fd", str(reader)]
        code = main(["--home", str(self.home), *(str(each) for each in arguments), *more])
        if passphrase is not None:
            os.close(int(more[1]))
        captured = self._capfd.readouterr()
        self.printed += captured.out + captured.err
        self.out = captured.out
        assert code == exits, captured.out + captured.err
        return captured.out + captured.err

    def asks(self, *arguments: object, exits: int = 0, passphrase: str | None = None) -> Any:
        self.runs(*arguments, "--json", exits=exits, passphrase=passphrase)
        return json.loads(self.out)


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


@pytest.fixture(autouse=True)
def plain_output(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.delenv("BILLHOOK_HOME", raising=False)
    monkeypatch.delenv("BILLHOOK_DATABASE_URL", raising=False)


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The examples, checked, with sealing switched on."""
    home = tmp_path_factory.mktemp("sealed") / "home"
    init(home)
    config = home / "billhook.toml"
    text = config.read_text("utf-8")
    assert "[schemes.p302.defaults]" in text
    config.write_text(text.replace("[schemes.p302.defaults]", "[schemes.p302.defaults]\nsealed = true"), "utf-8")
    payers = sorted(str(path) for path in (EXAMPLES / "payers").glob("*.ke0"))
    assert main(["--home", str(home), "p302", "payers", "import", *payers]) == 0
    assert main(["--home", str(home), "items", "import", str(EXAMPLES / "items.jsonl")]) == 0
    assert main(["--home", str(home), "check"]) == 1
    return home


@pytest.fixture
def shop(checked: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Iterator[Shop]:
    home = tmp_path / "home"
    shutil.copytree(checked, home)
    capfd.readouterr()
    made = Shop(home, capfd)
    yield made
    assert PASSPHRASE not in made.printed
    kept = [path.read_bytes() for path in home.rglob("*") if path.is_file()]
    assert not any(PASSPHRASE.encode() in content for content in kept)


def answer(authority: Authority, request: Path) -> bytes:
    """The trust centre's `.p7c`."""
    asked = x509.load_der_x509_csr(request.read_bytes())
    public = asked.public_key()
    assert isinstance(public, rsa.RSAPublicKey)
    made = authority.certify(asked.subject, public, start=YESTERDAY)
    return pkcs7.serialize_certificates([made, authority.certificate, authority.root], DER)


def centre_list(authority: Authority, *, but: str = "") -> bytes:
    """The trust centre's list of receivers."""
    return key_list(
        *(authority.identity(ik, start=YESTERDAY).certificate for ik in CENTRES if ik != but), authority.certificate
    )


def set_up(shop: Shop, authority: Authority, tmp_path: Path, *, but: str = "") -> None:
    """Own key with certificate, and the receivers' certificates."""
    shop.runs("p302", "keys", "request", "--out", tmp_path, passphrase=PASSPHRASE)
    (tmp_path / "59110427.p7c").write_bytes(answer(authority, tmp_path / "59110427.p10"))
    shop.runs("p302", "keys", "accept", tmp_path / "59110427.p7c")
    (tmp_path / "annahme-rsa4096.key").write_bytes(centre_list(authority, but=but))
    shop.runs("p302", "keys", "import", tmp_path / "annahme-rsa4096.key")


def opened_by_openssl(sealed: Path, centre: str, authority: Authority, folder: Path) -> bytes:
    """What the data centre finds in a file, told by openssl."""
    (folder / "key.pem").write_bytes(private_pem(rsa_key(centre)))
    (folder / "root.pem").write_bytes(authority.root.public_bytes(PEM))
    # Without -recip openssl tries the key on every recipient.
    command: list[str | Path] = [
        "openssl",
        "cms",
        "-decrypt",
        "-inform",
        "DER",
        "-binary",
        "-in",
        sealed,
        "-out",
        folder / "signed",
    ]
    subprocess.run([*command, "-inkey", folder / "key.pem"], check=True, capture_output=True)
    command = ["openssl", "cms", "-verify", "-inform", "DER", "-binary", "-in", folder / "signed", "-purpose", "any"]
    subprocess.run(
        [*command, "-CAfile", folder / "root.pem", "-out", folder / "plain"], check=True, capture_output=True
    )
    return (folder / "plain").read_bytes()


def test_what_leaves_is_sealed_for_the_data_centre(shop: Shop, authority: Authority, tmp_path: Path) -> None:
    set_up(shop, authority, tmp_path)
    result = shop.asks("export", passphrase=PASSPHRASE)
    assert len(result["exchanges"]) >= 5
    assert result["failed"] == []
    for exchange in result["exchanges"]:
        assert exchange["state"] == "sealed"
        data, order = exchange["artifacts"]
        sealed, record = Path(data["path"]).read_bytes(), Path(order["path"]).read_bytes()
        assert not sealed.startswith(b"UNB")
        plain = opened_by_openssl(Path(data["path"]), exchange["key"][1], authority, tmp_path)
        assert plain.startswith(b"UNB+UNOC:3+591104278+")
        archived = shop.home / "archive" / data["sha256"][:2] / data["sha256"][2:]
        assert plain == archived.read_bytes()
        # GGT Anlage 2: bytes 179-190 and 191-202 are the sizes, 207-210 encryption and signature.
        assert len(record) == 348
        assert int(record[178:190]) == len(plain)
        assert int(record[190:202]) == len(sealed) > len(plain)
        assert record[206:210] == b"0303"
        assert (data["size"], data["sealed_size"]) == (len(plain), len(sealed))
    shop.runs("journal", "verify")


def test_the_request_is_as_the_trust_centre_wants_it(shop: Shop, tmp_path: Path) -> None:
    told = shop.asks("p302", "keys", "request", "--out", tmp_path, "--contact", "Jörg Groß", passphrase=PASSPHRASE)
    assert Path(told["request"]).name == "59110427.p10"
    shown = subprocess.run(
        ["openssl", "req", "-in", tmp_path / "59110427.p10", "-inform", "DER", "-noout", "-verify", "-text"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "verify OK" in shown.stderr + shown.stdout
    assert re.search(r"Public-Key: \(4096 bit\)", shown.stdout)
    assert (
        "Subject: C = DE, O = ITSG TrustCenter fuer sonstige Leistungserbringer, "
        f"OU = Sanitaetshaus Lindenhof GmbH, OU = IK{ME}, CN = Joerg Gross"
    ) in shown.stdout
    assert "rsassaPss" in shown.stdout
    again = shop.runs("p302", "keys", "request", "--out", tmp_path, exits=2, passphrase=PASSPHRASE)
    assert "is there already" in again


def test_a_wrong_passphrase_is_mended_by_exporting_again(shop: Shop, authority: Authority, tmp_path: Path) -> None:
    set_up(shop, authority, tmp_path)
    failed = shop.asks("export", exits=7, passphrase="not that one at all")
    problems = {each["problem"] for each in failed["failed"]}
    assert all("the passphrase does not open the key of 591104278" in problem for problem in problems)
    assert not list((shop.home / "out").iterdir())
    done = shop.asks("export", passphrase=PASSPHRASE)
    assert len(done["resumed"]) == len(failed["failed"])
    assert {each["state"] for each in done["resumed"]} == {"sealed"}


def test_a_receiver_without_certificate_holds_only_its_own_file(
    shop: Shop, authority: Authority, tmp_path: Path
) -> None:
    set_up(shop, authority, tmp_path, but="660510336")
    result = shop.asks("export", exits=7, passphrase=PASSPHRASE)
    assert [each["key"][1] for each in result["failed"]] == ["660510336"]
    assert (
        "there is no certificate of 660510336; import the trust centre's current list" in result["failed"][0]["problem"]
    )
    assert result["exchanges"]
    # The list that is imported later has a certificate that begins after the run: it counts all the same.
    late = authority.identity("660510336", start=datetime.now(UTC) - timedelta(seconds=5)).certificate
    (tmp_path / "new.key").write_bytes(key_list(late))
    shop.runs("p302", "keys", "import", tmp_path / "new.key")
    assert [each["key"][1] for each in shop.asks("export", passphrase=PASSPHRASE)["resumed"]] == ["660510336"]


def test_a_dry_run_needs_no_passphrase_and_says_what_is_missing(
    shop: Shop, authority: Authority, tmp_path: Path
) -> None:
    tried = shop.asks("export", "--dry-run", exits=7)
    assert {each["problem"] for each in tried["failed"]} == {
        f"it cannot be sealed: there is no key of {ME}; make one with: keys request"
    }
    set_up(shop, authority, tmp_path)
    tried = shop.asks("export", "--dry-run")
    assert tried["failed"] == []
    assert tried["exchanges"]


def test_without_a_terminal_the_passphrase_is_not_asked_for(shop: Shop, authority: Authority, tmp_path: Path) -> None:
    set_up(shop, authority, tmp_path)
    said = shop.runs("export", exits=3)
    assert "this is no terminal; give it with --passphrase-fd" in said


def test_certificates_that_end_soon_are_said(shop: Shop, authority: Authority, tmp_path: Path) -> None:
    ending = authority.identity("109519005", start=YESTERDAY, days=20).certificate
    (tmp_path / "list.key").write_bytes(key_list(ending))
    shop.runs("p302", "keys", "import", tmp_path / "list.key")
    listed = shop.asks("p302", "keys", "list")
    assert [(row["ik"], row["state"]) for row in listed["receivers"]] == [("109519005", "ends soon")]
    shown = shop.asks("p302", "keys", "show", "109519005")
    assert "SEAL-CERT-003" in [finding["code"] for finding in shown["findings"]]
    shop.runs("p302", "keys", "show", "108018007", exits=1)


def test_files_that_are_no_lists_are_refused(shop: Shop, tmp_path: Path) -> None:
    (tmp_path / "page.key").write_bytes(b"<html><body>Not found</body></html>")
    assert "SEAL-LIST-002" in shop.runs("p302", "keys", "import", tmp_path / "page.key", exits=3)
    assert "no certificate in this answer" in shop.runs("p302", "keys", "accept", tmp_path / "page.key", exits=3)


def test_the_folder_with_keys_is_private(shop: Shop, tmp_path: Path) -> None:
    shop.runs("p302", "keys", "request", "--out", tmp_path, passphrase=PASSPHRASE)
    for path in (shop.home / "keys").rglob("*.key"):
        assert path.stat().st_mode & 0o777 == 0o600
        with pytest.raises(TypeError):
            serialization.load_pem_private_key(path.read_bytes(), None)


def test_what_json_has_is_what_the_reference_says(shop: Shop, authority: Authority, tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "reference" / "cli.md").read_text("utf-8")

    def documented(command: str) -> set[str]:
        text = page.partition(f"## billhook p302 keys {command}\n")[2].partition("With `--json`:")[2].partition(".")[0]
        return set(re.findall(r"`([a-z_0-9]+)`", text))

    told = shop.asks("p302", "keys", "request", "--out", tmp_path, passphrase=PASSPHRASE)
    assert set(told) == documented("request")
    (tmp_path / "answer.p7c").write_bytes(answer(authority, tmp_path / "59110427.p10"))
    assert set(shop.asks("p302", "keys", "accept", tmp_path / "answer.p7c")) == documented("accept")
    (tmp_path / "list.key").write_bytes(centre_list(authority))
    assert set(shop.asks("p302", "keys", "import", tmp_path / "list.key")) == documented("import")
    assert set(shop.asks("p302", "keys", "show", ME)) == documented("show")


# --- Handing over -----------------------------------------------------------------------------------------------------


def send_by(shop: Shop, channel: str, section: str) -> None:
    """Switch every receiver to a channel of this section, with sealing off."""
    config = shop.home / "billhook.toml"
    text = config.read_text("utf-8").replace("sealed = true", f'channel = "{channel}"')
    config.write_text(f"{text}\n[channels.{channel}]\n{section}\n", "utf-8")


def test_dakota_finds_plain_pairs_in_its_folder(shop: Shop, tmp_path: Path) -> None:
    dakota = tmp_path / "dakota"
    dakota.mkdir()
    send_by(shop, "dakota", f'kind = "folder"\npath = "{dakota}"')
    result = shop.asks("export")
    assert {each["state"] for each in result["exchanges"]} == {"rendered"}
    sent = shop.asks("send")
    assert len(sent["sent"]) == len(result["exchanges"])
    names = sorted(path.name for path in dakota.iterdir())
    assert len(names) == 2 * len(result["exchanges"])
    for exchange in result["exchanges"]:
        data, order = exchange["artifacts"]
        assert (dakota / data["name"]).read_bytes().startswith(b"UNB+UNOC:3+591104278+")
        record = (dakota / order["name"]).read_bytes()
        assert record[206:210] == b"0000"
        assert int(record[178:190]) == int(record[190:202]) == data["size"]
    assert "Nothing was sent." in shop.runs("send")
    assert sorted(path.name for path in dakota.iterdir()) == names


def test_a_mail_carries_the_sealed_pair(shop: Shop, authority: Authority, tmp_path: Path) -> None:
    """GGT Anlage 7 3.2.1, told by a mail server."""
    set_up(shop, authority, tmp_path)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config = shop.home / "billhook.toml"
    text = config.read_text("utf-8").replace("sealed = true", 'sealed = true\nchannel = "mail"')
    mail = f'kind = "mail"\nhost = "127.0.0.1"\nport = {port}\nsecurity = "none"\nsender = "dta@lindenhof.example"'
    config.write_text(f"{text}\n[channels.mail]\n{mail}\n", "utf-8")
    result = shop.asks("export", passphrase=PASSPHRASE)
    postbox = Postbox()
    controller = Controller(postbox, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        sent = shop.asks("send")
        time.sleep(0.05)
    finally:
        controller.stop()
    assert len(sent["sent"]) == len(result["exchanges"]) == len(postbox.mails)
    for exchange, content in zip(result["exchanges"], postbox.mails, strict=True):
        data, order = exchange["artifacts"]
        message = message_from_bytes(content, policy=default)
        assert message["Subject"] == ME
        assert "@" in message["To"]
        attached = {part.get_filename(): part.get_content() for part in message.iter_attachments()}
        assert list(attached) == [order["name"], data["name"]]
        assert attached[data["name"]] == Path(data["path"]).read_bytes()
        assert len(attached[data["name"]]) == data["sealed_size"]
        body = message.get_body()
        assert body is not None
        lines = body.get_content().splitlines()
        assert re.fullmatch(rf"{order['name']}, 348, \d{{8}}:\d{{6}}", lines[0])
        assert re.fullmatch(rf"{data['name']}, {data['sealed_size']}, \d{{8}}:\d{{6}}", lines[1])
        # The creation time of the order file, bytes 116 to 129 (GGT Anlage 2).
        assert lines[0].rpartition(", ")[2].replace(":", "") == attached[order["name"]][115:129].decode()
        assert lines[2:] == [
            "Sanitaetshaus Lindenhof GmbH",
            "Frau Specht",
            "abrechnung@lindenhof.example",
            "07361/55501-20",
        ]


class Postbox:
    """Keeps what arrives."""

    def __init__(self) -> None:
        self.mails: list[bytes] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802  # aiosmtpd's name
        assert (server is None, session is None) == (False, False)
        assert envelope.original_content is not None
        self.mails.append(envelope.original_content)
        return "250 OK"


def test_a_revoked_receiver_gets_no_file_and_status_says_so(shop: Shop, authority: Authority, tmp_path: Path) -> None:
    set_up(shop, authority, tmp_path)
    shop.runs("export", passphrase=PASSPHRASE)
    store = KeyStore(shop.home / "keys")
    [certificate] = store.receivers("661430035")
    day = datetime.now(UTC) - timedelta(hours=1)
    revoked = x509.RevokedCertificateBuilder().serial_number(certificate.serial_number).revocation_date(day).build()
    builder = x509.CertificateRevocationListBuilder().issuer_name(authority.certificate.subject).last_update(day)
    builder = builder.next_update(day + timedelta(days=30)).add_revoked_certificate(revoked)
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
    made = builder.sign(rsa_key(authority.name), hashes.SHA256(), rsa_padding=pss)
    path = tmp_path / "sperrliste-le-rsa4096.crl"
    path.write_bytes(made.public_bytes(DER))
    assert "1 revocation lists are new" in shop.runs("p302", "keys", "import", path)
    [row] = shop.asks("p302", "keys", "show", "661430035")["receiver"]
    assert (row["state"], row["used"]) == ("revoked", False)
    codes = {one["code"] for one in shop.asks("status")["reminders"]}
    assert "SEAL-KEY-001" in codes
    with pytest.raises(NoCertificate, match="revoked"):
        store.receiver("661430035", datetime.now(UTC))


def test_status_warns_before_a_certificate_ends(shop: Shop, authority: Authority, tmp_path: Path) -> None:
    set_up(shop, authority, tmp_path)
    shop.runs("export", passphrase=PASSPHRASE)
    assert {one["code"] for one in shop.asks("status")["reminders"] if one["code"].startswith("SEAL")} == set()
    with Workspace.open(shop.home) as workspace:
        [own] = [key for key in KeyStore(shop.home / "keys").own_keys() if key.certificate is not None]
        assert own.certificate is not None
        end = own.certificate.not_valid_after_utc
        told = [one for one in status(workspace, now=end - timedelta(days=20)).reminders if one.code == "SEAL-CERT-003"]
        assert any(ME in one.message for one in told)
        assert any(one.code == "SEAL-KEY-001" for one in status(workspace, now=end + timedelta(days=1)).reminders)
