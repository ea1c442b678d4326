"""What the Markdown pages hold: commands and queries with what they print, links, anchors, settings."""

import re
from dataclasses import dataclass, field
from pathlib import Path

from markdown_it import MarkdownIt

ROOT = Path(__file__).parents[1]
PAGES = sorted(
    {
        path
        for pattern in ("*.md", "docs/*.md", "*/README.md", "tools/**/README.md", ".github/*.md")
        for path in ROOT.glob(pattern)
        if not {".venv", ".meltano", ".pytest_cache"} & {*path.parts}
    }
)
MARKDOWN = MarkdownIt("commonmark").enable("table")
VARIABLE = re.compile(r"\b(?:TAP_SOLAREDGE|TARGET_SEH_SQL)_[A-Z][A-Z_]*[A-Z]\b")
WORD = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)+")


@dataclass
class Command:
    """One command of a page, and the lines that it prints there."""

    text: str
    output: list[str] = field(default_factory=list)


@dataclass
class Query:
    """A query of a page, and the text that it gives there."""

    texts: dict[str | None, str]
    """Its SQL by the kind of database; None: for all that have none of their own."""
    output: str

    def of(self, kind):
        """Return the SQL for a database."""
        return self.texts.get(kind) or self.texts[None]


class Page:
    """One Markdown file."""

    def __init__(self, path):
        self.path = path
        self.name = str(path.relative_to(ROOT))
        self.text = path.read_text()
        self.tokens = MARKDOWN.parse(self.text)

    @property
    def commands(self):
        """The commands of the blocks in `console`, in order; a line that ends with a backslash goes on."""
        found = []
        for block in self.fences("console"):
            goes_on = False
            for line in block.splitlines():
                if goes_on:
                    found[-1].text += "\n" + line
                elif line.startswith("$ "):
                    found.append(Command(line[2:]))
                else:
                    found[-1].output.append(line)
                goes_on = line.endswith("\\")
        return found

    @property
    def queries(self):
        """The blocks in `sql` with the block in `text` that follows, in order."""
        found, texts = [], {}
        for token in self.tokens:
            if token.type != "fence":
                continue
            language = token.info.strip()
            if language == "sql":
                texts[_kind(token.content)] = token.content
                continue
            if texts and language == "text":
                found.append(Query(texts, token.content))
            texts = {}
        return found

    def statements(self, kind):
        """Return the statements of the block in `sql` for one database."""
        (block,) = [block for block in self.fences("sql") if _kind(block) == kind]
        return [part.strip() for part in block.partition("\n")[2].split(";") if part.strip()]

    def fences(self, language):
        """Return the blocks of a language."""
        return [
            token.content for token in self.tokens if token.type == "fence" and token.info.strip() == language
        ]

    @property
    def links(self):
        """The targets of links and pictures."""
        return [
            token.attrs.get("href") or token.attrs["src"]
            for token in self._inline()
            if token.type in {"link_open", "image"}
        ]

    @property
    def anchors(self):
        """The anchors of headings, as GitHub makes them."""
        headings = [
            self.tokens[i + 1].content for i, token in enumerate(self.tokens) if token.type == "heading_open"
        ]
        return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}

    @property
    def variables(self):
        """The environment variables of the plugins' settings, wherever they stand."""
        return set(VARIABLE.findall(self.text))

    @property
    def words(self):
        """The names in backticks that a program could know: words with an underscore."""
        return {
            word
            for token in self._inline()
            if token.type == "code_inline"
            for word in WORD.findall(token.content)
            if re.fullmatch(rf"{word}(: .*)?", token.content)
        }

    def _inline(self):
        for token in self.tokens:
            yield from token.children or ()


def _kind(sql):
    """Return the kind of database that a block in `sql` names in its first line; None: it is for all."""
    first = sql.partition("\n")[0]
    return first.removeprefix("-- ") if first.startswith("-- ") else None
