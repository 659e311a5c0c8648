# SPDX-License-Identifier: MIT
#
# make                    build/azfan, optimised and hardened
# make demo               a rehearsal on 20 simulated VMs
# make test               every test that can run on this machine
# make test FILES='…'     those of some files: test/cli/run.bats test_schedule
# make test VARIANT=asan  the same with a sanitizer: debug, asan or tsan
# make lint, bench, install, uninstall, clean

VERSION := 0.1.0
VARIANT ?= release
PREFIX  ?= /usr/local
BINDIR  ?= $(PREFIX)/bin
# azfan looks for its own programs beside itself, and in ../libexec/azfan.
LIBEXECDIR ?= $(PREFIX)/libexec/azfan
MANDIR  ?= $(PREFIX)/share/man
DOCDIR  ?= $(PREFIX)/share/doc/azfan
# Where the shells look for completions, and make for what is included by its name alone.
BASHDIR ?= $(PREFIX)/share/bash-completion/completions
ZSHDIR  ?= $(PREFIX)/share/zsh/site-functions
FISHDIR ?= $(PREFIX)/share/fish/vendor_completions.d
MAKEDIR ?= $(PREFIX)/include
DATADIR ?= $(PREFIX)/share/azfan
CC      ?= cc
BATS    ?= bats
PYTHON  ?= python3
# Warnings are errors for the authors and in CI, not for somebody with next year's compiler.
DEV     ?=
# V=1 shows every command as it is.
V       ?=
Q       := $(if $(V),,@)
SAY     := @$(if $(V),:,printf '%-5s %s\n')

ifeq ($(filter $(VARIANT),release debug asan tsan fuzz),)
$(error VARIANT is release, debug, asan or tsan, not "$(VARIANT)")
endif

OUT      := build/$(VARIANT)
PACKAGES := yaml-0.1 jansson nettle libxml-2.0 zlib

CFLAGS_release  := -O2 -fstack-protector-strong -fPIE -fno-plt
CPPFLAGS_release := -D_FORTIFY_SOURCE=2
LDFLAGS_release := -pie -Wl,-z,relro,-z,now
CFLAGS_debug    := -Og -g3
CPPFLAGS_debug  := -DAZFAN_FAULTS
CFLAGS_asan     := -O1 -g3 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
CPPFLAGS_asan   := -DAZFAN_FAULTS
CFLAGS_tsan     := -O1 -g3 -fno-omit-frame-pointer -fsanitize=thread
CPPFLAGS_tsan   := -DAZFAN_FAULTS
# For `make fuzz` alone.
CFLAGS_fuzz     := -O1 -g -fno-omit-frame-pointer -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all

WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wstrict-prototypes \
	-Wmissing-prototypes -Wold-style-definition -Wvla -Wundef -Wwrite-strings -Wcast-qual \
	-Wpointer-arith -Wformat=2 -fno-common $(if $(DEV),-Werror)

# Ours come first, the user's last; the user's never replace ours. Asked for in the recipe, not when
# this file is read: the first `make` on a machine installs pkg-config itself.
ALL_CPPFLAGS = -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -DAZFAN_VERSION='"$(VERSION)"' -iquote include \
	$(CPPFLAGS_$(VARIANT)) $(CPPFLAGS)
ALL_CFLAGS   = -std=c17 -pthread $(WARNINGS) $(CFLAGS_$(VARIANT)) $(shell pkg-config --cflags $(PACKAGES)) $(CFLAGS)
ALL_LDFLAGS  = -pthread $(filter -fsanitize=% -O%,$(CFLAGS_$(VARIANT))) $(LDFLAGS_$(VARIANT)) $(LDFLAGS)
ALL_LDLIBS   = $(shell pkg-config --libs $(PACKAGES)) $(LDLIBS)

# For tests, of which few are of the client.
CURL_IF_NEEDED = -Wl,--as-needed $(shell pkg-config --libs libcurl)

SOURCES := $(filter-out src/%/main.c,$(wildcard src/*/*.c))
# The client has libcurl, of which azfan itself is kept free: its libraries take 7 ms to load.
REST    := $(filter src/rest/%,$(SOURCES))
OBJECTS := $(patsubst src/%.c,$(OUT)/%.o,$(filter-out $(REST),$(SOURCES)))
UNITS   := $(patsubst test/unit/%.c,$(OUT)/unit/%,$(wildcard test/unit/test_*.c))
STUBS   := $(patsubst test/stub/%.c,build/stub/%,$(wildcard test/stub/*.c))

.PHONY: all deps deps-test demo test unit cli azure bench pictures lint fuzz install uninstall clean
.DELETE_ON_ERROR:

# What is installed and run: azfan, the simulated az of its rehearsals, and the client of Azure's REST API.
PROGRAMS := azfan azfan-simulator azfan-rest

all: $(addprefix $(if $(filter release,$(VARIANT)),build,$(OUT))/,$(PROGRAMS))

$(addprefix build/,$(PROGRAMS)): build/%: build/release/%
	@ln -f $< $@

$(OUT)/azfan: $(OUT)/cli/main.o $(OUT)/libazfan.a
	$(SAY) LINK $@
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(ALL_LDLIBS)

# Without the libraries of reports, which take longer to load than a simulated az runs.
$(OUT)/azfan-simulator: $(OUT)/simulator/main.o $(OUT)/libazfan.a
	$(SAY) LINK $@
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(shell pkg-config --libs jansson nettle yaml-0.1 zlib) $(LDLIBS)

$(OUT)/azfan-rest: $(OUT)/rest/main.o $(OUT)/librest.a $(OUT)/libazfan.a
	$(SAY) LINK $@
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(shell pkg-config --libs libcurl jansson) $(LDLIBS)

$(OUT)/libazfan.a: $(OBJECTS)
$(OUT)/librest.a: $(REST:src/%.c=$(OUT)/%.o)
$(OUT)/libazfan.a $(OUT)/librest.a:
	@rm -f $@
	$(Q)$(AR) rcs $@ $^

$(OUT)/%.o: src/%.c $(OUT)/.flags | build/.deps
	@mkdir -p $(@D)
	$(SAY) CC $<
	$(Q)$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# The page's style and script are in the program.
$(OUT)/page/files.o: src/page/page.css src/page/page.js

# Objects are made anew when the compiler or its flags change.
$(OUT)/.flags: FORCE
	@mkdir -p $(@D)
	@echo '$(CC) $(VERSION) $(DEV) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS)' | cmp -s - $@ || \
		echo '$(CC) $(VERSION) $(DEV) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS)' > $@
FORCE:

# What is missing is installed once; nothing is said when nothing is missing.
deps: build/.deps
deps-test: build/.deps-test
build/.deps: .ci/deps
	@mkdir -p build
	@.ci/deps build
	@touch $@
build/.deps-test: .ci/deps
	@mkdir -p build
	@.ci/deps build test
	@touch build/.deps $@

demo: all
	@test/cli/demo $(OUT)/azfan build/demo

# Unit tests need the fault probes, which a release has not.
test: build/.deps-test
	@$(MAKE) --no-print-directory $(if $(findstring -j,$(MAKEFLAGS)),,-j$(shell nproc)) VARIANT=$(VARIANT) all
	@VARIANT=$(VARIANT) MAKE="$(MAKE)" test/run $(FILES)

unit: $(UNITS) $(STUBS)
cli: all $(STUBS)

$(OUT)/unit/%: test/unit/%.c $(wildcard test/unit/*.h) $(OUT)/librest.a $(OUT)/libazfan.a | build/.deps-test
	@mkdir -p $(@D)
	$(SAY) UNIT $<
	$(Q)$(CC) $(ALL_CPPFLAGS) -iquote test $(ALL_CFLAGS) $(shell pkg-config --cflags check) $(ALL_LDFLAGS) \
		-o $@ $< $(OUT)/librest.a $(OUT)/libazfan.a $(shell pkg-config --libs check) $(ALL_LDLIBS) $(CURL_IF_NEEDED)

# Children that misbehave on purpose. Static: they start as fast as a program can.
build/stub/%: test/stub/%.c | build/.deps
	@mkdir -p $(@D)
	$(SAY) STUB $<
	$(Q)$(CC) -D_GNU_SOURCE -std=c17 $(WARNINGS) -O2 -static -pthread -o $@ $<

# A light ARM server for measurements.
build/arm: $(wildcard test/arm/*.[ch]) $(OUT)/libazfan.a
	@.ci/deps bench
	$(SAY) LINK $@
	$(Q)$(CC) $(ALL_CPPFLAGS) -iquote test $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $(filter %.c %.a,$^) \
		$(shell pkg-config --libs openssl jansson) $(LDLIBS)

bench: all $(STUBS) build/arm
	@test/bench/run $(OUT)/azfan
	@test/bench/rest $(PWD)/$(OUT)/azfan
	@test/bench/live $(PWD)/$(OUT)/azfan
	@test/bench/guard $(OUT)/azfan

# The README's pictures, from a rehearsal: wants tmux, python3 and chromium.
pictures: all
	@docs/pictures $(OUT)/azfan

# Throws mutations of what is in the repository at every parser and writer, for FUZZ_SECONDS each, as
# many fuzzers side by side as FUZZ_JOBS. FUZZ names some of them.
FUZZ_SECONDS ?= 60
FUZZ_JOBS    ?= 2
FUZZ_CC      ?= clang
FUZZ         ?= $(patsubst test/fuzz/fuzz_%.c,%,$(wildcard test/fuzz/fuzz_*.c))
fuzz: build/azfan
	@.ci/deps build fuzz
	@$(MAKE) --no-print-directory VARIANT=fuzz CC='$(FUZZ_CC)' DEV= $(FUZZ:%=build/fuzz/fuzz_%)
	@test/fuzz/seeds build/azfan build/fuzz
	@test/fuzz/run build/fuzz $(FUZZ_SECONDS) $(FUZZ_JOBS) $(FUZZ)

$(OUT)/fuzz_%: test/fuzz/fuzz_%.c test/fuzz/fuzz.h $(OUT)/librest.a $(OUT)/libazfan.a
	$(SAY) FUZZ $<
	$(Q)$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) $(ALL_LDFLAGS) -fsanitize=fuzzer -o $@ $< $(OUT)/librest.a $(OUT)/libazfan.a \
		$(ALL_LDLIBS) $(CURL_IF_NEEDED)

lint: build/.deps-test
	@test/lint/run

# $(call put,MODE,FILE,FOLDER[,NAME])
put = install -D -m $(1) $(2) "$(DESTDIR)$(3)/$(or $(4),$(notdir $(2)))"

install: all
	$(call put,755,build/azfan,$(BINDIR))
	$(call put,755,build/azfan-simulator,$(LIBEXECDIR))
	$(call put,755,build/azfan-rest,$(LIBEXECDIR))
	$(call put,644,man/azfan.1,$(MANDIR)/man1)
	$(call put,644,man/azfan-job.5,$(MANDIR)/man5)
	$(call put,644,completions/azfan.bash,$(BASHDIR),azfan)
	$(call put,644,completions/_azfan,$(ZSHDIR))
	$(call put,644,completions/azfan.fish,$(FISHDIR))
	$(call put,644,share/azfan.mk,$(DATADIR))
	install -d "$(DESTDIR)$(MAKEDIR)"
	ln -sfr "$(DESTDIR)$(DATADIR)/azfan.mk" "$(DESTDIR)$(MAKEDIR)/azfan.mk"
	$(call put,644,README.md,$(DOCDIR))
	$(call put,644,LICENSE,$(DOCDIR))
	install -d "$(DESTDIR)$(DOCDIR)/examples"
	install -m 644 jobs/*.yaml "$(DESTDIR)$(DOCDIR)/examples"
	cp -R examples/. "$(DESTDIR)$(DOCDIR)/examples"
	chmod -R u=rwX,go=rX "$(DESTDIR)$(DOCDIR)/examples"

uninstall:
	rm -f "$(DESTDIR)$(BINDIR)/azfan" "$(DESTDIR)$(LIBEXECDIR)/azfan-simulator" "$(DESTDIR)$(LIBEXECDIR)/azfan-rest" "$(DESTDIR)$(MANDIR)/man1/azfan.1" "$(DESTDIR)$(MANDIR)/man5/azfan-job.5"
	rm -f "$(DESTDIR)$(BASHDIR)/azfan" "$(DESTDIR)$(ZSHDIR)/_azfan" "$(DESTDIR)$(FISHDIR)/azfan.fish"
	rm -f "$(DESTDIR)$(MAKEDIR)/azfan.mk" "$(DESTDIR)$(DATADIR)/azfan.mk"
	rm -f "$(DESTDIR)$(DOCDIR)/README.md" "$(DESTDIR)$(DOCDIR)/LICENSE"
	cd "$(DESTDIR)$(DOCDIR)/examples" 2>/dev/null && rm -rf $(notdir $(wildcard jobs/*.yaml examples/*)) || true
	@# Somebody may have named folders that are not azfan's alone: those stay.
	@rmdir "$(DESTDIR)$(LIBEXECDIR)" "$(DESTDIR)$(DOCDIR)/examples" "$(DESTDIR)$(DOCDIR)" "$(DESTDIR)$(DATADIR)" 2>/dev/null || true

clean:
	rm -rf build

-include $(wildcard $(OUT)/*/*.d)
