"""Arrays of float32 as NumPy files, without NumPy."""

import array
import struct
import sys


def write(path, shape, numbers):
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {tuple(shape)}, }}"
    # So that the numbers begin at a multiple of 64.
    header = header.ljust((len(header) + 11 + 63) // 64 * 64 - 11) + "\n"
    floats = array.array("f", numbers)
    if sys.byteorder == "big":
        floats.byteswap()
    path.write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + floats.tobytes())
