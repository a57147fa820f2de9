"""Certificates, made by `openssl` for one test."""
import ssl
import subprocess


def _openssl(folder, *arguments):
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)


def make_certificates(folder):
    """An authority, and servers called `localhost` and `elsewhere`; the path of the authority's certificate."""
    _openssl(folder, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=Test CA",
             "-addext", "keyUsage=critical,keyCertSign",  # Python 3.13 asks for it
             "-keyout", "ca.key", "-out", "ca.pem")
    for name in ("localhost", "elsewhere"):
        (folder / f"{name}.ext").write_text(f"subjectAltName=DNS:{name}\nauthorityKeyIdentifier=keyid\n")
        _openssl(folder, "req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}",
                 "-keyout", f"{name}.key", "-out", f"{name}.csr")
        _openssl(folder, "x509", "-req", "-days", "2", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
                 "-CAcreateserial", "-extfile", f"{name}.ext", "-out", f"{name}.pem")
    return str(folder / "ca.pem")


def server_context(folder, name):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / f"{name}.pem", folder / f"{name}.key")
    return context
