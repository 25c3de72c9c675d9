"""The real servers and tools that the tests run against, started small and stopped for sure."""
