"""The seam between window and engine: requests, events, reporting. Knows neither Qt nor torch."""
