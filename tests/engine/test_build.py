"""The kernel's library: built once, whole, by whatever compiler there is."""

import importlib.metadata
import importlib.util
import logging
import os
import stat
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
from kinetix_jax2d import _build, _compiler, _doctor, _native, _tidy

from kinetix_core.errors import EngineError


class FakeCompiler:
    """A program that writes its output file and keeps a list of its calls."""

    def __init__(self, folder: Path, name: str = "fakec++") -> None:
        self.path, self._log = folder / name, folder / f"{name}.log"
        self.behave("import time; time.sleep(0.3); Path(output).write_bytes(b'library')")

    def behave(self, what: str) -> None:
        program = textwrap.dedent(
            f"""\
            #!{sys.executable}
            import sys
            from pathlib import Path
            with open({str(self._log)!r}, "a") as log:
                log.write("called\\n")
            output = sys.argv[sys.argv.index("-o") + 1]
            """
        )
        self.path.write_text(program + what + "\n")
        self.path.chmod(self.path.stat().st_mode | stat.S_IXUSR)

    @property
    def calls(self) -> int:
        return len(self._log.read_text().splitlines()) if self._log.exists() else 0


@pytest.fixture
def cache(tmp_path, monkeypatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv("KINETIX_CACHE_DIR", str(folder))
    return folder


@pytest.fixture
def compiler(tmp_path, monkeypatch) -> FakeCompiler:
    fake = FakeCompiler(tmp_path)
    monkeypatch.setenv("CXX", str(fake.path))
    return fake


def test_built_once_and_found_again(cache, compiler, monkeypatch):
    path = _build.library()
    assert path.parent == cache
    assert path.read_bytes() == b"library"

    def no_program(*args, **kwargs):
        raise AssertionError("a later start runs no program")

    monkeypatch.setattr(subprocess, "run", no_program)
    assert _build.library() == path
    assert compiler.calls == 1


def test_parallel_starts_compile_once(cache, compiler):
    """The others wait for the one that compiles, and take what it made."""
    program = "from kinetix_jax2d import _build; print(_build.library())"
    starts = [
        subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    paths = {start.communicate()[0].strip() for start in starts}
    assert [start.returncode for start in starts] == [0] * 4
    assert len(paths) == 1
    assert Path(paths.pop()).read_bytes() == b"library"
    assert compiler.calls == 1
    assert {path.suffix for path in cache.iterdir()} == {".so", ".sha256", ".lock"}


@pytest.mark.parametrize("damage", ["shortened", "changed", "no checksum"])
def test_a_damaged_library_is_built_again(cache, compiler, damage):
    path = _build.library()
    if damage == "no checksum":
        path.with_suffix(".sha256").unlink()
    else:
        path.write_bytes(b"lib" if damage == "shortened" else b"liBrary")
    assert not _build.is_whole(path)
    assert _build.library() == path
    assert path.read_bytes() == b"library"
    assert compiler.calls == 2


def test_an_unwritable_cache_is_replaced_by_a_temporary_folder(
    tmp_path, compiler, monkeypatch, caplog
):
    in_the_way = tmp_path / "file"
    in_the_way.write_text("not a folder")
    monkeypatch.setenv("KINETIX_CACHE_DIR", str(in_the_way / "cache"))
    with caplog.at_level(logging.WARNING, "kinetix_jax2d"):
        path = _build.library()
    assert path.read_bytes() == b"library"
    assert "KINETIX_CACHE_DIR" in caplog.text
    assert str(in_the_way / "cache") in caplog.text


def test_a_compiler_that_fails_says_why(cache, compiler, monkeypatch):
    compiler.behave(
        "sys.stderr.write('note: x\\nkernel.cpp:1: error: no such luck\\n'); sys.exit(1)"
    )
    monkeypatch.setattr(_build, "compilers", lambda: list(_compiler.compilers())[:1])
    with pytest.raises(EngineError) as caught:
        _build.library()
    assert "kernel.cpp:1: error: no such luck" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_next_compiler_is_tried(cache, compiler, tmp_path, monkeypatch, caplog):
    compiler.behave("sys.exit(1)")
    other = FakeCompiler(tmp_path, "other")
    found = [_compiler.Compiler((str(c.path),), c.path.name) for c in (compiler, other)]
    monkeypatch.setattr(_build, "compilers", lambda: found)
    assert _build.library().read_bytes() == b"library"
    assert (compiler.calls, other.calls) == (1, 1)
    assert "does not compile with" in caplog.text


@pytest.fixture
def no_compiler(tmp_path, monkeypatch, cache) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    monkeypatch.delenv("CXX", raising=False)
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "ziglang" else find_spec(name)
    )


@pytest.mark.usefixtures("no_compiler")
def test_without_a_compiler_one_line_says_what_to_install():
    with pytest.raises(EngineError, match=r"install one, or run: pip install") as caught:
        _build.library()
    assert "\n" not in str(caught.value)
    warning, kernel = _doctor.check()  # no problem: the JAX kernel serves
    assert warning == f"warning: {caught.value}"
    assert kernel.startswith("kernel: JAX, which is slower")


@pytest.mark.usefixtures("no_compiler")
def test_the_compiler_from_the_package_index(monkeypatch):
    """`ziglang` is taken where the path has no compiler; it needs no C++ library."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name)
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "1.2")
    (found,) = _compiler.compilers()
    assert found.command == (sys.executable, "-m", "ziglang", "cc")


@pytest.mark.parametrize("attempt", [_build.library, _doctor.check])
@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("/nonexistent -O1", "there is no program /nonexistent"),
        ("c++ '-O1", "no closing quotation"),
    ],
)
def test_a_wrong_cxx_is_said(value, words, attempt, cache, monkeypatch):
    monkeypatch.setenv("CXX", value)
    with pytest.raises(EngineError) as caught:
        attempt()
    assert str(caught.value).startswith(f"CXX={value}: {words}; ")
    assert "unset CXX" in str(caught.value)


def test_the_key_holds_all_that_the_library_depends_on(compiler, monkeypatch):
    found = next(_compiler.compilers())
    keys = {_compiler.build_key(found)}
    os.utime(compiler.path, ns=(0, 0))  # another version of the same compiler
    keys.add(_compiler.build_key(next(_compiler.compilers())))
    for name, value in (
        ("source_digest", "other source"),
        ("flags", ("-O1",)),
        ("processor", "other processor"),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(_compiler, name, lambda value=value: value)
            keys.add(_compiler.build_key(found))
    with monkeypatch.context() as patch:
        patch.setattr(importlib.metadata, "version", lambda name: "0.0")
        keys.add(_compiler.build_key(found))
    assert len(keys) == 6


def test_a_file_that_is_no_library_is_named(tmp_path, monkeypatch):
    path = tmp_path / "text.so"
    path.write_text("text")
    monkeypatch.setattr(_native, "_registered", False)
    monkeypatch.setattr(_build, "library", lambda: path)
    with pytest.raises(EngineError, match=r"text\.so can't be loaded"):
        _native.target()


def test_progress_is_told_once(cache, compiler, caplog):
    with caplog.at_level(logging.INFO, "kinetix_jax2d"):
        _build.library()
        _build.library()
    told = [record.message for record in caplog.records if "compiling" in record.message]
    assert told == [f"compiling the physics kernel with {compiler.path} (once)"]


def test_doctor_describes_the_build(cache, monkeypatch):
    """With the compiler of this machine, if there is one."""
    monkeypatch.delenv("CXX", raising=False)
    if not list(_compiler.compilers()):
        pytest.skip("no C++ compiler here")
    lines = _doctor.check()
    assert [line.partition(":")[0] for line in lines] == [
        "compiler",
        "flags",
        "vector width",
        "cache",
        "kernel",
    ]
    assert f"cache: {cache}" in lines
    assert "not built yet" in lines[-1]


def test_doctor_tries_the_compilers(cache, compiler, tmp_path, monkeypatch):
    """What can't build is no good, and is named with its error."""
    compiler.behave("sys.stderr.write('error: no such luck\\n'); sys.exit(1)")
    other = FakeCompiler(tmp_path, "other")
    found = [_compiler.Compiler((str(c.path),), c.path.name) for c in (compiler, other)]
    monkeypatch.setattr(_doctor, "compilers", lambda: found)
    lines = _doctor.check()
    assert lines[0] == f"compiler {compiler.path} does not work: error: no such luck"
    assert lines[1].startswith(f"compiler: {other.path} (")
    assert not cache.exists()
    other.behave("")  # says nothing, does nothing
    with pytest.raises(EngineError) as caught:
        _doctor.check()
    assert f"{compiler.path} does not work: error: no such luck; " in str(caught.value)
    assert f"{other.path} does not work: it writes no library" in str(caught.value)


def test_doctor_finds_the_kernel_of_any_compiler(cache, compiler, tmp_path, monkeypatch):
    other = FakeCompiler(tmp_path, "other")
    found = [_compiler.Compiler((str(c.path),), c.path.name) for c in (compiler, other)]
    monkeypatch.setattr(_build, "compilers", lambda: found[1:])
    built = _build.library()
    monkeypatch.setattr(_doctor, "compilers", lambda: found)
    lines = _doctor.check()
    assert lines[0].startswith(f"compiler: {other.path} (")
    assert lines[-1] == f"kernel: {built.name}, built"


def test_a_missing_header_is_said(cache, compiler, tmp_path, monkeypatch):
    (tmp_path / "jaxlib").mkdir()
    (tmp_path / "jaxlib" / "__init__.py").write_text("")
    spec = importlib.util.spec_from_file_location("jaxlib", tmp_path / "jaxlib" / "__init__.py")
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: spec if name == "jaxlib" else None
    )
    for attempt in (_build.library, _doctor.check):
        with pytest.raises(EngineError, match=r"jaxlib lacks the header xla/ffi/api/c_api\.h"):
            attempt()


def aged(path: Path, days: float) -> Path:
    """A file or folder, last used so long ago."""
    if path.suffix:
        path.write_text("")
    else:
        path.mkdir()
        (path / "jax2d.so").write_text("")
    then = time.time() - days * 24 * 3600
    os.utime(path, (then, then))
    return path


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_build_removes_what_is_old(cache, compiler):
    cache.mkdir()
    kept = {aged(cache / "jax2d-now-x", 0.5), aged(cache / "xla", 90), aged(cache / "other.so", 90)}
    aged(cache / "jax2d-killed-x", 2)
    for number in range(6):
        for suffix in (".so", ".sha256", ".lock"):
            path = aged(cache / f"jax2d-{number}{suffix}", 40 + number)
            if number < _tidy.KEPT - 1:  # the new one is kept too
                kept.add(path)
    aged(cache / "jax2d-failed.lock", 40)
    kept.add(aged(cache / "jax2d-waiting.lock", 1))
    new = _build.library()
    of_new = {new.with_suffix(suffix).name for suffix in (".so", ".sha256", ".lock")}
    assert names(cache) == {path.name for path in kept} | of_new


def test_nothing_that_was_used_of_late_is_removed(cache, compiler):
    cache.mkdir()
    recent = {aged(cache / f"jax2d-{number}.so", 29) for number in range(9)}
    path = _build.library()
    assert {other.name for other in recent} <= names(cache)
    os.utime(path, (0, 0))
    assert _build.library() == path
    assert time.time() - path.stat().st_mtime < 1000, "it was used"
