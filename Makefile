# `make demo` and `make test` set up everything that they need; a second run does not repeat it.
# PYTHON=...  which Python 3.11 or 3.12 to use        PIP_ARGS="..."  more arguments for pip, for instance an index
.DEFAULT_GOAL := help
.PHONY: help setup demo test lint types format clean

PYTHON ?= $(shell for python in python3 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info[:2] not in ((3, 11), (3, 12)))' 2>/dev/null && echo $$python && break; done)
RUN := .venv/bin/python
# Runs a command where ROS 2 and the built interfaces are found.
WITH_ROS := $(RUN) ros2_ws/src/mil_bringup/mil_bringup/environment.py

help:  ## this list
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

setup:  ## virtual environment, pinned packages, ROS 2, system libraries, built interfaces
	@if [ -z "$(PYTHON)" ]; then echo 'Python 3.11 or 3.12 is missing; type: sudo apt-get install -y python3 python3-venv python3-dev' >&2; exit 1; fi
	@PIP_ARGS="$(PIP_ARGS)" $(PYTHON) ros2_ws/setup_environment.py

demo: setup  ## adapt to films of a human and let the robot act, into out/demo; VIDEO=film.mp4 takes your own film
	@$(WITH_ROS) $(RUN) -m mil_bringup.demo $(if $(VIDEO),--video "$(VIDEO)")

test: setup lint  ## everything that is checked on every change
	@OMP_NUM_THREADS=1 $(WITH_ROS) $(RUN) -m pytest -n 2 --dist loadfile --ignore tests/ros  # two files at a time
	@$(WITH_ROS) $(RUN) -m pytest tests/ros  # in real time, so one after another

lint: setup  ## ruff
	@$(RUN) -m ruff check .

types: setup  ## pyright
	@$(RUN) -m pyright

format: setup  ## put the layout right
	@$(RUN) -m ruff check --fix .
	@$(RUN) -m ruff format .

clean:  ## remove what was built, keep what was downloaded, recorded or filmed
	rm -rf ros2_ws/build ros2_ws/install ros2_ws/log out/demo out/table out/ros-log .pytest_cache .ruff_cache .hypothesis
