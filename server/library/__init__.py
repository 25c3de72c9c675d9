"""The library: `content/library/` as assets, with their pages, reader, PDF and EPUB.

Promises that a broken file is left out and named, that a changed file shows without a restart, and
that nothing is published before its four traffic-light answers are there.
"""
