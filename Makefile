# Myoguide. `make help` lists what there is.
.DEFAULT_GOAL := help
SHELL := bash
PYTHON := .venv/bin/python
export PYTHONWARNINGS ?= ignore

.PHONY: help env encoder train run shell check test evaluate benchmark load faults insights sbom audit baseline-stock lock clean

help:  ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

env:  ## make the environment (once; part of every other command)
	@scripts/setup.sh

encoder: env  ## prepare the language model (once; part of every other command)
	@$(PYTHON) -m myoguide.nlu.build_encoder

train: encoder  ## train, if the data changed
	@$(PYTHON) -m myoguide train

run: encoder  ## start everything and serve; Ctrl-C stops it
	@$(PYTHON) -m myoguide run

shell: encoder  ## talk to the assistant in this terminal
	@$(PYTHON) -m myoguide shell

check: env  ## check the content pack and Rasa's data
	@$(PYTHON) -m myoguide.knowledge check
	@mkdir -p var/log
	@$(PYTHON) -m rasa data validate --max-history 1 > var/log/validate.log 2>&1 \
	    && echo "Rasa's own validation: no fault." \
	    || { grep -E "Error|ERROR|invalid" var/log/validate.log; exit 1; }

test: train  ## every fast test
	@$(PYTHON) -m pytest tests

evaluate: train  ## measure understanding and safety on the evaluation set
	@$(PYTHON) -m evaluation $(ARGS)

benchmark: train  ## speed and memory beside the stock assistant (ARGS=--quick: minutes)
	@$(PYTHON) -m evaluation.performance $(ARGS)

load: train  ## many people at once over REST and socket, beside the stock assistant
	@$(PYTHON) -m evaluation.load $(ARGS)

faults: train  ## break servers, database, lock and model under load; writes docs/reliability.md
	@scripts/fault-tests.sh $(ARGS)

insights: env  ## what people ask and what is missing, from the counts (ARGS="--since 90d")
	@$(PYTHON) -m myoguide.insights $(ARGS)

sbom: env  ## write the software bill of materials to var/sbom.json
	@$(PYTHON) scripts/sbom.py

audit: env  ## check the locked packages against the known advisories
	@$(PYTHON) scripts/audit.py

baseline-stock: env  ## measure the stock rasa init pipeline on the same data (hours)
	@$(PYTHON) -m evaluation.stock $(ARGS)

lock: env  ## pin hashes of requirements.in into requirements.lock (needs uv)
	@uv pip compile requirements.in --no-deps --generate-hashes --no-annotate --no-header \
	    --universal --python-version 3.10 -q -o requirements.lock

clean:  ## remove the environment, the models and what was stored
	rm -rf .venv .rasa models var
