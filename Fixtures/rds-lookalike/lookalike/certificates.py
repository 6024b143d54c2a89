"""A certificate authority and a server certificate, made by openssl on the spot."""

import ipaddress
import os

_CONFIG = """\
[req]
distinguished_name = name
prompt = no
[name]
CN = {common_name}
[ca]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
subjectKeyIdentifier = hash
[server]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = {names}
"""


def _alternative_name(name):
    try:
        return f"IP:{ipaddress.ip_address(name)}"
    except ValueError:
        return f"DNS:{name}"


def make(run, folder, names):
    """Writes ca.crt, server.crt and server.key into `folder`; `run(command)` runs one openssl command there."""

    def path(name):
        return os.path.join(folder, name)

    def configure(common_name):
        with open(path("openssl.cnf"), "w", encoding="utf-8") as file:
            file.write(_CONFIG.format(common_name=common_name, names=",".join(map(_alternative_name, names))))

    def openssl(*arguments):
        run(["openssl", *arguments])

    for key in ("ca.key", "server.key"):
        openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", path(key))
    config = ("-config", path("openssl.cnf"))
    days = ("-days", "30", "-sha256")
    configure("RDS look-alike authority")
    openssl("req", *config, "-new", "-x509", "-extensions", "ca", *days, "-key", path("ca.key"), "-out", path("ca.crt"))
    configure("RDS look-alike")
    openssl("req", *config, "-new", "-key", path("server.key"), "-out", path("server.csr"))
    authority = ("-CA", path("ca.crt"), "-CAkey", path("ca.key"), "-set_serial", "1")
    extensions = ("-extfile", path("openssl.cnf"), "-extensions", "server")
    openssl("x509", "-req", *days, *authority, *extensions, "-in", path("server.csr"), "-out", path("server.crt"))
    for rest in ("ca.key", "server.csr", "openssl.cnf"):
        os.remove(path(rest))
