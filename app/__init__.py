"""The window. Reaches no torch and no SQL."""
