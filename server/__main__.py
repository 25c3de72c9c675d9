"""`python -m server` is `givefirst`."""

from server.cli.main import main

if __name__ == "__main__":
    main()
