"""A result as bytes: what the run asked the disk, what it printed, which files it wrote, and its exit code."""

from __future__ import annotations

import zlib

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

MOST = 64 * 1024 * 1024
"""Maximum size of an entry before compression."""
_HASH = 32


class Result:
    """What a run printed and wrote.

    ``said`` are the pieces that it printed, in order, each after how: as bytes ("out") or a text ("text") on standard
    output, or as a text on standard error ("err"). ``files`` are the contents that it wrote, by path. ``inputs`` are
    the files that no output may replace. ``code`` is the exit code.
    """

    def __init__(
        self,
        code: int,
        said: Sequence[tuple[str, bytes]],
        files: Sequence[tuple[str, bytes]] = (),
        inputs: Iterable[str] = (),
    ) -> None:
        self.code, self.said, self.files, self.inputs = code, tuple(said), tuple(files), tuple(inputs)


def packed(answers: Mapping[tuple[str, str], str], result: Result) -> bytes:
    """Return the bytes of an entry: fields, each after its length."""
    asked = "\0".join(text for (question, path), answer in answers.items() for text in (question, path, answer))
    fields = [_bytes(asked), b"%d" % result.code, _bytes("\0".join(result.inputs)), b"%d" % len(result.said)]
    for name, content in (*result.said, *result.files):
        fields += [_bytes(name), content]
    return b"".join(b"%d:%s" % (len(field), field) for field in fields)


def unpacked(data: bytes) -> tuple[list[str], Result]:
    """Return the questions, paths and answers, one after another, and the result. Raises ValueError."""
    fields, at = [], 0
    while at < len(data):
        colon = data.index(b":", at)
        end = colon + 1 + int(data[at:colon])
        fields.append(data[colon + 1 : end])
        at = end
    if at != len(data) or len(fields) < 4 or len(fields) % 2:
        raise ValueError("the entry is cut off")
    asked, code, inputs, count = fields[:4]
    pairs = [(_text(name), content) for name, content in zip(fields[4::2], fields[5::2], strict=True)]
    said, files = pairs[: int(count)], pairs[int(count) :]
    result = Result(int(code), said, files, filter(None, _text(inputs).split("\0")))
    return _text(asked).split("\0") if asked else [], result


def sealed(name: str, data: bytes, secret: bytes) -> bytes:
    """Return an entry as it is stored: compressed, after a hash of its name and content that needs the secret."""
    content = zlib.compress(data, 1)
    return _seal(name, content, secret) + content


def opened(name: str, stored: bytes, secret: bytes) -> bytes | None:
    """Return the content of a stored entry; None if it was not made by this user for this name, or is damaged."""
    seal, content = stored[:_HASH], stored[_HASH:]
    if _hashed(seal, secret) != _hashed(_seal(name, content, secret), secret):
        return None
    try:
        return zlib.decompress(content)
    except zlib.error:
        return None


def _seal(name: str, content: bytes, secret: bytes) -> bytes:
    from iamlint.basics.hashes import blake2b

    return blake2b(b"%s:%s" % (name.encode(), content), digest_size=_HASH, key=secret, person=b"entry").digest()


def _hashed(seal: bytes, secret: bytes) -> bytes:
    """Return a hash of a seal: how long two of these are equal says nothing of the seals. `hmac` loads OpenSSL."""
    from iamlint.basics.hashes import blake2b

    return blake2b(seal, digest_size=_HASH, key=secret, person=b"compared").digest()


def name_of(question: bytes, secret: bytes) -> str:
    """Return the name of the entry of a question; nobody can know it without the secret."""
    from iamlint.basics.hashes import blake2b

    return blake2b(question, digest_size=_HASH, key=secret, person=b"name").hexdigest()


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogatepass")
