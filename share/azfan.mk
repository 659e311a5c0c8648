# SPDX-License-Identifier: MIT
#
# Targets for a repository of jobs. In its Makefile:
#
#   include $(shell azfan mk)
#
# "make help" says what there is. "include azfan.mk" finds it too, below /usr and /usr/local.
#
# make ends with "Error N", N being azfan's exit status; azfan(1) says what it means.
#
# Set these before or after the include, in the environment, or on make's command line. The flags
# are words for the shell, and may be set for one target: "run-NAME: AZFAN_RUN_FLAGS = --yes".
#
#   AZFAN                  the program
#   AZFAN_JOBS             the folder of the jobs; before the include
#   AZFAN_PREFIX           stands before the names of all targets; before the include
#   AZFAN_FLAGS            of plan, rehearse, run and rerun, such as --limit web-01
#   AZFAN_REHEARSE_FLAGS   of rehearse alone, such as --inject 'web-*=busy@10'
#   AZFAN_RUN_FLAGS        of run alone, such as --report TEST-NAME.xml
#   AZFAN_RERUN_FLAGS      of rerun alone, such as --only failed
#   AZFAN_REPORT_FLAGS     of report alone, such as --report NAME.html
#
# Nothing else is taken: "check", "help", "jobs" and "schema" may have recipes and prerequisites of your own as
# well, and the default goal stays yours (".DEFAULT_GOAL := jobs" makes a plain make list them). A job whose file name holds a blank, or one of
# $ % : ; = ( ) [ ] * ? ~ \ | & #, has no targets of its own, since make has other uses for these; nor has one
# with characters that would steer a terminal or hide others on it. "make check" validates it, and "make
# jobs" tells of it.

AZFAN ?= azfan
AZFAN_JOBS ?= jobs
AZFAN_PREFIX ?=
AZFAN_FLAGS ?=
AZFAN_REHEARSE_FLAGS ?=
AZFAN_RUN_FLAGS ?=
AZFAN_RERUN_FLAGS ?=
AZFAN_REPORT_FLAGS ?=

azfan-goal := $(.DEFAULT_GOAL)
azfan-folder := $(patsubst %/,%,$(AZFAN_JOBS))
ifneq ($(words $(azfan-folder)),1)
$(error azfan.mk: AZFAN_JOBS must be one folder without blanks in its name, not "$(AZFAN_JOBS)")
endif

# $(call azfan-quote,TEXT): one word for the shell.
azfan-quote = '$(subst ','\'',$(1))'

# What must not get from a file's name to a terminal, in UTF-8: control characters, and those that turn
# the direction of a text or are not seen.
azfan-bytes = $(addprefix \$(1)\,$(2))
azfan-harmful := $(shell printf '$(addprefix \,001 002 003 004 005 006 007 010 016 017 020 021 022 023 024 025 026 027 030 031 032 033 034 035 036 037 177) \
	$(call azfan-bytes,302,200 201 202 203 204 205 206 207 210 211 212 213 214 215 216 217 220 221 222 223 224 225 226 227 230 231 232 233 234 235 236 237) \
	\330\234 \357\273\277 \363\240 $(call azfan-bytes,357\277,271 272 273) \
	$(call azfan-bytes,342\200,213 214 215 216 217 250 251 252 253 254 255 256) \
	$(call azfan-bytes,342\201,240 241 242 243 244 245 246 247 250 251 252 253 254 255 256 257)')

# $(call azfan-odd,FILE): nothing, unless its name holds what make would misread, or what is harmful.
azfan-hash := \#
azfan-odd = $(strip $(foreach character,$$ % : ; = ( ) [ ] * ? ~ \ | & $(azfan-hash) $(azfan-harmful),$(findstring $(character),$(1))))

# make splits a name with a blank in it; its parts are in another folder, or are not there.
azfan-found := $(wildcard $(azfan-folder)/*.yaml)
azfan-files := $(sort $(foreach file,$(filter $(azfan-folder)/%.yaml,$(azfan-found)), \
	$(if $(call azfan-odd,$(notdir $(file))),,$(wildcard $(file)))))
azfan-names := $(patsubst $(azfan-folder)/%.yaml,%,$(azfan-files))
azfan-others := $(filter-out $(azfan-files),$(azfan-found))

# What a rule about all jobs does where there is none.
azfan-none = echo $(call azfan-quote,azfan.mk: there is no job in $(azfan-folder): no file NAME.yaml. AZFAN_JOBS names the folder.) >&2; exit 1

.PHONY: azfan-help azfan-jobs azfan-check azfan-schema $(addprefix $(AZFAN_PREFIX),help jobs check schema)
$(AZFAN_PREFIX)help: azfan-help
$(AZFAN_PREFIX)jobs: azfan-jobs
$(AZFAN_PREFIX)check: azfan-check
$(AZFAN_PREFIX)schema: azfan-schema

# $(call azfan-say,TARGET,TEXT): a line of the help.
azfan-say = printf 'make %-15s  %s\n' $(call azfan-quote,$(AZFAN_PREFIX)$(1)) $(call azfan-quote,$(2))

azfan-help:
	@$(call azfan-say,jobs,lists the jobs and says what each is for)
	@$(call azfan-say,check,validates all of them)
	@$(call azfan-say,plan-NAME,shows what $(azfan-folder)/NAME.yaml would do)
	@$(call azfan-say,rehearse-NAME,runs it against a simulated Azure)
	@$(call azfan-say,run-NAME,runs it; on a terminal azfan asks first)
	@$(call azfan-say,report-NAME,shows its latest run again)
	@$(call azfan-say,rerun-NAME,runs it again where it was not ok)
	@$(call azfan-say,schema,writes $(azfan-folder)/azfan.schema.json for editors)
	@echo $(call azfan-quote,AZFAN_FLAGS="--limit web-01" after it gives azfan more options.)

# azfan says of each what it has, by its path: NAME is that without the folder and the suffix.
azfan-jobs:
	@$(if $(azfan-found),,$(azfan-none))
	@$(if $(azfan-files),$(AZFAN) check --list $(foreach file,$(azfan-files),$(call azfan-quote,$(file))) | \
	    while IFS= read -r line; do \
	        line=$${line#$(call azfan-quote,$(azfan-folder)/)}; \
	        printf '%s %s\n' "$${line%%.yaml *}" "$${line#*.yaml }"; \
	    done; \
	    echo $(call azfan-quote,For one of them: make $(addprefix $(AZFAN_PREFIX),$(addsuffix -NAME,plan rehearse run report rerun)). More: make $(AZFAN_PREFIX)help))
	@$(if $(azfan-others),printf '%s\n' $(call azfan-quote,Without targets because of its name: $(azfan-others)) | LC_ALL=C tr -c '\n -~' '?')

# The shell finds the files: it has no trouble with their names.
azfan-check:
	@$(if $(azfan-found),$(AZFAN) check $(call azfan-quote,$(azfan-folder))/*.yaml,$(azfan-none))

azfan-schema:
	@# An azfan that fails leaves the old one as it is.
	@printf '%s\n' $(call azfan-quote,$(AZFAN) schema >$(azfan-folder)/azfan.schema.json)
	@$(AZFAN) schema >$(call azfan-quote,$(azfan-folder)/azfan.schema.json.new) && \
	    mv $(call azfan-quote,$(azfan-folder)/azfan.schema.json.new) $(call azfan-quote,$(azfan-folder)/azfan.schema.json) || \
	    { status=$$?; rm -f $(call azfan-quote,$(azfan-folder)/azfan.schema.json.new); exit $$status; }

ifneq ($(azfan-names),)
azfan-plans := $(azfan-names:%=$(AZFAN_PREFIX)plan-%)
azfan-rehearsals := $(azfan-names:%=$(AZFAN_PREFIX)rehearse-%)
azfan-runs := $(azfan-names:%=$(AZFAN_PREFIX)run-%)
azfan-reports := $(azfan-names:%=$(AZFAN_PREFIX)report-%)
azfan-reruns := $(azfan-names:%=$(AZFAN_PREFIX)rerun-%)
.PHONY: $(azfan-plans) $(azfan-rehearsals) $(azfan-runs) $(azfan-reports) $(azfan-reruns)

$(azfan-plans): $(AZFAN_PREFIX)plan-%:
	$(AZFAN) plan $(call azfan-quote,$(azfan-folder)/$*.yaml) $(AZFAN_FLAGS)

$(azfan-rehearsals): $(AZFAN_PREFIX)rehearse-%:
	$(AZFAN) rehearse $(call azfan-quote,$(azfan-folder)/$*.yaml) $(AZFAN_FLAGS) $(AZFAN_REHEARSE_FLAGS)

$(azfan-runs): $(AZFAN_PREFIX)run-%:
	$(AZFAN) run $(call azfan-quote,$(azfan-folder)/$*.yaml) $(AZFAN_FLAGS) $(AZFAN_RUN_FLAGS)

$(azfan-reports): $(AZFAN_PREFIX)report-%:
	$(AZFAN) report $(call azfan-quote,$(azfan-folder)/$*.yaml) $(AZFAN_REPORT_FLAGS)

$(azfan-reruns): $(AZFAN_PREFIX)rerun-%:
	$(AZFAN) rerun $(call azfan-quote,$(azfan-folder)/$*.yaml) $(AZFAN_FLAGS) $(AZFAN_RERUN_FLAGS)
endif

.DEFAULT_GOAL := $(azfan-goal)
