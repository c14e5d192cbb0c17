"""The marker alone calls a test many times: what it leaves behind is what one call leaves."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from tests.integration.conftest import Project

SUBTESTS = pytest.mark.skipif(pytest.version_tuple < (9, 0), reason="pytest 9 brought subtests")


def marked(body: str, arguments: str = "") -> str:
    """A measured test of three calls or more, each a quarter of a second."""
    lines = "\n".join(f"    {line}" for line in ["calls.append(1)", *body.splitlines()])
    return (
        "import logging, os, sys, threading, time, unittest, warnings\nimport pytest\n"
        "\ncalls = []\n"
        f"\n@pytest.mark.energy\ndef test_it({arguments}):\n    time.sleep(0.25)\n{lines}\n"
        "\ndef test_how_often():\n    assert len(calls) > 2\n"
    )


def junit(project: Project) -> ET.Element:
    return ET.parse(project.path / "junit.xml").getroot()


LEAVES = {
    "property": ("record_property('model', 'm')", "record_property"),
    "attribute": ("record_xml_attribute('model', 'm')", "record_xml_attribute"),
    "suite": ("record_testsuite_property('model', 'm')", "record_testsuite_property"),
    "print": ("print('LEFT')", ""),
    "stderr": ("print('LEFT', file=sys.stderr)", ""),
    "descriptor": ("os.write(1, b'LEFT\\n')", ""),
    "log": ("logging.warning('LEFT')", ""),
    "capsys": ("print('LEFT')", "capsys"),
    "capfd": ("print('LEFT')", "capfd"),
    "caplog": ("logging.warning('LEFT')", "caplog"),
    "section": ("request.node.add_report_section('call', 'own', 'LEFT')", "request"),
    "warning": ("warnings.simplefilter('always')\nwarnings.warn('LEFT')", ""),
    "marker": ("request.applymarker(pytest.mark.usefixtures())", "request"),
    "thread": (
        "t = threading.Thread(target=lambda: 1 / 0)\nt.start()\nt.join()",
        "",
    ),
}


@pytest.mark.parametrize("capture", ["fd", "sys"])
@pytest.mark.parametrize("kind", LEAVES)
def test_what_is_left_counts_once(project: Project, kind: str, capture: str) -> None:
    body, arguments = LEAVES[kind]
    if capture == "sys" and kind == "descriptor":
        pytest.skip("goes to the terminal")
    project.write(marked(body, arguments))
    options = ("-rA", "--junitxml=junit.xml", "-o", "junit_family=xunit1")
    result = project.run_apart(*options, f"--capture={capture}")
    result.assert_outcomes(passed=2)
    if kind in ("property", "suite"):
        text = ET.tostring(junit(project), encoding="unicode")
        assert text.count('name="model"') == 1
    elif kind not in ("attribute", "marker", "thread"):
        assert result.stdout.str().count("LEFT") == (2 if kind == "warning" else 1)
    else:
        assert result.parseoutcomes().get("warnings", 0) == (0 if kind == "marker" else 1)


@pytest.mark.parametrize(
    ("arguments", "body"),
    [
        ("capsys", "print('one')\nassert capsys.readouterr().out == 'one\\n'"),
        ("capsys", "assert capsys.readouterr().out == ''\nprint('left')"),
        ("capfd", "os.write(1, b'one')\nassert capfd.readouterr().out == 'one'\nprint('left')"),
        ("capsysbinary", "print('one')\nassert capsysbinary.readouterr().out == b'one\\n'"),
        ("caplog", "logging.warning('one')\nassert len(caplog.records) == 1"),
        ("caplog", "logging.warning('one')\ncaplog.clear()\nassert caplog.text == ''"),
        ("caplog", "logging.warning('one')\nassert caplog.text.count('one') == 1"),
        ("recwarn", "warnings.warn('one')\nassert len(recwarn) == 1"),
        (
            "record_property, request",
            "record_property('a', 1)\nassert len(request.node.user_properties) == 1",
        ),
    ],
)
def test_each_call_finds_what_the_first_one_found(
    project: Project, arguments: str, body: str
) -> None:
    project.write(marked("warnings.simplefilter('always')\n" + body, arguments))
    project.run().assert_outcomes(passed=2)


def test_after_the_calls_all_is_as_the_first_one_left_it(project: Project) -> None:
    project.write("""
        import itertools, logging, time
        import pytest

        numbers = itertools.count(1)

        @pytest.fixture
        def reads(capsys, caplog):
            yield
            assert capsys.readouterr().out == "call 1\\n"
            assert caplog.get_records("call")[0].getMessage() == "log 1"
            assert len(caplog.get_records("call")) == 1

        @pytest.mark.energy
        def test_it(reads):
            number = next(numbers)
            print("call", number)
            logging.warning("log %s", number)
            time.sleep(0.25)
    """)
    project.run().assert_outcomes(passed=1)


def test_a_later_call_that_fails_shows_what_it_left_itself(project: Project) -> None:
    project.write(marked("print('call', len(calls))\nassert len(calls) < 3", ""))
    result = project.run("--junitxml=junit.xml")
    result.stdout.fnmatch_lines(["*call 3 of the measured test: *", "call 3"])
    result.stdout.no_fnmatch_line("call 1")
    result.stdout.no_fnmatch_line("call 2")


def test_a_log_file_and_live_logs_hold_the_first_call(project: Project) -> None:
    project.write(marked("logging.warning('left')"))
    result = project.run("--log-file=log.txt", "--log-cli-level=WARNING")
    result.assert_outcomes(passed=2)
    assert (project.path / "log.txt").read_text().count("left") == 1
    assert result.stdout.str().count("left") == 1


@SUBTESTS
def test_subtests_that_pass_are_reported_once(project: Project) -> None:
    project.write(marked("with subtests.test('one'):\n    pass", "subtests"))
    result = project.run_apart("-v", "-o", "verbosity_subtests=2")
    assert result.stdout.str().count("SUBPASSED") == 1
    assert [m["state"] for m in project.measured] == ["measured"]


@SUBTESTS
def test_a_subtest_that_fails_ends_the_measuring(project: Project) -> None:
    project.write(marked("with subtests.test('one'):\n    assert 0", "subtests"))
    result = project.run_apart("--energy-update", "--energy-strict", "-k", "test_it")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert result.stdout.str().count("SUBFAILED") == 1
    result.stdout.fnmatch_lines(["*contains 1 failed subtest*"])
    result.stdout.no_fnmatch_line("*not measured*")
    assert project.measured == []


@SUBTESTS
def test_a_subtest_that_fails_later_says_which_call(project: Project) -> None:
    body = "with subtests.test('one'):\n    assert len(calls) < 3"
    project.write(marked(body, "subtests"))
    result = project.run_apart("--energy-update")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert result.stdout.str().count("SUBFAILED") == 1
    result.stdout.fnmatch_lines(["call 3 of the measured test: *use the fixture*"])
    assert project.measured == []


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        ("pytest.skip('no')", "skipped"),
        ("pytest.skip()", "skipped"),
        ("pytest.importorskip('nothing_of_that_name')", "skipped"),
        ("raise unittest.SkipTest('no')", "skipped"),
        ("pytest.xfail('no')", "xfailed"),
        ("pytest.fail('no', pytrace=False)", "failed"),
        ("pytest.fail('no')", "failed"),
        ("raise ValueError", "failed"),
    ],
)
def test_what_a_later_call_raises_says_which_call(
    project: Project, body: str, outcome: str
) -> None:
    project.write(marked(f"if len(calls) == 2:\n    {body}"))
    result = project.run("-rsx", "-k", "test_it", "--energy-update")
    result.assert_outcomes(**{outcome: 1}, deselected=1)
    result.stdout.fnmatch_lines(["*call 2 of the measured test: *use the fixture: energy.run(*"])
    assert not (project.path / "energy_baselines").exists()


def test_ctrl_c_in_a_later_call_is_no_failure(project: Project) -> None:
    project.write(marked("if len(calls) == 2:\n    raise KeyboardInterrupt"))
    result = project.run_apart()
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.no_fnmatch_line("*of the measured test*")
