"""A tiny sound pack on disk, which each test breaks in one place."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from myoguide.knowledge import Fault
from myoguide.knowledge.checks import check_folder

TODAY = date(2026, 11, 22)

SOURCES = """\
article: {short: the article, title: What is it, publisher: Its maker, date: undated, address: null}
nhs: {short: NHS, title: Twitching, publisher: Health Service, date: "2026", address: "https://x.uk"}
nhs_hiccups: {short: NHS, title: Hiccups, publisher: Health Service, date: "2026", address: null}
"""

CLAIMS = """\
C01:
  section: sleep
  claim: A jerk on falling asleep comes once.
  verdict: keep
  sources: [article]
S04:
  section: treatment
  claim: The article names carbamazepine.
  verdict: correct
  say: it can make jerks worse
  needs:
  - [worse, worsen*]
  - {when: [new medicine], any: [pregnan*]}
  mentions: [carbamazepine]
  sources: [article, nhs]
"""

GLOSSARY = """\
carbamazepine:
  forms: [carbamazepine]
  plain: A medicine against some seizures.
  explained_by: [medicine*]
EEG:
  forms: [EEG, electroencephalography]
  plain: A recording of the brain's activity.
  explained_by: [recording, records the brain]
"""

SLEEP = """\
version: "3.1"
nlu:
- intent: ask/sleep.cause
  examples: |
    - why do i jump just as im dropping off
    - every nite my leg kicks out, what makes it
    - is coffee to blame for that falling feeling at bedtime
    - reason for bedtime jolts
    - could stress bring on my nightly start
    - my husband leaps in bed the second he nods off. how come
    - what sets these off
    - the body thinks it falls or what
    - tired after nights, then bang, whole body jerks - cause?
    - where does the twitch before sleep come from
    - does exercising late make me jolt
    - Please explain the origin of my bedtime spasms
- intent: ask/sleep.medicine
  examples: |
    - any tablets for jolting in bed
    - the chemist has pills, would they calm me at night
    - does carbamazepine do anything here
    - nan was given something for hers, what was it
    - herbal drops?
    - i want a pill that stops the kicking
    - can a doctor prescribe for jerks while nodding off
    - what meds do people get
    - is there medication against this falling thing
    - my cousin swears by a capsule, sensible?
    - do they treat night twitches with drugs
    - which medicine would you name for a sleeper who starts
responses:
  utter_ask/sleep.cause:
  - text: |-
      Your muscles jerk because the brain is switching over to sleep. It comes once and then stops.
    metadata:
      label: "Why do I jerk as I fall asleep?"
      claims: [C01]
      sources: [article, nhs]
      reviewed: "2026-11-22"
      reviewer: "not yet reviewed by a clinician"
      next: [sleep.medicine]
  utter_ask/sleep.medicine:
  - text: |-
      The article names the medicine carbamazepine. It can make jerks worse, so ask a doctor.
    metadata:
      label: "Is there a medicine for it?"
      claims: [S04]
      sources: [nhs, nhs_hiccups, article]
      reviewed: "2026-11-22"
      reviewer: "not yet reviewed by a clinician"
      next: [sleep.cause]
"""


class PackFolder:
    """The pack's folder, with one verb to change a file and one to check the whole."""

    def __init__(self, root: Path) -> None:
        self.data = root / "data"
        self.sets = root / "sets"
        for name, text in {
            "sources.yml": SOURCES,
            "claims.yml": CLAIMS,
            "glossary.yml": GLOSSARY,
            "topics/sleep.yml": SLEEP,
        }.items():
            self.write(name, text)

    def write(self, name: str, text: str) -> None:
        file = self.data / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def change(self, name: str, old: str, new: str) -> None:
        """Replace every ``old``, which must be there: otherwise the test would test nothing."""
        text = (self.data / name).read_text(encoding="utf-8")
        assert old in text
        self.write(name, text.replace(old, new))

    def faults(self, today: date = TODAY) -> list[Fault]:
        return check_folder(self.data, today, self.sets)[1]

    def reasons(self, today: date = TODAY) -> list[str]:
        return [fault.reason for fault in self.faults(today)]


@pytest.fixture
def folder(tmp_path: Path) -> PackFolder:
    return PackFolder(tmp_path)
