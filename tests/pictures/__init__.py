"""The pictures in the README: of the real pages over the example year, made by `make pictures`."""
