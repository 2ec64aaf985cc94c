<?php

declare(strict_types=1);

namespace Imq\Rpc;

use Imq\Fields;

/** Whether and where a user is. */
final class UserInfo
{
    /**
     * @param list<SessionInfo> $sessions
     * @param list<string> $queues all that the user is in
     */
    public function __construct(
        public readonly string $user,
        public readonly bool $online,
        /** Online since then, or last seen then; 0: not known. */
        public readonly int $sinceMs,
        public readonly array $sessions,
        public readonly array $queues,
    ) {
    }

    public static function of(Fields $fields): self
    {
        return new self(
            $fields->text('user'),
            $fields->flag('online'),
            $fields->int('since_ms'),
            array_map(SessionInfo::of(...), $fields->objects('sessions')),
            $fields->texts('queues'),
        );
    }
}
