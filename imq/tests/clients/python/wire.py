"""Frames on a TCP connection: the length of an envelope as a varint, then the envelope."""

import socket
import time

WAIT_S = 10


class Failed(Exception):
    """What was expected did not happen; the text says what happened instead."""


class Ended(Failed):
    """The gateway ended the connection."""


def check(holds, why):
    """Fails with `why` unless `holds`."""
    if not holds:
        raise Failed(why)


def same(got, wanted, what):
    """Fails unless two values are equal."""
    check(got == wanted, f"{what}: {got!r} instead of {wanted!r}")


def varint(number):
    """A number as protobuf writes it: seven bits a byte, lowest first."""
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def frame(envelope):
    """One frame; `envelope` is its bytes."""
    return varint(len(envelope)) + envelope


def split(data):
    """The first envelope of `data` and what follows it, or None if it isn't whole yet."""
    length = 0
    for index, byte in enumerate(data[:10]):
        length |= (byte & 127) << 7 * index
        if byte < 128:
            end = index + 1 + length
            if len(data) < end:
                return None
            return bytes(data[index + 1:end]), data[end:]
    check(len(data) < 10, "the gateway sent a length of more than ten bytes")
    return None


class Wire:
    """A socket that speaks in frames. Every wait has an end."""

    def __init__(self, address, receive_bytes=None, tls=None):
        """`tls` is a context by which the gateway's certificate is verified."""
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        if receive_bytes is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        self.socket.settimeout(WAIT_S)
        self.socket.connect(address)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls is not None:
            self.socket = tls.wrap_socket(self.socket, server_hostname=address[0])
        self.input = b""

    def send(self, data):
        """Sends bytes as they are."""
        self.socket.settimeout(WAIT_S)
        self.socket.sendall(data)

    def receive(self, wait_s=WAIT_S):
        """The next envelope's bytes."""
        until = time.monotonic() + wait_s
        while True:
            parts = split(self.input)
            if parts is not None:
                self.input = parts[1]
                return parts[0]
            left_s = until - time.monotonic()
            check(left_s > 0, "nothing came in time")
            self.socket.settimeout(left_s)
            try:
                data = self.socket.recv(65536)
            except socket.timeout as error:
                raise Failed("nothing came in time") from error
            except ConnectionError as error:
                raise Ended(f"the connection broke: {error}") from error
            if not data:
                raise Ended("the gateway closed the connection")
            self.input += data

    def close(self):
        """Ends the connection without a word."""
        self.socket.close()
