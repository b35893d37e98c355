"""What the scanners that auditors use say of a securechatd with TLS: sslscan at once, testssl in minutes.

    tls_scan_test.py sslscan|testssl SECURECHATD
"""

import contextlib
import json
import os
import pathlib
import re
import secrets
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree

# Of the operator's certificate and name server, not of the server: where revocations are published, and
# which authorities may issue for the name.
OPERATORS = {"cert_revocation", "DNS_CAArecord"}
# Where testssl's own client sometimes fails to come back, and says so; resumption is tested in tests/net.
UNDECIDED = {("WARN", "sessionresumption_ticket"), ("WARN", "sessionresumption_ID")}


def openssl(folder, *arguments):
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)


def make_certificate(folder):
    """A private authority and a certificate of it for localhost, as long-lived as a public one's."""
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    openssl(folder, "req", "-x509", *curve, "-days", "90", "-subj", "/CN=Test Authority", "-keyout", "ca.key", "-out", "ca.pem")
    openssl(folder, "req", *curve, "-subj", "/CN=localhost", "-keyout", "key.pem", "-out", "request.pem")
    (folder / "extensions").write_text("subjectAltName=DNS:localhost\nbasicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n"
                                       "extendedKeyUsage=serverAuth\n")
    openssl(folder, "x509", "-req", "-in", "request.pem", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "80",
            "-extfile", "extensions", "-out", "cert.pem")
    (folder / "key.pem").chmod(0o600)


@contextlib.contextmanager
def serving(binary, folder):
    environment = {**os.environ, "JWT_SECRET": secrets.token_hex(24), "JWT_REFRESH_SECRET": secrets.token_hex(24)}
    child = subprocess.Popen(
        [binary, "--port", "0", "--db", ":memory:", "--set", f"tls.cert={folder}/cert.pem", "--set", f"tls.key={folder}/key.pem"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment, text=True)
    try:
        listening = re.match(r"listening on https://127\.0\.0\.1:(\d+)$", child.stdout.readline())
        assert listening, "securechatd did not say that it listens"
        yield int(listening[1])
        assert child.poll() is None, "the server did not survive the scan"
    finally:
        child.terminate()
        child.wait(10)


def texts(report, path, *names):
    return {tuple(entry.get(name) for name in names) for entry in report.findall(path)}


# Shows: R73 R76
def test_sslscan(port, folder):
    report = ElementTree.fromstring(
        subprocess.run(["sslscan", "--xml=-", f"localhost:{port}"], check=True, capture_output=True, text=True).stdout).find("ssltest")
    enabled = texts(report, "protocol[@enabled='1']", "type", "version")
    assert enabled == {("tls", "1.2"), ("tls", "1.3")}, enabled
    ciphers = {name for (name,) in texts(report, "cipher", "cipher")}
    weak = {name for name in ciphers if not re.search(r"GCM|CHACHA20", name) or not re.match(r"ECDHE-|TLS_", name)}
    assert len(ciphers) >= 6 and not weak, ciphers
    assert texts(report, "group", "name") >= {("x25519",)}, "X25519 is offered"
    assert texts(report, "renegotiation", "supported") == {("0",)}
    assert texts(report, "heartbleed", "vulnerable") == {("0",)}
    assert not texts(report, "compression[@supported='1']", "supported")


# Shows: R73 R74
def test_testssl(port, folder):
    out = folder / "findings.json"
    subprocess.run(["testssl", "--quiet", "--color", "0", "--add-ca", folder / "ca.pem", "--jsonfile", out, f"https://localhost:{port}"],
                   cwd=folder, check=False, capture_output=True, env={**os.environ, "TERM": "dumb"})
    findings = json.loads(out.read_text())
    assert len(findings) > 100, "the scan came to its end"
    known = {"OK", "INFO", "DEBUG"}
    above = [f"{one['severity']} {one['id']}: {one['finding']}" for one in findings
             if one["severity"] not in known and one["id"].split(" ")[0] not in OPERATORS
             and (one["severity"], one["id"].split(" ")[0]) not in UNDECIDED]
    assert not above, "\n".join(above)


def main():
    scan = {"sslscan": test_sslscan, "testssl": test_testssl}[sys.argv[1]]
    with tempfile.TemporaryDirectory(prefix="securechat-scan-") as name:
        folder = pathlib.Path(name)
        make_certificate(folder)
        with serving(sys.argv[2], folder) as port:
            scan(port, folder)


if __name__ == "__main__":
    main()
