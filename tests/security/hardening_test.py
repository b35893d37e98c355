"""What was built is hardened: hardening_test.py COMPILE-COMMANDS OPTIMISED BINARY... reads the flags that each file was
compiled with, and the headers of each program and library. OPTIMISED is 1 for builds with optimisation."""

import json
import pathlib
import re
import subprocess
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
COMMANDS, OPTIMISED, BINARIES = pathlib.Path(sys.argv[1]), sys.argv[2] == "1", sys.argv[3:]
OURS = ("lib", "examples")


def readelf(option, binary):
    return subprocess.run(["readelf", option, "-W", binary], check=True, capture_output=True, text=True).stdout


class Binaries(unittest.TestCase):
    def each(self, check):
        self.assertGreaterEqual(len(BINARIES), 2, "at least securechatd and libsecurechat.so")
        for binary in BINARIES:
            with self.subTest(binary=pathlib.Path(binary).name):
                check(binary)

    # Shows: R107
    def test_their_place_is_random(self):
        def check(binary):
            self.assertRegex(readelf("-h", binary), r"Type:\s+DYN")
            dynamic = readelf("-d", binary)
            self.assertNotIn("TEXTREL", dynamic)
            if ".so" not in pathlib.Path(binary).name:
                self.assertRegex(dynamic, r"\(FLAGS_1\).*\bPIE\b")
        self.each(check)

    # Shows: R107
    def test_what_the_linker_fills_in_becomes_read_only(self):
        def check(binary):
            self.assertIn("GNU_RELRO", readelf("-l", binary))
            self.assertRegex(readelf("-d", binary), r"\(FLAGS_1\).*\bNOW\b|BIND_NOW")
        self.each(check)

    # Shows: R107
    def test_nothing_that_can_be_written_can_be_run(self):
        def check(binary):
            segments = readelf("-l", binary)
            stack = re.search(r"GNU_STACK.*0x\w+\s+([RWE ]{3})\s", segments)
            self.assertIsNotNone(stack, "the segment that says so is there")
            self.assertNotIn("E", stack[1])
            for line in segments.split("\n"):
                if line.strip().startswith("LOAD"):
                    self.assertNotRegex(line, r"RWE")
        self.each(check)

    # Shows: R107
    def test_broken_stacks_and_overflows_are_noticed(self):
        def check(binary):
            symbols = readelf("--dyn-syms", binary)
            self.assertIn("__stack_chk_fail", symbols)
            if OPTIMISED:
                self.assertRegex(symbols, r"__\w+_chk\b(?<!__stack_chk)", "fortified functions are called")
        self.each(check)


class Flags(unittest.TestCase):
    # Shows: R107
    def test_every_file_is_compiled_with_them(self):
        files = 0
        for entry in json.loads(COMMANDS.read_text(encoding="utf-8")):
            file = pathlib.Path(entry["file"])
            if not file.is_relative_to(ROOT) or file.relative_to(ROOT).parts[0] not in OURS:
                continue
            files += 1
            words = entry["command"].split()
            with self.subTest(file=str(file.relative_to(ROOT))):
                self.assertIn("-fstack-protector-strong", words)
                self.assertIn("-Wformat=2", words)
                self.assertTrue({"-fPIC", "-fPIE"} & set(words))
                if OPTIMISED:
                    self.assertTrue({"-D_FORTIFY_SOURCE=2", "-D_FORTIFY_SOURCE=3"} & set(words))
        self.assertGreater(files, 100)


if __name__ == "__main__":
    sys.exit(unittest.main(argv=sys.argv[:1]))
