"""The files of a snapshot: what each holds, how it is written and memory-mapped again."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hnswlib
import numpy as np
import numpy.typing as npt

from index.dense import Dense, Nodes, Vectors
from index.documents import Documents
from index.lexical import Postings
from index.texts import Texts

_GRAPH = "graph.hnsw"


@dataclass(frozen=True)
class Meaning:
    """The part of an index that needs a model."""

    vectors: Vectors
    nodes: Nodes
    graph: hnswlib.Index
    ef: int
    recall: float


@dataclass(frozen=True)
class Content:
    """Everything of an index but its manifest."""

    documents: Documents
    postings: Postings
    prior: npt.NDArray[np.float32]
    texts: Texts
    dense: Dense | None


def save(
    directory: Path,
    documents: Documents,
    postings: Postings,
    prior: npt.NDArray[np.float32],
    texts: tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]],
    meaning: Meaning | None,
) -> None:
    """Writes all files; `texts` is what `index.texts.pack` made."""
    arrays = {
        "verse_ids": documents.verse_ids,
        "tokens": documents.tokens,
        "starts": documents.starts,
        "surface_bounds": documents.surface_terms[0],
        "surface_terms": documents.surface_terms[1],
        "compounds": documents.compounds,
        "posting_bounds": postings.bounds,
        "posting_rows": postings.rows,
        "posting_impacts": postings.impacts,
        "idf": postings.idf,
        "prior": prior,
        "texts": texts[0],
        "text_bounds": texts[1],
    }
    if meaning is not None:
        arrays |= {
            "vectors": meaning.vectors,
            "node_bounds": meaning.nodes.bounds,
            "node_rows": meaning.nodes.rows,
        }
        meaning.graph.save_index(str(directory / _GRAPH))
    for name, array in arrays.items():
        np.save(directory / f"{name}.npy", array, allow_pickle=False)
    for name, lines in (
        ("fields", documents.fields),
        ("surfaces", documents.surfaces),
        ("terms", documents.terms),
    ):
        (directory / f"{name}.txt").write_text("\n".join(lines), "utf-8")


def load(directory: Path, ef: int | None) -> Content:
    """Opens what `save` wrote; arrays stay on disk until they are read. `ef` None: no vectors."""

    def array(name: str) -> np.ndarray[Any, Any]:
        # A plain view of the mapped pages: numpy's memmap class makes every slice ten times slower.
        mapped = np.load(directory / f"{name}.npy", mmap_mode="r", allow_pickle=False)
        return np.asarray(mapped)

    def lines(name: str) -> tuple[str, ...]:
        return tuple((directory / f"{name}.txt").read_text("utf-8").split("\n"))

    documents = Documents(
        array("verse_ids"),
        lines("fields"),
        lines("surfaces"),
        array("tokens"),
        array("starts"),
        lines("terms"),
        (array("surface_bounds"), array("surface_terms")),
        array("compounds"),
    )
    postings = Postings(
        array("posting_bounds"), array("posting_rows"), array("posting_impacts"), array("idf")
    )
    texts = Texts(documents.fields[:-1], array("texts"), array("text_bounds"))
    dense = None
    if ef is not None:
        nodes = Nodes(array("node_bounds"), array("node_rows"))
        dense = Dense.open(array("vectors"), nodes, directory / _GRAPH, ef)
    return Content(documents, postings, array("prior"), texts, dense)
