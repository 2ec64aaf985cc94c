<?php

declare(strict_types=1);

namespace Imq\Rpc;

/**
 * A part of a longer list.
 *
 * @template T
 */
final class Page
{
    /** @param list<T> $items */
    public function __construct(
        public readonly array $items,
        /** What to give as `after` for the next page; empty: this is the last. */
        public readonly string $next,
        /** The queue's `seq` at which was read; 0 where it is not of one queue. */
        public readonly int $seq,
        /** Of members: how many there are in all; null where the queue's class hides it. */
        public readonly ?int $total = null,
    ) {
    }

    public function isLast(): bool
    {
        return $this->next === '';
    }
}
