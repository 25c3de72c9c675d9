"""The room that says who is ready: its core, without a database or a clock."""
