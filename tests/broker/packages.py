"""Packages that tests fetch from their registries, once, into the build's folder. Reach for it where a test compares with
programs of others. What cannot be had is None, after a loud line: the caller skips what needs it."""
import os
import shutil
import subprocess
import sys


def told(what, *names):
    print('=' * 78, 'NOT RUN: %s' % what, '  ' + ' '.join(names), '=' * 78, sep='\n', file=sys.stderr)


def fetched(folder, names, commands):
    """Whether the folder holds these packages; its stamp says which, and comes last."""
    stamp = os.path.join(folder, 'packages.txt')
    if os.path.exists(stamp) and open(stamp, encoding='utf-8').read() == '\n'.join(names):
        return True
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    for command in commands:
        if subprocess.run(command, cwd=folder, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL).returncode:
            return False
    with open(stamp, 'w', encoding='utf-8') as file:
        file.write('\n'.join(names))
    return True


def python(build, *names):
    """The Python that has these packages."""
    folder = os.path.join(build, 'kafka-venv')
    path = os.path.join(folder, 'bin', 'python')
    if fetched(folder, names, [[sys.executable, '-m', 'venv', folder],
                               [path, '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', *names]]):
        return path
    told('packages of Python could not be installed', *names)
    return None


def node(build, name, *names):
    """The folder whose node_modules has these packages."""
    folder = os.path.join(build, name)
    if not shutil.which('npm'):
        told('there is no npm here', *names)
        return None
    if fetched(folder, names, [['npm', 'install', '--no-audit', '--no-fund', '--ignore-scripts', '--silent',
                                '--prefix', folder, *names]]):
        return folder
    told('packages of npm could not be installed', *names)
    return None
