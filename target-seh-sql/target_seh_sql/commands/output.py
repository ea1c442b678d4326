"""Where a command writes: a file that takes the place of the old one when it is whole."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def whole(output: Path, mode: str, **more: Any) -> Iterator[IO[Any]]:  # noqa: ANN401
    """Give a file to write; what a link names is replaced, and a device or pipe is written into.

    The draft has a name of its own: two commands that write the same file spoil nothing.

    Raises:
        OSError: it cannot be written; it names the file.
    """
    output = output.resolve()
    into = output.exists() and not output.is_file()
    draft = output if into else output.with_name(f"{output.name}.{os.getpid()}.part")
    try:
        with draft.open(mode, **more) as file:
            yield file
        if not into:
            draft.replace(output)
    except BaseException as error:
        if not into:
            draft.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.errno and error.filename is None:  # a full disk
            raise OSError(error.errno, error.strerror, str(output)) from error
        raise
