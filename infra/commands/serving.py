"""Commands that show pages: serve what is stored, or a demo with invented data."""

COMMANDS = ()
