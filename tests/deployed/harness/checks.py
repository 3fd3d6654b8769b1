"""What was checked, and how it went."""

import time


class Stop(Exception):
    """Something failed that everything after it needs."""


class Checks:
    def __init__(self):
        self.passed = 0
        self.failed = 0

    def check(self, name, holds, found=None):
        """Counts and prints one check; `found` is shown where it does not hold."""
        if holds:
            self.passed += 1
            print(f"  ok    {name}", flush=True)
        else:
            self.failed += 1
            print(f"  FAIL  {name}", flush=True)
            if found is not None:
                print(f"        found: {str(found)[:2000]}", flush=True)
        return bool(holds)

    def need(self, name, holds, found=None):
        """A check without which going on makes no sense."""
        if not self.check(name, holds, found):
            raise Stop(name)

    def error(self, what):
        """Counts a failure that is no check: something broke."""
        self.failed += 1
        print(f"  FAIL  {what}", flush=True)

    @property
    def summary(self):
        return f"{self.passed} passed, {self.failed} failed"


def wait_until(condition, seconds):
    """What `condition` returns as soon as it is true, or its last answer at the deadline."""
    deadline = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer or time.monotonic() >= deadline:
            return answer
        time.sleep(0.1)


def section(title):
    print(f"\n{title}", flush=True)
