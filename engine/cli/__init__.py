"""The command line: the same jobs by hand, with a progress bar."""
