"""Questions about one image, answered with a run's network: maps, masks, drops, measures."""
