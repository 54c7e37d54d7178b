"""The generated sample project: photograph-like scenes of birds, with true boxes kept apart."""
