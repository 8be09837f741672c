"""A small OpenID provider on loopback: discovery, keys and the token endpoint, with PKCE."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa

CLIENT, REDIRECT, NONCE, VERIFIER = "our-app", "https://app.example/back", "n-1", "v" * 50


class Issuer:
    """``claims`` and ``header`` are what the next ID token says; ``asked`` counts requests by path."""

    def __init__(self) -> None:
        self.keys: dict[str, Any] = {}
        self.asked: dict[str, int] = {}
        self.fails_with: int | None = None
        self.rotate()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.named = self.url
        self.claims: dict[str, Any] = {}
        self.sign = self._signed
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def rotate(self) -> None:
        """Sign with a new key; the old one is not published any more."""
        number = len(self.keys)
        self.kid = f"k{number}"
        private = (
            ec.generate_private_key(ec.SECP256R1())
            if number % 2
            else rsa.generate_private_key(public_exponent=65537, key_size=2048)
        )
        self.keys[self.kid] = private

    @property
    def algorithm(self) -> str:
        return "RS256" if isinstance(self.keys[self.kid], rsa.RSAPrivateKey) else "ES256"

    def jwk(self) -> dict[str, Any]:
        maker = jwt.get_algorithm_by_name(self.algorithm)
        return {**maker.to_jwk(self.keys[self.kid].public_key(), as_dict=True), "kid": self.kid, "use": "sig"}

    def id_token(self) -> str:
        now = int(time.time())
        claims = {
            "iss": self.named, "sub": "person-1", "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": NONCE,
            "email": "Li@Brand.example", "email_verified": True, "name": "Li", **self.claims,
        }  # fmt: skip
        return self.sign({key: value for key, value in claims.items() if value is not None})

    def _signed(self, claims: dict[str, Any]) -> str:
        return jwt.encode(claims, self.keys[self.kid], algorithm=self.algorithm, headers={"kid": self.kid})

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def answer(self, path: str, form: dict[str, str]) -> tuple[int, Any]:
        self.asked[path] = self.asked.get(path, 0) + 1
        if self.fails_with:
            return self.fails_with, {"error": "temporarily_unavailable"}
        if path == "/.well-known/openid-configuration":
            return 200, {
                "issuer": self.named,
                "token_endpoint": f"{self.url}/token",
                "jwks_uri": f"{self.url}/keys",
            }
        if path == "/keys":
            return 200, {"keys": [self.jwk()]}
        challenge = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest())
        given = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        if form.get("code") != "good" or given != challenge or form.get("redirect_uri") != REDIRECT:
            return 400, {"error": "invalid_grant"}
        return 200, {"access_token": "at", "token_type": "Bearer", "id_token": self.id_token()}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.reply(*issuer.answer(self.path, {}))

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"])).decode()
                self.reply(
                    *issuer.answer(self.path, {key: values[0] for key, values in parse_qs(body).items()})
                )

            def reply(self, status: int, content: Any) -> None:
                body = json.dumps(content).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: Any) -> None:
                pass

        return Handler
