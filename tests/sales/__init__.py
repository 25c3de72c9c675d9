"""Rows that come in, checked one by one."""
