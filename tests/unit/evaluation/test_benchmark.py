import pytest

from evaluation.benchmark import OUT, Benchmark, Guess, main, read

TRAIN = """text,intent
play some jazz,music
put on a song,music
play my favourite album,music
will it rain today,weather
is it sunny outside,weather
what is the forecast,weather
"""


def write(folder, name, text):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_a_small_set_is_learned_and_measured(tmp_path, capsys):
    train = write(tmp_path, "train.csv", TRAIN)
    test = write(
        tmp_path,
        "test.csv",
        "text,intent\nplay a jazz album,music\nrain forecast today,weather\n"
        "how do i file my taxes,oos\nmy dog ate the sofa,NO_NODES_DETECTED\n",
    )
    assert main([train, test]) == 0
    shown = capsys.readouterr().out
    assert "in-scope accuracy     1.000 (2/2" in shown
    assert "AUROC, confidence     1.000" in shown
    assert "s\n" in shown and "ms per message" in shown
    assert sum(line.startswith("0.") for line in shown.splitlines()) == 9


def test_without_out_of_scope_messages_it_says_so(tmp_path, capsys):
    train = write(tmp_path, "train.csv", TRAIN)
    assert main([train, write(tmp_path, "t.csv", "text,intent\nplay jazz,music\n")]) == 0
    assert "none in TEST" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("words,intent\nhello,greet\n", "no column text"),
        ("text,intent\n", "no row with text and intent"),
        ("text,intent\nhello,greet\n", "fewer than two intents"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_with_the_reason(tmp_path, capsys, text, reason):
    train = write(tmp_path, "train.csv", text)
    assert main([train, write(tmp_path, "test.csv", TRAIN)]) == 1
    error = capsys.readouterr().err
    assert reason in error and "train.csv" in error


def test_a_missing_file_is_named(tmp_path, capsys):
    assert main([str(tmp_path / "gone.csv"), write(tmp_path, "test.csv", TRAIN)]) == 1
    assert "gone.csv" in capsys.readouterr().err


def test_a_byte_order_mark_does_not_hide_the_first_column(tmp_path):
    path = tmp_path / "bom.csv"
    path.write_text(TRAIN, encoding="utf-8-sig")
    assert len(read(path)) == 6


def test_both_spellings_of_out_of_scope_are_one(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("text,intent\na,oos\nb,NO_NODES_DETECTED\n", encoding="utf-8")
    assert {example.intent for example in read(path)} == {OUT}


def test_figures_follow_from_the_guesses():
    guesses = (
        Guess("a", "a", 0.9, 1.0),
        Guess("b", "a", 0.4, 1.0),
        Guess(OUT, "a", 0.3, 0.0),
        Guess(OUT, "b", 0.6, 0.0),
    )
    result = Benchmark(guesses, 1.0, 1.0)
    assert result.accuracy.value == 0.5
    assert result.auroc("confidence") == 0.75
    assert result.auroc("familiarity") == 1.0
    assert result.rejected(result.out_of_scope, 0.5).value == 0.5
    assert result.rejected(result.in_scope, 0.5).value == 0.5


def test_what_is_read_as_out_of_scope_is_rejected_at_any_threshold():
    result = Benchmark((Guess(OUT, OUT, 0.95, 0.0),), 1.0, 1.0)
    assert result.rejected(result.out_of_scope, 0.1).value == 1.0
