"""The house rules that a program can check: sizes, imports that go round in circles, paths that exist."""

import ast
import re
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = {
    "tap_solaredge": ROOT / "tap-solaredge/tap_solaredge",
    "target_seh_sql": ROOT / "target-seh-sql/target_seh_sql",
}
"""The packages that keep the rules."""
LAYERS = {
    "target_seh_sql": (
        {"__main__", "target", "cli", "commands"},
        {"load", "status", "report", "export", "adoption", "state_backend"},
        {"tables"},
    )
}
"""Parts of a package that may import what is in their own layer or below; what is not named is the lowest."""
LONGEST_FILE = 300
LONGEST_FUNCTION = 35
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
LOOKED_UP_IN = (
    "", "tap-solaredge", "tap-solaredge/tap_solaredge", "target-seh-sql", "target-seh-sql/target_seh_sql",
)  # fmt: skip
"""Folders that the pages leave out of a path; the page's own is another."""
PATH = re.compile(r"`((?:[\w.-]+/)+[\w.-]+\.(?:py|sql|yml|yaml|sh|md|toml|html|json)|(?:[\w.-]+/){2,})`")


@pytest.fixture(params=PACKAGES)
def modules(request):
    """Return the syntax trees of a package by the full name of the module."""
    return trees(request.param)


@cache
def trees(package):
    """Return the syntax trees of a package by the full name of the module."""
    folder = PACKAGES[package]
    return {
        ".".join(path.relative_to(folder.parent).with_suffix("").parts).removesuffix(".__init__"): ast.parse(
            path.read_text(encoding="utf-8")
        )
        for path in folder.rglob("*.py")
    }


def lines_of(node):
    """Return how many lines a function has, from `def` to its end."""
    return node.end_lineno - node.lineno + 1


def functions(tree):
    """Yield the functions and methods of a module."""
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def imported(tree, known):
    """Yield the modules, of those that are known, that a module imports, for type checking too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        elif isinstance(node, ast.ImportFrom) and node.module in known:
            submodules = {f"{node.module}.{alias.name}" for alias in node.names} & known
            yield from submodules or {node.module}


def circle(graph):
    """Return the modules of a circle, or nothing when there is none."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return error.args[1]
    return []


def depth(module, layers):
    """Return how deep the layer of a module is, 0 being the highest."""
    part = ".".join(module.split(".")[:2])
    return next((index for index, layer in enumerate(layers) if part in layer), len(layers))


def missing_paths(page):
    """Yield the paths in backticks that exist neither beside the page nor in the project."""
    for path in PATH.findall(page.read_text(encoding="utf-8")):
        folders = (page.parent, *(ROOT / name for name in LOOKED_UP_IN))
        if "NAME" not in path and not any((folder / path).exists() for folder in folders):
            yield path


@pytest.mark.parametrize("package", PACKAGES)
def test_no_file_is_longer_than_a_few_screens(package):
    sizes = {path: path.read_text(encoding="utf-8").count("\n") for path in PACKAGES[package].rglob("*.py")}
    assert {str(path): size for path, size in sizes.items() if size > LONGEST_FILE} == {}
    assert len(sizes) > 20


def test_no_function_is_longer_than_a_screen(modules):
    sizes = {
        f"{name}.{function.name}": lines_of(function)
        for name, tree in modules.items()
        for function in functions(tree)
    }
    assert {name: size for name, size in sizes.items() if size > LONGEST_FUNCTION} == {}


def test_no_imports_go_round_in_a_circle(modules):
    known = modules.keys()
    assert circle({name: {*imported(tree, known)} - {name} for name, tree in modules.items()}) == []


@pytest.mark.parametrize("package", LAYERS)
def test_imports_point_downwards_only(package):
    layers = [{f"{package}.{part}" for part in layer} for layer in LAYERS[package]]
    modules = trees(package)
    assert set.union(*layers) <= modules.keys()
    upwards = [
        f"{name} imports {other}"
        for name, tree in modules.items()
        for other in imported(tree, modules.keys())
        if depth(other, layers) < depth(name, layers)
    ]
    assert upwards == []


@pytest.mark.parametrize("names", [("a", "b"), ("a", "b", "c")])
def test_a_circle_is_found_wherever_its_imports_stand(names):
    following = dict(zip(names, (*names[1:], names[0]), strict=True))
    sources = {name: f"if TYPE_CHECKING:\n    from {next_} import X" for name, next_ in following.items()}
    graph = {name: set(imported(ast.parse(text), set(names))) for name, text in sources.items()}
    assert set(circle(graph)) == set(names)
    assert circle(graph | {names[0]: set()}) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_path_on_a_page_exists(page):
    assert list(missing_paths(page)) == []


def test_a_path_that_does_not_exist_is_found(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("`tests/test_house.py`, `tests/test_of_nothing.py`, `streams/NAME.py`, `page.md`")
    assert list(missing_paths(page)) == ["tests/test_of_nothing.py"]
