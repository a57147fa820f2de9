"""`--help` of every command: two examples, each of which the program itself takes."""
import re
import shlex
import unittest

from support import run_to_end


def help_of(words):
    done = run_to_end(*words, "--help")
    assert (done.returncode, done.stderr) == (0, ""), done
    return done.stdout


def commands(words=()):
    """All of them, each by its words; the program itself is the one without any."""
    yield words
    listed = re.search(r"^Subcommands:\n((?:  .*\n?)+)", help_of(words), re.MULTILINE | re.IGNORECASE)
    for name in re.findall(r"^  (\S+)", listed[1], re.MULTILINE) if listed else ():
        yield from commands((*words, name))


def own_arguments(line):
    """What the program is given, in each part of a pipe or a list that begins with its name."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    part = []
    for word in [*lexer, "|"]:
        if re.fullmatch(r"[|;>&]+", word):
            words = part
            while words and re.fullmatch(r"\w+=\S*", words[0]):
                words = words[1:]
            if words and words[0] == "millrace":
                yield words[1:]
            part = []
        else:
            part.append(word)


class Help(unittest.TestCase):
    def test_every_command_has_two_examples_of_itself_that_can_be_parsed(self):
        found = list(commands())
        self.assertIn(("journal", "stat"), found)
        self.assertGreater(len(found), 14)
        for words in found:
            with self.subTest(" ".join(words) or "millrace"):
                text = help_of(words)
                self.assertIn("\nExamples:\n", text)
                lines = re.findall(r"^  (?!#)(.*)$", text.split("\nExamples:\n")[1], re.MULTILINE)
                self.assertEqual(len(lines), 2, text)
                for line in lines:
                    given = list(own_arguments(line))
                    self.assertTrue(any(tuple(each[:len(words)]) == words for each in given), line)
                    for arguments in given:
                        done = run_to_end(*arguments, "--parse-only")
                        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""), line)

    def test_parsing_alone_tells_a_wrong_line(self):
        for wrong in (["chek"], ["check", "--probe"], ["demo", "--work", "5"], ["journal"], ["test"],
                      ["dead-letters", "replay", "x", "--publish", "--dry-run"]):
            self.assertEqual(run_to_end(*wrong, "--parse-only").returncode, 2, wrong)

    def test_a_wrong_line_is_told_of_in_one_that_says_what_is_meant(self):
        for wrong, said in (
                (["chek"], '"chek": there is no such command; did you mean check?; see millrace --help'),
                (["xyzzy"], '"xyzzy": there is no such command; there are run, check, print-config, schema, metrics, '
                            'health, tap, journal, dead-letters, test or demo; see millrace --help'),
                (["journal", "sta"], '"sta": there is no such command; did you mean stat?; see millrace journal --help'),
                (["check", "--confg", "x"], '"--confg": there is no such option; did you mean --config?; '
                                            'see millrace check --help'),
                (["health", "--confg=x"], '"--confg": there is no such option; did you mean --config?; '
                                          'see millrace health --help'),
                (["run", "x"], '"x": run takes no such argument; see millrace run --help'),
                (["journal"], "journal: needs one of stat, list, export, skip, repair or set-aside; "
                              "see millrace journal --help"),
                (["check", "--probe"], "--probe requires --connect; see millrace check --help"),
                (["tap", "--limit", "0"], '--limit: "0" must be a whole number from 1 on; see millrace tap --help'),
                (["demo", "--events", "-1"], '--events: "-1" must be a whole number from 1 on; see millrace demo --help'),
                (["tap", "--stream", "a/#/b"], '--stream: "a/#/b": # must be the last level; see millrace tap --help')):
            with self.subTest(" ".join(wrong)):
                done = run_to_end(*wrong, "--parse-only")
                self.assertEqual((done.returncode, done.stdout, done.stderr), (2, "", f"millrace: {said}\n"))


if __name__ == "__main__":
    unittest.main()
