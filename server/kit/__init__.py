"""What every room stands on: settings, signed links, database, clock, addresses and text.

Promises nothing about the product: no room's name appears here.
"""
