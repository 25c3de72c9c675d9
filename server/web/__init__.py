"""What every page stands on: templates, forms, limits, safety headers, files.

Promises that each route declares who may use it, that a form is small and comes from our own
pages, and that no page holds a script or style of its own.
"""
