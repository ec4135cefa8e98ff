"""The chunked loss against the obvious one."""

import pytest
import torch
from torch.nn import functional as F

from training.verse_table import ROWS_PER_CHUNK, VerseTable


@pytest.mark.parametrize("queries", [1, 7, ROWS_PER_CHUNK + 3])
def test_equals_cross_entropy_over_all_verses(queries: int) -> None:
    torch.manual_seed(0)
    table = VerseTable(500, 32)
    fast = F.normalize(torch.randn(queries, 32), dim=-1).requires_grad_()
    slow = fast.detach().clone().requires_grad_()
    rows = torch.randint(500, (queries,))

    loss = table.loss(fast, rows, temperature=0.05)
    loss.backward()  # type: ignore[no-untyped-call]
    table_grad = table.vectors.grad
    assert table_grad is not None
    vectors = table.vectors.detach().clone().requires_grad_()
    expected = F.cross_entropy(slow @ vectors.T / 0.05, rows)
    expected.backward()  # type: ignore[no-untyped-call]

    # bf16 has 8 bits of mantissa: about 0.4 % a value, less in a mean.
    assert loss.item() == pytest.approx(expected.item(), rel=0.01)
    assert fast.grad is not None
    assert slow.grad is not None
    assert vectors.grad is not None
    assert F.cosine_similarity(fast.grad.flatten(), slow.grad.flatten(), dim=0) > 0.999
    assert F.cosine_similarity(table_grad.flatten(), vectors.grad.flatten(), dim=0) > 0.999
    assert table_grad.norm().item() == pytest.approx(vectors.grad.norm().item(), rel=0.01)
