"""How well verses are found: the measures behind `verse eval` and behind the promotion of a model."""
