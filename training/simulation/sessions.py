"""`verse train simulate`: weeks of simulated use of the index that serves, one JSON object a line.

    {"at": 1767225600000, "person": 17, "place": 1, "consents": true, "query": "teach us number days",
     "took_ms": 3.1, "confidence": 0.9, "sure": true, "build": "…", "fingerprint": "…",
     "shown": [{"reference": "PSA 90:12", "score": 1.2, "matched_by": ["words"]}],
     "events": [{"verdict": "rated_up", "reference": "PSA 90:12"}]}

`at` is milliseconds since 1970. `verse feedback simulate` puts it into an empty log; nothing of it should ever
train a model that others use, for it quotes translations that are held out.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from encoder.embedder import Embedder
from encoder.model_store import current_model_dir
from index import snapshot
from index.books import to_usfm
from index.search import Searcher
from index.settings import IndexSettings
from training.progress import Stages
from training.run import write_atomically
from training.settings import TrainingSettings
from training.simulation.asking import answers
from training.simulation.curve import FAMOUS, PEOPLE, held_out_asking
from training.simulation.users import Character, react

CONSENT = 0.6
"""Of the people."""
PLACES = 3
_DAY_MS = 86_400_000


def write_sessions(
    settings: TrainingSettings,
    out: Path,
    *,
    count: int,
    days: int,
    end_ms: int,
    malicious: float,
    character: Character,
    seed: int,
    tell: Stages,
) -> None:
    """Simulates `count` questions in the `days` before `end_ms`; that share of people is malicious."""
    rng = np.random.default_rng(seed)
    asking = held_out_asking(seed)
    searcher = Searcher.open(snapshot.current(IndexSettings(data_dir=settings.data_dir).index_dir))
    embedder = Embedder.load(current_model_dir(settings.data_dir / "models"))
    needs = asking.draw(count, rng)
    activity = 1 / (np.arange(PEOPLE) + 3)
    people = rng.choice(PEOPLE, count, p=activity / activity.sum())
    consents = rng.random(PEOPLE) < CONSENT
    bad = set(rng.permutation(PEOPLE)[: round(malicious * PEOPLE)].tolist())
    times = np.sort(rng.integers(end_ms - days * _DAY_MS, end_ms, count))
    lines = []
    results = answers(searcher, embedder, [need.query for need in needs])
    for i, (need, result) in enumerate(zip(needs, results, strict=True)):
        person = int(people[i])
        shown = [hit.verse_id for hit in result.hits]
        events = react(
            character if person in bad else "honest", need.verse, shown, asking.verses[:FAMOUS], rng
        )
        session = {
            "at": int(times[i]),
            "person": person,
            "place": person % PLACES,
            "consents": bool(consents[person]),
            "query": need.query,
            "took_ms": round(result.took_ms, 3),
            "confidence": round(result.confidence, 4),
            "sure": result.sure,
            "build": result.build_id,
            "fingerprint": result.fingerprint,
            "shown": [
                {
                    "reference": hit.reference,
                    "score": round(float(hit.score), 4),
                    "matched_by": list(hit.matched_by),
                }
                for hit in result.hits
            ],
            "events": [{"verdict": e.verdict, "reference": to_usfm(e.verse)} for e in events],
        }
        lines.append(json.dumps(session))
        if i % 100 == 99 or i + 1 == count:
            tell("simulate", i + 1, count)
    out.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(out, "".join(line + "\n" for line in lines).encode())
