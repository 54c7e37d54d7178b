"""The box model: a light head on frozen features that learns from a person's boxes."""
