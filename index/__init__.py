"""Search: the Bible, its lexical and dense index, fusion, and snapshots on disk."""
