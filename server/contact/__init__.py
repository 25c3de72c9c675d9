"""Answers and people: frequent questions, the pages about us, how to reach somebody.

Promises that a person, a way to reach them and their hours stand one step away on every page.
"""
