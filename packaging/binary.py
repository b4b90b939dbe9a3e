"""Builds the program as one file to carry: `python packaging/binary.py`, which writes `dist/assettui` for this platform.

It holds Python, all that assettui needs and the examples, in an archive behind a few lines of shell (`launcher.sh`), which
unpack it once, into the user's cache: unpacking 270 MB at each start, as PyInstaller's own single file does, takes seconds.

Beside it lie `SHA256SUMS`, the licences of what it holds, and a list of that as CycloneDX has it (`assettui.cdx.json`). What
it is made of is pinned in `constraints.txt`; two builds of one commit, on one platform, differ in nothing. It runs where
glibc is as new as where it was built: build it on the oldest that it is meant for.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import importlib.metadata
import importlib.util
import io
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

ROOT = Path(__file__).parent.parent
TOOLS = ("pyinstaller", "certifi", "tzdata")
"""What it needs besides: the tool, and what other machines may lack."""
OFFSET_DIGITS = 6
RUNTIME = "_polars_runtime_32"
WORKER_PACKAGES = ("assettui", "msgspec", "cronsim", "dotenv", "polars", RUNTIME)
WORKER_FOLDERS = (
    "core",
    "definitions",
    "executors",
    "integrations",
    "kernel",
    "model",
    "project",
    "values",
    "viewing",
    "worker",
)
"""What of assettui itself a worker may import."""
WORKER_PYTHONS = ("3.11", "3.12", "3.13", "3.14")


def main() -> None:
    """Build it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=ROOT / "dist", help="the folder that it is written to")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.inside:
        build(arguments.out)
        return
    with tempfile.TemporaryDirectory(prefix="assettui-build-") as folder:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        python = str(Path(folder) / "bin" / "python")
        pinned = ["-c", str(ROOT / "packaging" / "constraints.txt")]
        subprocess.run([python, "-m", "pip", "install", "-q", *pinned, *TOOLS, str(ROOT)], check=True)
        command = [python, __file__, "--inside", "--out", str(arguments.out.absolute())]
        environment = {**os.environ, "PYTHONHASHSEED": "0", "SOURCE_DATE_EPOCH": str(committed_at())}
        subprocess.run(command, check=True, env=environment)


def committed_at() -> int:
    """When the commit was made that is built: the time of all that is in the archive."""
    done = subprocess.run(
        ["git", "-C", str(ROOT), "log", "-1", "--format=%ct"], check=False, capture_output=True, text=True
    )
    return int(done.stdout.strip() or 0) or 1_700_000_000  # a source archive has no commits


def build(out: Path) -> None:
    """Build it with the interpreter that runs this, in which all that it is made of is installed."""
    out.mkdir(parents=True, exist_ok=True)
    version, name = importlib.metadata.version("assettui"), f"{platform.system().lower()}-{platform.machine()}"
    with tempfile.TemporaryDirectory(prefix="assettui-build-") as temporary:
        work = Path(temporary)
        freeze(work)
        folder = work / "dist" / "assettui"
        carry_worker_part(folder / "workers", work / "wheels")
        strip(folder)
        for record in ("RECORD", "direct_url.json"):  # of where it was installed for the build
            for path in folder.rglob(f"*.dist-info/{record}"):
                path.unlink()
        (folder / "python3").symlink_to("assettui")
        (folder / "VERSION").write_text(f"{version}\n")
        packages, libraries = bundled(work), system_packages(work)
        write_licences(folder / "LICENSES", packages, libraries)
        content = archive(folder, int(os.environ["SOURCE_DATE_EPOCH"]))
        shutil.rmtree(out / "LICENSES", ignore_errors=True)
        shutil.copytree(folder / "LICENSES", out / "LICENSES")
    program = out / "assettui"
    program.write_bytes(launcher(content, version, name) + content)
    program.chmod(0o755)
    shutil.copy(ROOT / "packaging" / "assettui.1", out / "assettui.1")
    bill = out / "assettui.cdx.json"
    bill.write_text(json.dumps(bill_of_materials(packages, libraries, version), indent=2) + "\n")
    sums = "".join(f"{hashlib.sha256(each.read_bytes()).hexdigest()}  {each.name}\n" for each in (program, bill))
    (out / "SHA256SUMS").write_text(sums)
    sys.stdout.write(f"{program}: {program.stat().st_size / 1e6:.1f} MB, {name}, {' '.join(platform.libc_ver())}\n")


def freeze(work: Path) -> None:
    """Have PyInstaller put the program together, in a folder."""
    places = ["--distpath", str(work / "dist"), "--workpath", str(work / "work")]
    command = [sys.executable, "-m", "PyInstaller", "--noconfirm", "--log-level", "WARN", *places, "assettui.spec"]
    subprocess.run(command, check=True, cwd=ROOT / "packaging")


def carry_worker_part(part: Path, wheels: Path) -> None:
    """What a worker needs in an interpreter of the user's, as sources: they are of no use to it that were compiled for this one.

    What is built for one version of Python, msgspec, comes for each; polars' own library is for all, and lies there already.
    """
    for name in WORKER_PACKAGES:
        source = Path(str(importlib.util.find_spec(name).origin)).parent  # pyright: ignore[reportOptionalMemberAccess] - it is installed
        for path in sorted(source.rglob("*.py")):
            place = path.relative_to(source)
            if name != "assettui" or len(place.parts) == 1 or place.parts[0] in WORKER_FOLDERS:
                target = part / name / place
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, target)
    for version in WORKER_PYTHONS:
        pinned = ["-c", str(ROOT / "packaging" / "constraints.txt"), "--only-binary", ":all:", "--no-deps"]
        wanted = ["--python-version", version, "-d", str(wheels / version), "msgspec"]
        subprocess.run([sys.executable, "-m", "pip", "download", "-q", *pinned, *wanted], check=True)
        (wheel,) = (wheels / version).iterdir()
        with zipfile.ZipFile(wheel) as file:
            (library,) = (name for name in file.namelist() if name.endswith(".so"))
            (part / library).write_bytes(file.read(library))
    for library in (part.parent / "_internal" / RUNTIME).glob("*.abi3.so"):
        (part / RUNTIME / library.name).symlink_to(f"../../_internal/{RUNTIME}/{library.name}")


def strip(folder: Path) -> None:
    """Leave out what only a debugger reads, a sixth of all of it; where there is no `strip`, the file is larger."""
    if shutil.which("strip") is None:
        sys.stderr.write("there is no `strip` (binutils): the file is larger than it must be\n")
        return
    wanted = ["-x"] if sys.platform == "darwin" else ["--strip-unneeded"]
    libraries = [str(path) for path in sorted(folder.rglob("*.so*")) if path.is_file() and not path.is_symlink()]
    subprocess.run(["strip", *wanted, *libraries], check=True)


def archive(folder: Path, time: int) -> bytes:
    """The folder, packed: the same bytes for the same content. It is named for what it holds."""
    names = sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))
    plain = io.BytesIO()
    digest = hashlib.sha256()
    for name in names:
        path = folder / name
        digest.update(name.encode())
        if path.is_file() and not path.is_symlink():
            digest.update(path.read_bytes())
    root = digest.hexdigest()[:16]

    def settled(each: tarfile.TarInfo) -> tarfile.TarInfo:
        each.uid = each.gid = 0
        each.uname = each.gname = ""
        each.mtime = time
        return each

    with tarfile.open(fileobj=plain, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for name in names:
            tar.add(folder / name, f"{root}/{name}", recursive=False, filter=settled)
    return gzip.compress(plain.getvalue(), 9, mtime=0)


def root_of(content: bytes) -> str:
    """The folder that an archive unpacks to."""
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        first = tar.next()
        return first.name.partition("/")[0] if first is not None else ""


def launcher(content: bytes, version: str, name: str) -> bytes:
    """The lines of shell before the archive, which know how long they are."""
    text = (ROOT / "packaging" / "launcher.sh").read_text()
    filled = {"VERSION": version, "PLATFORM": name, "ID": root_of(content), "SIZE": "300"}
    for key, value in filled.items():
        text = text.replace(f"@{key}@", value)
    length = len(text.encode()) - len("@OFFSET@") + OFFSET_DIGITS
    return text.replace("@OFFSET@", f"{length + 1:0{OFFSET_DIGITS}}").encode()


def bundled(work: Path) -> list[importlib.metadata.Distribution]:
    """The packages that the program holds: those of which any module or file is in it."""
    table = next((work / "work").rglob("Analysis-00.toc")).read_text()
    found: list[importlib.metadata.Distribution] = []
    for each in importlib.metadata.distributions():
        files = each.files or ()
        if any(str(each.locate_file(file)) in table for file in files if file.suffix in (".py", ".so")):
            found.append(each)
    return sorted(found, key=lambda each: each.metadata["Name"].lower())


class SystemPackage(NamedTuple):
    """A package of the system, of which libraries are taken along."""

    name: str
    version: str
    distribution: str


def system_packages(work: Path) -> list[SystemPackage]:
    """The packages of Debian's, or of a system made from it, whose libraries Python needs and the program holds.

    On macOS there are none: python.org's Python brings its own, and tells of them in its licence.
    """
    table = next((work / "work").rglob("Analysis-00.toc")).read_text()
    own = [Path(each).resolve() for each in (sys.prefix, sys.base_prefix)]
    paths = [Path(found).resolve() for found in re.findall(r"'([^']+)',\s*'BINARY'", table)]
    found: set[SystemPackage] = set()
    for path in paths:
        if sys.platform == "darwin" or any(path.is_relative_to(each) for each in own):
            continue
        asked = subprocess.run(
            ["dpkg-query", "--search", f"*/{path.name}"], check=True, capture_output=True, text=True
        ).stdout
        owners = [line.rpartition(": ") for line in asked.splitlines()]
        name = next(owner for owner, _, file in owners if Path(file).resolve() == path).partition(":")[0]
        told = ["dpkg-query", "--show", "--showformat", "${Version}", name]
        version = subprocess.run(told, check=True, capture_output=True, text=True).stdout
        found.add(SystemPackage(name, version, platform.freedesktop_os_release()["ID"]))
    return sorted(found)


def write_licences(
    folder: Path, packages: list[importlib.metadata.Distribution], libraries: list[SystemPackage]
) -> None:
    """The texts of the licences, a folder a package; and Python's own."""
    for library in libraries:
        (folder / library.name).mkdir(parents=True, exist_ok=True)
        text = Path("/usr/share/doc", library.name, "copyright").read_bytes()
        (folder / library.name / "copyright").write_bytes(text)
    for each in packages:
        for file in each.files or ():
            if "dist-info" in str(file) and ("LICEN" in file.name.upper() or "COPYING" in file.name.upper()):
                target = folder / each.metadata["Name"].lower() / file.name
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(Path(str(each.locate_file(file))).read_bytes())
    own = next((path for path in python_licences() if path.exists()), None)
    if own is not None:
        (folder / "python").mkdir(parents=True, exist_ok=True)
        (folder / "python" / "LICENSE.txt").write_bytes(own.read_bytes())


def python_licences() -> list[Path]:
    """Where Python keeps its licence."""
    library = Path(os.__file__).parent
    return [library / "LICENSE.txt", library.parent.parent / "LICENSE.txt"]


def licence_of(package: importlib.metadata.Distribution) -> str | None:
    """Its name, as the package's metadata has it: an expression of SPDX, or whatever older packages say."""
    said = package.metadata.json
    return str(said.get("license_expression") or said.get("license") or "").partition("\n")[0] or None


def bill_of_materials(
    packages: list[importlib.metadata.Distribution], libraries: list[SystemPackage], version: str
) -> dict[str, object]:
    """The list of what it holds, as CycloneDX 1.6 has it (https://cyclonedx.org/docs/1.6/json)."""

    def component(kind: str, name: str, version: str, licence: str | None = None) -> dict[str, object]:
        url = f"pkg:{kind}/{name.lower()}@{quote(version)}"
        found: dict[str, object] = {"type": "library", "name": name, "version": version, "purl": url, "bom-ref": url}
        if licence:
            found["licenses"] = [{"license": {"name": licence}}]
        return found

    components = [
        component("pypi", each.metadata["Name"], each.version, licence_of(each))
        for each in packages
        if each.metadata["Name"] != "assettui"
    ]
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {"type": "application", "name": "assettui", "version": version}},
        "components": [
            *components,
            *(component(f"deb/{each.distribution}", each.name, each.version) for each in libraries),
            component("generic", "python", platform.python_version(), "PSF-2.0"),
        ],
    }


if __name__ == "__main__":
    main()
