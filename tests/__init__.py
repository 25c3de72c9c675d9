"""The tests, room by room, against real databases, a real mail server and a real browser."""
