"""The file in which W&B keeps an offline run, read back."""

import struct
import time

BLOCK = 32768


def records(folder):
    """Every record of the run in `folder`, once W&B's own process has written the last one."""
    until = time.monotonic() + 30
    while True:
        found = written(folder)
        if any(r.WhichOneof("record_type") == "exit" for r in found):
            return found
        assert time.monotonic() < until, f"{len(found)} records, and no end"
        time.sleep(0.1)


def written(folder):
    """Every record of the run in `folder`: a log of 32 KB blocks, in which a record is one or
    several parts, each with a checksum (4 bytes), length (2) and kind (1: whole, 2: first, 3:
    middle, 4: last)."""
    from wandb.proto.wandb_internal_pb2 import Record

    (file,) = folder.glob("wandb/offline-run-*/*.wandb")
    data, at, found, parts = file.read_bytes(), 7, [], b""
    while at + 7 <= len(data):
        if BLOCK - at % BLOCK < 7:  # no room for a header: the block ends
            at += BLOCK - at % BLOCK
            continue
        length, kind = struct.unpack_from("<HB", data, at + 4)
        if not kind:
            break
        parts = parts * (kind in (3, 4)) + data[at + 7 : at + 7 + length]
        if kind in (1, 4):
            found.append(Record.FromString(parts))
        at += 7 + length
    return found
