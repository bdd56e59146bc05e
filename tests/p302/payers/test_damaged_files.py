"""Whatever happened to a payer file on its way: it is read with findings or refused, and never ends in a traceback."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billhook.model import Finding
from billhook_p302.payers.checking import LinkChecks
from billhook_p302.payers.reading import PayerFile, PayerFileRefused
from tests.p302.payers.kotr import DAY, ordinary, payer_file

WHOLE = payer_file(*ordinary())

SIGNS = [b"'", b"+", b"?", b":", b"\n", b"\x00", b"\xe4"]
SEGMENTS = [b"VDT+20250230'", b"UNH+1'", b"UNT'", b"UNZ'", b"DFU'", b"VKG+01+1'", b"UNB+'"]
PIECES = st.sampled_from(SIGNS + SEGMENTS)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """An ordinary file with some pieces cut out, put in or swapped."""
    content = bytearray(WHOLE)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(content)))
        length = draw(st.sampled_from([0, 1, 2, 10, 200]))
        content[at : at + length] = draw(st.one_of(PIECES, st.binary(max_size=6)))
    return bytes(content)


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(content=damaged())
def test_damage_is_a_finding_or_a_refusal(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "EK05Q425.ke0"
    path.write_bytes(content)
    findings: list[Finding] = []
    try:
        file = PayerFile(path, findings.append)
        offices = list(file.offices())
    except PayerFileRefused as refused:
        assert refused.finding.is_error  # noqa: PT017  # refusal is one of two right answers
        return
    checks = LinkChecks(file.header.edition, file.name)
    for office in offices:
        assert office.email(DAY) is not None
        findings.extend(checks.office(office))
    findings.extend(checks.findings())
    assert not any(finding.is_error for finding in findings)


@pytest.mark.parametrize("length", range(0, len(WHOLE) - 1, 7))
def test_a_file_that_was_cut_off_is_never_taken(tmp_path: Path, length: int) -> None:
    path = tmp_path / "EK05Q425.ke0"
    path.write_bytes(WHOLE[:length])
    with pytest.raises(PayerFileRefused):
        list(PayerFile(path, list[Finding]().append).offices())
