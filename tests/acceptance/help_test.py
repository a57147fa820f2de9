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


if __name__ == "__main__":
    unittest.main()
