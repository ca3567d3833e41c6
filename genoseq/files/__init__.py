"""Files as wholes: written atomically, compressed or not, and where they come from."""
