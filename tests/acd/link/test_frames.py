import pytest
from hypothesis import given
from hypothesis import strategies as st

from acd.link.frames import Frame, FrameError, Frames, Kind, frame

payloads = st.lists(st.tuples(st.sampled_from(Kind), st.binary(max_size=300)), max_size=20)


@given(payloads, st.data())
def test_frames_come_out_as_they_went_in_however_the_reads_fall(
    sent: list[tuple[Kind, bytes]], data: st.DataObject
) -> None:
    stream = b"".join(frame(kind, payload) for kind, payload in sent)
    frames, found = Frames(), []
    while stream:
        cut = data.draw(st.integers(1, len(stream)))
        found += frames.feed(stream[:cut])
        stream = stream[cut:]
    assert found == [Frame(kind, payload) for kind, payload in sent]


@pytest.mark.parametrize("junk", [b"GET / HTTP/1.1\r\n", b"\0\0\0\0\1", b"\0\0\0\2\x09x"])
def test_what_is_no_frame_is_refused(junk: bytes) -> None:
    with pytest.raises(FrameError):
        Frames().feed(junk)
