"""Writes the page: the template, its style, its programs, its words and the figures, all in one file."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from target_seh_sql.report.packing import packed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from target_seh_sql.report.figures import SiteFigures

FOLDER: Final = Path(__file__).parent
LANGUAGES: Final = tuple(sorted(path.stem for path in (FOLDER / "languages").glob("*.json")))
PROGRAMS: Final = (
    "words", "calendar", "unpack", "energy", "money", "drawing", "pointing", "bars", "curves", "heat", "flow",
    "cards", "tables", "fleet", "main",
)  # fmt: skip
"""The page's JavaScript files, in this order: a later one uses the earlier ones."""
_WORD: Final = re.compile(r"\{\{(\w+)\}\}")


def page(
    sites: Iterable[SiteFigures], made: datetime, language: str, tariff: Mapping[str, Any] | None
) -> Iterator[str]:
    """Yield the page as HTML that needs nothing else, part by part: only some sites are in memory."""
    words = json.loads(_text(f"languages/{language}.json"))
    head, _, tail = _WORD.sub(lambda found: html.escape(words[found[1]]), _text("page.html")).partition(
        "<!-- data -->"
    )
    yield head.replace("<!-- style -->", f"<style>\n{_text('page.css')}</style>")
    shown = []
    for site in sites:
        shown.append(site.about)
        yield f'<script type="text/plain" id="site-{site.about["id"]}">'
        yield packed(site.details, site.quarters)
        yield "</script>\n"
    known = {"sites": shown, "made": int(made.timestamp()), "tariff": tariff, "words": words}
    yield f'<script type="application/json" id="known">{_json(known)}</script>\n'
    programs = "\n".join(_text(f"{name}.js") for name in PROGRAMS)
    yield tail.replace("<!-- programs -->", f'<script>\n"use strict";\n{programs}</script>')


def _text(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


def _json(value: object) -> str:
    """Return JSON that may stand in a page."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).replace("<", "\\u003c")
