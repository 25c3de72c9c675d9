"""The example year and the worlds it comes from."""
