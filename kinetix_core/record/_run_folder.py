"""The run folder: configuration, versions, metrics, parameters and state of a run."""

from __future__ import annotations

import itertools
import json
import logging
import os
import re
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jax

from kinetix_core.errors import RunError
from kinetix_core.paths import user_path

from ._changes import changed_settings
from ._checkpoint import (
    Checkpoint,
    NoCheckpoint,
    OtherState,
    load_checkpoint,
    save_checkpoint,
)
from ._listing import (
    CONFIG,
    EVALUATIONS,
    PARAMETERS,
    RUNNING,
    STATUS,
    VERSIONS,
    check_run,
    process,
    read_config,
    summarise_run,
)
from ._parameters import flatten
from ._rows import drop_after
from ._versions import changed_versions, package_versions

if TYPE_CHECKING:
    from kinetix_core.compose import ComposedRun
    from kinetix_core.interfaces import Parameters

_LEAST_FREE_BYTES = 50_000_000
_log = logging.getLogger(__name__)


@dataclass
class RunFolder:
    """A folder that a run writes to. Files are written to a temporary name and renamed."""

    path: Path
    engine: str = ""
    parameters_update: int | None = field(default=None, init=False)
    _damaged: tuple[Path, ...] = field(default=(), init=False)  # checkpoints found to be so
    _begun: float = field(default_factory=time.time, init=False)

    @classmethod
    def create(cls, composed: ComposedRun) -> RunFolder:
        """Make `train.directory`/`train.name`; where there is such a folder, one with a number.

        Says so in the log. Raises `RunError` where it cannot be written.
        """
        directory, name = composed.train.directory, composed.train.name
        parent = path = user_path(directory, "train.directory")
        try:
            path = _new_folder(parent, name or _run_name(composed))
            if name and path != parent / name:
                _log.warning("train.name=%s: %s exists; this run is %s", name, parent / name, path)
            folder = cls(path, engine=str(composed.config["engine"]["name"]))
            folder.take_over(composed)
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            raise RunError(
                f"train.directory={directory}: {path} cannot be written: {reason}; "
                "choose another train.directory"
            ) from error
        return folder

    @classmethod
    def reopen(cls, path: Path, composed: ComposedRun) -> RunFolder:
        """The folder of a run that is to be taken up again; nothing is written yet.

        Raises `RunError` where it is no run folder, or where a process still writes to it.
        """
        check_run(path, "resume")
        summary = summarise_run(path)
        if summary.state == RUNNING:
            raise RunError(
                f"resume={path}: this run is still going on ({STATUS} names its process): stop it"
            )
        return cls(path, engine=str(composed.config["engine"]["name"]))

    def take_over(self, composed: ComposedRun) -> None:
        """Write the settings and versions with which the run goes on after its parameters' update.

        Raises `RunError`.
        """
        try:
            drop_after(self.path / EVALUATIONS, self.parameters_update or 0)
        except OSError as error:
            raise RunError(f"{self.path / EVALUATIONS}: cannot be written: {error}") from error
        self.write_json(CONFIG, composed.config)
        self.write_json(VERSIONS, versions())
        self.set_status("starting")

    def save_checkpoint(self, state: Any, update: int, *, keep: int, seconds: float) -> None:
        """Save everything that the next update depends on, after `seconds` of the run."""
        notes = {"seconds": seconds, "versions": versions()}
        damaged, self._damaged = self._damaged, ()
        save_checkpoint(self.path, state, update, keep=keep, notes=notes, damaged=damaged)

    def load_checkpoint(self, like: Any, composed: ComposedRun) -> Checkpoint:
        """The newest one that is whole. Logs which versions are not those it was saved with.

        Raises `RunError` naming the settings that are not those that it was saved with, where
        its arrays do not fit `like`, or that says what to do where there is none.
        """
        try:
            found = load_checkpoint(self.path, like)
        except NoCheckpoint as error:
            again = "training again with the command that began it starts it afresh"
            raise RunError(f"resume={error}; {again}") from error
        except OtherState as error:
            before = read_config(self.path, "resume")
            if not (changed := changed_settings(before, composed.config)):
                raise
            raise RunError(
                f"resume={self.path}: {', '.join(changed)}: the saved state has other arrays, so "
                "this cannot be changed in a run that is taken up again; how long it lasts "
                "(train.total_steps), learning rates, coefficients and numbers of epochs and "
                "minibatches, evaluations, checkpoints and loggers can"
            ) from error
        self._damaged = found.damaged
        if changed := changed_versions(found.notes.get("versions", {}), versions()):
            _log.warning(
                "other versions than when the checkpoint was saved, so bits may differ: %s",
                ", ".join(changed),
            )
        return found

    def check_room(self, bytes_needed: int) -> None:
        """Raises `RunError` where the disk has no room for so many bytes."""
        disk = os.statvfs(self.path)
        available = disk.f_bavail * disk.f_frsize
        if available < max(bytes_needed, _LEAST_FREE_BYTES):
            raise RunError(
                f"{self.path}: {available / 1e6:.0f} MB are free there and the checkpoints of this "
                f"run take {bytes_needed / 1e6:.0f} MB; free some space, choose another "
                "train.directory, or keep fewer (checkpoint.keep)"
            )

    def add_evaluations(self, update: int, sets: Sequence[Mapping[str, Any]]) -> None:
        """Add what the levels of each set were solved at after `update`, a line of JSON each.

        Raises `RunError`.
        """
        target = self.path / EVALUATIONS
        try:
            with open(target, "a", encoding="utf-8") as file:
                file.writelines(json.dumps({"update": update, **row}) + "\n" for row in sets)
        except OSError as error:
            raise RunError(f"{target}: cannot be written: {error.strerror}") from error

    def write_json(self, name: str, value: Any) -> None:
        """Replace a file of the folder. Raises `RunError`; the file before is then kept."""
        text = json.dumps(value, indent=2, sort_keys=False, default=str) + "\n"
        self._write(name, text.encode())

    def _write(self, name: str, content: bytes) -> None:
        target = self.path / name
        temporary = target.with_name(f".{name}.tmp")
        try:
            temporary.write_bytes(content)
            temporary.replace(target)
        except OSError as error:
            raise RunError(f"{target}: cannot be written: {error.strerror}") from error

    def set_status(self, status: str) -> None:
        self.write_json(
            STATUS,
            {
                "status": status,
                "parameters_of_update": self.parameters_update,
                "seconds": round(time.time() - self._begun, 1),
                "process": process(),
            },
        )

    def save_parameters(self, params: Parameters, update: int) -> None:
        """Replace the saved parameters. Raises `RunError`; the ones before are then kept."""
        from safetensors.numpy import save

        self._write(PARAMETERS, save(flatten(jax.device_get(params)), {"update": str(update)}))
        self.parameters_update = update
        self.set_status("running")


def versions() -> dict[str, str]:
    """Python, processor, devices and the packages that results depend on, plugins included."""
    found = package_versions()
    machine = {key: found.pop(key) for key in ("python", "machine")}
    return {**machine, "devices": ", ".join(str(d.device_kind) for d in jax.devices()), **found}


def _run_name(composed: ComposedRun) -> str:
    parts = [time.strftime("%Y%m%d-%H%M%S"), composed.size.name]
    parts += [str(composed.config[kind]["name"]) for kind in ("curriculum", "network")]
    return re.sub(r"[^A-Za-z0-9._-]+", "-", "-".join(parts))


def _new_folder(parent: Path, name: str) -> Path:
    """`name`, or `name-2`, `name-3`, ...: a run never writes into another one's folder."""
    parent.mkdir(parents=True, exist_ok=True)
    for number in itertools.count(1):
        path = parent / (name if number == 1 else f"{name}-{number}")
        with suppress(FileExistsError):  # also where another run was a moment faster
            path.mkdir()
            return path
    raise AssertionError
