"""The client report, and the charts that it shares with the console."""
