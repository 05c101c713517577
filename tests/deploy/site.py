"""The real nginx with the real site, installed into a folder just as deploy/README.md installs it into /etc/nginx."""

import ipaddress
import os
import shutil
import socket
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.deploy.waiting import until

ROOT = Path(__file__).parents[2]
NGINX = ROOT / "deploy" / "nginx"
NAME = "zhudian.test"


def free_port() -> int:
    """A port of loopback that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def answers(port: int) -> bool:
    """Whether somebody listens on this port of loopback."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@dataclass(frozen=True, slots=True)
class Site:
    """An installed site; `folder` stands for the file system's root: etc/nginx, log, tmp."""

    folder: Path
    http_port: int
    https_port: int
    web_port: int

    @property
    def certificate(self) -> Path:
        return self.folder / "etc/nginx/zhudian/tls/fullchain.pem"

    def log(self, name: str) -> str:
        """What nginx wrote to log/<name>.log so far."""
        return (self.folder / "log" / f"{name}.log").read_text(encoding="utf-8")

    def check(self) -> subprocess.CompletedProcess[str]:
        """`nginx -t`."""
        return subprocess.run([*self._command(), "-t"], capture_output=True, text=True, timeout=20)

    def start(self) -> subprocess.Popen[bytes]:
        """nginx, listening when this returns."""
        process = subprocess.Popen(self._command(), stderr=subprocess.DEVNULL)
        until(lambda: answers(self.https_port) or process.poll() is not None, "nginx listens")
        assert process.poll() is None, self.log("start")
        return process

    def _command(self) -> list[str]:
        conf = self.folder / "etc/nginx/nginx.conf"
        return ["nginx", "-e", f"{self.folder}/log/start.log", "-c", str(conf)]


def install(folder: Path, upstream: str = "machine") -> Site:
    """Copy deploy/nginx to `folder`; only ports and the folder of the logs are changed on the way."""
    site = Site(folder, free_port(), free_port(), free_port())
    etc = folder / "etc/nginx"
    for made in ("log", "tmp", "etc/nginx/conf.d"):
        (folder / made).mkdir(parents=True)
    shutil.copytree(NGINX / "zhudian", etc / "zhudian")
    shutil.copy(NGINX / "upstream" / f"{upstream}.conf", etc / "zhudian/upstream.conf")
    shutil.copy(NGINX / "zhudian.conf", etc / "conf.d/zhudian.conf")
    (etc / "zhudian/name.conf").write_text(f"server_name {NAME};\n")
    _change(etc / "conf.d/zhudian.conf", "/var/log/nginx/", f"{folder}/log/")
    for port, ours in (("80", site.http_port), ("443 ssl", site.https_port)):
        _change(etc / "conf.d/zhudian.conf", f"listen {port};", f"listen 127.0.0.1:{ours}{port.lstrip('0123456789')};")
        # A build machine may have no IPv6 at all, where even `nginx -t` would fail to make the socket.
        _change(etc / "conf.d/zhudian.conf", f"listen [::]:{port};", "")
    if upstream == "machine":
        _change(etc / "zhudian/upstream.conf", "127.0.0.1:8000", f"127.0.0.1:{site.web_port}")
    (etc / "nginx.conf").write_text(_main(folder))
    _certify(etc / "zhudian/tls")
    return site


def _change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{path.name} no longer says {old!r}"
    path.write_text(text.replace(old, new), encoding="utf-8")


def _main(folder: Path) -> str:
    """What Debian's nginx.conf says where it bears on a site; paths for a process that owns this folder only."""
    temporary = "".join(
        f"    {module}_temp_path {folder}/tmp/{module};\n"
        for module in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    return (
        f"daemon off;\npid {folder}/tmp/nginx.pid;\nerror_log {folder}/log/error.log;\nworker_processes 1;\n"
        + ("user root;\n" if os.geteuid() == 0 else "")
        + "events { worker_connections 512; }\nhttp {\n    gzip on;\n"
        + "    ssl_protocols TLSv1 TLSv1.1 TLSv1.2 TLSv1.3;\n    ssl_prefer_server_ciphers on;\n"
        + f"    access_log {folder}/log/default.log;\n{temporary}    include conf.d/*.conf;\n}}\n"
    )


def _certify(folder: Path) -> None:
    """A certificate for loopback that signs itself."""
    folder.mkdir()
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    names = [x509.DNSName(NAME), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "fullchain.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "privkey.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
