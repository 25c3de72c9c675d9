"""Pages, forms and what guards them."""
