"""The misdirection report as HTML and PDF, from plain values. Knows no store and no network."""
