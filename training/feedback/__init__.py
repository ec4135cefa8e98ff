"""From what people said of answers to a model that gives better ones."""
