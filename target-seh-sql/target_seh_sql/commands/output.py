"""Where a command writes: a file that takes the place of the old one when it is whole."""

from __future__ import annotations

from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def whole(output: Path, mode: str, **more: Any) -> Iterator[IO[Any]]:  # noqa: ANN401
    """Give a file to write; what a link names is replaced, and a device or pipe is written into."""
    output = output.resolve()
    if output.exists() and not output.is_file():
        with output.open(mode, **more) as file:
            yield file
        return
    draft = output.with_name(output.name + ".part")
    try:
        with draft.open(mode, **more) as file:
            yield file
        draft.replace(output)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
