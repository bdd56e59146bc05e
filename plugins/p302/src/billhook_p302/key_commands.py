"""The commands `billhook p302 keys …`: own key and certificate, and the receivers' certificates.

Exit codes: 0 done, 1 nothing found, 2 wrong command line, 3 a file or a key was refused and nothing changed.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from billhook import seal
from billhook.billing.sealing import key_store
from billhook.language import say, say_finding
from billhook.model import Finding
from billhook.scheme import CommandHost
from billhook.seal.passphrases import gather
from billhook.words import words
from billhook_p302.settings import Settings

if TYPE_CHECKING:
    # Every command line loads this module; the libraries take a tenth of a second that only `keys` needs.
    from cryptography import x509

    from billhook.seal.certificates import Revoked

NOTHING_FOUND = 1
REFUSED = 3
LARGEST_LIST = 64 << 20
"""Bytes that a list of certificates may have; the published ones have less than two million."""

app = typer.Typer(
    name="keys", no_args_is_help=True, help="Sign and encrypt: your key, its certificate, and those of the receivers."
)

JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
FileArgument = Annotated[Path, typer.Argument(help="A file from the trust centre.")]


@app.command("import")
def import_command(ctx: typer.Context, file: FileArgument, *, as_json: JsonOption = False) -> None:
    """Take the receivers' certificates (annahme-rsa4096.key) or a revocation list (.crl) of the trust centre."""
    host, content = _host(ctx), _content(file)
    keys = key_store(host.workspace())
    revoked = keys.add_revocations(content, file=file.name)
    done = keys.add(content, file=file.name) if revoked is None else revoked
    if as_json or host.json:
        _print_json(
            {
                "added": done.added,
                "unchanged": done.unchanged,
                "findings": [_finding_data(each) for each in done.findings],
            }
        )
    else:
        _print_findings(done.findings)
        template = (
            words(
                "{added} certificates are new, {unchanged} were here already.",
                added=done.added,
                unchanged=done.unchanged,
            )
            if revoked is None
            else words(
                "{added} revocation lists are new, {unchanged} were here already.",
                added=done.added,
                unchanged=done.unchanged,
            )
        )
        typer.echo(say(template))
    if not done.added and not done.unchanged:
        raise typer.Exit(REFUSED)


@app.command("list")
def list_command(
    ctx: typer.Context,
    *,
    receivers: Annotated[
        bool, typer.Option("--receivers", help="Every receiver's certificate, not only yours.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Your keys with their certificates, and what ends soon."""
    host, moment = _host(ctx), _now()
    keys = key_store(host.workspace())
    revoked = keys.revocations.since
    rows = [_own_row(own, moment, revoked) for own in keys.own_keys()]
    certificates = list(keys.receivers())
    others = [_receiver_row(one, moment, revoked) for one in certificates]
    if as_json or host.json:
        _print_json({"own": rows, "receivers": others})
        return
    if rows:
        host.show(rows, title="Your keys", columns=list(rows[0]))
    else:
        typer.echo(say(words("You have no key here; make one with: billhook p302 keys request")))
    if receivers and others:
        host.show(others, title=words("Receivers"), columns=list(others[0]))
    usable = sum(1 for row in others if row["state"] in ("usable", "ends soon"))
    typer.echo(
        say(
            words(
                "{others} certificates of receivers, {usable} of them usable today.", others=len(others), usable=usable
            )
        )
    )


@app.command("show")
def show_command(
    ctx: typer.Context,
    ik: Annotated[str, typer.Argument(help="An Institutionskennzeichen.")],
    *,
    as_json: JsonOption = False,
) -> None:
    """All keys and certificates of an IK, and which one is used today."""
    host, moment = _host(ctx), _now()
    keys = key_store(host.workspace())
    revoked = keys.revocations.since
    used, findings = seal.choose(keys.receivers(ik) if ik.isdecimal() else (), ik, moment, revoked)
    rows = [
        {
            **_own_row(own, moment, revoked),
            "fingerprint": "" if own.certificate is None else _fingerprint(own.certificate),
        }
        for own in keys.own_keys()
        if own.party == ik
    ]
    received = [
        {**_receiver_row(one, moment, revoked), "used": one == used, "fingerprint": _fingerprint(one)}
        for one in (keys.receivers(ik) if ik.isdecimal() else ())
    ]
    if as_json or host.json:
        _print_json({"own": rows, "receiver": received, "findings": [_finding_data(each) for each in findings]})
    else:
        for row in (*rows, *received):
            host.show(row)
        _print_findings(findings)
    if not rows and not received:
        typer.echo(say(words("There is neither a key nor a certificate of {ik} here.", ik=ik)), err=True)
        raise typer.Exit(NOTHING_FOUND)


@app.command("request")
def request_command(
    ctx: typer.Context,
    *,
    ik: Annotated[str, typer.Option("--ik", help="Whose certificate; default: the only provider.")] = "",
    firm: Annotated[str, typer.Option("--firm", help="Name of the firm; default: as in billhook.toml.")] = "",
    contact: Annotated[str, typer.Option("--contact", help="Name of the contact; default: as in billhook.toml.")] = "",
    out: Annotated[Path, typer.Option("--out", help="Folder for the request.")] = Path(),
    passphrase_fd: Annotated[
        int | None,
        typer.Option("--passphrase-fd", min=0, help="Read the new passphrase from this file descriptor."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Make a key (RSA 4096) and the request for its certificate, to be sent to the trust centre."""
    from billhook_p302 import requests  # noqa: PLC0415  # see above

    host = _host(ctx)
    workspace = host.workspace()
    settings = cast(Settings, workspace.settings("p302"))
    ik, firm, contact = _who(settings, ik, firm, contact)
    try:
        subject = requests.subject(ik, firm, contact)
    except ValueError as error:
        raise typer.BadParameter(words("{error}; name them with --firm and --contact", error=error)) from None
    target = out / requests.file_name(ik)
    if target.exists():
        raise typer.BadParameter(
            words("{target} is there already; move it away, or name another folder with --out", target=target)
        )
    passphrase = gather([ik], descriptor=passphrase_fd, twice=True)[ik]
    own, request = key_store(workspace).request(ik, subject, passphrase)
    _write(target, request)
    told = {
        "request": str(target),
        "key": own.key_id,
        "subject": subject.rfc4514_string(),
        "public_key_sha256": _public_hash(request),
    }
    if as_json or host.json:
        _print_json(told)
        return
    host.show(told)
    typer.echo(
        say(words("Send the request to the trust centre by e-mail, and the signed application on paper with the hash."))
    )
    typer.echo(
        say(
            words(
                "Without the passphrase the key is worth nothing; nobody can recover it. Keep a "
                "copy of the folder keys."
            )
        )
    )


@app.command("accept")
def accept_command(ctx: typer.Context, file: FileArgument, *, as_json: JsonOption = False) -> None:
    """Take the trust centre's answer (.p7c) to a request."""
    host = _host(ctx)
    done = key_store(host.workspace()).accept(_content(file), moment=_now(), file=file.name)
    row = _own_row(done.key, _now(), key_store(host.workspace()).revocations.since)
    if as_json or host.json:
        _print_json({**row, "findings": [_finding_data(each) for each in done.findings]})
        return
    host.show(row)
    _print_findings(done.findings)


# --- What commands share ----------------------------------------------------------------------------------------------


def _host(ctx: typer.Context) -> CommandHost:
    return cast(CommandHost, ctx.find_root().obj)


def _now() -> datetime:
    return datetime.now(UTC)


def _content(file: Path) -> bytes:
    with file.open("rb") as opened:
        content = opened.read(LARGEST_LIST + 1)
    if len(content) > LARGEST_LIST:
        raise typer.BadParameter(words("{name} is too large for a list of certificates", name=file.name))
    return content


def _write(target: Path, content: bytes) -> None:
    handle = os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)


def _who(settings: Settings, ik: str, firm: str, contact: str) -> tuple[str, str, str]:
    """IK, firm and contact, from the settings where the command line says nothing."""
    if not ik:
        candidates = {settings.creator_ik or settings.biller_ik} - {""} or {one.ik for one in settings.providers}
        if len(candidates) != 1:
            raise typer.BadParameter(words("there are several providers in billhook.toml; name one with --ik"))
        ik = candidates.pop()
    if not (ik.isascii() and ik.isdigit() and len(ik) == 9):
        raise typer.BadParameter(words("{ik} is no IK; it has nine digits", ik=ik), param_hint="--ik")
    provider = settings.provider(ik)
    firm = firm or (f"{provider.name} {provider.name2}".strip() if provider else settings.biller_name)
    return ik, firm, contact or settings.defaults.contact.name


def _own_row(own: seal.OwnKey, moment: datetime, revoked: Revoked) -> dict[str, Any]:
    certificate = own.certificate
    return {
        "ik": own.party,
        "key": own.key_id,
        "serial": None if certificate is None else str(certificate.serial_number),
        "from": None if certificate is None else certificate.not_valid_before_utc.date().isoformat(),
        "to": None if certificate is None else certificate.not_valid_after_utc.date().isoformat(),
        "state": "waits for the certificate" if certificate is None else _state(certificate, moment, revoked),
    }


def _receiver_row(certificate: x509.Certificate, moment: datetime, revoked: Revoked) -> dict[str, Any]:
    return {
        "ik": seal.party_of(certificate),
        "name": seal.organisation_of(certificate),
        "serial": str(certificate.serial_number),
        "from": certificate.not_valid_before_utc.date().isoformat(),
        "to": certificate.not_valid_after_utc.date().isoformat(),
        "state": _state(certificate, moment, revoked),
    }


_STATES = {
    "SEAL-CERT-008": "revoked",
    "SEAL-CERT-001": "ended",
    "SEAL-CERT-002": "not yet valid",
    "SEAL-CERT-003": "ends soon",
    "SEAL-CERT-004": "not usable",
}


def _state(certificate: x509.Certificate, moment: datetime, revoked: Revoked) -> str:
    codes = [finding.code for finding in seal.examine(certificate, moment, revoked=revoked)]
    return next((_STATES[code] for code in codes if code in _STATES), "usable")


def _fingerprint(certificate: x509.Certificate) -> str:
    from cryptography.hazmat.primitives import hashes  # noqa: PLC0415  # see above

    return certificate.fingerprint(hashes.SHA256()).hex(":")


def _public_hash(request: bytes) -> str:
    """SHA-256 of the public key (SubjectPublicKeyInfo) in a request."""
    from cryptography import x509  # noqa: PLC0415  # see above
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415  # see above

    public = x509.load_der_x509_csr(request).public_key()
    spki = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(spki).digest().hex(":")


def _print_json(data: Mapping[str, Any] | Sequence[Any]) -> None:
    typer.echo(json.dumps(data, ensure_ascii=False, indent=2))


def _print_findings(findings: Iterable[Finding]) -> None:
    for finding in findings:
        said = say_finding(finding)
        typer.echo(f"{said.severity.value} {said.code}: {said.message} {said.mend}")


def _finding_data(finding: Finding) -> dict[str, Any]:
    return {
        "code": finding.code,
        "severity": finding.severity.value,
        "message": finding.message,
        "mend": finding.mend,
        "value": finding.value,
        "file": finding.file,
    }
