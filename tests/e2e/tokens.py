"""Issues bearer tokens with the openssl program alone. Reach for it in end-to-end tests of who may call."""
import base64
import json
import os
import subprocess
import tempfile
import time

ISSUER, AUDIENCE = 'https://issuer.example', 'cityneg'


def plain(data):
    return base64.urlsafe_b64encode(data).rstrip(b'=').decode()


def openssl(*words):
    return subprocess.run(['openssl', *words], check=True, capture_output=True).stdout


class Issuer:
    """An Ed25519 key in a folder that is there."""

    def __init__(self, folder):
        self.key = os.path.join(folder, 'issuer.key')
        openssl('genpkey', '-algorithm', 'ed25519', '-out', self.key)

    def keys(self):
        """The JSON Web Key Set; the last 32 bytes of the public key's DER are the key itself."""
        public = openssl('pkey', '-in', self.key, '-pubout', '-outform', 'DER')[-32:]
        return json.dumps({'keys': [{'kty': 'OKP', 'crv': 'Ed25519', 'kid': 'one', 'x': plain(public)}]})

    def issue(self, subject, seconds=3600, **claims):
        """A token that ends in so many seconds."""
        header = {'alg': 'EdDSA', 'kid': 'one', 'typ': 'JWT'}
        body = {'iss': ISSUER, 'aud': AUDIENCE, 'sub': subject, 'exp': int(time.time()) + seconds, **claims}
        signed = '.'.join(plain(json.dumps(part).encode()) for part in (header, body))
        with tempfile.NamedTemporaryFile() as file:
            file.write(signed.encode())
            file.flush()
            signature = openssl('pkeyutl', '-sign', '-inkey', self.key, '-rawin', '-in', file.name)
        return '%s.%s' % (signed, plain(signature))
