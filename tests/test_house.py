"""The rules of the house: light starts, sizes of files and functions, what no file may hold."""

import ast
import re
import subprocess
import sys
import tomllib
from functools import cache
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import kinetix_core
from kinetix_core.registry import KINDS, registry

ROOT = Path(__file__).resolve().parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PACKAGES = [ROOT / p for p in PYPROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]]

LIGHT = {"kinetix_core", "pluggy"} | {package.name for package in PACKAGES}
"""What an entry-point or config module may import besides the standard library."""


@cache
def tracked() -> tuple[Path, ...]:
    """Every file under version control that is still there."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    command = ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z"]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode()
    return tuple(path for name in names.split("\0") if name and (path := ROOT / name).is_file())


def sources(*suffixes: str) -> list[Path]:
    """Files of the packages, the examples and the benchmarks, with one of `suffixes`; no results,
    of which some are pages that were written."""
    places = [*PACKAGES, ROOT / "examples", ROOT / "benchmarks"]
    files = [path for place in places for path in place.rglob("*") if path.suffix in suffixes]
    written = ROOT / "benchmarks" / "results"
    found = [path for path in files if written not in path.parents]
    assert found
    return sorted(found)


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


# --- light start ---


def own_modules() -> list[str]:
    """Entry-point modules and config modules of the project, and the command line."""
    ours = {package.name for package in PACKAGES}
    points = metadata.entry_points(group="kinetix.plugins")
    modules = {p.value.split(":")[0] for p in points if p.value.split(".")[0] in ours}
    assert len(modules) == len(PYPROJECT["project"]["entry-points"]["kinetix.plugins"])
    components = [c for kind in KINDS for c in registry().components(kind)]
    modules |= {c.config.split(":")[0] for c in components if c.config.split(".")[0] in ours}
    return ["kinetix_core.cli", *sorted(modules)]


@pytest.mark.parametrize("module", own_modules())
def test_start_modules_need_only_the_standard_library(module):
    # a new process, because this one has imported everything; `site` may have loaded packages
    # of its own before the import, which are not the module's doing
    code = (
        "import sys; before = set(sys.modules); import importlib;"
        f"importlib.import_module({module!r});"
        "print(*{name.split('.')[0] for name in set(sys.modules) - before})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert module.split(".")[0] in loaded
    assert loaded - set(sys.stdlib_module_names) - LIGHT == set()


# --- private modules ---


def package_of(module: str) -> str:
    """`kinetix_core.scene` of `kinetix_core.scene._size`; a plugin package is one package."""
    parts = module.split(".")
    return ".".join(parts[:2] if parts[0] == "kinetix_core" else parts[:1])


def module_of(file: Path) -> str:
    """The dotted name of a source file of the packages."""
    (root,) = (p.parent for p in PACKAGES if p in file.parents)
    return ".".join(file.relative_to(root).with_suffix("").parts)


def test_private_modules_are_imported_in_their_own_package_only():
    """What another package needs has a public name."""
    found = []
    for file in (f for package in PACKAGES for f in package.rglob("*.py")):
        own = package_of(module_of(file))
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and not node.level and node.module:
                names = [f"{node.module}.{alias.name}" for alias in node.names]
            elif isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            else:
                continue
            found += [
                f"{name(file)}: {imported}"
                for imported in names
                if imported.startswith("kinetix_") and package_of(imported) != own
                if any(re.match(r"_[a-z]", part) for part in imported.split("."))
            ]
    assert found == []


# --- sizes and docstrings ---


def test_no_file_has_more_than_500_lines():
    files = sources(".py", ".cpp", ".cc", ".h", ".hpp", ".js", ".css", ".html", ".yaml")
    lines = {name(f): len(f.read_text(encoding="utf-8").splitlines()) for f in files}
    assert {file: count for file, count in lines.items() if count > 500} == {}


def test_no_function_has_more_than_80_lines():
    long = {}
    for file in sources(".py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                assert node.end_lineno is not None
                if (lines := node.end_lineno - node.lineno + 1) > 80:
                    long[f"{name(file)}:{node.name}"] = lines
    assert long == {}


def test_every_module_says_what_it_is():
    files = [file for file in sources(".py") if file.stat().st_size]
    bare = [
        name(f) for f in files if not ast.get_docstring(ast.parse(f.read_text(encoding="utf-8")))
    ]
    assert bare == []
    assert [name(p) for p in PACKAGES if not (p / "__init__.py").read_text().strip()] == []


def test_hooks_commands_and_interfaces_say_what_they_are():
    """Each public function and method of these files, which is where people look first."""
    core = ROOT / "kinetix_core"
    files = [*core.glob("cli/[a-z]*.py"), *core.glob("interfaces/*.py"), core / "plugin.py"]
    files += [package / "__init__.py" for package in PACKAGES]
    bare = []
    for file in files:
        public = ast.parse(file.read_text(encoding="utf-8")).body
        public += [
            method for node in public if isinstance(node, ast.ClassDef) for method in node.body
        ]
        bare += [
            f"{name(file)}:{node.name}"
            for node in public
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
            if not ast.get_docstring(node)
        ]
    assert bare == []


def test_places_are_no_packages():
    places = ("plugins", "engine", "configs", "plugins/observations", "benchmarks", "examples")
    assert [p for p in places if (ROOT / p / "__init__.py").exists()] == []


# --- what no file may hold ---

FORBIDDEN = {
    "a path of one machine": r"(?<![\w.:/-])/(work|root|tmp|home/\w+|Users/\w+)/\w",
    "the address of a package index": r"(?i)extra-index-url|find-links|\bpypi\.|/simple/"
    r"|registry\.npmjs|pythonhosted",
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_tracked_files_are_the_same_on_every_machine(what):
    pattern, found = re.compile(FORBIDDEN[what]), []
    for file in tracked():
        if file == Path(__file__).resolve():
            continue
        try:
            text = file.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # a picture or an archive
        found += [
            f"{name(file)}:{number}: {line.strip()[:80]}"
            for number, line in enumerate(text.splitlines(), 1)
            if pattern.search(line)
        ]
    assert found == []


def test_forbidden_patterns_find_what_they_are_for():
    path, index = (re.compile(pattern) for pattern in FORBIDDEN.values())
    assert path.search(f'open("{Path("/", "work", "x")}")')
    assert path.search("see /tmp/abc")
    assert not path.search("https://host/work/x")
    assert not path.search("../home/work/x")
    assert index.search("https://pypi.example/simple")
    assert index.search("--extra-index-url x")


# --- licence, version, constraints ---


def test_licence_and_version_are_said_once_and_the_same():
    assert "MIT License" in (ROOT / "LICENSE").read_text(encoding="utf-8")
    version = PYPROJECT["project"]["version"]
    assert PYPROJECT["project"]["license"] == "MIT"
    assert kinetix_core.__version__ == version
    assert f"\nversion: {version}\n" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\n## {version}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def constraints() -> dict[str, str]:
    """The pinned version by package name; fails on a line that is anything else."""
    pinned = {}
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            match = re.fullmatch(r"([A-Za-z0-9._-]+)==([A-Za-z0-9.!+]+)", line)
            assert match, f"constraints.txt: {line}: only name==version is expected"
            pinned[canonicalize_name(match[1])] = match[2]
    return pinned


def test_constraints_pin_every_dependency_within_its_range():
    pinned = constraints()
    project = PYPROJECT["project"]
    extras = [r for group in project["optional-dependencies"].values() for r in group]
    for text in (*project["dependencies"], *extras, *PYPROJECT["build-system"]["requires"]):
        requirement = Requirement(text)
        version = pinned.get(canonicalize_name(requirement.name))
        assert version, f"constraints.txt does not pin {requirement.name}"
        assert requirement.specifier.contains(version), f"{text}: {version} is pinned"
