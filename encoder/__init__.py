"""The encoder: config, model, tokenizer, checkpoints, and the worker that serves them."""
