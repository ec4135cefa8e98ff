"""A search result for people to read in a terminal."""

from rich.console import Console
from rich.text import Text

from index.books import display
from index.passages import Passage, group
from index.results import Hit, SearchResult


def show(console: Console, result: SearchResult) -> None:
    """Prints the hits, those of one passage together, with their matched words highlighted."""
    if result.notice:
        console.print(Text(result.notice, "yellow"))
    if result.hits and not result.sure:
        console.print(Text("Not sure; the closest are:", "yellow"))
    if any("reference" in hit.matched_by for hit in result.hits):
        for hit in result.hits:
            console.print(_line(hit, ""))
    else:
        for passage in group(result.hits):
            console.print(_line(passage.lead, _why(passage)))
    if result.hits:
        console.print(Text(f"{result.confidence:.0%} confident, {result.took_ms:.1f} ms", "dim"))


def _why(passage: Passage) -> str:
    said = [f"by {' and '.join(passage.lead.matched_by)}"]
    if passage.lead.matched_translation:
        said.append(f"best in {passage.lead.matched_translation}")
    if passage.first != passage.last:
        said.append(f"see {passage.label}")
    if passage.parallels:
        said.append(f"also {', '.join(other.label for other in passage.parallels)}")
    return f"  [{'; '.join(said)}]"


def _line(hit: Hit, why: str) -> Text:
    verse = Text(hit.text)
    for start, end in hit.matched_words:
        verse.stylize("bold green", start, end)
    return Text.assemble((display(hit.verse_id), "bold cyan"), f" ({hit.translation})  ", verse, (why, "dim"))
