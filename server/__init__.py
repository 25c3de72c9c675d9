"""Givefirst: give first, remember it, and tell sales in one honest sentence who is ready."""

__version__ = "0.1.0"
