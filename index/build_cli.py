"""`verse index build|status|verify|rollback`."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from index import snapshot
from index.settings import IndexSettings

if TYPE_CHECKING:
    from index.cli import Parts
    from index.vectors import Progress as Report

out = Console(soft_wrap=True)


def create_app(parts: "Parts") -> typer.Typer:
    """The commands under `verse index`."""
    app = typer.Typer(help="Build, check and roll back the search index.", no_args_is_help=True)

    @app.command()
    def build(
        words_only: Annotated[bool, typer.Option(help="Leave the vectors out; needs no model.")] = False,
        as_json: Annotated[bool, typer.Option("--json", help="Print progress as JSON lines.")] = False,
    ) -> None:
        """Build the index and make it serve; the one that serves now stays until then."""
        from index.bible import load_bible
        from index.build import Sources, build_index
        from index.dev_set import load_dev_set
        from index.modern import load_modern_queries

        settings = IndexSettings()
        with _progress(as_json) as report:
            report("read", 0, 1)
            training_data = parts.training_data()
            dev = load_dev_set(training_data)
            modern = load_modern_queries(training_data, dev=dev.queries if dev else ())
            if dev is not None:
                dev = replace(dev, praised=parts.praised())
            bible = load_bible(settings.translations, data_dir=settings.data_dir)
            report("read", 1, 1)
            embedder = None if words_only else parts.load_embedder()
            shipped = None if words_only else parts.vectors()
            sources = Sources(bible, modern.by_verse, embedder, shipped, dev)
            build_id = build_index(settings.index_dir, sources, report)
        if as_json:
            typer.echo(json.dumps({"build_id": build_id}))
        else:
            out.print(f"Index [bold]{build_id}[/] serves.")

    @app.command()
    def status() -> None:
        """Say which index serves and what it was made of."""
        root = IndexSettings().index_dir
        path = snapshot.current(root)
        manifest = snapshot.read_manifest(path)
        table = Table(show_header=False, box=None)
        rows = {
            "serves": path.name,
            "built": f"{manifest['created']}, in {manifest['seconds']} s",
            "model": manifest["fingerprint"] or "none, words only",
            "corpus": manifest["corpus"],
            **{name.replace("_", " "): f"{n:,}" for name, n in manifest["counts"].items()},
            "translations": " ".join(manifest["translations"]),
            **{
                f"dev set, {mode}": ", ".join(f"{name} {value}" for name, value in figures.items())
                for mode, figures in manifest["fitted"]["measured"].items()
                if isinstance(figures, dict)
            },
            "kept": " ".join(p.name for p in snapshot.snapshots(root) if p != path) or "none",
        }
        for name, value in rows.items():
            table.add_row(name, value)
        out.print(table)

    @app.command()
    def verify() -> None:
        """Read every file of the index against its hash."""
        path = snapshot.current(IndexSettings().index_dir)
        manifest = snapshot.verify(path)
        out.print(f"All {len(manifest['files'])} files of {path.name} are as they were written.")

    @app.command()
    def rollback() -> None:
        """Make the index before this one serve again."""
        out.print(f"Index [bold]{snapshot.rollback(IndexSettings().index_dir)}[/] serves again.")

    return app


@contextmanager
def _progress(as_json: bool) -> Iterator["Report"]:
    """Shows stages as bars on a terminal, or prints them as JSON lines for another program."""
    if as_json:
        yield lambda stage, done, total: typer.echo(
            json.dumps({"stage": stage, "done": done, "total": total})
        )
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bars:
        tasks = {}

        def report(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=total)
            bars.update(tasks[stage], completed=done, total=total)

        yield report
