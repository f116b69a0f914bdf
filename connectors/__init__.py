"""The built-in connectors: one folder a vendor, each with that vendor's knowledge and nothing else."""

# Under `python -m` a foreign ./connectors folder can win over this package; start-up looks for this marker.
MARKER = "sevenc-sync connectors"
