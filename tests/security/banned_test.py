"""Functions that cannot be used safely are not used, and a few things are done in one place only. Reads the sources of
lib/, include/ and examples/ without their comments and texts."""

import pathlib
import re
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent

# CWE-676; each with what is used instead.
BANNED = {
    "strcpy": "std::string or snprintf", "strcat": "std::string or snprintf", "strncpy": "std::string or snprintf",
    "strncat": "std::string or snprintf", "stpcpy": "std::string or snprintf", "sprintf": "snprintf", "vsprintf": "vsnprintf",
    "gets": "fgets", "scanf": "strtol or std::from_chars", "sscanf": "strtol or std::from_chars", "fscanf": "strtol or std::from_chars",
    "atoi": "std::from_chars or strtol", "atol": "std::from_chars or strtol", "atoll": "std::from_chars or strtol",
    "atof": "std::from_chars or strtod", "strtok": "std::string_view", "alloca": "the heap", "system": "nothing", "popen": "nothing",
    "execl": "nothing", "execvp": "nothing", "mktemp": "mkstemp", "tmpnam": "mkstemp", "tempnam": "mkstemp", "rand": "random_bytes",
    "srand": "random_bytes", "drand48": "random_bytes", "gmtime": "gmtime_r", "localtime": "localtime_r",
    "ctime": "strftime", "asctime": "strftime", "strerror_l": "strerror", "setjmp": "errors as values", "longjmp": "errors as values",
}
# What a library must not do to the process that it lives in.
HOSTS = ("exit", "_exit", "_Exit", "quick_exit", "abort", "signal", "sigaction", "setenv", "putenv", "unsetenv", "umask", "chdir", "setlocale",
         "setrlimit", "fork", "getenv")
# Where one of them is, and why that does no harm.
ALLOWED = {
    ("lib/server/config_env.cc", "getenv"),      # securechat_config_load_env, which a host calls for it.
    ("lib/net/lws_context.cc", "sigaction"),     # Puts back what libwebsockets changed.
}
TOKENS = re.compile(r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'', re.DOTALL)
CALL = r"(?<![\w.>:])(?:std::|::)?({})\s*\("


def code_of(path):
    """A file without comments and texts; the lines keep their numbers."""
    return TOKENS.sub(lambda found: "\n" * found[0].count("\n") + '""', path.read_text(encoding="utf-8"))


def sources(*folders, suffixes=(".h", ".c", ".cc", ".cpp")):
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in suffixes and "node_modules" not in path.parts:
                yield str(path.relative_to(ROOT)), path


def calls(code, names):
    for found in re.finditer(CALL.format("|".join(map(re.escape, names))), code):
        yield found[1], code.count("\n", 0, found.start()) + 1


class Banned(unittest.TestCase):
    def test_the_search_finds(self):
        code = TOKENS.sub('""', 'x = "strcpy(a)"; // strcat(b)\n ::sprintf(c); y.rand(); std::system(d); my_exit(1); R"(gets(e))"')
        self.assertEqual([name for name, _ in calls(code, [*BANNED, "exit"])], ["sprintf", "system"])

    # Shows: R107
    def test_no_function_that_cannot_be_used_safely(self):
        seen = 0
        for name, path in sources("lib", "include", "examples"):
            seen += 1
            for function, line in calls(code_of(path), BANNED):
                self.fail(f"{name}:{line}: {function}; use {BANNED[function]}")
        self.assertGreater(seen, 200)

    # Shows: R105
    def test_the_library_leaves_the_process_alone(self):
        used = set()
        for name, path in sources("lib"):
            for function, line in calls(code_of(path), HOSTS):
                used.add((name, function))
                self.assertIn((name, function), ALLOWED, f"{name}:{line}: {function} is the host's to call")
        self.assertEqual(used, ALLOWED, "nothing is allowed that is not there any more")

    # Shows: R71
    def test_no_regular_expression_reads_input(self):
        for name, path in sources("lib", "examples"):
            self.assertNotRegex(path.read_text(encoding="utf-8"), r"#\s*include\s*<(regex|regex\.h)>", name)

    # Shows: R16
    def test_secrets_are_compared_in_constant_time(self):
        secret = (ROOT / "lib/base/secret.cc").read_text(encoding="utf-8")
        self.assertRegex(secret, r"bool constant_time_equal\([^{]*\{[^}]*CRYPTO_memcmp\(", "the comparison is OpenSSL's")
        for name in ("lib/auth/csrf.cc", "lib/auth/hmac_keys.cc", "lib/auth/password_hasher.cc"):
            self.assertIn("constant_time_equal(", (ROOT / name).read_text(encoding="utf-8"), name)
        for name, path in sources("lib/auth"):
            for function, line in calls(code_of(path), ("memcmp", "strcmp", "strncmp", "bcmp")):
                self.fail(f"{name}:{line}: {function}; use constant_time_equal")

    # Shows: R84
    def test_random_bytes_have_one_source_that_is_checked(self):
        source = ROOT / "lib/base/random.cc"
        self.assertRegex(code_of(source), r"if \(RAND_bytes\([^;{]*!= 1\) \{\s*return \{Code::", "its failure is an error")
        self.assertRegex(code_of(ROOT / "examples/securechatd/configuration.c"), r"if \(getrandom\([^;{]*\) return -1;", "so it is where secrets are made")
        for name, path in sources("lib", "examples/securechatd"):
            if path != source and name != "examples/securechatd/configuration.c":
                code = code_of(path)
                self.assertNotRegex(code, r"\bstd::(mt19937|minstd_rand|default_random_engine|random_device|rand)\b", name)
                self.assertEqual(list(calls(code, ("RAND_bytes", "RAND_pseudo_bytes", "getrandom", "getentropy"))), [], name)

    # Shows: R46
    def test_sql_is_written_in_the_source(self):
        """The SQL of a statement is a literal, or a constant of the file: no text is put together."""
        seen = 0
        for name, path in sources("lib"):
            text = path.read_text(encoding="utf-8")
            # A comment may stand between the arguments.
            bare = re.sub(r"//[^\n]*", "", text)
            for found in re.finditer(r"\bStatement(?:\s+\w+)?\(\s*(?:\*?this|connection_?|connection)\s*,\s*([^,;]*)", bare):
                seen += 1
                argument = found[1].strip()
                if re.match(r'(\w+\s*\?\s*)?(R"\(|")', argument):  # Or one of two literals.
                    self.assertNotRegex(argument, r'"\s*\+', f"{name}: {argument[:60]}")
                    continue
                word = re.match(r"\w+", argument)[0]
                self.assertTrue(re.search(rf"constexpr [^=;]*\b{word}\b", text) or (name, word) in {
                    ("lib/storage/sqlite_connection.cc", "sql"), ("lib/storage/migrations.cc", "sql")}, f"{name}: {argument[:60]}")
        self.assertGreater(seen, 25)
        for name, path in sources("lib"):
            if not name.startswith("lib/storage/sqlite_") and name not in {"lib/storage/migrations.cc", "lib/storage/sqlite_connection.cc"}:
                self.assertEqual(list(calls(code_of(path), ("sqlite3_exec", "sqlite3_mprintf", "sqlite3_prepare_v2", "sqlite3_prepare_v3"))), [], name)

    # Shows: R45
    def test_pages_show_texts_as_text(self):
        seen = 0
        for name, path in sources("examples", suffixes=(".js", ".mjs", ".html")):
            seen += 1
            for word in (r"\binnerHTML\b", r"\bouterHTML\b", r"insertAdjacentHTML", r"document\.write", r"\beval\(", r"new Function\(",
                         r"createContextualFragment", r"\bsetHTMLUnsafe\b", r"srcdoc"):
                self.assertNotRegex(path.read_text(encoding="utf-8"), word, name)
        self.assertGreater(seen, 10)
        self.assertIn("textContent", (ROOT / "README.md").read_text(encoding="utf-8"), "the documentation says so")


if __name__ == "__main__":
    sys.exit(unittest.main())
