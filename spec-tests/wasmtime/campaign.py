"""What the fuzzers have in common: a seed for every round, printed, and one round again by its seed."""

import argparse
import random
import sys


def run(title, play):
    """`play(random)` plays one round and returns a line of counts; whatever it raises is a finding."""
    parser = argparse.ArgumentParser(description=title)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32), help="of the first round")
    parser.add_argument("--rounds", type=int, default=100)
    options = parser.parse_args()
    totals = {}
    for seed in range(options.seed, options.seed + options.rounds):
        try:
            counts = play(random.Random(seed))
        except BaseException:
            print(f"{title}: found with --seed {seed} --rounds 1", file=sys.stderr, flush=True)
            raise
        for name, count in counts.items():
            totals[name] = totals.get(name, 0) + count
    said = ", ".join(f"{count} {name}" for name, count in sorted(totals.items()))
    print(f"{title}: {options.rounds} rounds from seed {options.seed}: {said}")


def require(condition, *what):
    """An assertion that no option of Python switches off."""
    if not condition:
        raise AssertionError(" ".join(map(str, what)))
