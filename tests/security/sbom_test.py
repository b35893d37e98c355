"""The bill of materials that the build made: sbom_test.py BILL LIBRARY VERSION. Its form is CycloneDX 1.5's, its
versions are dpkg's, it names all that the library asks for, and it can be made again byte by byte."""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BILL, LIBRARY, VERSION = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3]


def made_again(**environment):
    with tempfile.TemporaryDirectory() as folder:
        output = pathlib.Path(folder) / "bill.json"
        kept = {name: value for name, value in os.environ.items() if name != "SOURCE_DATE_EPOCH"}
        subprocess.run([ROOT / "scripts" / "sbom", "--library", LIBRARY, "--version", VERSION, "--output", output],
                       check=True, env={**kept, **environment})
        return output.read_bytes()


class Sbom(unittest.TestCase):
    def setUp(self):
        self.bill = json.loads(BILL.read_text(encoding="utf-8"))

    # Shows: R106
    def test_the_form_is_cyclonedx_1_5(self):
        self.assertEqual((self.bill["bomFormat"], self.bill["specVersion"], self.bill["version"]), ("CycloneDX", "1.5", 1))
        self.assertRegex(self.bill["serialNumber"], r"^urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
        self.assertLessEqual(set(self.bill), {"$schema", "bomFormat", "specVersion", "version", "serialNumber", "metadata", "components", "dependencies"})
        root = self.bill["metadata"]["component"]
        self.assertEqual((root["name"], root["version"]), ("libsecurechat", VERSION))
        refs = [root["bom-ref"]]
        for one in self.bill["components"]:
            self.assertLessEqual(set(one), {"type", "bom-ref", "name", "version", "description", "licenses", "hashes", "purl"}, one)
            self.assertIn(one["type"], {"library", "data"})
            self.assertTrue(one["name"] and one["version"])
            for licence in one["licenses"]:
                self.assertTrue(licence.get("expression") or licence["license"]["name"])
            for digest in one.get("hashes", []):
                self.assertEqual(digest["alg"], "SHA-256")
                self.assertRegex(digest["content"], r"^[0-9a-f]{64}$")
            refs.append(one["bom-ref"])
        self.assertEqual(len(refs), len(set(refs)), "each bom-ref is its own")
        self.assertEqual(sorted(one["ref"] for one in self.bill["dependencies"]), sorted(refs), "each has its row of dependencies")
        for one in self.bill["dependencies"]:
            self.assertLessEqual(set(one["dependsOn"]), set(refs))

    # Shows: R106
    def test_the_versions_are_those_of_the_system(self):
        seen = 0
        for one in self.bill["components"]:
            if not one["purl"].startswith("pkg:deb/"):
                continue
            found = subprocess.run(["dpkg-query", "-W", "-f", "${Version}\n", one["name"]], check=True, capture_output=True, text=True).stdout
            self.assertIn(one["version"], found.split("\n"), one["name"])
            name, version = re.match(r"pkg:deb/[a-z]+/([^@]+)@([^?]+)\?arch=[a-z0-9]+&distro=[a-z]+-\S+$", one["purl"]).groups()
            self.assertEqual(name, one["name"])
            self.assertEqual(version.replace("%2B", "+").replace("%3A", ":"), one["version"])
            seen += 1
        self.assertGreater(seen, 8)

    # Shows: R106
    def test_all_that_the_library_asks_for_is_there(self):
        asked = re.findall(r"\(NEEDED\).*\[(.+)\]", subprocess.run(["readelf", "-dW", LIBRARY], check=True, capture_output=True, text=True).stdout)
        self.assertGreater(len(asked), 8)
        names = {one["name"] for one in self.bill["components"]}
        taken = subprocess.run(["ldd", LIBRARY], check=True, capture_output=True, text=True).stdout
        for soname in asked:
            path = re.search(rf"{re.escape(soname)} => (\S+)", taken)
            if path is None:
                continue  # The dynamic linker itself, which is of the same package as libc.
            real = str(pathlib.Path(path[1]).resolve())
            owner = subprocess.run(["dpkg-query", "-S", real], capture_output=True, text=True, check=False).stdout or subprocess.run(
                ["dpkg-query", "-S", real.removeprefix("/usr")], capture_output=True, text=True, check=True).stdout
            self.assertIn(owner.split(":")[0], names, soname)
        root = self.bill["metadata"]["component"]["bom-ref"]
        direct = next(one["dependsOn"] for one in self.bill["dependencies"] if one["ref"] == root)
        for word in ("libwebsockets", "libssl", "libjwt", "libcjson", "libsqlite3", "libcrypt", "libutf8proc", "zlib1g", "libuv", "evlib-uv"):
            self.assertTrue(any(word in one for one in direct), f"{word} is a direct dependency")

    def test_it_can_be_made_again(self):
        self.assertEqual(made_again(), BILL.read_bytes())
        self.assertNotIn("timestamp", self.bill["metadata"])
        dated = json.loads(made_again(SOURCE_DATE_EPOCH="86400"))
        self.assertEqual(dated["metadata"]["timestamp"], "1970-01-02T00:00:00Z")
        self.assertNotIn(str(ROOT), BILL.read_text(encoding="utf-8"))


if __name__ == "__main__":
    sys.exit(unittest.main(argv=sys.argv[:1]))
