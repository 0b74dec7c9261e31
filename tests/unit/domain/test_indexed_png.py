"""PNG pictures with a palette are read by another library, also after a change of their colours."""

import io

from PIL import Image

from app.domain import indexed_png

PALETTE = bytes([255, 0, 0, 0, 255, 0, 0, 0, 255])


def colours(png: bytes) -> list[tuple[int, ...]]:
    """The pixels of a picture, row by row."""
    channels = Image.open(io.BytesIO(png)).convert("RGBA").tobytes()
    return [tuple(channels[first : first + 4]) for first in range(0, len(channels), 4)]


def test_pixels_have_the_colours_of_their_indexes() -> None:
    # The second row is the difference to the first.
    png = indexed_png.assembled(2, 2, PALETTE, b"\0\0\1" + b"\2\2\0")
    red, green, blue = (255, 0, 0, 255), (0, 255, 0, 255), (0, 0, 255, 255)
    assert colours(png) == [red, green, blue, green]


def test_the_first_colours_can_be_transparent() -> None:
    assert colours(indexed_png.assembled(2, 1, PALETTE, b"\0\0\1", alpha=b"\0")) == [(255, 0, 0, 0), (0, 255, 0, 255)]


def test_colours_are_replaced_from_an_index_on() -> None:
    png = indexed_png.assembled(3, 1, PALETTE, b"\0\0\1\2")
    changed = indexed_png.recoloured(png, 1, bytes([1, 2, 3, 4, 5, 6]))
    assert colours(changed) == [(255, 0, 0, 255), (1, 2, 3, 255), (4, 5, 6, 255)]
    assert indexed_png.recoloured(changed, 1, PALETTE[3:]) == png


def test_a_picture_with_fewer_colours_gets_as_many_as_it_has() -> None:
    png = indexed_png.assembled(1, 1, PALETTE, b"\0\2")
    assert colours(indexed_png.recoloured(png, 2, bytes([1, 2, 3, 4, 5, 6]))) == [(1, 2, 3, 255)]
    assert indexed_png.recoloured(png, 3, b"\1\2\3") == png
    assert indexed_png.recoloured(b"no picture", 0, b"") == b"no picture"
