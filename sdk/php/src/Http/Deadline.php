<?php

declare(strict_types=1);

namespace Imq\Http;

/** A point in time until which something may take, on the clock that never jumps. */
final class Deadline
{
    private function __construct(private readonly int $atNs)
    {
    }

    public static function inMs(int $ms): self
    {
        return new self(hrtime(true) + $ms * 1_000_000);
    }

    /** What is left of it; 0 if it is over. */
    public function leftUs(): int
    {
        return max(0, intdiv($this->atNs - hrtime(true), 1_000));
    }

    /** The sooner of this one and one in so many milliseconds. */
    public function atMostMs(int $ms): self
    {
        return new self(min($this->atNs, hrtime(true) + $ms * 1_000_000));
    }
}
