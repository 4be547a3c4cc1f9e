"""Certificates of our own making, in a folder: NAME.pem with NAME.key."""
import subprocess


def openssl(folder, *args):
    subprocess.run(["openssl", *args], cwd=folder, check=True, capture_output=True)


def authority(folder, name):
    openssl(folder, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.pem")


def certificate(folder, ca, name, subject, extension):
    openssl(folder, "req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={subject}", "-keyout", f"{name}.key", "-out", f"{name}.csr")
    (folder / "ext").write_text(extension)
    openssl(folder, "x509", "-req", "-days", "2", "-in", f"{name}.csr", "-CA", f"{ca}.pem", "-CAkey", f"{ca}.key", "-CAcreateserial", "-extfile", "ext",
            "-out", f"{name}.pem")


def make(folder):
    """An authority, another one, a server named localhost, a client named holder."""
    authority(folder, "ours")
    authority(folder, "others")
    certificate(folder, "ours", "server", "localhost", "subjectAltName=DNS:localhost\n")
    certificate(folder, "ours", "client", "holder", "extendedKeyUsage=clientAuth\n")
