"""Records assertions of passkeys with a real Chromium, as files beside this one.

Run by hand, in an environment of its own (`pip install playwright`, and Debian's chromium):
``python tests/unit/signing/passkeys/record.py``. The authenticator is Chromium's virtual one, driven over the DevTools
protocol: the browser, its clientDataJSON and the assertion's form are real, the key is not in hardware. Only what a
browser hands to the page is kept; private keys die with the browser.
"""

import base64
import hashlib
import http.server
import importlib
import json
import threading
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
CHROMIUM = "/usr/bin/chromium"
NAMESPACE = "unrack-decision"

CREATE = """async () => {
  const made = await navigator.credentials.create({publicKey: {
    challenge: new Uint8Array(32), rp: {id: 'localhost', name: 'Unrack'},
    user: {id: new Uint8Array(16), name: 'alice@example.org', displayName: 'Alice'},
    pubKeyCredParams: [{type: 'public-key', alg: -7}],
    authenticatorSelection: {residentKey: 'required', userVerification: 'required'}}});
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)));
  return {id: text(made.rawId), key: text(made.response.getPublicKey())};
}"""

GET = """async ([id, challenge]) => {
  const bytes = (text) => Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
  const got = await navigator.credentials.get({publicKey: {
    challenge: bytes(challenge), rpId: 'localhost', userVerification: 'required',
    allowCredentials: [{type: 'public-key', id: bytes(id)}]}});
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)));
  return {authenticatorData: text(got.response.authenticatorData), clientDataJSON: text(got.response.clientDataJSON),
          signature: text(got.response.signature)};
}"""

AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}

RECORDINGS: dict[str, dict[str, bool]] = {
    "device-bound": {},
    "synced": {"defaultBackupEligibility": True, "defaultBackupState": True},
}


class Page(http.server.BaseHTTPRequestHandler):
    """An empty page: a secure context, since it is of localhost."""

    def do_GET(self) -> None:
        """Serve it."""
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>Unrack</title>")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the library's name
        """Say nothing."""


def challenge(message: bytes) -> bytes:
    """What an SSH key would sign for `message`."""
    parts = (NAMESPACE.encode(), b"", b"sha512", hashlib.sha512(message).digest())
    return b"SSHSIG" + b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def record(browser: Any, port: int, name: str, authenticator: dict[str, bool]) -> None:  # noqa: ANN401  # of a library that is not ours
    origin = f"http://localhost:{port}"
    page = browser.new_context().new_page()
    page.goto(origin)
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": {**AUTHENTICATOR, **authenticator}})
    message = json.dumps({"act": {"kind": "approve"}, "recorded": name}, sort_keys=True, separators=(",", ":"))
    made = page.evaluate(CREATE)
    got = page.evaluate(GET, [made["id"], base64.b64encode(challenge(message.encode())).decode()])
    about = {"browser": browser.version, "origin": origin, "rp": "localhost", "message": message}
    kept = {**about, "publicKey": made["key"], **got}
    (HERE / f"{name}.json").write_text(json.dumps(kept, indent=2) + "\n")


def main() -> None:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    playwright = importlib.import_module("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for name, authenticator in RECORDINGS.items():
            record(browser, server.server_port, name, authenticator)
        browser.close()
    server.shutdown()


if __name__ == "__main__":
    main()
