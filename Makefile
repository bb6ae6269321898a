# The index of tasks. Nothing needs to be installed first but git, curl, a C compiler, Rust and Python.
CACHE := $(if $(XDG_CACHE_HOME),$(XDG_CACHE_HOME),$(HOME)/.cache)/sparring
export CARGO_TARGET_DIR ?= $(CACHE)/target

.PHONY: demo test check lint fmt update record bench bench-queries bench-tables docs

demo: ## the main job: check a real Kedro project, everything installed by the command itself
	cargo run --quiet --locked -p sparring -- check fixtures/projects/spaceflights --install

test: ## everything; what CI runs
	scripts/test

check: ## format, lints and the fast tests
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	cargo test --locked -p sparring-sql -p sparring-journal -p sparring-harness

lint: ## lints and licences
	cargo clippy --workspace --all-targets --locked -- -D warnings
	cargo deny --locked check licenses bans sources

fmt: ## format everything
	cargo fmt --all

update: ## refresh snapshots and the list of open cases
	UPDATE=1 UPDATE_EXPECT=1 cargo test --workspace --locked

record: ## re-record semantics from a real Spark Connect server (needs Java; see tests/record)
	python3 tests/record/record.py

bench: ## how fast, beside pysail (PYSAIL=python with pysail) and others (REMOTES="spark=127.0.0.1:15002")
	cargo build --release --locked -p sparring -p sparring-tests
	$(CARGO_TARGET_DIR)/release/sparring-bench --sparring $(CARGO_TARGET_DIR)/release/sparring \
	  $(if $(PYSAIL),--pysail $(PYSAIL)) $(foreach remote,$(REMOTES),--remote $(remote))

BENCH := $(CACHE)/bench
BENCH_PYTHON := $(BENCH)/python/bin/python
ROUNDS ?= 5

bench-queries: $(BENCH)/python/installed ## TPC-H, transfer, sessions, analysis, spilling, beside pysail and DataFusion
	cargo build --release --locked -p sparring -p sparring-tests
	$(CARGO_TARGET_DIR)/release/sparring-bench --sparring $(CARGO_TARGET_DIR)/release/sparring \
	  --pysail $(BENCH_PYTHON) --sessions 100 --requests 50
	$(BENCH_PYTHON) tests/bench/queries --sparring $(CARGO_TARGET_DIR)/release/sparring \
	  --rounds $(ROUNDS) tpch collect upload analysis spilling

bench-tables: $(BENCH)/python/installed ## Delta: append, MERGE, read, a long log, beside pysail and deltalake
	cargo build --release --locked -p sparring
	$(BENCH_PYTHON) tests/bench/queries --sparring $(CARGO_TARGET_DIR)/release/sparring \
	  --rounds $(ROUNDS) tables commits

$(BENCH)/python/installed: tests/bench/queries/requirements.txt
	python3 -m venv --clear $(BENCH)/python
	$(BENCH)/python/bin/pip install --quiet --requirement $<
	touch $@

docs: ## rustdoc
	cargo doc --workspace --no-deps --locked
