"""Reads the includes of lib/ and of what stands on the public headers: a layer may include only
itself and the layers below it. The order is the one of README.md's architecture section."""

import pathlib
import re
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent

# What each layer may include besides itself. Siblings do not know each other.
BELOW = {
    "base": [],
    "audit": ["base"],
    "protocol": ["base"],
    "net": ["base"],
    "storage": ["base"],
    "auth": ["base", "storage"],
    "connection": ["base", "protocol", "net"],
    "chat": ["base", "audit", "protocol", "net", "storage", "auth", "connection"],
    "server": ["base", "audit", "protocol", "net", "storage", "auth", "connection", "chat"],
    "capi": ["base", "audit", "protocol", "net", "storage", "auth", "connection", "chat", "server"],
}
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.MULTILINE)
SOURCES = {".h", ".cc", ".c", ".cpp"}


def includes(path):
    return INCLUDE.findall(path.read_text(encoding="utf-8"))


class Layers(unittest.TestCase):
    def test_every_folder_of_lib_is_a_layer(self):
        folders = {p.name for p in (ROOT / "lib").iterdir() if p.is_dir()}
        self.assertEqual(folders, set(BELOW))

    def test_layers_only_point_down(self):
        seen = 0
        for layer, below in BELOW.items():
            for path in (ROOT / "lib" / layer).rglob("*"):
                if path.suffix not in SOURCES:
                    continue
                for included in includes(path):
                    seen += 1
                    target = included.split("/")[0]
                    with self.subTest(file=str(path.relative_to(ROOT)), includes=included):
                        if target == "securechat":
                            self.assertEqual(layer, "capi", "only the shim knows the public headers")
                        else:
                            self.assertIn(target, [layer, *below])
        self.assertGreater(seen, 100, "the test must have read the tree")

    def test_hosts_use_public_headers_only(self):
        for folder in ("examples", "plugins", "bindings", "tests/abi"):
            for path in (ROOT / folder).rglob("*"):
                if path.suffix not in SOURCES or "node_modules" in path.parts:
                    continue
                for included in includes(path):
                    with self.subTest(file=str(path.relative_to(ROOT)), includes=included):
                        self.assertNotIn(included.split("/")[0], BELOW)

    def test_readme_draws_these_layers(self):
        readme = (ROOT / "README.md").read_text(encoding="utf-8")
        for layer in BELOW:
            self.assertIn(f"lib/{layer}", readme)


if __name__ == "__main__":
    sys.exit(unittest.main())
