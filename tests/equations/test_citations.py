"""Every equation that a docstring cites has a test of that name, and no test cites what no docstring does."""

from tests import citations


def test_every_cited_equation_is_tested():
    cited = citations.cited()
    assert cited, "no docstring cites an equation: the pattern is broken"
    assert set(cited) - set(citations.tested()) == set()


def test_every_tested_equation_is_cited():
    assert set(citations.tested()) - set(citations.cited()) == set()


def test_tests_are_named_after_their_equation():
    for (_, number), tests in citations.tested().items():
        for test in tests:
            assert f"eq{number}".lower() in test.lower().replace(".", "_"), test


def test_the_table_in_the_docs_is_up_to_date():
    stored = (citations.ROOT / "docs" / "equations.md").read_text(encoding="utf-8")
    assert stored == citations.table(), "run: python -m tests.citations > docs/equations.md"
