"""Publications: a module or package each that sets PUBLICATION, registered by its name."""
