<?php

declare(strict_types=1);

namespace Imq;

/**
 * A payload or value that isn't JSON. It travels as base64, in a field whose name says so.
 */
final class Bytes
{
    public function __construct(public readonly string $raw)
    {
    }
}
