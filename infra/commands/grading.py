"""The command that grades a quarter."""

COMMANDS = ()
