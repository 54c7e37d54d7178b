"""The picture with its boxes: view, gestures, painting. Knows shapes, not projects."""
