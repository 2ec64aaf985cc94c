"""What an ELF file needs of the system that runs it."""

import struct

X86_64 = 62
# The types of sections, and the tag, that are read here: elf(5).
DYNAMIC, VERSIONS_NEEDED = 6, 0x6FFFFFFE
NEEDED = 1


class Elf:
    """A 64-bit little-endian file, parsed: `machine`, `libraries` (the names of the shared libraries it loads) and
    `glibc` (the newest version of glibc that a symbol of it asks for, as (major, minor), or None if none does)."""

    def __init__(self, content):
        if content[:6] != b"\x7fELF\x02\x01":
            raise ValueError("it is no 64-bit little-endian ELF file")
        self.content = content
        self.machine = struct.unpack_from("<H", content, 18)[0]
        self.sections = self._sections()
        self.libraries = list(self._libraries())
        self.glibc = max(self._glibc_versions(), default=None)

    def _sections(self):
        """Of each section its type, offset, size and the number of the one that is linked to it."""
        (start,) = struct.unpack_from("<Q", self.content, 40)
        size, count = struct.unpack_from("<HH", self.content, 58)
        headers = (struct.unpack_from("<IIQQQQI", self.content, start + size * at) for at in range(count))
        return [(kind, offset, length, link) for _, kind, _, _, offset, length, link in headers]

    def _of_type(self, wanted):
        """Of each such section its offset, its size, and the offset of its strings."""
        for kind, offset, size, link in self.sections:
            if kind == wanted:
                yield offset, size, self.sections[link][1]

    def _text(self, at):
        return self.content[at : self.content.index(b"\0", at)].decode()

    def _libraries(self):
        for offset, size, strings in self._of_type(DYNAMIC):
            for tag, value in struct.iter_unpack("<qQ", self.content[offset : offset + size]):
                if tag == NEEDED:
                    yield self._text(strings + value)

    def _glibc_versions(self):
        for at, _, strings in self._of_type(VERSIONS_NEEDED):
            for name in self._versions(at, strings):
                if name.startswith("GLIBC_"):
                    yield tuple(int(part) for part in name.removeprefix("GLIBC_").split(".")[:2])

    def _versions(self, at, strings):
        """The names in a chain of libraries, each with a chain of versions; a step of 0 ends a chain."""
        library_step = 1
        while library_step:
            _, _, _, first, library_step = struct.unpack_from("<HHIII", self.content, at)
            version, version_step = at + first, 1
            while version_step:
                _, _, _, name, version_step = struct.unpack_from("<IHHII", self.content, version)
                yield self._text(strings + name)
                version += version_step
            at += library_step
