"""How much an account's feedback weighs.

Two factors, each 1 for somebody who rates now and then and was never contradicted:

    agreement = (agreed + 2) / (agreed + disagreed + 2)    with what curators decided on the same questions
    spread    = min(1, 3 / n)                              n judgements by that account on that verse

so that no account moves a verse by more than three honest ratings, however often it rates, and that one
whose ratings curators contradict fades: 0.5 after two contradictions and no agreement, 0.17 after ten.
"""

from dataclasses import dataclass

from bot.store.database import Database

_BENEFIT = 2  # judgements in a newcomer's favour
_MOST_ON_A_VERSE = 3.0

JUDGED = """
    SELECT query_id, verse_id, who, CASE WHEN value > 0 THEN 'rated_up' ELSE 'rated_down' END AS verdict,
           via, rated_at AS at, consent FROM ratings
    UNION ALL
    SELECT query_id, verse_id, who, 'corrected', 'button', corrected_at, consent FROM corrections
"""
"""Every judgement by users: ratings and corrections, which say more than an opening does."""

# 1 agrees with a curator, 0 contradicts one, NULL is neither: another verse than the one that was rejected.
_AGREEMENT = f"""
SELECT who, sum(agrees), count(agrees) - sum(agrees) FROM (
    SELECT j.who, CASE
        WHEN d.verdict = 'not_in_the_bible' THEN j.verdict = 'rated_down'
        WHEN d.verdict = 'rejected' THEN iif(j.verse_id = d.verse_id, j.verdict = 'rated_down', NULL)
        WHEN j.verdict = 'rated_down' THEN j.verse_id <> d.verse_id
        ELSE j.verse_id = d.verse_id END AS agrees
    FROM decisions d JOIN queries q ON q.normalised = d.query JOIN ({JUDGED}) j ON j.query_id = q.id
) GROUP BY who HAVING count(agrees)
"""
_OFTEN = f"SELECT who, verse_id, count(*) FROM ({JUDGED}) GROUP BY who, verse_id HAVING count(*) > 3"


@dataclass(frozen=True, slots=True)
class Trust:
    """Weights of accounts: {who: agreement} and {(who, verse): spread}; 1 for all others."""

    agreement: dict[str, float]
    spread: dict[tuple[str, int], float]

    def weight(self, who: str, verse_id: int) -> float:
        """How much a judgement of that verse by that account weighs, 0 to 1."""
        return self.agreement.get(who, 1.0) * self.spread.get((who, verse_id), 1.0)


async def read_trust(database: Database) -> Trust:
    """The weights as all judgements and decisions have them now."""
    agreed = await database.rows(_AGREEMENT)
    often = await database.rows(_OFTEN)
    return Trust(
        {who: (yes + _BENEFIT) / (yes + no + _BENEFIT) for who, yes, no in agreed},
        {(who, verse): min(1.0, _MOST_ON_A_VERSE / count) for who, verse, count in often},
    )
