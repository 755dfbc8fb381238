"""Moving pictures of attempts: GIF and MP4."""

from __future__ import annotations

import contextlib
import math
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from kinetix_core.errors import RunError, SettingError

from ._formats import FILMS, FRAMES_PER_SECOND, check_fps, ffmpeg, pillow, require_packages
from ._look import look
from ._raster import rasterise
from ._recording import Recording
from ._replay import Replay, as_replay
from ._shapes import num
from ._svg import CHARACTER, STRIP, Panel, cell_width, moment, sheet

if TYPE_CHECKING:
    from PIL.Image import Image

HOLD = 1.2
"""Seconds for which the last frame is shown."""


def write_film(
    path: str | Path,
    recordings: Sequence[Recording | Replay],
    *,
    columns: int = 4,
    width: int = 480,
    fps: int | None = None,
    theme: str = "light",
) -> Path:
    """Play attempts side by side, as a .gif or .mp4, `width` pixels wide; returns the path.

    In world time; an attempt that is over stands still. Below each: name, time, reward of the step
    before, return so far, and the return as a curve. `fps`: 15 in a GIF, 30 in an MP4 if None.

    Raises `SettingError` for another suffix, a number of frames per second that a GIF cannot have,
    and where the packages of the extra `render` are missing; `RunError` where `path` cannot be
    written.
    """
    path, replays = Path(path), [as_replay(recording) for recording in recordings]
    if path.suffix not in FILMS:
        raise SettingError(f"{path}: .gif or .mp4 is expected")
    fps = FRAMES_PER_SECOND[path.suffix][0] if fps is None else fps
    check_fps(path.suffix, fps)
    if not replays:
        raise SettingError(f"{path}: there are no attempts to show")
    require_packages(path.suffix)
    images = (
        rasterise(frame_svg(replays, k / fps, columns, width, theme), look()[theme]["page"])
        for k in range(frame_count(replays, fps))
    )
    write = _write_gif if path.suffix == ".gif" else _write_mp4
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(path, images, fps)
    except OSError as error:
        raise RunError(f"{path}: cannot be written ({error.strerror or error})") from error
    return path


def frame_count(replays: Sequence[Replay], fps: int) -> int:
    """How many frames it takes until the last attempt is over; the last one shows its end."""
    longest = max(replay.steps * replay.seconds for replay in replays)
    return math.ceil(longest * fps - 1e-6) + 1


def frame_svg(
    replays: Sequence[Replay], time: float, columns: int, width: int, theme: str = "light"
) -> str:
    """All attempts at one time (s of the world), as a vector picture."""
    cell = cell_width(len(replays), columns, width)
    panels = []
    for replay in replays:
        step = min(int(time / replay.seconds + 1e-6), replay.steps)
        captions = (replay.title, _numbers(replay, step, cell))
        panels.append(Panel(moment(replay, step, theme), captions, _curve(replay, step, cell)))
    return sheet(panels, columns, width, theme)


def _numbers(replay: Replay, step: int, width: float) -> str:
    """What there is room for of time, reward, return and outcome."""
    time = f"{step * replay.seconds:.1f} s"
    total = f"return {_signed(replay.reward[:step].sum(), 2)}"
    last = replay.outcome if step == replay.steps else ""
    reward = f"reward {_signed(replay.reward[step - 1], 3)}" if step and not last else ""
    for parts in ((time, reward, total, last), (time, total, last), (time, last or total)):
        text = "  ".join(part for part in parts if part)
        if len(text) * CHARACTER <= width:
            break
    return text


def _signed(value: float, digits: int) -> str:
    text = f"{value:+.{digits}f}"
    return text if float(text) else "0"


def _curve(replay: Replay, step: int, width: float) -> str:
    """The return over the whole attempt (pale), and up to now, on a line at zero."""
    total = np.concatenate([[0], np.cumsum(np.nan_to_num(replay.reward))])
    low, high = min(0.0, total.min()), max(0.1, total.max())
    x = 4 + np.arange(len(total)) / max(replay.steps, 1) * (width - 8)
    y = STRIP - 6 - (total - low) / (high - low) * (STRIP - 10)
    zero = num(STRIP - 6 + low / (high - low) * (STRIP - 10))
    tone = look()["caption"]

    def line(until: int, more: str) -> str:
        points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x[:until], y[:until], strict=True))
        return f'<polyline points="{points}" fill="none" stroke="{tone}" {more}/>'

    now = f'<circle cx="{num(x[step])}" cy="{num(y[step])}" r="3" fill="{tone}"/>'
    base = f'<path d="M4 {zero}H{num(width - 4)}" stroke="{tone}" stroke-opacity="0.3"/>'
    pale = line(len(total), 'stroke-width="1.2" stroke-opacity="0.4"')
    solid = line(step + 1, 'stroke-width="2" stroke-linecap="round"') if step else ""
    return base + pale + solid + now


def _write_gif(path: Path, images: Iterator[Image], fps: int) -> None:
    """One palette for all frames, so that nothing flickers; times in whole 1/100 s."""
    PIL = pillow()
    frames = list(images)
    shown = frames[:: max(len(frames) // 6, 1)]
    mosaic = PIL.Image.new("RGB", (shown[0].width, shown[0].height * len(shown)))
    for i, frame in enumerate(shown):
        mosaic.paste(frame, (0, i * frame.height))
    # Of Pillow's methods the one that keeps small coloured parts, such as flames, in their colour.
    palette = mosaic.quantize(255, PIL.Image.Quantize.FASTOCTREE)
    frames = [f.quantize(palette=palette, dither=PIL.Image.Dither.NONE) for f in frames]
    ends = [round(100 * (k + 1) / fps) for k in range(len(frames))]
    times = [10 * (end - begin) for begin, end in zip([0, *ends], ends, strict=False)]
    times[-1] = round(1000 * HOLD)
    first, *rest = frames
    first.save(path, "GIF", save_all=True, append_images=rest, duration=times, loop=0)


def _write_mp4(path: Path, images: Iterator[Image], fps: int) -> None:
    """H.264 that plays everywhere: even sides, 4:2:0. Raises `OSError` with what ffmpeg says."""
    first = next(images)
    size = first.width + first.width % 2, first.height + first.height % 2
    held = round(HOLD * fps) - 1
    with tempfile.TemporaryFile() as log:
        encoder = subprocess.Popen(
            [ffmpeg().get_ffmpeg_exe(), *_encoding(size, fps), str(path.absolute())],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=log,
        )
        assert encoder.stdin is not None
        data = b""
        try:
            for image in chain([first], images):
                encoder.stdin.write(data := _even(image, size).tobytes())
            for _ in range(held):
                encoder.stdin.write(data)
        except BrokenPipeError:
            pass  # it has stopped, and has said why
        finally:
            with contextlib.suppress(BrokenPipeError):
                encoder.stdin.close()
            status = encoder.wait()
        if status:
            log.seek(0)
            raise OSError(" ".join(log.read().decode(errors="replace").split())[-300:])


def _encoding(size: tuple[int, int], fps: int) -> list[str]:
    raw = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{size[0]}x{size[1]}", "-r", str(fps)]
    codec = ["-c:v", "libx264", "-pix_fmt", "yuv420p", "-crf", "18", "-movflags", "+faststart"]
    return ["-y", "-loglevel", "error", *raw, "-i", "-", *codec]


def _even(image: Image, size: tuple[int, int]) -> Image:
    """Grown by a row or column of the background where a side is odd."""
    if image.size == size:
        return image
    grown = pillow().Image.new("RGB", size, image.getpixel((0, image.height - 1)))
    grown.paste(image)
    return grown
