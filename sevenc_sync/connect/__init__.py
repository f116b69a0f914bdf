"""The connector kit: all that a connector may use."""
