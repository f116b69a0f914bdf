"""The local store: evidence, runs, links, scores and the outbox, on SQLite or PostgreSQL."""
