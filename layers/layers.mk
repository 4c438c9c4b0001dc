# How the layers are built, the same for every processor; x86_64/ and arm64/ say which one is meant.
# SAM runs `make build-<LogicalId>` in a copy of this folder, with the layer's place in ARTIFACTS_DIR.

ifeq ($(shell command -v uv 2>/dev/null),)
$(error uv is not on the PATH: activate the virtual environment, or install uv from https://docs.astral.sh/uv/)
endif

PYTHON := 3.13
SITE = $(ARTIFACTS_DIR)/python

# Wheels for Lambda's Linux, whatever machine this is, and exactly the listed ones. Copied, because files linked
# to uv's cache would carry every later change into it.
INSTALL = uv pip install --quiet --no-deps --require-hashes --only-binary :all: --link-mode copy \
	--python-platform $(PLATFORM) --python-version $(PYTHON) --target "$(SITE)"

# With the packages' tests, 58 MB of them, the layers would not fit into Lambda's 262,144,000 bytes; stubs, commands
# and uv's lock serve nobody there.
PRUNE = find "$(SITE)" -depth \( -type d -name tests -o -name '*.pyi' -o -path "$(SITE)/bin" \
	-o -path "$(SITE)/.lock" \) -exec rm -rf {} +

# SAM dates every file 1980, so bytecode that is checked by time would be compiled anew at each cold start. With
# the paths on Lambda, and one process that takes the files in their order, the same sources give the same bytes:
# a deployment that changes nothing makes no new layer.
COMPILE = uv run --quiet --no-project --python $(PYTHON) python -m compileall -q \
	--invalidation-mode unchecked-hash -s "$(ARTIFACTS_DIR)" -p /opt "$(SITE)"

.PHONY: build-PicklejarLayer build-RuntimeLayer build-SklearnLayer

build-PicklejarLayer:
	mkdir -p "$(SITE)"
	cp -R picklejar/picklejar "$(SITE)"
	find "$(SITE)" -depth -name __pycache__ -exec rm -rf {} +
	$(COMPILE)

build-RuntimeLayer:
	$(INSTALL) -r runtime/requirements.txt
	$(PRUNE)
	$(COMPILE)

build-SklearnLayer:
	$(INSTALL) -r sklearn/requirements.txt
	$(PRUNE)
	$(COMPILE)
