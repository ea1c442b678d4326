"""In place of a browser: opens the consent page, approves, and comes back: approving_owner.py LINK SITE."""

import sys
from urllib.parse import parse_qsl, urlsplit

import requests

link, site = sys.argv[1:]
assert "<form" in requests.get(link, timeout=10).text
sent = dict(parse_qsl(urlsplit(link).query)) | {"site_id": site, "decision": "approve"}
answer = requests.post(link.partition("?")[0], data=sent, timeout=10, allow_redirects=False)
requests.get(answer.headers["Location"], timeout=10)
