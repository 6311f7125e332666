"""Records against a baseline: what moved, by how much, and whether that can be chance."""
