"""Training: from the corpus to a model that is measured before it is promoted."""
