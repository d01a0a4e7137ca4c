"""``python -m myoguide.safety "text" ["next message" ...]``: what was read, and why."""

from __future__ import annotations

import sys

from myoguide.safety.screen import Screening, screen


def describe(screening: Screening) -> str:
    """A page for engineers and clinicians: level, signs with their words, findings as read."""
    lines = [f"level    {screening.level}", f"sign     {screening.sign or '-'}"]
    if screening.retracted:
        lines.append("         the message takes back what was told before")
    if screening.help_is_there:
        lines.append("         help is there")
    for shown in screening.signs:
        words = " + ".join(f"{f.id} ({f.words})" for f in shown.findings)
        told = "" if shown.new else "  [told earlier]"
        lines.append(f"{shown.level:9}{shown.id}: {words}{told}")
    for shown in screening.suspected:
        words = " + ".join(f"{f.id} ({f.words})" for f in shown.findings)
        lines.append(f"suspected {shown.level} {shown.id}: {words}")
    for finding in screening.findings:
        how = f"{finding.who}, {finding.when}, {finding.whether}"
        lines.append(f"  read   {finding.id}: '{finding.words}' ({how})")
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    """Print the screening of the last message, the others being told earlier."""
    if not arguments:
        sys.stderr.write(f"{__doc__}\n")
        return 2
    *earlier, text = arguments
    sys.stdout.write(describe(screen(text, earlier)) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
