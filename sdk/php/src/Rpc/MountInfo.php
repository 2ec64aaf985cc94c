<?php

declare(strict_types=1);

namespace Imq\Rpc;

use Imq\Error\Unreadable;
use Imq\Fields;

/** What there is to know about a mount. */
final class MountInfo
{
    public function __construct(
        public readonly string $name,
        public readonly MountKind $kind,
        /** Keys, or messages in the history. */
        public readonly int $entries,
        public readonly int $bytes,
    ) {
    }

    public static function of(Fields $fields): self
    {
        $kind = $fields->text('kind');
        return new self(
            $fields->text('name'),
            MountKind::tryFrom($kind) ?? throw new Unreadable("no kind of mount is \"{$kind}\""),
            $fields->int('entries'),
            $fields->int('bytes'),
        );
    }
}
