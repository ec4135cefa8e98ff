"""A search result for people to read in a terminal."""

from rich.console import Console
from rich.text import Text

from index.books import display
from index.results import Hit, SearchResult


def show(console: Console, result: SearchResult) -> None:
    """Prints the hits with their matched words highlighted, and what the search wants to say."""
    if result.notice:
        console.print(Text(result.notice, "yellow"))
    if result.hits and not result.sure:
        console.print(Text("Not sure; the closest are:", "yellow"))
    for hit in result.hits:
        console.print(_line(hit))
    if result.hits:
        console.print(Text(f"{result.confidence:.0%} confident, {result.took_ms:.1f} ms", "dim"))


def _line(hit: Hit) -> Text:
    verse = Text(hit.text)
    for start, end in hit.matched_words:
        verse.stylize("bold green", start, end)
    why = " and ".join(hit.matched_by)
    if hit.matched_translation:
        why += f", best in {hit.matched_translation}"
    return Text.assemble(
        (display(hit.verse_id), "bold cyan"), f" ({hit.translation})  ", verse, (f"  [{why}]", "dim")
    )
