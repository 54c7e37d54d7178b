"""Score map to boxes, metrics and calibration, on numpy and OpenCV. Knows no torch."""
