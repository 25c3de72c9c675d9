.PHONY: run test soak bench pictures check lock

# The site on http://127.0.0.1:8000, with an example year in an empty database
run:
	.ci/venv && .venv/bin/givefirst serve --demo

# Everything that must pass: the checks, then every test on SQLite, then again on PostgreSQL
test:
	.ci/venv test && .ci/check && .ci/system && .ci/test

# The same with the whole matrices: every page in every look, width and language
soak:
	.ci/venv test && .ci/system && TEST_MATRIX=whole .ci/test

# Figures, as ratios measured side by side in one run
bench:
	.ci/venv test && .ci/system && .ci/bench

# The pictures in the README, taken anew of the real pages over the example year
pictures:
	.ci/venv test && .ci/system && .venv/bin/python -m tests.pictures

# What needs no product to run: style, types, the order of the rooms, the texts
check:
	.ci/venv test && .ci/check

# The newest pins that pyproject.toml allows
lock:
	.ci/lock --upgrade
