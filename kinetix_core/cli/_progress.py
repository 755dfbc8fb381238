"""How far something has come, on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def shown_progress(total: int, what: str) -> Iterator[Callable[[int], None]]:
    """Call what is yielded with how many more are done; the line goes away at the end.

    what: what is counted, as `episodes played`.
    """
    if not sys.stderr.isatty():
        yield lambda more: None
        return
    done = 0

    def show(more: int) -> None:
        nonlocal done
        done += more
        print(f"\r{done:,} of {total:,} {what}", end="", file=sys.stderr, flush=True)

    try:
        yield show
    finally:
        print("\r\033[K", end="", file=sys.stderr, flush=True)
