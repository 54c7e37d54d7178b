"""The steps of ``packaging/dev.py``: standard library only, since nothing is installed yet."""
