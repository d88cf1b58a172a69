"""Signs requests as an API key does and sends them to the simulator's TLS port. A second opinion: shares nothing with the
program under test, nor with the simulator."""

import base64
import functools
import hashlib
import http.client
import json
import pathlib
import socket
import ssl
import subprocess
import tempfile
import time
from email.utils import formatdate

from simlib import Reply

try:
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import padding
except ImportError:  # the command line does as well, if slowly
    serialization = None

BODY_METHODS = ("POST", "PUT", "PATCH")


@functools.lru_cache(maxsize=64)
def load_key(pem):  # checks the key, which takes far longer than a signature
    return serialization.load_pem_private_key(pem, None)


def rsa_sign(key_file, text):
    if serialization:
        key = load_key(pathlib.Path(key_file).read_bytes())
        return key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
    with tempfile.NamedTemporaryFile() as f:
        f.write(text.encode())
        f.flush()
        return subprocess.run(["openssl", "dgst", "-sha256", "-sign", str(key_file), f.name],
                              check=True, capture_output=True).stdout


class Client:
    """One kept connection per host; request() signs, and lets a test spoil any part of that."""

    def __init__(self, sim, key_file=None):
        self.sim = sim
        self.profile = sim.config()
        self.key_file = key_file or self.profile["key_file"]
        self.key_id = "/".join(self.profile[k] for k in ("tenancy", "user", "fingerprint"))
        self.connections = {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        for c in self.connections.values():
            c.close()
        self.connections = {}

    def connection(self, host, timeout=20):
        c = self.connections.get(host)
        if c is None:
            context = ssl.create_default_context(cafile=str(self.sim.dir / "ca.pem"))
            c = http.client.HTTPSConnection(host, 443, timeout=timeout, context=context)
            address = self.sim.address
            c._create_connection = lambda _, *a, **k: socket.create_connection(address, *a, **k)
            self.connections[host] = c
        return c

    def headers(self, method, host, target, data, date=None, date_header="date", key_id=None, signed=None,
                sign_target=None, sign_host=None, algorithm="rsa-sha256", extra=None):
        headers = {"host": sign_host or host, date_header: formatdate(date if date is not None else time.time(), usegmt=True)}
        names = [date_header, "(request-target)", "host"]
        if method in BODY_METHODS:
            headers["content-length"] = str(len(data))
            headers["content-type"] = "application/json"
            headers["x-content-sha256"] = base64.b64encode(hashlib.sha256(data).digest()).decode()
            names += ["content-length", "content-type", "x-content-sha256"]
        names = signed or names
        lines = [f"(request-target): {method.lower()} {sign_target or target}" if n == "(request-target)" else f"{n}: {headers[n]}"
                 for n in names]
        signature = base64.b64encode(rsa_sign(self.key_file, "\n".join(lines))).decode()
        headers["authorization"] = (f'Signature version="1",keyId="{key_id or self.key_id}",algorithm="{algorithm}",'
                                    f'headers="{" ".join(names)}",signature="{signature}"')
        headers["host"] = host
        headers.update(extra or {})
        return headers

    def request(self, region, method, path, body=None, host=None, headers=None, send_data=None, timeout=20, **spoil):
        host = host or f"iaas.{region}.oraclecloud.com"
        data = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        h = self.headers(method, host, path, data, **spoil)
        h.update(headers or {})
        c = self.connection(host, timeout)
        try:
            c.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            for name, value in h.items():
                for one in value if isinstance(value, list) else [value]:
                    c.putheader(name, one)
            c.endheaders(data if send_data is None else send_data)
            r = c.getresponse()
            return Reply(r.status, dict(r.getheaders()), r.read())
        except BaseException:
            c.close()
            self.connections.pop(host, None)
            raise

    def get(self, region, path, **kw):
        return self.request(region, "GET", "/20160918" + path, **kw)

    def post(self, region, path, body, **kw):
        return self.request(region, "POST", "/20160918" + path, body, **kw)

    def put(self, region, path, body, **kw):
        return self.request(region, "PUT", "/20160918" + path, body, **kw)

    def delete(self, region, path, **kw):
        return self.request(region, "DELETE", "/20160918" + path, **kw)
