"""The content pack: what people ask, what they are told, and what that rests on.

``load_pack("data")`` gives a ``Pack``; ``checks.check_folder`` its faults. Needs no Rasa.
"""

from myoguide.knowledge.fault import Fault, PackError
from myoguide.knowledge.load import load_pack, read_pack
from myoguide.knowledge.pack import Answer, Claim, Pack, Question, Reply, Source, Term

__all__ = [
    "Answer",
    "Claim",
    "Fault",
    "Pack",
    "PackError",
    "Question",
    "Reply",
    "Source",
    "Term",
    "load_pack",
    "read_pack",
]
