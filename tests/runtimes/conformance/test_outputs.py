"""What a model may hand back besides numbers and tables, and what it says on the way."""

from __future__ import annotations

import pytest

from engine.runtimes.interface import Value

from .conftest import Heard, Language


def test_figures_returned_drawn_and_written(language: Language) -> None:
    result = language.call("figures", expected={"native": "figure", "written": "figure"})
    found = {output.name: output for output in result.outputs}
    native = found["native"]
    assert native.kind == "figure"
    assert native.format in ("svg", "png")
    assert native.path is not None
    assert b"<svg" in native.path.read_bytes()[:500]
    assert found["written"].format == "svg"
    if language.name == "python":
        assert found["interactive"].format == "plotly"
    if language.name in ("python", "r"):  # what was drawn but not returned
        assert found["figure-1"].format == "svg"
        assert found["figure-1"].path is not None
        assert found["figure-1"].path.stat().st_size > 1000


def test_the_next_call_has_no_figures_of_this_one(language: Language) -> None:
    language.call("figures", expected={"native": "figure", "written": "figure"})
    assert [o.name for o in language.call("numbers").outputs] == ["inf", "minus", "nan", "big"]


def test_png_file_as_figure(language: Language) -> None:
    [output] = language.call("png", expected={"picture": "figure"}).outputs
    assert (output.kind, output.format) == ("figure", "png")
    assert output.path is not None
    assert output.path.read_bytes().startswith(b"\x89PNG")


def test_file(language: Language) -> None:
    [output] = language.call("file", expected={"report": "file"}).outputs
    assert output.path is not None
    assert output.path.read_text().strip() == "saved"


def test_printed_output_reaches_the_log(language: Language) -> None:
    heard = Heard()
    language.call("print", listener=heard)
    for words in ("plain words – слово", "from a child", "to the error stream"):
        assert words in heard.text


def test_progress(language: Language) -> None:
    heard = Heard()
    language.call("progress", listener=heard)
    assert [event.fraction for event in heard.progress] == [0.25, 0.5, 1.0]
    assert heard.progress[1].text.startswith("step")


def test_warnings(language: Language) -> None:
    result = language.call("warn")
    assert any("be careful with this" in warning for warning in result.warnings)
    assert result.outputs[0].value == 1.0
    assert not language.call("numbers").warnings


def test_seed_makes_runs_repeat(language: Language) -> None:
    first, again, other = (language.call("random", seed=seed).outputs[0].value for seed in (42, 42, 43))
    assert first == again
    assert first != other


def test_without_a_seed_a_call_is_random_also_after_one_with_a_seed(language: Language) -> None:
    seen = set()
    for _ in range(2):
        language.call("random", seed=42)
        seen.add(language.call("random").outputs[0].value)
    assert len(seen) == 2


def test_a_number_where_a_table_was_declared(language: Language) -> None:
    error = language.fails("wrong", expected={"forecast": "table"})
    assert error.reason == "bad-output"
    assert "forecast" in error.sentence
    assert "table" in error.sentence


def test_a_declared_output_that_does_not_come(language: Language) -> None:
    error = language.fails("nothing", expected={"forecast": "metric"})
    assert error.reason == "bad-output"
    assert "forecast" in error.sentence


def test_a_text_where_a_number_was_declared(language: Language) -> None:
    error = language.fails(
        "value", values={"v": Value("text", "x")}, expected={"text": "metric", "kind": "text"}
    )
    assert error.reason == "bad-output"
    assert "“text”" in error.sentence


def test_what_ran_is_named(language: Language) -> None:
    environment = language.call("numbers").environment
    assert environment["packages"]
    assert environment.get("version") or environment.get("python")


@pytest.mark.parametrize("entry", ["nowhere"])
def test_a_model_that_does_not_load(language: Language, entry: str) -> None:
    from engine.runtimes.interface import CallFailed

    with pytest.raises(CallFailed) as caught:
        language.call("numbers", spec=language.spec(entry))
    assert caught.value.reason == "load-error"
    assert entry in caught.value.sentence
