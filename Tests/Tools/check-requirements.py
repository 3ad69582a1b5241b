#!/usr/bin/env python3
"""Checks that the numbered requirements of the specification and their citations agree.

Wrong, with exit status 1: a requirement that is defined twice, that the text of protocol-spec/README.md and its index (section 24) do
not share, or that is cited under Sources or Tests and defined nowhere. Which requirements no test cites is printed and fails nothing: some are
shown by the tests of a group as a whole, and some bind what no test here can see.

A citation is a name in full, PCS/SR/ST/BV-01, and may go on: "PCS/SR/ST/BV-01, BV-04, SM/BV-05 and BV-06", "PCS/SR/QU/BI-01 to BI-05".
"""

import collections
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
SPECIFICATION = ROOT / "protocol-spec"
SOURCES = {".swift", ".c", ".h", ".py", ".sh", ".md"}

# The requirements on routine documents (routine.md) bind no role: PCS/RT/BV-01.
NAME = re.compile(r"PCS/([A-Z]{2}/)?([A-Z]{2})/(B[VI])-(\d\d)")
FURTHER = re.compile(r"(,| and| to)\s+(?:///?\s*)?(?:([A-Z]{2})/)?(B[VI])-(\d\d)")
DEFINITION = re.compile(r"^- \*\*(PCS/\S+)\*\* ", re.MULTILINE)
INDEXED = re.compile(r"`(PCS/[A-Z]{2}/[A-Z]{2}/B[VI])-(\d\d)`(?: to `-(\d\d)`)?")


def cited(text):
    """Every requirement that a text cites, with the offset of the citation."""
    for match in NAME.finditer(text):
        role, group, kind, number = match.groups(default="")
        yield f"PCS/{role}{group}/{kind}-{number}", match.start()
        end = match.end()
        while further := FURTHER.match(text, end):
            word, other, kind, last = further.groups()
            group = other or group
            first = int(number) + 1 if word == " to" else int(last)
            for each in range(first, int(last) + 1):
                yield f"PCS/{role}{group}/{kind}-{each:02}", match.start()
            number, end = last, further.end()


def main():
    problems = []
    defined = collections.Counter()
    for path in sorted(SPECIFICATION.rglob("*.md")):
        defined.update(DEFINITION.findall(path.read_text(encoding="utf-8")))
    problems += [f"{name} is defined {count} times" for name, count in defined.items() if count > 1]
    if not defined:
        problems.append("no requirement is defined in protocol-spec/*.md")

    page = (SPECIFICATION / "README.md").read_text(encoding="utf-8")
    _, _, index = page.partition("Index of requirements")
    indexed = {
        f"{stem}-{number:02}"
        for stem, first, last in INDEXED.findall(index)
        for number in range(int(first), int(last or first) + 1)
    }
    here = set(DEFINITION.findall(page))
    problems += [f"{name} is defined, but not in the index" for name in sorted(here - indexed)]
    problems += [f"{name} is in the index, but not defined" for name in sorted(indexed - here)]
    total = re.search(r"^(\d+) requirements\.$", index, re.MULTILINE)
    if not total or int(total[1]) != len(here):
        problems.append(f"the index counts {total[1] if total else 'nothing'}, {len(here)} are defined")

    by_tests = set()
    for folder in ("Sources", "Tests"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix not in SOURCES or path == pathlib.Path(__file__).resolve():
                continue
            text = path.read_text(encoding="utf-8", errors="replace")
            for name, offset in cited(text):
                if name not in defined:
                    line = text.count("\n", 0, offset) + 1
                    problems.append(f"{path.relative_to(ROOT)}:{line}: {name} is defined nowhere")
                elif folder == "Tests":
                    by_tests.add(name)

    groups = collections.defaultdict(list)
    for name in sorted(defined):
        groups["/".join(name.split("/")[1:-1])].append(name)
    print(f"{len(defined)} requirements, {len(by_tests)} cited by tests")
    for group, names in sorted(groups.items()):
        missing = [name.split("/")[-1] for name in names if name not in by_tests]
        if missing:
            print(f"  {group}: {len(names) - len(missing)} of {len(names)}; not {', '.join(missing)}")
    for problem in problems:
        print(f"error: {problem}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
