"""Every setting, the sample sheet, and what they mean for windows and contexts."""
