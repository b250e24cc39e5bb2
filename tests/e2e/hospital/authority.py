"""A certificate authority of its own, and servers' certificates from it."""
import pathlib
import ssl
import subprocess


class Authority:
    def __init__(self, folder, name="hospital"):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.name = name
        self.ca, self.key = self.folder / f"{name}-ca.pem", self.folder / f"{name}-ca.key"
        self.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", self.key, "-out", self.ca, "-days", "30",
                     "-subj", f"/CN={name} authority", "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign")

    def openssl(self, *words):
        subprocess.run(["openssl", *map(str, words)], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def certificate(self, name, where="IP:127.0.0.1,DNS:localhost", days=30):
        """(certificate, key) of a server."""
        certificate, key, request, more = (self.folder / f"{self.name}-{name}.{end}" for end in ("pem", "key", "csr", "cnf"))
        more.write_text(f"subjectAltName={where}\nextendedKeyUsage=serverAuth\n")
        self.openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out", request, "-subj", f"/CN={name}")
        self.openssl("x509", "-req", "-in", request, "-CA", self.ca, "-CAkey", self.key, "-CAcreateserial", "-out", certificate, "-days", days, "-extfile", more)
        return certificate, key

    def context(self, name, **more):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.certificate(name, **more))
        return context
