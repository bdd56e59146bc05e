"""Drawing a paper as PDF. Only here is reportlab needed, which takes longer to import than most commands take to run."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from xml.sax.saxutils import escape

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from billhook.paper import letters
from billhook_forcare_budget.papers import Paper, german


def write_pdf(paper: Paper, path: Path) -> None:
    """Draw a paper into a file that only its owner may read; it is whole or not there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, suffix=".pdf")
    try:
        with os.fdopen(handle, "wb") as file:
            document = SimpleDocTemplate(
                file,
                pagesize=A4,
                leftMargin=25 * mm,
                rightMargin=20 * mm,
                topMargin=25 * mm,
                title=paper.subject,
                author=paper.sender[0] if paper.sender else "",
                invariant=1,
            )
            document.build(_story(paper), onFirstPage=_fold_marks)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _story(paper: Paper) -> list[Flowable]:
    styles = getSampleStyleSheet()
    normal, small, heading = styles["Normal"], styles["BodyText"], styles["Heading2"]
    story: list[Flowable] = [Paragraph(_shown(" · ".join(paper.sender)), small), Spacer(1, 8 * mm)]
    story += [Paragraph(_shown(line), normal) for line in paper.address]
    story += [Spacer(1, 12 * mm), Paragraph(german(paper.day), normal), Spacer(1, 6 * mm)]
    story.append(Paragraph(_shown(paper.subject), heading))
    for text in paper.before:
        story += [Paragraph(_shown(text), normal), Spacer(1, 3 * mm)]
    cells = [[Paragraph(_shown(cell), normal) for cell in row] for row in paper.table]
    table = Table(cells, colWidths=[50 * mm, 22 * mm, 22 * mm, 12 * mm, 28 * mm, 31 * mm], repeatRows=1)
    table.setStyle(
        TableStyle(
            [
                ("GRID", (0, 0), (-1, -1), 0.25, colors.grey),
                ("BACKGROUND", (0, 0), (-1, 0), colors.whitesmoke),
                ("LINEABOVE", (0, -1), (-1, -1), 1, colors.black),
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ]
        )
    )
    story += [table, Spacer(1, 6 * mm)]
    for text in paper.after:
        story += [Paragraph(_shown(text), normal), Spacer(1, 3 * mm)]
    return story


def _shown(text: str) -> str:
    """Text for a paragraph, in letters that the built-in fonts have."""
    return escape(letters(text))


def _fold_marks(canvas: Canvas, _document: object) -> None:
    """Marks for a window envelope (DIN 5008: 105 and 210 mm from the top)."""
    for place in (105, 210):
        canvas.line(3 * mm, A4[1] - place * mm, 7 * mm, A4[1] - place * mm)
