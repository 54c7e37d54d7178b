"""Boxwright's engine: everything that is not the window. Reaches no Qt."""
