"""Learning from what a person accepts: when it is done, what came of it, accepting the rest."""
