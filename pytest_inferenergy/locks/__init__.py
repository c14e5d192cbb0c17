"""One process of a user measures on a GPU at a time."""
