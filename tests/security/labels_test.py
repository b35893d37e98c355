"""How labels are read: what is one, what it belongs to, what is refused."""

import importlib.machinery
import importlib.util
import pathlib
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(HERE))
import labels  # noqa: E402


def matrix_script():
    loader = importlib.machinery.SourceFileLoader("security_matrix", str(labels.ROOT / "scripts" / "security-matrix"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("security_matrix", loader))
    loader.exec_module(module)
    return module


class Labels(unittest.TestCase):
    def read(self, name, text):
        """The tests found in a file of that name: (name, kind, ids)."""
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder).resolve()
            path = root / "tests" / name
            path.parent.mkdir(parents=True)
            path.write_text(text, encoding="utf-8")
            before, labels.ROOT = labels.ROOT, root
            try:
                return [(one.name, one.kind, one.ids) for one in labels.collect(root / "tests")]
            finally:
                labels.ROOT = before

    def test_each_language_names_its_tests(self):
        for name, text, expected in (
            ("net/a_test.cc", "// Why.\n// Shows: R1 S2\nTEST_F(Suite, Name) {\n", ("Suite.Name", "gtest", ("R1", "S2"))),
            ("net/a_test.cc", "// Shows: R1\nTEST(LongSuite,\n     Name) {\n", ("LongSuite.Name", "gtest", ("R1",))),
            ("clients/a.test.mjs", "  // Shows: R3\n  test('it\\'s so', () => {\n", ("it's so", "node", ("R3",))),
            ("clients/a.test.mjs", "// Shows: R3\ntest(`over ${way} at ${f({})}`, async () => {\n", ("over … at …", "node", ("R3",))),
            ("clients/a.test.mjs", "describe(`over ${way}`, () => {\n// Shows: R3\ntest(what, async () => {\n", ("over …: …", "node", ("R3",))),
            ("abi/a_test.c", "/* Shows: R102 */\nstatic void life(void) {\n", ("abi.a: life", "ctest", ("R102",))),
            ("abi/a_test.sh", "#!/bin/sh\n# Shows: R105\nset -eu\n", ("abi.a", "ctest", ("R105",))),
            ("security/a_test.py", "class T:\n    # Shows: R7\n    def test_x(self):\n", ("security.a: test_x", "python", ("R7",))),
            ("fuzz/a_fuzz.cc", "// Shows: R39\nextern \"C\" int LLVMFuzzerTestOneInput(const unsigned char* d) {\n", ("fuzz.a_fuzz", "ctest", ("R39",))),
        ):
            self.assertEqual(self.read(name, text), [expected], text)

    def test_what_is_no_label_is_refused(self):
        for text in ("// Shows: R1, R2\nTEST(A, B) {\n", "// Shows: R01\nTEST(A, B) {\n", "// Shows:\nTEST(A, B) {\n",
                     "// Shows: R1\nint helper() {\n", "// Shows: R1\n"):
            with self.assertRaises(labels.LabelError, msg=text):
                self.read("net/a_test.cc", text)
        with self.assertRaises(labels.LabelError):
            self.read("net/a_test.cc", "// Shows: R1\n// Shows: R2\nTEST(A, B) {\n")

    def test_what_is_wrong_with_the_rows_is_said(self):
        script = matrix_script()
        data = {"requirements": {f"R{n}": "x" for n in range(1, 109)}, "flaws": {f"S{n}": "x" for n in range(1, 46)},
                "untested": {}, "limits": {}, "risks": []}
        every = tuple([*data["requirements"], *data["flaws"]])
        one = labels.Test("tests/a", "A.B", "gtest", "a_test", every)
        self.assertEqual(script.faults(data, [one]), [])
        self.assertIn("R999", script.faults(data, [one, labels.Test("tests/a", "A.C", "gtest", "a_test", ("R999",))])[0])
        self.assertIn("R1 has no test", script.faults(data, [labels.Test("tests/a", "A.B", "gtest", "a_test", every[1:])])[0])
        self.assertIn("R1 has a test by now", script.faults({**data, "untested": {"R1": "no"}}, [one])[0])
        self.assertIn("there is not", script.faults({**data, "limits": {"R200": "no"}}, [one])[0])


if __name__ == "__main__":
    sys.exit(unittest.main())
