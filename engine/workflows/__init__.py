"""The jobs, each from request to last word, put together from the rooms below."""
