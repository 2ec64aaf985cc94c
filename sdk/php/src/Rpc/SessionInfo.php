<?php

declare(strict_types=1);

namespace Imq\Rpc;

use Imq\Fields;

/** One login of a user. */
final class SessionInfo
{
    public function __construct(
        public readonly string $id,
        public readonly string $gateway,
        public readonly string $clientName,
        public readonly string $clientVersion,
        public readonly int $sinceMs,
        /** It has no socket at the moment, and may come back within its grace. */
        public readonly bool $detached,
    ) {
    }

    public static function of(Fields $fields): self
    {
        return new self(
            $fields->text('session_id'),
            $fields->text('gateway'),
            $fields->text('client_name'),
            $fields->text('client_version'),
            $fields->int('since_ms'),
            $fields->flag('detached'),
        );
    }
}
