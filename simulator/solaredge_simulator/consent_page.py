"""The pages that a site owner sees: consent with two buttons, and what went wrong. Plain HTML."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from solaredge_simulator.grants import Application
    from solaredge_simulator.plants import Plant

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
body {{ font-family: sans-serif; max-width: 34rem; margin: 3rem auto; padding: 0 1rem; line-height: 1.5 }}
button {{ font-size: 1rem; padding: .6rem 1.4rem; margin: 1rem 1rem 0 0 }}
select {{ font-size: 1rem; width: 100% }}
</style>
</head>
<body>
<h1>{title}</h1>
{content}
</body>
</html>
"""
_CONSENT = """<p><strong>{application}</strong> asks to read the data of your site for {months} months:</p>
<ul>{scopes}</ul>
<form method="post" action="/authorize">
{hidden}
<p><label for="site_id">Logged in as the owner of</label>
<select id="site_id" name="site_id">{sites}</select></p>
<button id="approve" name="decision" value="approve">Approve</button>
<button id="refuse" name="decision" value="refuse">Refuse</button>
</form>"""
_MEANING = {
    "SITE_DATA": "the site, its energy and power, its devices",
    "DEVICE_DATA": "what each inverter, meter and battery measured",
}


def consent(
    application: Application,
    scopes: Iterable[str],
    months: int,
    plants: Iterable[Plant],
    fields: Mapping[str, str],
) -> str:
    """Return the consent page; `fields` come back with the decision."""
    content = _CONSENT.format(
        application=escape(application.name),
        months=months,
        scopes="".join(f"<li>{scope}: {_MEANING[scope]}</li>" for scope in scopes),
        hidden="\n".join(
            f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
            for name, value in fields.items()
        ),
        sites="".join(f'<option value="{p.site_id}">{escape(p.name.strip())}</option>' for p in plants),
    )
    return _PAGE.format(title="SolarEdge Connect (simulated)", content=content)


def failure(text: str) -> str:
    """Return the page for a request that cannot be sent back to the application."""
    return _PAGE.format(title="This request cannot be served", content=f"<p>{escape(text)}</p>")
