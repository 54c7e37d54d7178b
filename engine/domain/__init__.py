"""Plain frozen values shared by every room. Imports nothing of ours."""
