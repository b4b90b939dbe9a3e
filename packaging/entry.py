"""What the packaged program runs: the command line, or, called as `python3`, an interpreter for workers and for user code.

Its folder holds a link `python3` to it. Whatever starts `sys.executable` (a worker, a viewer, `multiprocessing`, user code
that runs another script) so gets an interpreter with the same packages, of which it uses a few: `-m`, `-c`, a script.
Here nothing is imported that each start would have to pay for.
"""

from __future__ import annotations

import fcntl
import os
import sys

FOLDER = os.path.dirname(os.path.realpath(sys.executable))  # noqa: PTH120 - `pathlib` takes 11 ms
LOCK = ".lock"
FLAGS_WITH_VALUE = ("-W", "-X")
CERTIFICATES = (
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Alpine
    "/etc/pki/tls/certs/ca-bundle.crt",  # Red Hat
    "/etc/ssl/ca-bundle.pem",  # SUSE
    "/etc/ssl/cert.pem",  # macOS
)


def main() -> None:
    """Become one of the two."""
    _put_back_library_path()
    sys.executable = f"{FOLDER}/python3"
    if sys.argv[0].rpartition("/")[2].startswith("python"):
        _interpret()
    elif sys.argv[1:] == ["--version"]:  # the launcher asks for it too, to see whether what it has unpacked runs
        with open(f"{FOLDER}/VERSION") as file:  # noqa: PTH123 - as above
            sys.stdout.write(f"assettui, version {file.read().strip()}\n")
    else:
        _hold()
        _find_certificates()
        from assettui.main import main as run

        run()


def _interpret() -> None:
    import runpy

    del sys.frozen  # pyright: ignore[reportAttributeAccessIssue] - PyInstaller sets it; `multiprocessing` then starts its processes as any interpreter does
    arguments = sys.argv[1:]
    while arguments and arguments[0].startswith("-") and arguments[0] not in ("-m", "-c"):
        del arguments[: 2 if arguments[0] in FLAGS_WITH_VALUE else 1]
    if not arguments or (arguments[0] in ("-m", "-c") and len(arguments) == 1):
        sys.exit("assettui's own interpreter runs modules (-m), texts (-c) and files")
    first, *rest = arguments
    if first == "-m":
        sys.argv = rest
        runpy.run_module(rest[0], run_name="__main__", alter_sys=True)
    elif first == "-c":
        sys.argv = ["-c", *rest[1:]]
        exec(compile(rest[0], "<string>", "exec"), vars(sys.modules["__main__"]))
    else:
        sys.argv = arguments
        sys.path.insert(0, os.path.dirname(os.path.realpath(first)))  # noqa: PTH120 - as above
        runpy.run_path(first, run_name="__main__")


def _put_back_library_path() -> None:
    """The bootloader looks for its libraries first; the programs that are started from here are to find their own."""
    before = os.environ.pop("LD_LIBRARY_PATH_ORIG", None)
    os.environ.pop("LD_LIBRARY_PATH", None)
    if before:
        os.environ["LD_LIBRARY_PATH"] = before
    os.environ["PYINSTALLER_RESET_ENVIRONMENT"] = "1"  # a `python3` of ours that is started from here sets it again


def _hold() -> None:
    """Keep the folder while this process lives; remove those of other versions that nobody keeps."""
    try:
        descriptor = os.open(f"{FOLDER}/{LOCK}", os.O_RDONLY | os.O_CREAT, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_SH)
    except OSError:  # it lies where nobody writes: then nobody cleans there either
        return
    if os.environ.pop("ASSETTUI_UNPACKED", ""):
        _remove_others()


def _remove_others() -> None:
    import shutil
    from pathlib import Path

    for lock in Path(FOLDER).parent.glob(f"*/{LOCK}"):
        if str(lock.parent) == FOLDER:
            continue
        try:
            with lock.open() as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(lock.parent, ignore_errors=True)
        except OSError:  # it is in use
            continue


def _find_certificates() -> None:
    """The authorities that this machine trusts; where it keeps none in a place that is known, those that came along."""
    if "SSL_CERT_FILE" in os.environ or "SSL_CERT_DIR" in os.environ:
        return
    own = f"{FOLDER}/_internal/certifi/cacert.pem"
    found = next((path for path in (*CERTIFICATES, own) if os.access(path, os.R_OK)), None)
    if found is not None:
        os.environ["SSL_CERT_FILE"] = found


main()
