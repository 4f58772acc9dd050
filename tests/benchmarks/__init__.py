"""How fast the main job is, against a plain reference in the same run: ``make bench``."""
