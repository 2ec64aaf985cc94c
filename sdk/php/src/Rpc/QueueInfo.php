<?php

declare(strict_types=1);

namespace Imq\Rpc;

use Imq\Fields;

/** What there is to know about a queue. */
final class QueueInfo
{
    /** @param list<MountInfo> $mounts */
    public function __construct(
        public readonly string $queue,
        /** Its incarnation: another one after it was destroyed and created again. */
        public readonly int $epoch,
        public readonly int $seq,
        public readonly int $members,
        public readonly int $createdAtMs,
        /** The pattern of its class. */
        public readonly string $class,
        public readonly array $mounts,
    ) {
    }

    public static function of(Fields $fields): self
    {
        return new self(
            $fields->text('queue'),
            $fields->int('epoch'),
            $fields->seq(),
            $fields->int('members'),
            $fields->int('created_at_ms'),
            $fields->text('class'),
            array_map(MountInfo::of(...), $fields->objects('mounts')),
        );
    }
}
