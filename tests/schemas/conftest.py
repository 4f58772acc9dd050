"""No deadlines for single examples: the first one loads tables, and machines are shared."""

from hypothesis import settings

settings.register_profile("schemas", deadline=None)
settings.load_profile("schemas")
