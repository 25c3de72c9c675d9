"""The report: does giving work? Counted in the database, drawn on the server."""
