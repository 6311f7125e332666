import json
import socket
import struct
import threading

import numpy as np
import pytest

from bench.workers import messages
from bench.workers.messages import BadMessage, Receiver, Sender, pack, unpack


@pytest.fixture
def pair():
    ours, theirs = socket.socketpair()
    yield Receiver(ours), theirs
    ours.close()
    theirs.close()


def next_of(receiver):
    while True:
        message = receiver.receive()
        if message is not None:
            return message


ARRAYS = {
    "doubles": np.arange(12.0).reshape(3, 4),
    "nothing": np.zeros((0, 3)),
    "one": np.array(7, dtype="<i2"),
    "swapped": np.arange(3, dtype=">u4"),
    "truths": np.array([True, False]),
    "texts": np.array(["high", "låg"]),
    "columns": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
}


def test_what_arrives_is_what_was_sent(pair):
    receiver, theirs = pair
    facts = {"number": 0.1, "nothing": None, "text": "caf\udce9", "undefined": float("inf")}
    Sender(theirs).send("done", facts, ARRAYS)
    for message in (next_of(receiver), unpack(pack("done", facts, ARRAYS))):
        assert (message.what, message.facts) == ("done", facts)
        assert list(message.arrays) == list(ARRAYS)
        for name, array in ARRAYS.items():
            result = message.arrays[name]
            assert (result.dtype, result.shape) == (array.dtype, array.shape)
            assert (result == array).all()
    assert not receiver.partial


def test_messages_of_many_threads_come_whole(pair):
    receiver, theirs = pair
    sender = Sender(theirs)
    arrays = {"some": np.arange(50_000.0)}

    def send(number):
        for _ in range(20):
            sender.send("progress", {"number": number}, arrays)

    threads = [threading.Thread(target=send, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    results = [next_of(receiver) for _ in range(160)]
    for thread in threads:
        thread.join()
    assert sorted(message.facts["number"] for message in results) == sorted(list(range(8)) * 20)
    assert all((message.arrays["some"] == arrays["some"]).all() for message in results)


def test_progress_that_does_not_fit_the_buffer_is_dropped_whole(pair):
    receiver, theirs = pair
    sender = Sender(theirs)
    for _ in range(5000):
        sender.offer("progress", {"text": "x" * 500})
    threading.Thread(target=sender.send, args=("done", {})).start()
    results = [next_of(receiver)]
    while results[-1].what != "done":
        results.append(next_of(receiver))
    assert 0 < len(results) < 5000


def described(*arrays, raw=b"", facts=None):
    text = json.dumps({"what": "done", "facts": facts or {}, "arrays": arrays}).encode()
    return struct.pack("!4sIQ", b"\x93IDm", len(text), len(raw)) + text + raw


BAD = {
    "junk": b"junk " * 100,
    "a length beyond the largest": struct.pack("!4sIQ", b"\x93IDm", 2, 2**40) + b"{}",
    "a text beyond the largest": struct.pack("!4sIQ", b"\x93IDm", 2**31, 0),
    "no JSON": struct.pack("!4sIQ", b"\x93IDm", 3, 0) + b"{{{",
    "another JSON": struct.pack("!4sIQ", b"\x93IDm", 2, 0) + b"[]",
    "deep JSON": struct.pack("!4sIQ", b"\x93IDm", 200_000, 0) + b"[" * 200_000,
    "facts that are none": described(facts=[1]),
    "objects": described(["a", "|O8", [1]], raw=bytes(8)),
    "records": described(["a", "|V8", [1]], raw=bytes(8)),
    "a type that is none": described(["a", "<f3", [1]], raw=bytes(3)),
    "a type that is code": described(["a", "f8,O", [1]], raw=bytes(8)),
    "a side below zero": described(["a", "<f8", [-1]], raw=bytes(8)),
    "a side that is no number": described(["a", "<f8", [True]], raw=bytes(8)),
    "a huge shape": described(["a", "<f8", [2**62, 0, 2**62]]),
    "too few bytes": described(["a", "<f8", [2]], raw=bytes(8)),
    "too many bytes": described(["a", "<f8", [1]], raw=bytes(16)),
    "one name twice": described(["a", "|u1", [1]], ["a", "|u1", [1]], raw=bytes(2)),
    "no character": described(["a", "<U1", [1]], raw=b"\xff" * 4),
    "neither true nor false": described(["a", "|b1", [1]], raw=b"\x02"),
}


@pytest.mark.parametrize("what", BAD)
def test_what_is_no_message_is_refused(what, pair):
    receiver, theirs = pair
    threading.Thread(target=theirs.sendall, args=(BAD[what],)).start()
    with pytest.raises(BadMessage):
        next_of(receiver)
    with pytest.raises(BadMessage):
        unpack(BAD[what])


def test_any_byte_that_is_changed_is_noticed_or_harmless():
    data = bytearray(pack("done", {"key": "k"}, ARRAYS))
    rng = np.random.default_rng(0)
    for place in rng.integers(len(data), size=2000):
        changed = bytearray(data)
        changed[place] = rng.integers(256)
        try:
            assert isinstance(unpack(bytes(changed)).facts, dict)
        except BadMessage:
            pass


def test_half_a_message_is_waited_for_and_its_end_is_an_error(pair):
    receiver, theirs = pair
    data = pack("progress", {"text": "hello"})
    theirs.sendall(data[:-1])
    assert receiver.receive() is None
    assert receiver.partial
    assert receiver.size == len(data) - 1
    theirs.close()
    with pytest.raises(EOFError):
        receiver.receive()


def test_more_than_fits_is_not_sent(pair, monkeypatch):
    monkeypatch.setattr(messages, "MAX_BYTES", 1000)
    with pytest.raises(ValueError, match="too much for one message"):
        Sender(pair[1]).send("done", {}, {"a": np.zeros(126)})
