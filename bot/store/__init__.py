"""The SQLite database: what was asked, answered and rated, by whom as keyed hashes only."""
