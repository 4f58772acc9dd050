"""Attention: which results deserve somebody's attention."""
