"""A student comes nearer to its teacher's opinions than by the right answers alone."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from encoder.checkpoint import save_model
from encoder.tokenizer import Tokenizer
from index.bible import Bible
from tests.training.test_finetuning import Learner, config, encoder, sampler
from training.distill import Distilling, Teacher, check_one_vocabulary
from training.errors import RunError
from training.finetune import FinetuneConfig, Finetuning, Validation
from training.learned import save_learned
from training.loop import train
from training.run import Run
from training.verse_table import VerseTable

CPU = torch.device("cpu")
QUERIES = ["number our days", "he wept", "loved the world", "the days of our years", "satisfy us early"]


def pupil(kind: type[Finetuning], bible: Bible, tokenizer: Tokenizer, **more: Any) -> Finetuning:
    """A bag of embeddings on eight verses, with a teacher or without."""
    torch.manual_seed(2)
    rows = np.flatnonzero(bible.verse_ids == 19_090_012)
    return kind(
        encoder(tokenizer.vocab_size, 0),
        VerseTable(len(bible.verse_ids), 32),
        tokenizer,
        sampler(bible, tokenizer),
        Validation(["number our days"], rows),
        FinetuneConfig(batch_size=32, embedding_learning_rate=3e-2, table_learning_rate=1e-2),
        device=CPU,
        **more,
    )


@pytest.fixture(scope="module")
def teacher_dir(bible: Bible, tokenizer: Tokenizer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A teacher to whom each verse is a little like the one before it, which no right answer says."""
    directory = tmp_path_factory.mktemp("teacher")
    learner = Learner(bible, tokenizer, layers=1)
    train(learner, Run(directory / "run", {}), config(80), quiet=True)
    save_model(directory / "model", learner.encoder, tokenizer, "")
    vectors = learner.table.vectors.detach()
    opinionated = nn.functional.normalize(vectors + 0.6 * vectors.roll(1, dims=0), dim=-1)
    save_learned(directory / "model", opinionated.numpy(), bible.verse_ids, {})
    return directory / "model"


def test_a_student_takes_over_opinions(
    bible: Bible, tokenizer: Tokenizer, teacher_dir: Path, tmp_path: Path
) -> None:
    teacher = Teacher(teacher_dir, bible.verse_ids, CPU)
    ids = tokenizer.encode(QUERIES)
    wanted = (teacher.scores([ids]) / 0.05).softmax(dim=-1)
    distance = {}
    for name, learner in {
        "taught": pupil(Distilling, bible, tokenizer, teacher=teacher),
        "untaught": pupil(Finetuning, bible, tokenizer),
    }.items():
        train(learner, Run(tmp_path / name, {}), config(160), quiet=True)
        with torch.no_grad():
            own = (learner._embed(ids) @ learner.table.vectors.T / 0.05).log_softmax(dim=-1)
        distance[name] = float((wanted * (wanted.clamp_min(1e-9).log() - own)).sum(dim=-1).mean())
        assert learner.evaluate()["validation_success_at_1"] == 1.0
    assert distance["taught"] < 0.7 * distance["untaught"], distance


def test_who_has_not_learned_verses_or_reads_otherwise_cannot_teach(
    tokenizer: Tokenizer, bible: Bible, teacher_dir: Path, tmp_path: Path
) -> None:
    learner = Learner(bible, tokenizer)
    save_model(tmp_path / "model", learner.encoder, tokenizer, "")
    with pytest.raises(RunError, match="fine-tune it first"):
        Teacher(tmp_path / "model", np.array([1_001_001], dtype=np.int32), CPU)
    Tokenizer.train(["other words"] * 5, 40).save(tmp_path / "tokenizer.json")
    with pytest.raises(RunError, match="reads other tokens"):
        check_one_vocabulary(tmp_path / "tokenizer.json", teacher_dir)
