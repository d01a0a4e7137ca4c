"""The checks of the content pack, in the order in which an editor would think of them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from myoguide.knowledge.checks import (
    corrections,
    links,
    numbers,
    overlap,
    questions,
    review,
    wording,
)
from myoguide.knowledge.fault import Fault
from myoguide.knowledge.load import TABLES, read_pack
from myoguide.knowledge.pack import Pack

CHECKS = (
    links.questions_and_answers_meet,
    links.topics_stay_in_their_file,
    links.answers_rest_on_something,
    links.claims_and_sources_exist,
    links.claims_are_carried,
    links.next_answers_exist,
    corrections.corrections_are_there,
    corrections.corrected_matters_are_named,
    corrections.correcting_claims_can_be_checked,
    wording.answers_are_short,
    wording.texts_read_easily,
    wording.terms_are_explained,
    wording.medical_words_are_listed,
    wording.labels_are_short,
    wording.english_is_the_houses,
    wording.answers_are_plain_text,
    numbers.no_doses,
    numbers.no_phone_numbers,
    questions.questions_differ,
    questions.questions_are_not_reworded,
)


def check_folder(data: Path, today: date, sets: Path) -> tuple[Pack, list[Fault]]:
    """The pack under ``data`` with all its faults, sorted by file and line.

    ``today`` decides whether a review is too old; ``sets`` is the folder of evaluation sets,
    which need not exist. While claims, sources or glossary cannot be read, nothing else is told:
    every answer that names one of them would seem wrong.
    """
    pack, faults = read_pack(data)
    if not any(fault.file == data / table for fault in faults for table in TABLES):
        faults += [fault for check in CHECKS for fault in check(pack)]
        faults += review.reviews_are_recent(pack, today)
        faults += overlap.evaluation_is_not_repeated(pack, sets)
    return pack, sorted(set(faults))
