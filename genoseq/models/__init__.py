"""Networks from token ids to logits, and the folders that hold them."""
