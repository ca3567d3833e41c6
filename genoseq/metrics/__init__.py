"""How well predictions agree with labels."""
