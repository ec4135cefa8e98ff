"""A small memory of query vectors: people ask the same things."""

from collections import OrderedDict

from encoder.protocol import Vectors


class VectorCache:
    """The vectors (D,) of the `size` texts asked for last."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._vectors: OrderedDict[str, Vectors] = OrderedDict()

    def get(self, text: str) -> Vectors | None:
        """The vector of `text`, if it is remembered."""
        vector = self._vectors.get(text)
        if vector is not None:
            self._vectors.move_to_end(text)
        return vector

    def put(self, text: str, vector: Vectors) -> None:
        """Remember, and forget the one that was not asked for longest."""
        if self._size:
            # A copy, lest one row keeps the whole batch it came from alive.
            self._vectors[text] = vector.copy()
            if len(self._vectors) > self._size:
                self._vectors.popitem(last=False)
