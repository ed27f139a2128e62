"""What the experiments share."""

import argparse

import pytest
from common import folder


def test_a_folder_that_is_there_or_can_be_made_is_taken(tmp_path):
    for path in (tmp_path, tmp_path / "new" / "newer"):
        assert folder(str(path)) == path
    assert not list(tmp_path.iterdir())


def test_a_file_is_no_folder_for_pictures_and_that_is_said_before_training(tmp_path):
    (tmp_path / "file").touch()
    for path in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(argparse.ArgumentTypeError, match="is a file, not a folder"):
            folder(str(path))
