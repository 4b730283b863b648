"""Counts what a log lost before or while it was read, and says so in sentences a user understands."""

from __future__ import annotations

from dataclasses import dataclass

from maillogdiag.envelopes.journal_entry import TOO_LONG


@dataclass(slots=True)
class Losses:
    """What one source lost.

    Args:
        blobs: entries that journalctl printed as "[104B blob data]".
        omitted: entries whose text `journalctl -o json` left out.
        cut_lines: lines longer than 1 MiB.
        zero_bytes: bytes of holes that a crash left in the file.
    """

    blobs: int = 0
    omitted: int = 0
    cut_lines: int = 0
    zero_bytes: int = 0

    def look_at(self, text: str) -> None:
        """Count what a line's text shows to be lost."""
        if text.endswith("B blob data]"):
            self.blobs += 1
        elif text == TOO_LONG:
            self.omitted += 1

    def add(self, other: Losses) -> None:
        """Add what another part of the source lost."""
        self.blobs += other.blobs
        self.omitted += other.omitted
        self.cut_lines += other.cut_lines
        self.zero_bytes += other.zero_bytes

    def sentences(self) -> list[str]:
        """Return a sentence for each kind of loss there was."""
        said = {
            f"{self.blobs:,} journal entries show only as 'blob data': print them with journalctl --all": self.blobs,
            f"{self.omitted:,} journal entries came without their text: journalctl -o json needs --all": self.omitted,
            f"{self.cut_lines:,} lines of more than 1 MiB were cut to their first and last part": self.cut_lines,
            f"{self.zero_bytes:,} zero bytes stand in the file, as a crash leaves them": self.zero_bytes,
        }
        return [sentence for sentence, number in said.items() if number]
