"""Packages and programs of others that tests compare with or are called by: fetched from their registries once, and kept
under $XDG_CACHE_HOME/cityneg/tests, so that the next build and the next worktree need no network. Reach for it in every test
that needs one. What cannot be had is None, after a loud line: the caller skips what needs it."""
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time

FORGOTTEN_SECONDS = 30 * 24 * 3600  # what no test has asked for so long makes room
CACHE = os.path.join(os.environ.get('XDG_CACHE_HOME') or os.path.expanduser('~/.cache'), 'cityneg', 'tests')


def told(what, *names):
    print('=' * 78, 'NOT RUN: %s' % what, '  ' + ' '.join(names), '=' * 78, sep='\n', file=sys.stderr)


def kept(kind, wanted, fill, cache=CACHE):
    """The folder of what is `wanted` (words: another one is another folder), which fill(folder) makes the first time;
    None where it says False."""
    digest = hashlib.sha256('\0'.join(wanted).encode()).hexdigest()[:12]
    folder = os.path.join(cache, '%s-%s' % (kind, digest))
    stamp = os.path.join(folder, 'ready')
    os.makedirs(cache, exist_ok=True)
    with open(folder + '.lock', 'w') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # others that want the same wait until it is there
        if not os.path.exists(stamp):
            shutil.rmtree(folder, ignore_errors=True)
            os.makedirs(folder)
            if not fill(folder):
                return None
        with open(stamp, 'w', encoding='utf-8') as file:
            file.write('\n'.join(wanted) + '\n')
    forget_old(cache)
    return folder


def forget_old(cache):
    now = time.time()
    for name in os.listdir(cache):
        stamp = os.path.join(cache, name, 'ready')
        if os.path.exists(stamp) and os.path.getmtime(stamp) < now - FORGOTTEN_SECONDS:
            shutil.rmtree(os.path.join(cache, name), ignore_errors=True)


def runs(folder, *words, **environment):
    """Whether the command ended well; what it had to say is told where not."""
    try:
        done = subprocess.run(words, cwd=folder, env={**os.environ, **environment}, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True)
    except FileNotFoundError as error:
        print(error, file=sys.stderr)
        return False
    if done.returncode:
        print((done.stderr or done.stdout)[-1000:], file=sys.stderr)
    return done.returncode == 0


def python(*names):
    """The Python that has these packages."""
    def fill(folder):
        return (runs(folder, sys.executable, '-m', 'venv', folder) and
                runs(folder, os.path.join(folder, 'bin', 'python'), '-m', 'pip', 'install', '--quiet',
                     '--disable-pip-version-check', '--timeout', '20', '--retries', '1', *names))
    folder = kept('python', [sys.version, *names], fill)
    if folder:
        return os.path.join(folder, 'bin', 'python')
    told('packages of Python could not be installed', *names)
    return None


def inside_python(program, *names):
    """Starts `program` again, with the same words, under the Python that has these packages; returns there. Ends with 77
    where they cannot be had."""
    path = python(*names)
    if not path:
        sys.exit(77)
    if os.path.dirname(os.path.abspath(sys.executable)) != os.path.dirname(path):
        os.execv(path, [path, '-B', os.path.abspath(program), *sys.argv[1:]])


def node(*names):
    """The folder whose node_modules has these packages."""
    if not shutil.which('npm'):
        told('there is no npm here', *names)
        return None
    folder = kept('node', names, lambda folder: runs(folder, 'npm', 'install', '--no-audit', '--no-fund', '--ignore-scripts',
                                                     '--silent', '--prefix', folder, *names))
    if not folder:
        told('packages of npm could not be installed', *names)
    return folder


def go(*names):
    """The folder that has these programs, each PACKAGE@VERSION."""
    if not shutil.which('go'):
        told('there is no Go here', *names)
        return None
    folder = kept('go', names, lambda folder: runs(folder, 'go', 'install', *names, GOBIN=folder))
    if not folder:
        told('programs in Go could not be built', *names)
    return folder


def go_program(source):
    """The folder that has `client`, made of the Go module in the folder `source`."""
    if not shutil.which('go'):
        told('there is no Go here', source)
        return None
    files = sorted(os.listdir(source))
    texts = []
    for name in files:
        with open(os.path.join(source, name), encoding='utf-8') as file:
            texts.append(file.read())

    def fill(folder):
        for name in files:
            shutil.copy(os.path.join(source, name), folder)
        return (runs(folder, 'go', 'mod', 'tidy', GOFLAGS='-mod=mod') and
                runs(folder, 'go', 'build', '-buildvcs=false', '-o', 'client', '.'))
    folder = kept('go-program', files + texts, fill)
    if not folder:
        told('a program in Go could not be built', source)
    return folder
