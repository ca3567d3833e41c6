from hypothesis import given
from hypothesis import strategies as st

from genoseq.tokenizers import alignment

shapes = st.integers(1, 8).flatmap(lambda k: st.tuples(st.just(k), st.integers(1, k)))


@given(shapes, st.integers(0, 200))
def test_own_bases_cover_every_base_once(shape: tuple[int, int], length: int) -> None:
    _, stride = shape
    tokens = range(alignment.token_count(length, stride))
    own = [alignment.token_bases(t, stride) for t in tokens]
    bases = [base for start, end in own for base in range(start, end)]
    assert bases == list(range(len(bases)))
    assert length <= len(bases) < length + stride
    assert all(alignment.token_of_base(b, stride) == b // stride for b in bases)


@given(shapes, st.integers(0, 50))
def test_span_holds_own_bases_with_the_longer_side_to_the_right(
    shape: tuple[int, int], token: int
) -> None:
    k, stride = shape
    (start, end), (first, last) = (
        alignment.span(token, k, stride),
        alignment.token_bases(token, stride),
    )
    left, right = first - start, end - last
    assert end - start == k
    assert left == alignment.left_context(k, stride) >= 0
    assert right - left == alignment.reverse_shift(k, stride)


@given(shapes, st.integers(0, 60), st.integers(0, 60))
def test_tokens_of_bases_are_those_whose_own_bases_touch(
    shape: tuple[int, int], start: int, size: int
) -> None:
    _, stride = shape
    wanted = sorted({alignment.token_of_base(b, stride) for b in range(start, start + size)})
    assert list(range(*alignment.tokens_of_bases(start, start + size, stride))) == wanted


@given(shapes, st.integers(0, 60))
def test_tokens_reading_base_are_those_whose_spans_hold_it(
    shape: tuple[int, int], base: int
) -> None:
    k, stride = shape
    spans = {t: alignment.span(t, k, stride) for t in range(-20, 100)}
    wanted = [t for t, (start, end) in spans.items() if start <= base < end]
    assert list(range(*alignment.tokens_reading_base(base, k, stride))) == wanted
