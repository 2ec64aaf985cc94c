<?php

declare(strict_types=1);

namespace Imq\Rpc;

use Imq\Fields;

/** A key of a state mount, and what it holds. */
final class Entry
{
    public function __construct(
        public readonly string $key,
        /** Any JSON value, its objects as `stdClass`, or {@see \Imq\Bytes}. */
        public readonly mixed $value,
        /** The queue's `seq` at its last change; what `ifVersion` compares with. */
        public readonly int $version,
    ) {
    }

    public static function of(Fields $fields): self
    {
        return new self($fields->text('key'), $fields->value('value'), $fields->int('version'));
    }
}
