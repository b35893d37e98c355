"""Finds which test shows which requirement. A line `Shows: R10 S13`, as a comment right above a test, is its
label; in a program that is one test as a whole (a script, a C program) it may stand in the head, too."""

import pathlib
import re
from dataclasses import dataclass, field

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent

LABEL = re.compile(r"^\s*(?://|#|/?\*)\s*Shows:\s*(.*?)\s*(?:\*/)?\s*$")
IDS = re.compile(r"[RS][1-9][0-9]*(?: [RS][1-9][0-9]*)*")
COMMENT = re.compile(r"^\s*(?://|#(?!include|define|if|endif)|/\*|\*|\"\"\")")
GTEST = re.compile(r"^\s*TEST(?:_F|_P)?\(\s*(\w+)\s*,\s*(\w+)\s*\)")
FUZZ = re.compile(r"LLVMFuzzerTestOneInput\(")
C_FUNCTION = re.compile(r"^(?:static\s+)?\w+\*?\s+(\w+)\s*\(")
NODE = re.compile(r"^\s*(?:await\s+)?(?:\w+\.)?(?:test|it|describe)\(\s*(['\"`])((?:\\.|(?!\1).)*)\1")
NODE_NAMED = re.compile(r"^\s*(?:await\s+)?(?:\w+\.)?(?:test|it|describe)\(\s*([\w.]+)\s*,")
PYTHON = re.compile(r"^\s*def\s+(test_\w+)\s*\(")
SUFFIXES = {".cc", ".c", ".mjs", ".py", ".sh"}


class LabelError(Exception):
    """A label that cannot be understood; the text says where it stands and what to do."""


@dataclass(frozen=True)
class Test:
    path: str  # relative to the root
    name: str  # as the test program prints it; variable parts of a title are an ellipsis
    kind: str  # gtest, node, python or ctest
    program: str  # of gtest: its target; of the others: the name in ctest
    ids: tuple = field(compare=False)


def program_of(path):
    """The target of a GoogleTest program, or the name of any other test in ctest."""
    layer = path.parent.name
    stem = path.name.split(".")[0]
    if path.suffix == ".cc":
        return f"fuzz.{stem}" if layer == "fuzz" else f"{layer}_test"
    if layer == "tests":
        return stem.removesuffix("_test")
    return f"{layer}.{stem.removesuffix('_test')}"


def title(text):
    """A node title as source has it: what is put in at run time becomes an ellipsis."""
    text = re.sub(r"\$\{(?:[^{}]|\{[^{}]*\})*\}", "…", text)
    return re.sub(r"\\(.)", r"\1", text)


def row_of(lines_before):
    """The name of a test whose title is a row's: its suite's, and that it is one of many."""
    for line in reversed(lines_before):
        if (found := NODE.match(line)) and re.search(r"\bdescribe\(", line):
            return f"{title(found[2])}: …"
    return "…"


def named(path, lines, at):
    """The test that is declared at that line: (name, kind), or None."""
    both = lines[at] + " " + (lines[at + 1].strip() if at + 1 < len(lines) else "")
    if path.suffix == ".cc":
        if found := GTEST.match(both):
            return f"{found[1]}.{found[2]}", "gtest"
        if FUZZ.search(both):
            return program_of(path), "ctest"
    elif path.suffix == ".mjs":
        found = NODE.match(both)
        if found and re.search(r"\w", title(found[2])):
            return title(found[2]), "node"
        if found or NODE_NAMED.match(both):
            return row_of(lines[:at]), "node"
    elif path.suffix == ".py":
        if found := PYTHON.match(lines[at]):
            return f"{program_of(path)}: {found[1]}", "python"
    elif path.suffix == ".c":
        if found := C_FUNCTION.match(lines[at]):
            return f"{program_of(path)}: {found[1]}", "ctest"
    return None


def labels_of(path):
    lines = path.read_text(encoding="utf-8").split("\n")
    relative = str(path.relative_to(ROOT))
    for number, line in enumerate(lines):
        found = LABEL.match(line)
        if not found:
            continue
        where = f"{relative}:{number + 1}"
        if not IDS.fullmatch(found[1]):
            raise LabelError(f"{where}: a label is written `Shows: R10 S13`, not {found[1]!r}")
        at = number + 1
        while at < len(lines) and (not lines[at].strip() or COMMENT.match(lines[at])):
            at += 1
        test = named(path, lines, at) if at < len(lines) else None
        if test is None and path.suffix in {".sh", ".py", ".c"} and number < 12:
            test = program_of(path), "ctest"
        if test is None:
            raise LabelError(f"{where}: a label stands right above a test, and there is none")
        yield Test(relative, test[0], test[1], program_of(path), tuple(found[1].split(" ")))


def collect(root=ROOT / "tests"):
    """All labelled tests, in the order of their files; a test with two labels is an error."""
    tests = []
    for path in sorted(root.rglob("*")):
        if path.suffix not in SUFFIXES or "node_modules" in path.parts or path == pathlib.Path(__file__).resolve():
            continue
        tests.extend(labels_of(path))
    for test in tests:
        if len([one for one in tests if one == test]) > 1 and "…" not in test.name:
            raise LabelError(f"{test.path}: {test.name} has two labels, or its name is not its own")
    return tests
