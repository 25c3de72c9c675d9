"""What stands over all that can be read: the home page, articles, search and the map of the site.

Promises that whoever comes in finds something to read before anything is asked, and that one
field searches everything that is public.
"""
