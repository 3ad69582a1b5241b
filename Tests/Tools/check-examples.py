#!/usr/bin/env python3
"""Holds the examples in the documentation to the files that the tests run.

A code block behind `<!-- file: PATH -->` is that file, byte for byte. With --write the blocks are written anew.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PAGES = ["Sources/percussd/README.md"]
BLOCK = re.compile(r"(<!-- file: (\S+) -->\n```\w+\n)(.*?)(```\n)", re.DOTALL)


def main():
    problems, count = [], 0
    for page in PAGES:
        text = (ROOT / page).read_text()
        written = BLOCK.sub(lambda match: match[1] + (ROOT / match[2]).read_text() + match[4], text)
        count += len(BLOCK.findall(text))
        if written == text:
            continue
        if "--write" in sys.argv:
            (ROOT / page).write_text(written)
        else:
            problems.append(f"{page}: an example differs from its file; Tests/Tools/check-examples.py --write mends it")
    if not count:
        problems.append("no page has an example")
    print("\n".join(problems) if problems else f"{count} examples are the files that are run")
    return 1 if problems else 0


sys.exit(main())
