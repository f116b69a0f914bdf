"""One stream run: claim, pages, commit, finish."""
