"""Content and what is made from it."""
