"""Names of sections, and the words that Python's shlex finds in them, by which botocore reads them."""
import random
import shlex

ALPHABET = ["a", "b", "é", " ", " ", "\t", "'", '"', "\\", "#", "]", "[", "-"]


def words(name):
    try:
        return shlex.split(name)
    except ValueError:
        return None


def table():
    generator = random.Random(15)
    names = {"profile 'Team Alpha'", 'profile "Team Beta"', "profile it's", "", "'", "''", "a''", '"\\""', "\\"}
    while len(names) < 1000:
        names.add("".join(generator.choices(ALPHABET, k=generator.randint(1, 12))))
    return {"origin": "Python's shlex.split", "names": [{"name": name, "words": words(name)} for name in sorted(names)]}
