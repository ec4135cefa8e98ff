"""`verse search` and `verse index`: this room's part of the command line.

This room knows no encoder, so whoever mounts these commands says where an embedder comes from (`Parts`).
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from index.dev_set import Praised
from index.errors import BadOption, EmbedderUnavailable, IndexingError, OtherModel
from index.results import SearchResult
from index.search import Embed, Searcher
from index.settings import IndexSettings
from index.snapshot import current
from index.vectors import TextEmbedder

out = Console(soft_wrap=True)


@dataclass(frozen=True)
class Parts:
    """What the commands need from other rooms; each is called only when a command wants it.

    Attributes:
        load_embedder: the model in use; raises `EmbedderUnavailable` when it cannot be loaded.
        vectors: the verse vectors that came with that model, None when there are none.
        training_data: directory of the modern queries and the dev set.
        praised: questions of this installation whose answers were praised.

    """

    load_embedder: Callable[[], TextEmbedder]
    vectors: Callable[[], Path | None]
    training_data: Callable[[], Path]
    praised: Callable[[], tuple[Praised, ...]]


def create_app(parts: Parts) -> typer.Typer:
    """The commands `search`, `index …` and `corpus …` as one app."""
    from index.build_cli import create_app as create_build_app
    from index.corpus_cli import create_app as create_corpus_app

    app = typer.Typer(help="Search, and the index it needs.", no_args_is_help=True)
    app.add_typer(create_build_app(parts), name="index")
    app.add_typer(create_corpus_app(parts.training_data), name="corpus")

    @app.command()
    def search(
        text: Annotated[
            list[str] | None, typer.Argument(help='Words, a reference, "an exact phrase", -a -word.')
        ] = None,
        k: Annotated[int, typer.Option("-k", help="Number of results.")] = 5,
        translation: Annotated[str | None, typer.Option(help="Translation to show, as WEB or KJV.")] = None,
        book: Annotated[str | None, typer.Option(help="Book or group: PSA, Romans, gospels.")] = None,
        testament: Annotated[str | None, typer.Option(help="ot or nt.")] = None,
        mode: Annotated[str, typer.Option(help="hybrid, words or meaning.")] = "hybrid",
        as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
        batch: Annotated[
            Path | None, typer.Option(help='File of {"id", "query"} lines; prints one JSON line each.')
        ] = None,
    ) -> None:
        """Find verses, once or for a file of queries.

        Words that begin with a minus sign go after `--`: verse search -- lord -shepherd
        """
        if (batch is None) == (not text):
            raise BadOption("Give the words to search for, or --batch with a file of queries.")
        settings = IndexSettings()
        searcher = Searcher.open(current(settings.index_dir))
        embed = None if mode == "words" else _embed(searcher, parts.load_embedder)

        def find(query: str) -> SearchResult:
            return searcher.search(
                query,
                embed=embed,
                k=k,
                translation=translation or settings.translation,
                mode=mode,  # type: ignore[arg-type]  # checked by `search`, with a sentence
                book=book,
                testament=testament,
            )

        if batch is not None:
            for number, query in _read_batch(batch):
                typer.echo(json.dumps(find(query).to_json(number), ensure_ascii=False))
            return
        result = find(" ".join(text or ()))
        if as_json:
            typer.echo(json.dumps(result.to_json(), ensure_ascii=False))
        else:
            from index.show import show

            show(out, result)

    return app


def _embed(searcher: Searcher, load_embedder: Callable[[], TextEmbedder]) -> Embed:
    """The model in use as `Searcher.search` wants it, or what says why there is none."""
    try:
        embedder = load_embedder()
        searcher.check_model(embedder.fingerprint)
    except (EmbedderUnavailable, OtherModel) as error:
        why = str(error)

        def refuse(texts: Any) -> Any:
            raise EmbedderUnavailable(why)

        return refuse
    return lambda texts: embedder.embed(texts, "query")


def _read_batch(path: Path) -> Iterator[tuple[str, str]]:
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise IndexingError(f"{path} cannot be read as UTF-8 text: {error}.") from error
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            yield str(row["id"]), str(row["query"])
        except (ValueError, KeyError, TypeError) as error:
            raise IndexingError(f'Line {number} of {path} is not {{"id": …, "query": …}}.') from error
