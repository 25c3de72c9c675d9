"""A person’s own page, erasing, the register, and what goes when."""
