"""Publications, a module each that sets PUBLICATION; found by themselves."""
