"""A Bible of eight verses in two translations, and everything that training makes of it."""

from pathlib import Path

import pytest

from encoder.tokenizer import Tokenizer
from index.bible import Bible, Translation

FIRST = {
    19_090_010: "The days of our years are threescore years and ten",
    19_090_011: "Who knoweth the power of thine anger",
    19_090_012: "So teach us to number our days that we may apply our hearts unto wisdom",
    19_090_013: "Return O LORD how long and let it repent thee concerning thy servants",
    19_090_014: "O satisfy us early with thy mercy that we may rejoice and be glad all our days",
    43_011_035: "Jesus wept",
    43_003_016: "For God so loved the world that he gave his only begotten Son",
    45_008_038: "For I am persuaded that neither death nor life nor angels shall separate us",
}
SECOND = {verse: text.replace("thy", "your").replace("unto", "to") for verse, text in FIRST.items()}


def translation(code: str, verses: dict[int, str]) -> Translation:
    return Translation(code, code.title(), 1900, "public domain", "tests", dict(sorted(verses.items())))


@pytest.fixture(scope="session")
def bible() -> Bible:
    return Bible({"ONE": translation("ONE", FIRST), "TWO": translation("TWO", SECOND)})


@pytest.fixture(scope="session")
def tokenizer() -> Tokenizer:
    return Tokenizer.train([*FIRST.values(), *SECOND.values()] * 3, 300)


@pytest.fixture
def run_dir(tmp_path: Path) -> Path:
    return tmp_path / "run"
