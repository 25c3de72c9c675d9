"""Mail: templates, the outbox, sending."""
