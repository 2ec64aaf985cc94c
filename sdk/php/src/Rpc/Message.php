<?php

declare(strict_types=1);

namespace Imq\Rpc;

use Imq\Fields;

/** A message of a mount's history. */
final class Message
{
    public function __construct(
        public readonly int $seq,
        /** The user who sent it; null: the back end. */
        public readonly ?string $from,
        /** Any JSON value, its objects as `stdClass`, or {@see \Imq\Bytes}. */
        public readonly mixed $payload,
        public readonly int $sentAtMs,
    ) {
    }

    public static function of(Fields $fields): self
    {
        $from = $fields->text('from');
        return new self(
            $fields->seq(),
            $from === '' ? null : $from,
            $fields->value('payload'),
            $fields->int('sent_at_ms'),
        );
    }
}
