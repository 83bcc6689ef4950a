# radtune: see README.md. `make help` lists the targets.

PYTHON   ?= /usr/bin/python3
# Where to install what. An empty one is what it was at the last installation, or else what FreeRADIUS's packages have.
DESTDIR  ?=
PREFIX   ?= /usr/local
RADDB    ?=
CONFDIR  ?=
STATEDIR ?=
LOGDIR   ?=
RADIUS_USER ?=
RADIUSD  ?=
WORKERS  ?= 2

VENV := .venv
# What the tests, the demo and the benchmark run for real.
PACKAGES       := freeradius freeradius-python3 freeradius-utils eapoltest hostapd wpasupplicant iproute2 python3-venv \
                  python3-click python3-diskcache python3-msal python3-prometheus-client python3-requests \
                  python3-yaml logrotate rsyslog rsyslog-gnutls systemd python3-flask python3-waitress \
                  chromium chromium-driver fonts-dejavu-core
# What builds radtune's own packages: the Build-Depends of debian/control.
DEB_PACKAGES    = build-essential $(patsubst debhelper-compat,debhelper,$(shell sed -n \
                  '/^Build-Depends:/,/^Standards/s/^\(Build-Depends:\)\? *\([a-z][a-z0-9.+-]*\).*/\2/p' debian/control))
# What is in the root in which they are tried.
DEB_ROOT       := $(filter-out chromium% fonts-% hostapd wpasupplicant rsyslog%,$(PACKAGES)) logrotate
# Where the roots of other Debian releases are kept.
ROOTS    ?= /var/cache/radtune-roots
SUITE_12 := bookworm
SUITE_13 := trixie

.PHONY: help test unit demo play manual screenshots deb test-deb check fuzz bench bench-quick install uninstall clean
.PHONY: test-debian12 test-debian13 demo-debian12 demo-debian13
.DELETE_ON_ERROR:

help:
	@echo 'make demo       the whole story on this machine, with real parts'
	@echo 'make play       a running server with a simulated Intune to play with; says what to type, ends with Ctrl-C'
	@echo 'make test       all tests'
	@echo 'make unit       the unit tests alone'
	@echo 'make test-debian13, make demo-debian13, make test-debian12, make demo-debian12'
	@echo '                the same on that release, in a clean root of it (ROOTS, MIRROR)'
	@echo 'make test-deb   the Debian packages: built twice, installed, upgraded, removed and purged on both releases'
	@echo 'make fuzz       200,000 random requests, each judged by the hook and by a model of its own (COUNT, SEED)'
	@echo 'make manual     the parts of docs/ that are made from the code, anew'
	@echo 'make screenshots  the pictures of the web page in docs/, anew'
	@echo 'make check      lint and types'
	@echo 'make bench      what radtune costs, beside the same work done otherwise (ROWS, BEFORE, JSON, ARGS)'
	@echo 'make bench-quick  the same with smaller numbers, in two minutes'
	@echo 'make deb        the Debian packages, in build/'
	@echo 'make install    module, command and raddb files; again to upgrade (DESTDIR, PREFIX, RADDB, CONFDIR, STATEDIR,'
	@echo '                LOGDIR, RADIUS_USER, RADIUSD, PYTHON; see docs/platforms.md and docs/upgrade.md)'
	@echo 'make uninstall  take them away again (DESTDIR, PREFIX)'

test: $(VENV)/packages $(VENV)/ready
	$(VENV)/bin/pytest -n $(WORKERS)

unit: $(VENV)/packages $(VENV)/ready
	$(VENV)/bin/pytest -n $(WORKERS) --dist worksteal tests/unit

fuzz: $(VENV)/packages $(VENV)/ready
	cd tests && PYTHONPATH=../module:../tools ../$(VENV)/bin/python -m fuzz $(if $(COUNT),--count $(COUNT)) $(if $(SEED),--seed $(SEED))

demo: $(VENV)/packages $(VENV)/ready
	cd tests && ../$(VENV)/bin/python -m demo

manual: $(VENV)/packages $(VENV)/ready
	cd tests && PYTHONPATH=../module:../tools ../$(VENV)/bin/python -m manual

screenshots: $(VENV)/packages $(VENV)/ready
	cd tests && PYTHONPATH=../module:../tools ../$(VENV)/bin/python -m web.screenshots

play: $(VENV)/packages
	@cd tests && exec $(PYTHON) -m play

# test-debian13 is `make test` on Debian 13.
test-debian12 test-debian13 demo-debian12 demo-debian13:
	@ROOTS='$(ROOTS)' MIRROR='$(MIRROR)' PACKAGES='$(PACKAGES)' bash tests/in-debian.sh $(SUITE_$(lastword $(subst debian, ,$@))) \
	    make $(firstword $(subst -, ,$@)) WORKERS=$(WORKERS)

# The packages are built here, and tried in a root without a network.
test-deb:
	$(call require_packages,$(DEB_PACKAGES) lintian git)
	@cd tests && PYTHONPATH=../module:../tools $(PYTHON) -B -m deb build ../build/deb
	@for suite in $(SUITE_12) $(SUITE_13); do \
	    CLEAN=yes ROOTS='$(ROOTS)' MIRROR='$(MIRROR)' PACKAGES='$(DEB_ROOT)' bash tests/in-debian.sh $$suite \
	        unshare --net sh -c 'ip link set lo up && cd tests && PYTHONPATH=../module:../tools python3 -m deb try ../build/deb' || exit; \
	done

check: $(VENV)/packages $(VENV)/ready
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy

# See docs/performance.md.
bench bench-quick: $(VENV)/packages $(VENV)/ready
	cd tests && ../$(VENV)/bin/python -m bench $(ROWS) $(if $(findstring quick,$@),--quick) $(ARGS) \
	    $(if $(BEFORE),--before '$(abspath $(BEFORE))') $(if $(JSON),--json '$(abspath $(JSON))')

# Debian's packages, installed if one is missing. The interpreter is the one that FreeRADIUS embeds, so that what the
# tests load into the server fits it.
define require_packages
	@missing=$$(for name in $(1); do \
	    dpkg-query --show --showformat='$${db:Status-Status}' $$name 2>/dev/null | grep -qx installed || echo $$name; done); \
	if [ -n "$$missing" ]; then \
	    if [ "$$(id -u)" -ne 0 ]; then echo "please install as root: apt-get install" $$missing >&2; exit 1; fi; \
	    echo "installing" $$missing >&2; \
	    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >&2; \
	fi
endef

$(VENV)/packages: Makefile
	$(call require_packages,$(PACKAGES))
	@mkdir -p $(@D) && touch $@

$(VENV)/ready: pyproject.toml | $(VENV)/packages
	@$(PYTHON) -m venv $(VENV)
	@$(VENV)/bin/python -c 'import tomllib; p = tomllib.load(open("pyproject.toml", "rb"))["project"]; print("\n".join(p["dependencies"] + p["optional-dependencies"]["dev"]))' > $(VENV)/requirements.txt
	@$(VENV)/bin/pip install --quiet --disable-pip-version-check --upgrade -r $(VENV)/requirements.txt
	@touch $@

deb:
	$(call require_packages,$(DEB_PACKAGES))
	@rm -f build/*.deb
	@debian/make-deb build

# The command's Python is passed on only if it was named: the default is the tests'.
install uninstall:
	@DESTDIR='$(DESTDIR)' PREFIX='$(PREFIX)' RADDB='$(RADDB)' CONFDIR='$(CONFDIR)' STATEDIR='$(STATEDIR)' \
	    LOGDIR='$(LOGDIR)' RADIUS_USER='$(RADIUS_USER)' RADIUSD='$(RADIUSD)' PYTHON='$(if $(filter file,$(origin PYTHON)),,$(PYTHON))' \
	    sh tools/install.sh $@

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache build
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
