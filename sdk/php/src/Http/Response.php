<?php

declare(strict_types=1);

namespace Imq\Http;

/** The answer to one request. */
final class Response
{
    /** @param array<string, string> $headers by lower-case name; of several, the last */
    public function __construct(
        public readonly int $status,
        public readonly array $headers,
        public readonly string $body,
    ) {
    }
}
