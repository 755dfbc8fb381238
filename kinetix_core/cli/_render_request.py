"""What `kinetix render` is asked for, checked before anything heavy is imported."""

from __future__ import annotations

import argparse
import re
from dataclasses import dataclass
from pathlib import Path

from kinetix_core.errors import SettingError, did_you_mean
from kinetix_core.paths import user_path
from kinetix_core.render import FILMS, FORMATS, STILLS, check_fps, usual_still

_SETTING = re.compile(r"[A-Za-z_][\w.]*=.*", re.DOTALL)
_PLAYING = ("engine", "action", "env")
THEMES = ("light", "dark")
POLICIES = ("random", "noop")
_LARGEST = 16_000
"""Pixels along an axis."""


@dataclass(frozen=True)
class Request:
    """Arguments that make sense together. None or 0: as usual.

    levels: names as for `find_levels`. pages: recorded attempts, as (file, level or "").
    policy: `random`, `noop` or the folder of a run; run: whether it is one.
    """

    out: Path
    levels: tuple[str, ...]
    pages: tuple[tuple[Path, str], ...]
    settings: tuple[str, ...]
    generator: str
    size: str
    count: int
    seed: int
    policy: str
    run: bool
    steps: int
    attempts: int
    frames: int
    columns: int
    width: int
    fps: int | None
    theme: str
    plays: bool

    @property
    def films(self) -> bool:
        """Whether attempts are shown moving, in a film."""
        return self.out.suffix in FILMS

    @property
    def subtitle(self) -> str:
        """Who played, for a page."""
        if not self.plays:
            return ""
        who = f"policy of {Path(self.policy).name}" if self.run else _SAID[self.policy]
        return f"{who}, seed {self.seed}"


_SAID = {"random": "random actions", "noop": "no actions"}


def request_of(args: argparse.Namespace) -> Request:
    """Raises `SettingError` for values that are wrong and options that would do nothing."""
    out = _out(f"render{usual_still()}" if args.out is None else args.out)
    still, film = out.suffix in STILLS, out.suffix in FILMS
    settings = [text for text in args.levels if _is_setting(text)]
    for text in settings:
        if instead := _written_otherwise(text):
            raise SettingError(f"{text}: it is written {instead} here")
    pages, levels = [], []
    for text in args.levels:
        if page := _page(text):
            pages.append(page)
        elif text not in settings:
            levels.append(text)
    _check_source(args.generator, levels, pages)
    _check_numbers(args)
    policy, run = _policy(args.policy)
    plays = bool(levels or args.generator) and (not still or args.frames is not None)
    _refuse_idle(args, still=still, film=film, plays=plays, pages=bool(pages), run=run)
    if args.fps is not None:
        check_fps(out.suffix, args.fps)
    _check_settings(settings, args.generator, plays and not run)
    if still and pages and (levels or args.generator) and not plays:
        raise SettingError(
            f"out={out}: recorded attempts and levels in one {out.suffix}: --frames N draws"
            " a strip of each; or write them apart"
        )
    if args.theme is not None and args.theme not in THEMES:
        raise SettingError(f"theme={args.theme}: unknown{did_you_mean(args.theme, THEMES)}")
    return Request(
        out=out,
        levels=tuple(levels),
        pages=tuple(pages),
        settings=tuple(settings),
        generator=args.generator or "",
        size=args.size or "",
        count=args.count or 16,
        seed=args.seed or 0,
        policy=policy,
        run=run,
        steps=args.steps or 0,
        attempts=args.attempts or 1,
        frames=args.frames or 5,
        columns=args.columns or 0,
        width=args.width or 0,
        fps=args.fps,
        theme=args.theme or THEMES[0],
        plays=plays,
    )


def _out(text: str) -> Path:
    path = user_path(text, "out")
    if path.suffix not in FORMATS:
        what = f"{path.suffix} is no format" if path.suffix else "the suffix says the format"
        raise SettingError(f"out={text}: {what}; {', '.join(FORMATS)} can be written")
    return path


def _is_setting(text: str) -> bool:
    return bool(_SETTING.fullmatch(text)) and not Path(text).exists()


def _page(text: str) -> tuple[Path, str] | None:
    """A replay page and a level of it, from `replay.html#s/roll_right`."""
    file, _, name = text.partition("#")
    return (user_path(file), name) if file.endswith(".html") else None


def _check_source(generator: str | None, levels: list[str], pages: list) -> None:
    if generator and levels:
        raise SettingError(
            f"generator={generator}: it makes the levels, so {levels[0]} cannot be given too;"
            " leave one of them out"
        )
    if not (generator or levels or pages):
        raise SettingError(
            "levels: none are asked for; files, folders, sets (`kinetix levels list`), a replay"
            " page or --generator NAME are expected"
        )


def _check_numbers(args: argparse.Namespace) -> None:
    for name, least, most in (
        ("count", 1, 4096),
        ("seed", 0, 2**31 - 1),
        ("steps", 1, 100_000),
        ("attempts", 1, 1000),
        ("frames", 2, 100),
        ("columns", 1, 100),
        ("width", 16, _LARGEST),
    ):
        value = getattr(args, name)
        if value is not None and not least <= value <= most:
            raise SettingError(f"{name}={value}: {least} to {most} is expected")


def _policy(text: str | None) -> tuple[str, bool]:
    if text is None:
        return POLICIES[0], False
    name, is_run, folder = text.partition("run=")
    if is_run and not name and folder:
        return folder, True
    if text not in POLICIES:
        raise SettingError(
            f"policy={text}: unknown{did_you_mean(text, POLICIES)};"
            " run=DIR is the policy of a training run"
        )
    return text, False


def _refuse_idle(
    args: argparse.Namespace, *, still: bool, film: bool, plays: bool, pages: bool, run: bool
) -> None:
    """Raises `SettingError` for an option that would do nothing."""
    strips = still and (plays or pages)
    idle = {
        "count": not args.generator and "without --generator",
        "seed": not (args.generator or plays) and "where nothing is random",
        "size": (run and plays and "with run=, whose levels have the size of its training")
        or (not (args.generator or plays or not pages) and "for recorded attempts"),
        "frames": not still and "but in an .svg or .png",
        "columns": (not still and not film and "in a page") or (strips and "for strips"),
        "width": not still and not film and "in a page",
        "theme": not still and not film and "in a page, which follows the reader's system",
        "fps": not film and "but in a .gif or .mp4",
    }
    why = "for recorded attempts" if pages else "for levels as they are; --frames N plays them"
    idle |= dict.fromkeys(("policy", "steps", "attempts"), not plays and why)
    for name, reason in idle.items():
        if reason and (value := getattr(args, name)) is not None:
            raise SettingError(f"{name}={value}: means nothing {reason}")


def _check_settings(settings: list[str], generator: str | None, plays: bool) -> None:
    known = (*(("generator",) if generator else ()), *(_PLAYING if plays else ()))
    for text in settings:
        part = re.split(r"[.=]", text, maxsplit=1)[0]
        if part not in known:
            allowed = f"settings of {', '.join(known)} are expected" if known else "none is"
            raise SettingError(f"{text}: means nothing here; {allowed}")


def _written_otherwise(text: str) -> str:
    """What other commands take as a setting and this one as an option."""
    name, _, value = text.partition("=")
    if name in ("generator", "size", "seed", "attempts", "out"):
        return f"--{name} {value}"
    return {"run": f"--policy {text}", "levels": value}.get(name, "")
