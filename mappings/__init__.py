"""The 7C framework and its rules, as data files beside this module."""
