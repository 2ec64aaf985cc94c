<?php

declare(strict_types=1);

namespace Imq\Token;

/** What a good token says. */
final class Claims
{
    public function __construct(
        public readonly string $user,
        /** Unix time in seconds. */
        public readonly int $expiresAt,
        /** All of them, the application's own too. */
        public readonly \stdClass $all,
    ) {
    }
}
