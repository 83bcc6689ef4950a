"""What radtune's dictionary says, for tests that don't import it: JSON in, JSON out.

`dictionary_answers.py QUESTION FILE...` reads the dictionaries in the files. `attributes` prints each of them, and
`cost` the seconds of CPU that reading takes. `check` and `shown` read a list of [name, value] and print for each what
is wrong with it in a reply or a request, and the pair as it is given to the server or shown by it. `faults` reads
a list of files and prints what is wrong with each. `vendors` prints what the table of vendors names.
"""

import json
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from radtune.dictionary.attribute import escaped
from radtune.dictionary.definitions import read_definitions
from radtune.dictionary.dictionary import Dictionary
from radtune.errors import ConfigurationError
from radtune.request.vendors import VENDORS, role_pairs, shown_by


def attributes(files: list[Path]) -> list[Any]:
    known = read_definitions(files)
    found = []
    for attribute in known.by_name.values():
        key = (attribute.space, attribute.number)
        newest = known.by_number.get(key, attribute).name
        names = list(known.values.get(key, {}).values())
        found.append({**asdict(attribute), "internal": attribute.internal, "newest": newest, "names": names})
    return found


def cost(files: list[Path]) -> float:
    started = time.process_time()
    Dictionary.read(files)
    return time.process_time() - started


def check(files: list[Path]) -> list[Any]:
    dictionary = Dictionary.read(files)
    answers: list[Any] = []
    for name, value in json.load(sys.stdin):
        problem = dictionary.reply_problem(name, value)
        given = ("", "") if problem else dictionary.fit(name, value)
        answers.append([problem, given[0], escaped(given[1])])
    return answers


def shown(files: list[Path]) -> list[Any]:
    dictionary = Dictionary.read(files)
    answers: list[Any] = []
    for name, value in json.load(sys.stdin):
        try:
            answers.append(["", *dictionary.as_freeradius_shows(name, value)])
        except ValueError as error:
            answers.append([str(error), "", ""])
    return answers


def faults(_files: list[Path]) -> list[str]:
    found = []
    for file in json.load(sys.stdin):
        try:
            Dictionary.read([Path(file)])
        except ConfigurationError as error:
            found.append(str(error))
        else:
            found.append("")
    return found


def vendors(files: list[Path]) -> Any:
    dictionary = Dictionary.read(files)
    roles = {vendor: role_pairs(vendor, "Staff") for vendor in VENDORS}
    problems = [dictionary.reply_problem(*pair) for pairs in roles.values() for pair in pairs]
    asked = (name for vendor in VENDORS for name in shown_by(vendor))
    problems += [name for name in asked if dictionary.request_name(name) != name]
    spelled = [dictionary.fit(*pair) == pair for pairs in roles.values() for pair in pairs]
    return {"roles": roles, "problems": [problem for problem in problems if problem], "spelled": spelled}


if __name__ == "__main__":
    questions = {answer.__name__: answer for answer in (attributes, cost, check, shown, faults, vendors)}
    json.dump(questions[sys.argv[1]]([Path(file) for file in sys.argv[2:]]), sys.stdout)
