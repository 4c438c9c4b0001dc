# The one list of commands, the same on a laptop and in CI. `make` alone prints it.

PORT ?= 8000
# Where `make sam-local`, and `make start KEYS=1`, have the API; the page is at PORT.
API_PORT ?= 3000
# Anything here gives the API of `make start` an address of its own, which asks for a key.
KEYS ?=
# With REQUIRE=--require-all a test fails where it would be skipped, because its tool is missing.
REQUIRE ?=
# Up to four files of tests run side by side. tests/conftest.py decides which begin.
SIDE_BY_SIDE := --numprocesses auto --maxprocesses 4 --no-loadscope-reorder
# How long `make fuzz` and `make agree` look.
SECONDS ?= 300
# How many files `make bounds` opens.
FILES ?= 10000
# What `make mutate` changes.
MODULE ?= picklejar.ranges
# Where to deploy, and by which environment of samconfig.toml; what is empty says that file, or the AWS profile.
STACK ?=
REGION ?=
PROFILE ?=
CONFIG_ENV ?=
# The version to go back to; what is empty is the one that served before.
TO ?=
# The stack's name, and the models' bucket, for who destroys without being asked; any YES goes back without asking.
YES ?=
MODELS ?=
# Anything here publishes the models that come with Picklejar, too: sales predicts nothing, and says so on its card.
DEMO ?=
# What the costs are to be assumed from, as in COST="--cold 0.05 --memory 1024".
COST ?=
BIN := .venv/bin
# uv makes the environment; where there is none, one is installed here, from the Python that is there. The environment's
# own, first on the path where somebody activated it, would be deleted with it.
UV := $(or $(filter-out $(CURDIR)/$(BIN)/uv,$(shell command -v uv)),.uv/bin/uv)
# The environment's own programs (sam, uv) come first, so that what they call is what is pinned.
export PATH := $(CURDIR)/$(BIN):$(PATH)
export SAM_CLI_TELEMETRY := 0
# Bytecode is kept also where Python is told to write none: each of many processes would compile scikit-learn anew.
unexport PYTHONDONTWRITEBYTECODE

SOURCES := $(shell find training layers/picklejar -name '*.py') $(wildcard training/data/*)
BUNDLES := $(patsubst training/models/%.py,build/%/manifest.json,$(filter-out %/__init__.py,$(wildcard training/models/*.py)))

TARGET = $(if $(STACK),--stack $(STACK)) $(if $(REGION),--region $(REGION)) $(if $(PROFILE),--profile $(PROFILE)) \
	$(if $(CONFIG_ENV),--config-env $(CONFIG_ENV))

.PHONY: help start s3 test test-all fuzz bounds mutate agree bench sam-local build deploy rollback publish account destroy cost screenshot check format lock clean

help: ## print this list
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## /\1\t/' | expand -t 12

start: .venv/ready $(BUNDLES) ## set up, train, and serve the API and the page (PORT=8000; KEYS=1: the API asks for a key)
	@POWERTOOLS_METRICS_DISABLED=true $(BIN)/python -m local --port $(PORT) $(if $(KEYS),--keys --api-port $(API_PORT))

s3: .venv/ready $(BUNDLES) ## train, and keep an S3 at port 9000 for sam local and make start
	@$(BIN)/python -m local.kept_s3

test: check ## check style and types, and run the tests whose tools are here: 8 minutes
	$(call pytest,-m "not slow")

test-all: check ## the same with every test, as CI does: 18 minutes
	$(call pytest,,--cov)

# Two suites run by themselves. The browser gives up requests when a container starts or ends, because the network
# changes. moto's AWS within a process, for the template, empties every S3 of that process.
define pytest
	$(BIN)/pytest $(SIDE_BY_SIDE) $(REQUIRE) $(1) $(2) --ignore tests/browser --ignore tests/template
	$(BIN)/pytest $(SIDE_BY_SIDE) $(REQUIRE) $(1) tests/browser
	$(BIN)/pytest $(SIDE_BY_SIDE) $(REQUIRE) $(1) tests/template
endef

sam-local: .venv/ready $(BUNDLES) build ## the same page, with the API by `sam local start-api` (PORT=8000, API_PORT=3000)
	@$(BIN)/python -m local.sam --port $(PORT) --api-port $(API_PORT)

build: .venv/ready ## build the function and its layers as Lambda gets them
	$(BIN)/sam build $(if $(CONFIG_ENV),--config-env $(CONFIG_ENV))

deploy: .venv/ready account build ## deploy stack and page to AWS, and test the address (STACK=, REGION=, PROFILE=)
	@$(BIN)/python -m deployment deploy $(TARGET)

rollback: .venv/ready ## go back to the code that served before, in seconds (TO= a version, YES=1 without asking)
	@$(BIN)/python -m deployment rollback $(TARGET) $(if $(TO),--to $(TO)) $(if $(YES),--yes)

publish: .venv/ready $(BUNDLES) ## train what is not trained, and publish it to the stack (DEMO=1: also sales and housing)
	@$(BIN)/python -m deployment publish $(TARGET) $(if $(DEMO),--demos)

account: .venv/ready
	@$(BIN)/python -m deployment check $(TARGET)

destroy: .venv/ready ## delete the stack and its buckets; asks before the models go
	@$(BIN)/python -m deployment destroy $(TARGET) $(if $(YES),--yes $(YES)) $(if $(MODELS),--models $(MODELS))

cost: .venv/ready $(BUNDLES) ## measure, and price a million predictions (COST=--help)
	@$(BIN)/python -m deployment cost $(COST)

bench: .venv/ready .bench/ready $(BUNDLES) build ## measure beside what is usually deployed (BENCH=--quick tries it)
	@$(BIN)/python -m tests.benchmarks $(BENCH)

screenshot: .venv/ready $(BUNDLES) ## take the README's picture of the page (needs Chromium)
	@$(BIN)/python -m local.screenshot docs/page.png

check: .venv/ready ## style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: .venv/ready ## put the code into shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

fuzz: .venv/ready ## feed the inert reader what a fuzzer makes of pickles (SECONDS=300)
	@$(BIN)/python -m tests.fuzz.loads $(SECONDS)

bounds: .venv/ready ## measure what files that name much with little take to open (FILES=10000)
	@$(BIN)/python -m tests.fuzz.growth $(FILES)

mutate: .venv/ready .mutate/ready ## change a module in small ways, and say what no test notices (MODULE=picklejar.ranges)
	@$(BIN)/python -m tests.mutate $(MODULE)

agree: .venv/ready ## look for inert answers that are not scikit-learn's (SECONDS=300)
	@$(BIN)/python -m tests.agree $(SECONDS)

lock: $(UV) ## pin the newest versions, hashed, for development and the layers
	$(COMPILE) --upgrade --group test -o requirements/development.txt pyproject.toml
	$(COMPILE) -c requirements/development.txt --group pyproject.toml:runtime -o layers/runtime/requirements.txt
	$(COMPILE) -c requirements/development.txt --group pyproject.toml:sklearn --no-emit-package numpy -o layers/sklearn/requirements.txt
	$(COMPILE) -c requirements/development.txt --group pyproject.toml:bench -o requirements/bench.txt
	$(COMPILE) --upgrade --group pyproject.toml:checkov -o requirements/checkov.txt
	$(COMPILE) --upgrade --group pyproject.toml:clients -o requirements/clients.txt
	$(COMPILE) --upgrade --group pyproject.toml:mutate -o requirements/mutate.txt

COMPILE := $(UV) pip compile -q --universal --python-version 3.13 --generate-hashes --no-header --no-emit-index-url

clean: ## remove everything that was made
	rm -rf .aws-sam .bench .mutate .venv .uv build *.egg-info client/build client/dist client/src/*.egg-info

build/%/manifest.json: $(SOURCES) .venv/ready
	@$(BIN)/picklejar train $*
	@touch $@

.venv/ready: requirements/development.txt pyproject.toml .python-version | $(UV)
	@echo "Setting up Python 3.13 and the packages in .venv"
	@$(UV) venv --quiet --clear --seed .venv
	@$(UV) pip sync --quiet --require-hashes requirements/development.txt
	@$(UV) pip install --quiet --no-deps --editable .
	@touch $@

.bench/ready: requirements/bench.txt | .venv/ready
	@echo "Setting up what the benchmarks compare with in .bench"
	@rm -rf .bench
	@$(UV) pip install --quiet --no-deps --require-hashes --link-mode copy --compile-bytecode \
		--target .bench/packages -r requirements/bench.txt
	@touch $@

.mutate/ready: requirements/mutate.txt | .venv/ready
	@echo "Setting up what changes modules in .mutate"
	@$(UV) venv --quiet --clear .mutate
	@$(UV) pip install --quiet --no-deps --require-hashes --python .mutate/bin/python -r requirements/mutate.txt
	@touch $@

.uv/bin/uv:
	@python3 -m venv .uv
	@.uv/bin/pip install --quiet --disable-pip-version-check uv
