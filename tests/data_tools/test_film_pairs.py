"""Ids from names, and tasks from folders or a table."""

import pytest

from data_tools.errors import DataError
from data_tools.film_pairs import named_films, paired


@pytest.fixture
def films(tmp_path):
    """Two tasks with a film each, a hidden file, and something that is no film."""
    for name in ("push_red/One Take.MOV", "push_blue/b.webm", "push_blue/notes.txt", "push_blue/.hidden.mp4"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


def test_a_folder_gives_its_films_with_names_of_their_own(films):
    named = named_films([films], None)
    assert {name: film.name for name, film in named.items()} == {
        "push_blue_b": "b.webm",
        "push_red_one_take": "One Take.MOV",
    }


def test_two_films_of_one_id_are_refused(films, tmp_path):
    (films / "push_red/b.mp4").touch()
    with pytest.raises(DataError, match="found .*b.webm with the same id 'b'"):
        named_films([films / "push_blue/b.webm", films / "push_red/b.mp4"], None)


def test_a_folder_without_films_is_refused(tmp_path):
    with pytest.raises(DataError, match="expected films .* found none"):
        named_films([tmp_path], None)


@pytest.mark.parametrize("name", ["", "..", "a/b", "A", "a" * 65])
def test_an_id_has_the_form_that_nodes_accept(films, name):
    with pytest.raises(DataError, match="--id: expected lower-case letters"):
        named_films([films / "push_blue/b.webm"], name)


def test_tasks_from_one_word_from_folders_and_from_a_table(films):
    named = list(named_films([films], None).values())
    assert paired(named, "push", "") == ["push", "push"]
    assert paired(named, "", "") == ["", ""]
    assert paired(named, "", "folder") == ["push_blue", "push_red"]
    table = films / "pairs.csv"
    table.write_text("film,task_id,who\nb.webm,blue,me\npush_red/One Take.MOV,red,you\n")
    assert paired(named, "", str(table)) == ["blue", "red"]


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ("", "an empty file"),
        ("film,task\nb.webm,blue\n", "found film,task"),
        ("film,task_id\nb.webm,blue\n", "One Take.MOV, found none"),
        ("film,task_id\nb.webm,blue\nb.webm,red\nOne Take.MOV,x\n", "b.webm, found blue, red"),
        ("film,task_id\nb.webm,\nOne Take.MOV,x\n", "b.webm, found "),
        (None, "No such file"),
    ],
)
def test_a_table_that_does_not_tell_is_refused(films, content, found):
    table = films / "pairs.csv"
    if content is not None:
        table.write_text(content)
    with pytest.raises(DataError, match="expected") as caught:
        paired(list(named_films([films], None).values()), "", str(table))
    assert found in str(caught.value)
