"""The site in a real browser: reading, the desk, and how every page looks and reads."""
