"""What is broken on purpose: each fault breaks something and answers how it is mended."""
import os
import random
import subprocess

CLOCK_SECONDS = 7200


class SmallDisk:
    """The data folder as a file system of its own, which can be made as small as what is in it. Needs root."""

    def __init__(self, folder, megabytes):
        self.folder, self.megabytes, self.is_full = folder, megabytes, False
        self.mounted = os.geteuid() == 0 and self.mount("-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs")

    def mount(self, *words):
        return subprocess.run(["mount", *words, self.folder], stderr=subprocess.DEVNULL).returncode == 0

    def fill(self):
        """No room but for a few pages; somebody may be writing meanwhile, so it takes some attempts."""
        for room in (1 << shift for shift in range(14, 26)):
            disk = os.statvfs(self.folder)
            used = (disk.f_blocks - disk.f_bfree) * disk.f_frsize
            if self.mount("-o", f"remount,size={used + room}"):
                self.is_full = True
                return

    def empty(self):
        if not self.mount("-o", f"remount,size={self.megabytes}m"):
            raise SystemExit(f"{self.folder} cannot be made larger again")
        self.is_full = False

    def close(self):
        if self.mounted:
            subprocess.run(["umount", "--lazy", self.folder], check=True)


class Faults:
    """Chooses faults by a seed and counts them."""

    def __init__(self, platform, disk, longest_pause, seed):
        self.platform, self.disk, self.longest_pause = platform, disk, longest_pause
        self.random = random.Random(seed)
        self.counts = {}

    def count(self, name):
        self.counts[name] = self.counts.get(name, 0) + 1

    def kill(self, part):
        self.count(f"kill -9 {part.name}")
        part.kill()

    def pause(self, part):
        self.count(f"SIGSTOP {part.name}")
        part.pause()

    def restart(self, part):
        self.count(f"restart {part.name}")
        part.end()

    def disturb(self, link):
        way = self.random.choice(("cut", "stall", "slow"))
        self.count(f"network of {link.name} {way}")
        if way == "slow":
            link.slow(self.random.uniform(0.01, 0.2))
        else:
            getattr(link, way)()

    def step_clock(self, part):
        """It stays off until it is stepped again."""
        self.count(f"clock of {part.name} stepped")
        part.shim.step_clock(self.random.randint(-CLOCK_SECONDS * 1000000, CLOCK_SECONDS * 1000000))

    def fail_fsync(self, part):
        self.count(f"fsync of {part.name} fails")
        part.shim.fail_fsync(True)

    def kill_all(self):
        self.count("kill -9 everything")
        for part in self.platform.parts():
            part.kill()

    def fill_disk(self):
        self.count("full disk")
        self.disk.fill()

    def break_parts(self):
        for part in self.random.sample(self.platform.parts(), self.random.choice((1, 1, 1, 2))):
            way = self.random.choice((self.kill, self.kill, self.pause, self.restart))
            if way == self.pause and not hasattr(part, "pause"):
                way = self.kill
            way(part)

    def inject(self):
        """Breaks one or two things; answers for how many seconds they stay broken."""
        services = list(self.platform.services.values())
        dice = self.random.random()
        if dice < 0.05:
            self.kill_all()
        elif dice < 0.12 and self.disk.mounted:
            self.fill_disk()
        elif dice < 0.32:
            self.disturb(self.random.choice(self.platform.all_links()))
        elif dice < 0.42:
            self.step_clock(self.random.choice(services))
        elif dice < 0.48 and self.platform.stores.replicas == 1:
            self.fail_fsync(self.random.choice(services))
        else:
            self.break_parts()
        return self.longest_pause * self.random.random() ** 3  # most are short

    def mend(self):
        """Answers the names of what does not run again."""
        if self.disk.is_full:
            self.disk.empty()
        return self.platform.heal()
