<?php

declare(strict_types=1);

namespace Imq\Callout;

use Imq\Fields;

/**
 * Something that has happened. It comes at least once, and in order per queue; when it comes again,
 * it has the same id.
 */
final class Tell
{
    private function __construct(
        public readonly TellKind $kind,
        /** `<queue>:<epoch>:<seq>:<kind>`. */
        public readonly string $id,
        public readonly string $queue,
        /** The queue's incarnation: another one after it was destroyed and created again. */
        public readonly int $epoch,
        public readonly int $seq,
        public readonly string $user,
        public readonly string $session,
        /** Rises with each login and resume of the user: a tell with a lower one is of the past. */
        public readonly int $generation,
        public readonly string $reason,
        public readonly int $atMs,
    ) {
    }

    /** @throws \Imq\Error\Unreadable */
    public static function read(Fields $fields, TellKind $kind): self
    {
        return new self(
            $kind,
            $fields->text('id'),
            $fields->text('queue'),
            $fields->int('epoch'),
            $fields->int('seq'),
            $fields->text('user'),
            $fields->text('session'),
            $fields->int('generation'),
            $fields->text('reason'),
            $fields->int('at_ms'),
        );
    }
}
