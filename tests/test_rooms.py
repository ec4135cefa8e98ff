"""Who may know whom: no import goes upward, none in a circle, no file outgrows its reader."""

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
KNOWS = {
    "index": {"index"},
    "encoder": {"encoder"},
    "training": {"training", "encoder", "index"},
    "bot": {"bot", "index", "encoder"},
}
LONGEST_FILE = 400


def sources(room: str) -> list[Path]:
    return sorted((ROOT / room).rglob("*.py"))


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path, *, top_level: bool) -> Iterator[str]:
    """Modules named by `import` and `from`; only those that run when the module is loaded if `top_level`."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = tree.body if top_level else ast.walk(tree)
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            assert node.module is not None
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("room", KNOWS)
def test_no_import_goes_upward(room: str) -> None:
    rooms = set(KNOWS)
    for path in sources(room):
        for module in imports(path, top_level=False):
            target = module.split(".")[0]
            assert target not in rooms or target in KNOWS[room], f"{path.relative_to(ROOT)} imports {module}"


def test_no_import_goes_in_a_circle() -> None:
    files = {module_of(path): path for room in KNOWS for path in sources(room)}
    graph = {
        module: {target for target in imports(path, top_level=True) if target in files and target != module}
        for module, path in files.items()
    }
    assert len(list(TopologicalSorter(graph).static_order())) >= len(files)


@pytest.mark.parametrize("room", [*KNOWS, "tests"])
def test_no_file_outgrows_its_reader(room: str) -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in sources(room)
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > LONGEST_FILE
    }
    assert not long
