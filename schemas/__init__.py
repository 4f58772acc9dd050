"""Words and units: what can happen, in which shape and unit. Imports nothing of ours."""
