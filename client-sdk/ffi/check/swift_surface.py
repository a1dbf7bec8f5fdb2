"""Holds the public surface of the generated Swift against the list that was reviewed: swift_surface.py MUSUBI.SWIFT SURFACE.TXT [--write]

No Swift compiler is at hand, so people read the list instead: whoever changes the surface changes it too.
"""

import difflib
import re
import sys

# Types and functions for apps; what converts between the languages is not.
TYPE = re.compile(r"^(?:public|open) (?:protocol|class|struct|enum|func|typealias) (?!FfiConverter|Uniffi|uniffi)")
MEMBER = re.compile(r"^ {0,4}(?:(?:public|open) .*\b(?:func|init|var|let)\b|case \w+(?:\(|$)|(?:func|var) )")
COMMENT = re.compile(r" */\*.*?\*/", re.DOTALL)
# A list that goes over several lines.
PARAMETERS = re.compile(r"^ *(?:case \w+|public init)\([^)]*\)", re.MULTILINE)
# Reconstruction from a pointer, and what every generated type repeats.
REPEATED = re.compile(r"^open func|public init|NoHandle|unsafeFromHandle|uniffi|\bhash\(into|func lift|func lower|func read|func write|errorDescription")


def surface(swift):
    """Every public declaration without its body: types in the first column, members below them."""
    kept, lines = False, []
    for line in PARAMETERS.sub(on_one_line, COMMENT.sub("", swift)).splitlines():
        # What follows a brace is how, not what.
        declaration = re.sub(r"\)(throws|async)", r") \1", re.sub(r"\s+", " ", re.split(r" ?\{", line)[0])).strip()
        if TYPE.match(line):
            kept = not declaration.startswith(("public func", "public typealias"))
            lines.append(declaration)
        elif line.startswith(("}", "fileprivate", "private", "extension", "public")) and not MEMBER.match(line):
            kept = False
        elif kept and MEMBER.match(line) and not REPEATED.search(line):
            lines.append(f"    {declaration}")
    return lines


def on_one_line(found):
    return re.sub(r"\s+", " ", found.group()).replace("( ", "(").replace(" )", ")")


def main(generated, listed, write):
    with open(generated, encoding="utf-8") as file:
        found = surface(file.read())
    if write:
        with open(listed, "w", encoding="utf-8") as file:
            file.write("\n".join(found) + "\n")
        return
    with open(listed, encoding="utf-8") as file:
        expected = file.read().splitlines()
    if found != expected:
        print("\n".join(difflib.unified_diff(expected, found, listed, generated, lineterm="")))
        raise SystemExit("the Swift surface is not the reviewed one: review it, then run this again with --write")
    print(f"the Swift surface is the reviewed one: {len(found)} declarations")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:] == ["--write"])
