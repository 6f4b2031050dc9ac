"""Makes `.venv` with what a requirements file asks for; does nothing when that is there already.

    python3 config/bootstrap.py requirements.txt

Runs before anything is installed, so: standard library only, and understood by Pythons too old for the project.
"""

import fcntl
import hashlib
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
PYTHON = os.path.join(VENV, "bin", "python")
LOG = os.path.join(ROOT, ".local", "install.log")
OLDEST = (3, 11)
INCLUDED = {"requirements.txt": ["requirements.txt"], "requirements-dev.txt": ["requirements.txt", "requirements-dev.txt"]}

NO_COMPILER = (
    "a package must be compiled here and that failed. Install a compiler (Debian: apt install build-essential python3-dev)"
    " or use Python 3.11 to 3.13, and run make again"
)
# What pip says, and what to do about it. The first line that fits is the cause; later ones are consequences.
CAUSES = (
    (("No space left on device",), "the disk is full. Free about 1 GB and run make again"),
    (
        (
            "NewConnectionError",
            "Failed to establish a new connection",
            "Temporary failure in name resolution",
            "ConnectTimeoutError",
            "ReadTimeoutError",
            "ProxyError",
            "SSLError",
            "Network is unreachable",
            "connection broken",
            "HTTP error",
            "Retrying (Retry(",
        ),
        "pip cannot reach a package index. Check the network, or set PIP_INDEX_URL to an index of yours, and run make again",
    ),
    (
        (
            "command 'gcc' failed",
            "unable to execute",
            "No such file or directory: 'gcc'",
            "Failed building wheel",
            "subprocess-exited-with-error",
        ),
        NO_COMPILER,
    ),
    (
        ("No matching distribution found",),
        "pip found no build of a package. See that it reaches its index, use Python 3.11 to 3.13, and run make again",
    ),
)


def main():  # type: () -> None
    """Exit code 0 when `.venv` is as asked, 1 with one sentence on standard error when it cannot be."""
    requirements = sys.argv[1]
    refuse_old_python()
    os.makedirs(os.path.dirname(LOG), exist_ok=True)
    with open(LOG + ".turn", "w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)  # `make run` and `make test` may both start on a fresh machine
        bring_up_to_date(requirements)


def bring_up_to_date(requirements):  # type: (str) -> None
    wanted = fingerprint()
    stamp = os.path.join(VENV, "installed-" + requirements)
    if os.path.exists(PYTHON) and read(stamp) == wanted:
        return
    if not works(PYTHON):
        make_venv()
    install(requirements)
    for name in INCLUDED[requirements]:
        with open(os.path.join(VENV, "installed-" + name), "w") as file:
            file.write(wanted)


def refuse_old_python():  # type: () -> None
    if sys.version_info[:2] < OLDEST:
        found = "%d.%d" % sys.version_info[:2]
        stop("Python 3.11 or newer is needed and this is " + found + ". Install it, or name it: make PYTHON=/path/to/python3.11")


def fingerprint():  # type: () -> str
    """Changes with any requirements file and with the Python that makes the `.venv`."""
    digest = hashlib.sha256(sys.version.encode())
    for name in ("requirements.txt", "requirements-dev.txt"):
        digest.update(read(os.path.join(ROOT, name)).encode())
    return digest.hexdigest()


def works(python):  # type: (str) -> bool
    """Whether a `.venv` is there, whole, and made by this version of Python."""
    question = "import pip, sys; print('%d.%d' % sys.version_info[:2])"
    try:
        answer = subprocess.check_output([python, "-c", question], stderr=subprocess.DEVNULL)
    except (OSError, subprocess.CalledProcessError):
        return False
    return answer.decode().strip() == "%d.%d" % sys.version_info[:2]


def make_venv():  # type: () -> None
    try:
        import ensurepip  # noqa: F401 - Debian ships Python without these two
        import venv
    except ImportError:
        version = "%d.%d" % sys.version_info[:2]
        stop("Python's venv module is missing. Install it (Debian: apt install python" + version + "-venv) and run make again")
    try:
        venv.EnvBuilder(with_pip=True, clear=True, symlinks=True).create(VENV)
    except (OSError, subprocess.CalledProcessError) as error:
        stop("cannot make " + VENV + ": " + str(error) + ". See that the folder can be written to and run make again")


def install(requirements):  # type: (str) -> None
    sys.stdout.write("Installing " + requirements + " into .venv; the first time this takes about a minute ...\n")
    sys.stdout.flush()
    command = [PYTHON, "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "-r", os.path.join(ROOT, requirements)]
    with open(LOG, "w") as log:
        status = subprocess.call(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=ROOT)
    if status:
        stop(reason(read(LOG)) + ". What pip said is in " + LOG)


def reason(said):  # type: (str) -> str
    for signs, sentence in CAUSES:
        if any(sign in said for sign in signs):
            return sentence
    errors = [line.strip() for line in said.splitlines() if line.startswith("ERROR:")]
    return "pip could not install: " + (errors[-1] if errors else "it gave no reason")


def read(path):  # type: (str) -> str
    try:
        with open(path, errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def stop(sentence):  # type: (str) -> None
    sys.stderr.write("make: " + sentence + ".\n")
    sys.exit(1)


if __name__ == "__main__":
    try:
        main()
    except OSError as error:
        stop("cannot write here: " + str(error) + ". See that the folder and the disk can be written to and run make again")
