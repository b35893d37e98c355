"""SECURITY.md names every library of the bill of materials that the project itself links, and says what it must say."""

import pathlib
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


class SecurityMd(unittest.TestCase):
    # Shows: R106
    def test_it_has_its_parts(self):
        text = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
        for heading in ("Reporting", "Supported versions", "Threat model", "Known faults of the packaged libraries"):
            self.assertIn(f"\n## {heading}\n", text)
        for severity in ("critical", "high", "medium", "low"):
            self.assertRegex(text, rf"\n\| {severity} \|[^|]+\| (\d+ days|the next release) \|")
        for word in ("libwebsockets", "OpenSSL", "libjwt", "cJSON", "SQLite", "libxcrypt"):
            self.assertRegex(text, rf"\n\| {word} ", f"a row for {word}")


if __name__ == "__main__":
    sys.exit(unittest.main())
